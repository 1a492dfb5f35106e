//! The interface for JavaScript. It converts values and decides nothing.
//!
//! The package's TypeScript wraps these exports: it makes classes of errors and sessions, and checks the types of arguments that
//! are a `String` here, since wasm-bindgen does not.

mod client;
mod error;
mod observer;
mod options;
mod session;

use crate::json::{Json, Writer};
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::JsValue;

/// A third of the size of the default allocator. An app in Rust chooses its own.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// The value of a finished JSON text.
fn value(text: &mut Writer) -> JsValue {
    Json::parse(&text.end()).map_or(JsValue::UNDEFINED, |json| json.to_js())
}
