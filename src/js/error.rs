//! Errors as plain objects, from which the package's TypeScript makes public errors with their classes and messages.

use super::value;
use crate::client::{Error, ErrorKind};
use crate::json::{Json, Writer};
use crate::oauth::CallbackError;
use crate::ports::Thrown;
use crate::sentences::{Arguments, Message};
use crate::url::form_of;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        details(&error)
    }
}

/// The details of an error: the `ErrorDetails` of `pkg-template/src/error-details.ts`.
pub(super) fn details(error: &Error) -> JsValue {
    match error.kind() {
        // An error of another client's core is such an object already.
        ErrorKind::Renewer(Thrown {
            value: Some(details),
            ..
        }) => details.to_js(),
        ErrorKind::Resolver(thrown) => {
            let details = value(&mut facts(error));
            let cause = thrown.value.as_ref().map(Json::to_js).unwrap_or_default();
            // An object literal of ours has no setter that could refuse.
            let _ = Reflect::set(&details, &JsValue::from_str("cause"), &cause);
            details
        }
        _ => value(&mut facts(error)),
    }
}

/// The same without values that only JavaScript can keep.
pub(super) fn facts(error: &Error) -> Writer {
    let kind = error.kind();
    let mut arguments = Arguments::default();
    error.arguments(&mut arguments);
    if let Some(purpose) = error.purpose() {
        purpose.arguments(&mut arguments);
    }
    let mut facts = Writer::from(arguments);
    let callback = error.callback();
    // An error of the authorization response itself is a callback error already.
    let in_callback = callback.is_some() && !matches!(kind, ErrorKind::Callback(_));
    facts
        .number_member("key", Some(error.key().line().into()))
        .number_member(
            "purpose",
            error.purpose().map(|purpose| purpose.key().line().into()),
        )
        .member("step", Some(error.step().as_str()))
        .member("code", error.narrower_code())
        .member("topic", error.topic())
        .member("loginHint", error.login_hint())
        .member(
            "state",
            callback.and_then(|callback| callback.state.as_deref()),
        )
        .flag_member("retryable", error.is_retryable())
        .flag_member("inCallback", in_callback);
    match kind {
        ErrorKind::Callback(CallbackError::InPopup(failure)) => {
            facts.member("params", Some(&form_of(&failure.params)));
        }
        ErrorKind::Refused(refusal) | ErrorKind::ClockSkew { refusal, .. } => {
            facts
                .number_member("status", Some(refusal.status.into()))
                .json_member("payload", Some(&refusal.payload));
        }
        _ => {}
    }
    facts
}
