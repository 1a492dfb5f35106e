//! Reading and calling JavaScript by name.
//!
//! Every adapter goes through these few functions and not through typed bindings, for two reasons. An API that is
//! missing, a getter that throws (`localStorage` in a sandboxed frame) or an object that is not what it claims (the
//! answer of a custom `fetch`) becomes a value to judge, where a typed binding without `catch` would let the exception
//! tear through the wasm stack and leave a borrowed cell behind. And each typed binding is one more import and one more
//! glue function that every visitor downloads.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A member; `undefined` where there is none, where `target` can have none, or where reading it throws.
pub(super) fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is a string.
pub(super) fn get_str(target: &JsValue, name: &str) -> Option<String> {
    get(target, name).as_string()
}

/// A global, of a page or of a worker.
pub(super) fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}

/// Sets a member of an object that is ours or the browser's, which take it.
pub(super) fn set(target: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(target, &JsValue::from_str(name), value);
}

/// Sets a member to a text.
pub(super) fn set_text(target: &JsValue, name: &str, value: &str) {
    set(target, name, &JsValue::from_str(value));
}

/// Calls a method; where there is none, the error is what was found in its place.
pub(super) fn call(target: &JsValue, name: &str, args: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = get(target, name).dyn_into()?;
    Reflect::apply(&method, target, &array(args))
}

fn array(items: &[&JsValue]) -> Array {
    items.iter().copied().collect()
}

/// A plain object, with members that are texts.
pub(super) fn texts(members: &[(&str, &str)]) -> JsValue {
    let object = Object::new().into();
    for (name, value) in members {
        set_text(&object, name, value);
    }
    object
}

/// Waits for a promise, or for a value that is none.
pub(super) fn resolved(value: &JsValue) -> JsFuture {
    JsFuture::from(Promise::resolve(value))
}

/// Waits for what a call promised. What it threw counts as rejected.
pub(super) fn promised(called: Result<JsValue, JsValue>) -> JsFuture {
    match called {
        Ok(value) => resolved(&value),
        Err(thrown) => JsFuture::from(Promise::reject(&thrown)),
    }
}
