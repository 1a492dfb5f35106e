//! A session, as JavaScript holds it.

use super::{promise, set};
use crate::browser::FetchAnswer;
use crate::client::{Credentials, OAuthSession};
use js_sys::{Function, Object, Promise};
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
                set(&object, "issuer", self.0.issuer());
                object.into()
            }
        }
    }

    /// Makes a request: `send(url, authorization, dpop)` is called as often as needed and promises a `Response`, which
    /// is what this resolves to. The body, both ways, never comes in here.
    pub fn request(
        &self,
        method: String,
        path: String,
        replayable: bool,
        send: Function,
    ) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            let answer: FetchAnswer = session
                .request(&method, &path, replayable, async |with: Credentials<'_>| {
                    let sent = send.call3(
                        &JsValue::UNDEFINED,
                        &JsValue::from_str(with.url),
                        &JsValue::from_str(with.authorization),
                        &JsValue::from_str(with.dpop),
                    )?;
                    let answer = JsFuture::from(Promise::resolve(&sent)).await?;
                    Ok::<_, JsValue>(FetchAnswer(answer))
                })
                .await?;
            Ok(answer.0)
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
            set(&facts, "iss", info.issuer);
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
