//! Errors, as plain objects of which the package's TypeScript makes the classes and sentences that apps know.

use super::set;
use crate::client::{Error, ErrorKind};
use crate::json::Json;
use crate::oauth::CallbackError;
use crate::ports::Thrown;
use crate::sentences::{Arguments, Message};
use crate::url::form_of;
use js_sys::Object;
use wasm_bindgen::JsValue;

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        details(&error)
    }
}

/// The details of an error: the `ErrorDetails` of `pkg-template/src/error-details.ts`.
pub(super) fn details(error: &Error) -> JsValue {
    let kind = error.kind();
    if let ErrorKind::Renewer(Thrown {
        value: Some(details),
        ..
    }) = kind
    {
        // What another client's core threw is such an object already.
        return details.to_js();
    }
    let mut facts = Arguments::default();
    error.arguments(&mut facts);
    let object = match error.purpose() {
        Some(purpose) => {
            purpose.arguments(&mut facts);
            let object = Object::from(facts);
            set(&object, "purpose", purpose.key().line());
            object
        }
        None => facts.into(),
    };
    set(&object, "key", error.key().line());
    set(&object, "step", error.step().as_str());
    for (name, value) in [
        ("code", error.narrower_code()),
        ("topic", error.topic()),
        ("loginHint", error.login_hint()),
        (
            "state",
            error
                .callback()
                .and_then(|callback| callback.state.as_deref()),
        ),
    ] {
        if let Some(value) = value {
            set(&object, name, value);
        }
    }
    set(&object, "retryable", error.is_retryable());
    // What is wrong with an authorization response is an error of the callback already.
    let is_callback_error = matches!(kind, ErrorKind::Callback(_));
    set(
        &object,
        "inCallback",
        error.callback().is_some() && !is_callback_error,
    );
    match kind {
        ErrorKind::Callback(CallbackError::InPopup(failure)) => {
            set(&object, "params", form_of(&failure.params));
        }
        ErrorKind::Refused(refusal) | ErrorKind::ClockSkew { refusal, .. } => {
            set(&object, "status", refusal.status);
            set(&object, "payload", refusal.payload.to_js());
        }
        ErrorKind::Resolver(thrown) => {
            let value = thrown.value.as_ref().map(Json::to_js);
            set(&object, "cause", value.unwrap_or_default());
        }
        _ => {}
    }
    object.into()
}
