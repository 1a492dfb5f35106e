//! The app's hooks, as the client's observer.

use super::{error, set};
use crate::client::Error;
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Local, Observer};
use js_sys::{Function, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Functions of the package's TypeScript, which tells hooks and listeners.
pub(super) struct Hooks {
    /// `(sub, facts)`: the facts of the new tokens; the tokens themselves only in the tab that got them.
    pub(super) updated: Function,
    /// `(sub, details)`: the details of the error that says why.
    pub(super) deleted: Function,
    /// Takes nothing.
    pub(super) changed: Function,
}

impl Observer for Hooks {
    fn updated<'a>(&'a self, tokens: &'a TokenSet, by: By) -> Local<'a, Result<(), String>> {
        let facts = Object::new();
        set(&facts, "iss", tokens.issuer.as_str());
        set(&facts, "sub", tokens.sub.as_str());
        set(&facts, "aud", tokens.audience.as_str());
        set(&facts, "scope", tokens.scope.as_str());
        if let Some(at) = tokens.expires_at {
            set(&facts, "expires_at", at as f64);
        }
        if by == By::ThisTab {
            set(&facts, "access_token", tokens.access_token.expose());
            if let Some(token) = &tokens.refresh_token {
                set(&facts, "refresh_token", token.expose());
            }
        }
        tell(&self.updated, &tokens.sub, facts.into())
    }

    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>> {
        let details = error::details(&Error::ended(sub, end.clone()));
        tell(&self.deleted, sub, details)
    }

    fn accounts_changed(&self) {
        // It dispatches an event, which throws nothing.
        let _ = self.changed.call0(&JsValue::UNDEFINED);
    }
}

/// Calls a hook and waits for it. The text of an error is for Rust; JavaScript keeps the error itself.
fn tell<'a>(hook: &'a Function, sub: &Did, value: JsValue) -> Local<'a, Result<(), String>> {
    let called = hook.call2(
        &JsValue::UNDEFINED,
        &JsValue::from_str(sub.as_str()),
        &value,
    );
    Box::pin(async move {
        let told = match called {
            Ok(told) => JsFuture::from(Promise::resolve(&told)).await,
            Err(thrown) => Err(thrown),
        };
        told.map(drop)
            .map_err(|_| "The app's session hook failed".to_owned())
    })
}
