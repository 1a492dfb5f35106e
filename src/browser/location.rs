//! `location` and `history`: where the page is. A worker has a `location` too (its script's), but no page to navigate.

use super::listener::Listener;
use super::reflect::{call, deferred, get, get_str, global, resolved};
use crate::ports::{Local, Navigator};
use crate::url::Url;
use wasm_bindgen::JsValue;

/// The page this runs in, if any.
pub(super) struct Page;

impl Navigator for Page {
    fn location(&self) -> Option<Url> {
        if global("document").is_undefined() {
            return None;
        }
        Url::parse(&get_str(&global("location"), "href")?)
    }

    /// Browsers refuse too many changes in a short time, and any in a sandboxed frame. The address then stays as it
    /// is, which is no reason to fail a sign-in.
    fn replace(&self, url: &str) {
        let _ = call(
            &global("history"),
            "replaceState",
            &[
                &JsValue::NULL,
                &JsValue::from_str(""),
                &JsValue::from_str(url),
            ],
        );
    }

    /// Ends when the page comes back out of the back/forward cache; at once where there is no page to leave, or it
    /// cannot leave for such a URL.
    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()> {
        let (returned, resolve) = deferred();
        let listener = Listener::new(&js_sys::global(), "pageshow", move |event| {
            if get(&event, "persisted").is_truthy() {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        });
        // Before anyone polls: a caller who does not wait for the way back has left all the same.
        let left = call(&global("location"), "assign", &[&JsValue::from_str(url)]).is_ok();
        Box::pin(async move {
            let _listener = listener;
            if left {
                let _ = resolved(&returned).await;
            }
        })
    }
}
