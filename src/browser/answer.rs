//! The browser's answer to a request that a session made.

use super::fetch::{header, small_json};
use super::reflect::{get, get_str};
use crate::client::ResourceAnswer;
use crate::ports::Local;
use wasm_bindgen::JsValue;

/// A `Response`, or what a custom `fetch` gives for one. Its body is the app's; of a refusal that may want a nonce, a copy is read.
#[derive(Clone, Debug)]
pub struct FetchAnswer(pub JsValue);

impl ResourceAnswer for FetchAnswer {
    fn status(&self) -> u16 {
        get(&self.0, "status").as_f64().unwrap_or_default() as u16
    }

    fn header(&self, name: &str) -> Option<String> {
        header(&self.0, name)
    }

    fn is_redirected(&self) -> bool {
        let is_opaque = get_str(&self.0, "type").as_deref() == Some("opaqueredirect");
        is_opaque
            || get(&self.0, "redirected").is_truthy()
            || matches!(self.status(), 301 | 302 | 303 | 307 | 308)
    }

    fn small_json(&self) -> Local<'_, Option<String>> {
        small_json(&self.0)
    }
}
