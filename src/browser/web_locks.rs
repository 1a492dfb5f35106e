//! Web Locks: the locks of `web_locks.js`, as the port knows them.

use super::reflect::{get, global, resolved};
use crate::ports::{Guard, Local, Lock};
use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/web_locks.js")]
extern "C" {
    type Place;

    #[wasm_bindgen(constructor)]
    fn new() -> Place;

    #[wasm_bindgen(method)]
    fn take(this: &Place, name: &str) -> Promise;

    #[wasm_bindgen(method)]
    fn leave(this: &Place);
}

/// `navigator.locks`. Holds what the names of locks begin with.
pub(super) struct WebLocks(pub(super) String);

impl Lock for WebLocks {
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard> {
        Box::pin(async move {
            let place = Place::new();
            let taken = place.take(&(self.0.clone() + name));
            let guard = Guard::new(move || place.leave());
            let _ = resolved(&taken).await;
            guard
        })
    }

    fn spans_tabs(&self) -> bool {
        get(&global("navigator"), "locks").is_object()
    }
}
