//! Errors, as plain objects of which the package's TypeScript makes the classes that apps know.

use super::set;
use crate::client::{Error, ErrorKind, PopupError, Step};
use crate::http::HttpError;
use crate::identity::IdentityError;
use crate::json::Json;
use crate::oauth::{CallbackError, ConfigError, PeerError, Refusal, SessionEnd};
use crate::ports::{KeyError, Thrown};
use crate::url::form_of;
use js_sys::Object;
use wasm_bindgen::JsValue;

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        details(&error)
    }
}

/// The details of an error: `name` is the class to make of it, `cause` the details of what is behind it.
pub(super) fn details(error: &Error) -> JsValue {
    if let ErrorKind::Renewer(Thrown {
        value: Some(details),
        ..
    }) = error.kind()
    {
        // What another client's core threw is such an object already.
        return details.to_js();
    }
    let mut object = layer(error, class(error.kind()), &error.to_string());
    facts(&object, error.kind());
    if let Some(hint) = error.login_hint() {
        set(&object, "loginHint", hint);
    }
    let cause = match error.kind() {
        ErrorKind::Ended(_, SessionEnd::RefreshRefused(words)) => {
            Some(refusal(error, words.as_deref()))
        }
        // As `fetch` throws it.
        ErrorKind::Http(HttpError::Unreachable(words)) => Some(layer(error, "TypeError", words)),
        _ => None,
    };
    if let Some(cause) = cause {
        set(&object, "cause", &cause);
    }
    match (error.step(), error.kind()) {
        (Step::Did, ErrorKind::Http(_)) => {
            object = around(error, "DidError", &error.to_string(), &object);
        }
        (Step::Handle, ErrorKind::Http(HttpError::Status(_))) => {
            let message = "Invalid status code from resolveHandle method";
            object = around(error, "HandleResolverError", message, &object);
        }
        _ => {}
    }
    // Two of the resolver's errors say it all themselves, and have nothing behind them.
    let resolver = is_resolver_error(error.kind());
    if let Some(purpose) = error.purpose().filter(|_| !resolver) {
        let class = match error.kind() {
            ErrorKind::Storage(_) => "AggregateError",
            _ => "OAuthResolverError",
        };
        object = around(error, class, purpose, &object);
    }
    if let ErrorKind::Resolver(thrown) = error.kind() {
        let value = thrown.value.as_ref().map(Json::to_js);
        set(&object, "cause", value.unwrap_or_default());
    }
    if let Some(callback) = error.callback() {
        let message = error
            .purpose()
            .filter(|_| !resolver)
            .map_or_else(|| error.to_string(), str::to_owned);
        object = match error.kind() {
            // Already an error of the callback, and nothing behind it.
            ErrorKind::Callback(_) => object,
            _ => around(error, "OAuthCallbackError", &message, &object),
        };
        if let Some(state) = &callback.state {
            set(&object, "state", state.as_str());
        }
    }
    object.into()
}

/// What all errors have.
fn layer(error: &Error, class: &str, message: &str) -> Object {
    let object = Object::new();
    set(&object, "name", class);
    set(&object, "message", message);
    set(&object, "code", error.code());
    set(&object, "step", error.step().as_str());
    set(&object, "retryable", error.is_retryable());
    set(&object, "help", error.help());
    if let Some(url) = error.url() {
        set(&object, "url", url);
    }
    object
}

fn around(error: &Error, class: &str, message: &str, cause: &Object) -> Object {
    let object = layer(error, class, message);
    set(&object, "cause", cause);
    object
}

