//! The face for JavaScript: values in, values out. It converts and decides nothing.
//!
//! The package's TypeScript wraps what is exported here: it makes real classes of errors and sessions, and checks types
//! before anything reaches a `String` here, since wasm-bindgen does not.

mod client;
mod error;
mod observer;
mod options;
mod session;

use crate::ports::Local;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::JsValue;

/// Runs work as a promise. All exports share this one, boxed, since each future type of its own costs kilobytes.
fn promise(work: Local<'static, Result<JsValue, JsValue>>) -> Promise {
    wasm_bindgen_futures::future_to_promise(work)
}

/// Sets a member of a plain object.
fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // An object literal of ours has no setter that could refuse.
    let _ = Reflect::set(object, &JsValue::from_str(name), &value.into());
}
