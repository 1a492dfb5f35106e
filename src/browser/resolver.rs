//! The app's own resolvers: an object with functions `identity`, `handle` and `did`, of which any may be missing.

use super::reflect::{call, construct, get, promised, words};
use crate::json::Json;
use crate::ports::{Guard, Local, Question, Resolver, Thrown};
use wasm_bindgen::JsValue;

/// Functions of the app's, or of the package's TypeScript.
pub(super) struct AppResolver(pub(super) JsValue);

impl Resolver for AppResolver {
    fn knows(&self, question: Question<'_>) -> bool {
        get(&self.0, parts(question).0).is_function()
    }

    fn ask<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        Box::pin(async move {
            let (kind, subject) = parts(question);
            let controller = construct("AbortController", &[]).unwrap_or_default();
            let signal = get(&controller, "signal");
            let args = [&subject.into(), &fresh.into(), &signal];
            // Once there is an answer, nobody listens to the signal any more.
            let _given_up = Guard::new(move || drop(call(&controller, "abort", &[])));
            match promised(call(&self.0, kind, &args)).await {
                Ok(answer) if answer.is_null() || answer.is_undefined() => Ok(None),
                Ok(answer) => Ok(Some(Json::from_js(answer))),
                Err(thrown) => Err(Thrown {
                    words: words(&thrown),
                    value: Some(Json::from_js(thrown)),
                }),
            }
        })
    }
}

fn parts<'a>(question: Question<'a>) -> (&'static str, &'a str) {
    match question {
        Question::Identity(input) => ("identity", input),
        Question::Handle(handle) => ("handle", handle.as_str()),
        Question::Document(did) => ("did", did.as_str()),
    }
}
