//! The face for JavaScript: values in, values out. It converts and decides nothing.
//!
//! The package's TypeScript wraps what is exported here: it makes real classes of errors and sessions, and checks types
//! before anything reaches a `String` here, since wasm-bindgen does not.

mod client;
mod error;
mod observer;
mod options;
mod session;

use crate::client::Error;
use crate::host::promise;
use crate::ports::Local;
use crate::waiting::{First, race};
use js_sys::{Object, Promise, Reflect};
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// A third of the size of the default one. An app in Rust chooses its own.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Gives work up, where it stands, as soon as `aborted` rejects: with that reason.
async fn abortable(
    aborted: Option<Promise>,
    work: Local<'_, Result<JsValue, Error>>,
) -> Result<JsValue, JsValue> {
    let Some(aborted) = aborted else {
        return Ok(work.await?);
    };
    // The signal first: one that was aborted from the start lets nothing begin.
    match race(JsFuture::from(aborted), work).await {
        First::Left(reason) => Err(reason.err().unwrap_or_default()),
        First::Right(outcome) => Ok(outcome?),
    }
}

/// Sets a member of a plain object.
fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // An object literal of ours has no setter that could refuse.
    let _ = Reflect::set(object, &JsValue::from_str(name), &value.into());
}
