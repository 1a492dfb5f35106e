//! A session in the core, as `request.js` uses it: for apps in Rust and, with more to it, in JavaScript.

use super::keys::{JsKey, failed};
use super::reflect::set;
use crate::client::{Error, OAuthSession, ResourceResponse, Sent, Step, Tried};
use crate::json::{Json, Writer};
use crate::ports::Local;
use crate::url::Url;
use js_sys::Promise;
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// How JavaScript waits for the session.
pub(crate) trait Caller {
    /// What becomes of an error.
    fn thrown(&self, error: Error) -> JsValue;

    /// Runs a flow, whose outcome the promise will have.
    fn promise(&self, flow: Local<'static, Result<JsValue, JsValue>>) -> Promise;
}

/// One session.
#[wasm_bindgen]
#[derive(Clone)]
pub struct CoreSession {
    pub(crate) session: OAuthSession,
    pub(crate) caller: Rc<dyn Caller>,
}

impl CoreSession {
    pub(crate) fn new(session: OAuthSession, caller: Rc<dyn Caller>) -> Self {
        Self { session, caller }
    }

    pub(crate) fn thrown<T>(&self, outcome: Result<T, Error>) -> Result<T, JsValue> {
        outcome.map_err(|error| self.caller.thrown(error))
    }
}

#[wasm_bindgen]
impl CoreSession {
    /// A number that is another whenever `credentials` gives other tokens; 0 once the session has ended.
    #[wasm_bindgen(getter)]
    pub fn stamp(&self) -> u32 {
        self.session.stamp()
    }

    /// What requests with the current tokens have in common: the `RequestCredentials` of `proof.js`.
    #[wasm_bindgen(
        unchecked_return_type = "import('../../src/host/browser/proof.js').RequestCredentials"
    )]
    pub fn credentials(&self) -> Result<JsValue, JsValue> {
        let current = self.thrown(self.session.credentials())?;
        let until = self.session.sendable_until(&current);
        let text = Writer::object()
            .member("authorization", Some(&current.authorization))
            .member("tokenId", Some(&current.ath))
            .member("head", Some(current.proof_head()))
            .member("pds", current.pds.as_ref().map(Url::origin))
            .member("nonce", current.pds_nonce().as_deref())
            .number_member("clockOffset", Some(current.pds_clock_offset()))
            .number_member("until", until.map(|at| at as i64))
            .end();
        let credentials = Json::parse(&text).map_or(JsValue::UNDEFINED, |json| json.to_js());
        if let Some(key) = current.key().as_any().downcast_ref::<JsKey>() {
            set(&credentials, "key", &key.private());
        }
        Ok(credentials)
    }

    /// Refreshes the tokens if they are about to expire.
    #[wasm_bindgen(js_name = refreshIfDue, unchecked_return_type = "Promise<void>")]
    pub fn refresh_if_due(&self) -> Promise {
        let this = self.clone();
        self.caller.promise(Box::pin(async move {
            this.thrown(this.session.refresh_if_due().await)?;
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// The absolute URL of a request; throws if that is not on the PDS.
    pub fn url(&self, path: &str) -> Result<String, JsValue> {
        self.thrown(self.session.url_of(path))
    }

    /// The error for a key that could not sign.
    #[wasm_bindgen(js_name = keyError)]
    pub fn key_error(&self, thrown: JsValue) -> JsValue {
        self.caller
            .thrown(Error::new(Step::Request, failed(Json::from_js(thrown))))
    }

    /// Learns from the response to a request; see [`OAuthSession::report`]. `tried` is 0 at first; the last five are what the
    /// response says. Resolves to what was tried by then if the request is to be sent again, with a new proof.
    #[wasm_bindgen(unchecked_return_type = "Promise<number | undefined>")]
    #[expect(
        clippy::too_many_arguments,
        reason = "wasm-bindgen checks and declares the type of each argument, and of no member of an object"
    )]
    pub fn report(
        &self,
        url: String,
        token_id: String,
        nonce: Option<String>,
        signed_at: f64,
        clock_offset: f64,
        tried: u8,
        status: u16,
        received_nonce: Option<String>,
        challenge: Option<String>,
        date: Option<String>,
        small_json: Option<String>,
    ) -> Promise {
        let this = self.clone();
        self.caller.promise(Box::pin(async move {
            let sent = Sent {
                url: &url,
                token_id: &token_id,
                nonce: nonce.as_deref(),
                signed_at: signed_at as u64,
                clock_offset: clock_offset as i64,
                tried: Tried(tried),
            };
            let response = Reported {
                status,
                received_nonce,
                challenge,
                date,
                small_json,
            };
            let next = this.thrown(this.session.report(sent, &response).await)?;
            Ok(next.map_or(JsValue::UNDEFINED, |tried| tried.0.into()))
        }))
    }
}

/// What a response says of the proof and the token.
struct Reported {
    status: u16,
    received_nonce: Option<String>,
    challenge: Option<String>,
    date: Option<String>,
    /// The body, where it may demand a nonce.
    small_json: Option<String>,
}

impl ResourceResponse for Reported {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        match name {
            "dpop-nonce" => self.received_nonce.clone(),
            "www-authenticate" => self.challenge.clone(),
            "date" => self.date.clone(),
            _ => None,
        }
    }

    fn small_json(&self) -> Local<'_, Option<String>> {
        Box::pin(async { self.small_json.clone() })
    }
}

impl fmt::Debug for CoreSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt(f)
    }
}
