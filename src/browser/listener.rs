//! An event listener that ends when it is dropped.

use super::reflect::call;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

/// A listener for one event of one target.
pub(super) struct Listener {
    target: JsValue,
    event: JsValue,
    /// Not `FnMut`: an app's own handler may cause the next event of the kind before it returns.
    handler: Closure<dyn Fn(JsValue)>,
}

impl Listener {
    /// Listens. A target that takes no listeners never calls.
    pub(super) fn new(target: &JsValue, event: &str, heard: impl Fn(JsValue) + 'static) -> Self {
        let listener = Self {
            target: target.clone(),
            event: JsValue::from_str(event),
            handler: Closure::new(heard),
        };
        listener.toggle("addEventListener");
        listener
    }

    fn toggle(&self, method: &str) {
        let _ = call(&self.target, method, &[&self.event, self.handler.as_ref()]);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.toggle("removeEventListener");
    }
}
