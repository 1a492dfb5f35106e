//! A session, as JavaScript holds it.

use super::{promise, set};
use crate::base64url;
use crate::browser::{FetchAnswer, crypto_key};
use crate::client::{OAuthSession, SentProof, Tried};
use crate::json::Json;
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

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
    #[wasm_bindgen(
        getter,
        js_name = serverMetadata,
        unchecked_return_type = "OAuthAuthorizationServerMetadata"
    )]
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

    /// A number that is another whenever `grant` gives other tokens; 0 once the session is over.
    #[wasm_bindgen(getter)]
    pub fn stamp(&self) -> u32 {
        self.0.stamp()
    }

    /// What requests with the tokens in force have in common: `{stamp, pds, authorization, tokenId, head, key, nonce,
    /// clockOffset, staleAt}`. `pds` is an origin; times are milliseconds: `clockOffset` is by how much the PDS's time is ahead
    /// of this machine's, `staleAt` is by this machine's clock.
    pub fn grant(&self) -> Result<JsValue, JsValue> {
        let in_force = self.0.in_force()?;
        let grant = Object::new();
        set(&grant, "stamp", self.0.stamp());
        set(&grant, "pds", in_force.pds().map(|pds| pds.origin()));
        set(&grant, "authorization", in_force.authorization());
        set(&grant, "tokenId", in_force.token_id());
        set(&grant, "head", in_force.proof_head());
        set(&grant, "key", crypto_key(in_force.key()).cloned());
        set(&grant, "nonce", in_force.nonce());
        set(&grant, "clockOffset", in_force.clock_offset() as f64);
        set(&grant, "staleAt", in_force.stale_at().map(|at| at as f64));
        Ok(grant.into())
    }

    /// Renews the tokens if they are about to expire.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn freshen(&self) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            session.freshen().await?;
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// The absolute URL of a request; throws where that is not on the PDS.
    pub fn url(&self, path: &str) -> Result<String, JsValue> {
        Ok(self.0.url_of(path)?)
    }

    /// Resolves to a signature with the session's key, base64url: for a caller that could not sign, which learns why.
    pub fn sign(&self, input: String) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            let signature = session.sign(&input).await?;
            Ok(base64url::encode(&signature).into())
        }))
    }

    /// Judges the answer to a request: `sent` is `{url, tokenId, nonce, signedAt, clockOffset, tried}`, with `tried` 0 at
    /// first. Resolves to what it is to be the next time if the request may be sent again, proved anew.
    pub fn judge(&self, sent: JsValue, answer: JsValue) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            let sent = Json::from_js(sent);
            let text = |name| sent.str(name).unwrap_or_default();
            let number = |name| {
                sent.get(name)
                    .and_then(|at| at.as_f64())
                    .unwrap_or_default()
            };
            let (url, token_id, nonce) = (text("url"), text("tokenId"), sent.str("nonce"));
            let sent = SentProof {
                url: &url,
                token_id: &token_id,
                nonce: nonce.as_deref(),
                signed_at: number("signedAt") as u64,
                clock_offset: number("clockOffset") as i64,
                tried: Tried(number("tried") as u8),
            };
            let next = session.judge(sent, &FetchAnswer(answer)).await?;
            Ok(next.map_or(JsValue::UNDEFINED, |tried| tried.0.into()))
        }))
    }

    /// Resolves to facts about the tokens: `{expiresAt, scope, iss, aud, sub}`. Times are milliseconds since the epoch.
    #[wasm_bindgen(js_name = tokenInfo, unchecked_return_type = "Promise<CoreTokenInfo>")]
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
    #[wasm_bindgen(js_name = signOut, unchecked_return_type = "Promise<void>")]
    pub fn sign_out(&self) -> Promise {
        let session = self.0.clone();
        promise(Box::pin(async move {
            session.sign_out().await?;
            Ok(JsValue::UNDEFINED)
        }))
    }
}
