//! A session, as JavaScript holds it.

use super::{promise, set};
use crate::browser::{FetchAnswer, crypto_key};
use crate::client::{self, Credentials, OAuthSession};
use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// One session.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(OAuthSession);

impl Session {
    pub(super) fn new(session: OAuthSession) -> Self {
        Self(session)
    }
}

#[wasm_bindgen]
impl Session {
    /// The account.
    #[wasm_bindgen(getter)]
    pub fn did(&self) -> String {
        self.0.did().to_string()
    }

    /// Tells one access token from the next.
    #[wasm_bindgen(getter, js_name = tokenId)]
    pub fn token_id(&self) -> String {
        self.0.token_id()
    }

    /// The authorization server's metadata, as far as it is known: at least `issuer`.
    #[wasm_bindgen(getter, js_name = serverMetadata)]
    pub fn server_metadata(&self) -> JsValue {
        match self.0.server_metadata() {
            Some(raw) => raw.to_js(),
            None => {
                let object = Object::new();
                set(&object, "issuer", self.0.issuer().as_str());
                object.into()
            }
        }
    }

    /// What to sign and to send for a request, without waiting; `undefined` where `request` is the only way.
    pub fn prepare(&self, method: &str, path: &str) -> Result<Option<Prepared>, JsValue> {
        Ok(self.0.prepare(method, path)?.map(Prepared))
    }

    /// Makes a request: `send(url, authorization, dpop)` is called as often as needed and promises a `Response`, which
    /// is what this resolves to. The body, both ways, never comes in here. What was prepared, and the answer to it, stand
    /// for the first time that it is sent.
    pub fn request(
        &self,
        method: String,
        path: String,
        replayable: bool,
        send: Function,
        prepared: Option<Prepared>,
        answer: JsValue,
    ) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            let first = prepared.map(|prepared| (prepared.0, FetchAnswer(answer)));
            let send = async |with: Credentials<'_>| {
                let sent = send.call3(
                    &JsValue::UNDEFINED,
                    &JsValue::from_str(with.url),
                    &JsValue::from_str(with.authorization),
                    &JsValue::from_str(with.dpop),
                )?;
                let answer = JsFuture::from(Promise::resolve(&sent)).await?;
                Ok::<_, JsValue>(FetchAnswer(answer))
            };
            let answer = session.resume(first, &method, &path, replayable, send);
            Ok(answer.await?.0)
        }))
    }

    /// Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
    #[wasm_bindgen(js_name = tokenInfo)]
    pub fn token_info(&self, refresh: Option<bool>) -> Promise {
        let session = self.0.clone();
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
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            session.sign_out().await?;
            Ok(JsValue::UNDEFINED)
        }))
    }
}

/// A request that only wants signing and sending.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Prepared(client::Prepared);

#[wasm_bindgen]
impl Prepared {
    /// `[url, authorization, signingInput, key, nonce]`: in one crossing.
    pub fn parts(&self) -> Array {
        let text = JsValue::from_str;
        let key = crypto_key(self.0.key()).cloned().unwrap_or_default();
        let parts = [
            text(self.0.url()),
            text(self.0.authorization()),
            text(self.0.signing_input()),
            key,
            self.0.nonce().map_or(JsValue::NULL, text),
        ];
        parts.into_iter().collect()
    }
}