/// The class that the official client throws for the same reason.
fn class(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config(ConfigError::RedirectingToLoopbackIp | ConfigError::UseLoopbackIp(_)) => {
            "Error"
        }
        ErrorKind::Config(_) | ErrorKind::NotAuthoritative { .. } => "TypeError",
        ErrorKind::Identity(error) => match error {
            IdentityError::InvalidDid(_) => "InvalidDidError",
            IdentityError::InvalidService(_) => "TypeError",
            IdentityError::InvalidResolution(_) => "HandleResolverError",
            IdentityError::InvalidHandle(_)
            | IdentityError::ReservedName(_)
            | IdentityError::HandleNotFound(_)
            | IdentityError::HandleMismatch { .. } => "IdentityResolverError",
            _ => "DidError",
        },
        ErrorKind::Http(HttpError::Unreachable(_) | HttpError::Timeout) => "FetchRequestError",
        ErrorKind::Http(_) | ErrorKind::WithoutOauth(_) => "FetchResponseError",
        kind if is_resolver_error(kind) => "OAuthResolverError",
        ErrorKind::Peer(_) => "TypeError",
        ErrorKind::Refused(_) | ErrorKind::ClockSkew { .. } => "OAuthResponseError",
        ErrorKind::Callback(CallbackError::NoParameters) => "TypeError",
        ErrorKind::Callback(_) => "OAuthCallbackError",
        ErrorKind::Ended(_, SessionEnd::SignedOut) => "TokenRevokedError",
        ErrorKind::Ended(_, SessionEnd::TokenRefused) => "TokenInvalidError",
        ErrorKind::Ended(..) => "TokenRefreshError",
        ErrorKind::Key(KeyError::Unusable) => "AuthMethodUnsatisfiableError",
        ErrorKind::Key(KeyError::Failed(_)) => "JwkError",
        ErrorKind::Observer(_) => "HookError",
        ErrorKind::Popup(PopupError::ContinuedInParent) => "LoginContinuedInParentWindowError",
        _ => "Error",
    }
}

/// Whether the official client throws it as an `OAuthResolverError` of its own.
fn is_resolver_error(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Peer(
            PeerError::NoAuthorizationServer(_)
                | PeerError::SeveralAuthorizationServers(_)
                | PeerError::NotProtected { .. }
        )
    )
}

/// The answer that ended a session: `invalid_grant`, since no other does.
fn refusal(error: &Error, words: Option<&str>) -> Object {
    let message = match words {
        Some(words) => format!("OAuth \"invalid_grant\" error: {words}"),
        None => "OAuth \"invalid_grant\" error".to_owned(),
    };
    let object = layer(error, "OAuthResponseError", &message);
    let payload = Object::new();
    set(&payload, "error", "invalid_grant");
    if let Some(words) = words {
        set(&payload, "error_description", words);
    }
    set(&object, "payload", &payload);
    set(&object, "status", 400);
    object
}

/// What only some have.
fn facts(object: &Object, kind: &ErrorKind) {
    match kind {
        ErrorKind::Ended(sub, end) => {
            set(object, "sub", sub.as_str());
            if let SessionEnd::Migrated(Some(issuer)) = end {
                set(object, "newIssuer", issuer.as_str());
            }
            // For the core of a page that had a worker refresh.
            if let Some(words) = end.words() {
                set(object, "words", words);
            }
        }
        ErrorKind::NotAuthoritative { sub, found, .. } => {
            set(object, "sub", sub.as_str());
            set(object, "newIssuer", found.as_str());
        }
        ErrorKind::Identity(error) => {
            if let Some(did) = error.did() {
                set(object, "sub", did);
            }
        }
        ErrorKind::Http(HttpError::Status(status))
        | ErrorKind::WithoutOauth(HttpError::Status(status)) => set(object, "status", *status),
        ErrorKind::Callback(CallbackError::InPopup(failure)) => {
            set(object, "params", form_of(&failure.params));
        }
        ErrorKind::Refused(refusal) => refused(object, refusal),
        ErrorKind::ClockSkew { seconds, refusal } => {
            refused(object, refusal);
            if let Some(seconds) = seconds {
                set(object, "seconds", *seconds as f64);
            }
        }
        _ => {}
    }
}

fn refused(object: &Object, refusal: &Refusal) {
    set(object, "status", refusal.status);
    set(object, "payload", refusal.payload.to_js());
    let said = Object::new();
    for (name, text) in [
        ("error", &refusal.error),
        ("description", &refusal.description),
    ] {
        if let Some(text) = text {
            set(&said, name, text.as_str());
        }
    }
    set(object, "refusal", &said);
}
