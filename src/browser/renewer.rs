//! A worker that renews sessions, behind a function of the package's TypeScript.

use super::reflect::{call, get, get_str, promised};
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::SessionEnd;
use crate::ports::{Local, Renewal, Renewer, Thrown};
use wasm_bindgen::JsValue;

/// An object whose function `renew` asks a worker.
pub(super) struct Worker(pub(super) JsValue);

impl Renewer for Worker {
    fn renew<'a>(&'a self, sub: &'a Did, seen: &'a str) -> Local<'a, Renewal> {
        Box::pin(async move {
            let args = [&sub.as_str().into(), &seen.into()];
            let answer = promised(call(&self.0, "renew", &args)).await;
            let error = get(&answer.unwrap_or_default(), "error");
            let Some(code) = get_str(&error, "code") else {
                return Renewal::Stored;
            };
            let words = get_str(&error, "description").or_else(|| get_str(&error, "newIssuer"));
            match SessionEnd::from_code(&code, words) {
                Some(end) => Renewal::Ended(end),
                None => Renewal::Failed(Thrown {
                    words: code,
                    value: Some(Json::from_js(error)),
                }),
            }
        })
    }
}
