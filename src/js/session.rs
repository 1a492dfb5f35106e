//! A session, as JavaScript holds it: what it has beside requests.

use super::{error, value};
use crate::client::{Error, OAuthSession};
use crate::host::{Caller, CoreSession, JsHost};
use crate::json::Writer;
use crate::ports::Local;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// The package's TypeScript, to which errors are objects with their details.
struct Package(JsHost);

impl Caller for Package {
    fn thrown(&self, error: Error) -> JsValue {
        error::details(&error)
    }

    fn promise(&self, flow: Local<'static, Result<JsValue, JsValue>>) -> Promise {
        self.0.promise(flow)
    }
}

/// A session for the package's TypeScript.
pub(super) fn wrap(host: &JsHost, session: OAuthSession) -> JsValue {
    CoreSession::new(session, Rc::new(Package(host.clone()))).into()
}

#[wasm_bindgen]
impl CoreSession {
    /// The account.
    #[wasm_bindgen(getter)]
    pub fn did(&self) -> String {
        self.session.did().to_string()
    }

    /// Identifies the current access token.
    #[wasm_bindgen(getter, js_name = tokenId)]
    pub fn token_id(&self) -> String {
        self.session.token_id()
    }

    /// The known metadata of the authorization server: at least `issuer`.
    #[wasm_bindgen(
        getter,
        js_name = serverMetadata,
        unchecked_return_type = "OAuthAuthorizationServerMetadata"
    )]
    pub fn server_metadata(&self) -> JsValue {
        match self.session.server_metadata() {
            Some(raw) => raw.to_js(),
            None => value(Writer::object().member("issuer", Some(self.session.issuer().as_str()))),
        }
    }

    /// Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
    #[wasm_bindgen(js_name = tokenInfo, unchecked_return_type = "Promise<CoreTokenInfo>")]
    pub fn token_info(&self, refresh: Option<bool>) -> Promise {
        let this = self.clone();
        self.caller.promise(Box::pin(async move {
            let info = this.thrown(this.session.token_info(refresh.into()).await)?;
            let mut facts = Writer::object();
            facts
                .number_member("expiresAt", info.expires_at.map(|at| at as i64))
                .member("scope", Some(&info.scope))
                .member("iss", Some(info.issuer.as_str()))
                .member("aud", Some(&info.audience))
                .member("sub", Some(info.sub.as_str()));
            Ok(value(&mut facts))
        }))
    }

    /// Ends the session.
    #[wasm_bindgen(js_name = signOut, unchecked_return_type = "Promise<void>")]
    pub fn sign_out(&self) -> Promise {
        let this = self.clone();
        self.caller.promise(Box::pin(async move {
            this.thrown(this.session.sign_out().await)?;
            Ok(JsValue::UNDEFINED)
        }))
    }
}
