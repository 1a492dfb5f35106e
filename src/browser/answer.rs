//! The browser's answer to a request that a session made.

use super::fetch::header;
use super::reflect::get;
use crate::client::ResourceAnswer;
use wasm_bindgen::JsValue;

/// A `Response`, or what a custom `fetch` gives for one. Its body is never read here.
#[derive(Clone, Debug)]
pub struct FetchAnswer(pub JsValue);

impl ResourceAnswer for FetchAnswer {
    fn status(&self) -> u16 {
        get(&self.0, "status").as_f64().unwrap_or_default() as u16
    }

    fn header(&self, name: &str) -> Option<String> {
        header(&self.0, name)
    }
}
