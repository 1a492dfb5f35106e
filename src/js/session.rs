//! A session, as JavaScript holds it: what it has beside requests.

use super::{promise, set};
use crate::client::OAuthSession;
use crate::host::CoreSession;
use js_sys::{Object, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A session for the package's TypeScript, to which errors are objects with their details.
pub(super) fn wrap(session: OAuthSession) -> JsValue {
    CoreSession::new(session, Rc::new(JsValue::from)).into()
}

#[wasm_bindgen]
impl CoreSession {
    /// The account.
    #[wasm_bindgen(getter)]
    pub fn did(&self) -> String {
        self.session.did().to_string()
    }

    /// Tells one access token from the next.
    #[wasm_bindgen(getter, js_name = tokenId)]
    pub fn token_id(&self) -> String {
        self.session.token_id()
    }

    /// The authorization server's metadata, as far as it is known: at least `issuer`.
    #[wasm_bindgen(
        getter,
        js_name = serverMetadata,
        unchecked_return_type = "OAuthAuthorizationServerMetadata"
    )]
    pub fn server_metadata(&self) -> JsValue {
        match self.session.server_metadata() {
            Some(raw) => raw.to_js(),
            None => {
                let object = Object::new();
                set(&object, "issuer", self.session.issuer().as_str());
                object.into()
            }
        }
    }

    /// Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
    #[wasm_bindgen(js_name = tokenInfo, unchecked_return_type = "Promise<CoreTokenInfo>")]
    pub fn token_info(&self, refresh: Option<bool>) -> Promise {
        let session = self.session.clone();
        promise(Box::pin(async move {
            let info = session.token_info(refresh.into()).await?;
            let facts = Object::new();
            if let Some(at) = info.expires_at {
                set(&facts, "expiresAt", at as f64);
            }
            set(&facts, "scope", info.scope);
            set(&facts, "iss", info.issuer.as_str());
            set(&facts, "aud", info.audience);
            set(&facts, "sub", info.sub.as_str());
            Ok(facts.into())
        }))
    }

    /// Ends the session.
    #[wasm_bindgen(js_name = signOut, unchecked_return_type = "Promise<void>")]
    pub fn sign_out(&self) -> Promise {
        let session = self.session.clone();
        promise(Box::pin(async move {
            session.sign_out().await?;
            Ok(JsValue::UNDEFINED)
        }))
    }
}
