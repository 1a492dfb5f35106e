//! The face for JavaScript: values in, values out. It converts and decides nothing.
//!
//! The package's TypeScript wraps what is exported here: it makes real classes of errors and sessions, and checks types
//! before anything reaches a `String` here, since wasm-bindgen does not.

mod client;
mod error;
mod observer;
mod options;
mod session;

use crate::json::{Json, Writer};
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::JsValue;

/// A third of the size of the default one. An app in Rust chooses its own.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// The value of a finished JSON text.
fn value(text: &mut Writer) -> JsValue {
    Json::parse(&text.end()).map_or(JsValue::UNDEFINED, |json| json.to_js())
}
