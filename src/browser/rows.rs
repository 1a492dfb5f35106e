//! The rows of the database: what `rows.js` stores and reads, as the ports know it.
//!
//! Whatever a row holds, reading it ends in a value or in [`StorageError::Corrupt`].

use super::indexed_db::{Database, failed};
use super::reflect::{get, get_str, resolved, set, set_text, texts};
use super::web_crypto::WebCryptoKey;
use crate::client::policy;
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::{AuthMethod, Issuer, TokenSet};
use crate::ports::{
    Account, AccountStatus, KeyError, Local, PendingLogin, PendingStore, ResumeTicket,
    SessionStore, Signer, StorageError, StoredSession,
};
use crate::secret::Secret;
use crate::time;
use crate::url::Url;
use js_sys::{Date, Promise};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/rows.js")]
extern "C" {
    #[wasm_bindgen(js_name = perform)]
    fn perform(
        database: &JsValue,
        store: &str,
        operation: &str,
        client_id: &str,
        key: &str,
        row: &JsValue,
        expected: Option<&str>,
    ) -> Promise;
}

#[wasm_bindgen(module = "/src/browser/row_layout.js")]
extern "C" {
    /// Not called from here. wasm-bindgen copies the modules that Rust names, and `rows.js` imports this one.
    #[wasm_bindgen(js_name = layOut)]
    fn lay_out();
}

const PENDING: &str = "state";
const SESSIONS: &str = "session";

/// What `row_layout.js` may call corrupt.
const MEMBERS: [&str; 15] = [
    "value",
    "authMethod",
    "tokenSet",
    "token_type",
    "expires_at",
    "iss",
    "sub",
    "aud",
    "scope",
    "access_token",
    "verifier",
    "account",
    "dpopKey",
    "keyPair",
    "keyId",
];

/// The store of pending sign-ins.
pub(super) struct PendingRows(pub(super) Rc<Database>);

impl PendingStore for PendingRows {
    fn put<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let client_id = login.client_id.as_deref().unwrap_or_default();
            let row = pending_row(login)?;
            let place = (PENDING, client_id, state);
            run(&self.0, "put", place, &row, None).await.map(drop)
        })
    }

    fn get<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("get", client_id, state)
    }

    fn take<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("take", client_id, state)
    }

    fn owner<'a>(&'a self, state: &'a str) -> Local<'a, Result<Option<String>, StorageError>> {
        owner(&self.0, PENDING, state)
    }
}

impl PendingRows {
    fn read<'a>(
        &'a self,
        operation: &'a str,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let place = (PENDING, client_id, state);
            let row = run(&self.0, operation, place, &JsValue::UNDEFINED, None).await?;
            if row.is_undefined() {
                return Ok(None);
            }
            pending_login(&row).map(Some)
        })
    }
}

/// The client that a row names.
fn owner<'a>(
    database: &'a Database,
    store: &'a str,
    key: &'a str,
) -> Local<'a, Result<Option<String>, StorageError>> {
    Box::pin(async move {
        let place = (store, "", key);
        let owner = run(database, "owner", place, &JsValue::UNDEFINED, None).await?;
        Ok(owner.as_string())
    })
}

/// The store of sessions.
pub(super) struct SessionRows {
    pub(super) database: Rc<Database>,
    /// What the page calls this client and its options, which a resume ticket is for: see [`super::BrowserOptions`].
    pub(super) resume_client: Option<String>,
}

/// The form of a resume ticket. A page obeys no other.
const RESUME_VERSION: u32 = 1;

impl SessionRows {
    /// What a page looks for that has not loaded the core: `pkg-template/src/resume.ts`.
    fn set_resume_ticket(&self, row: &JsValue, ticket: &ResumeTicket) {
        let Some(client) = &self.resume_client else {
            return;
        };
        let resume = texts(&[
            ("client", client),
            ("pds", &ticket.pds),
            ("tokenId", &ticket.token_id),
            ("head", &ticket.proof_head),
        ]);
        set(&resume, "version", &RESUME_VERSION.into());
        let clock_offset = ticket.clock_offset as f64;
        set(&resume, "clockOffset", &clock_offset.into());
        set_time(&resume, "until", Some(ticket.until));
        set(row, "resume", &resume);
    }
}

impl SessionStore for SessionRows {
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move {
            let place = (SESSIONS, client_id, did.as_str());
            let row = run(&self.database, "get", place, &JsValue::UNDEFINED, None).await?;
            if row.is_undefined() {
                return Ok(None);
            }
            stored_session(&row).map(Some)
        })
    }

    fn put<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let row = session_row(session)?;
            if let Some(ticket) = &session.resume {
                self.set_resume_ticket(&row, ticket);
            }
            let place = (SESSIONS, client_id, session.tokens.sub.as_str());
            let done = run(&self.database, "put", place, &row, expected).await?;
            Ok(done.is_truthy())
        })
    }

    fn delete<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let place = (SESSIONS, client_id, did.as_str());
            let done = run(
                &self.database,
                "delete",
                place,
                &JsValue::UNDEFINED,
                expected,
            )
            .await?;
            Ok(done.is_truthy())
        })
    }

    fn list<'a>(&'a self, client_id: &'a str) -> Local<'a, Result<Vec<Account>, StorageError>> {
        Box::pin(async move {
            let place = (SESSIONS, client_id, "");
            let rows = run(&self.database, "list", place, &JsValue::UNDEFINED, None).await?;
            let rows = Json::from_js(rows).as_array().unwrap_or_default();
            Ok(rows
                .iter()
                .filter_map(|row| signed_in(&row.to_js()))
                .collect())
        })
    }

    fn owner<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<String>, StorageError>> {
        owner(&self.database, SESSIONS, did.as_str())
    }
}

/// Does one operation at a place: a store, a client id and a key. Done means committed.
async fn run(
    database: &Database,
    operation: &str,
    (store, client_id, key): (&str, &str, &str),
    row: &JsValue,
    expected: Option<&Secret>,
) -> Result<JsValue, StorageError> {
    // By itself: who gives up before there is a database has stored nothing.
    let database = database.connected().await?;
    let expected = expected.map(Secret::expose);
    let done = perform(database, store, operation, client_id, key, row, expected);
    resolved(&done)
        .await
        .map_err(|failure| match get_str(&failure, "kind").as_deref() {
            Some("corrupt") => {
                let name = get_str(&failure, "error").unwrap_or_default();
                let known = MEMBERS.into_iter().find(|known| *known == name);
                StorageError::Corrupt(known.unwrap_or("value"))
            }
            Some("unreadable") => StorageError::Unreadable,
            Some("key") => StorageError::Key(KeyError::Unavailable),
            _ => failed(failure),
        })
}

fn pending_row(login: &PendingLogin) -> Result<JsValue, StorageError> {
    let row = row_with(
        login.key.as_ref(),
        &login.auth_method,
        login.server.as_ref(),
        login.clock_offset,
    )?;
    set_text(&row, "iss", &login.issuer);
    set_text(&row, "verifier", login.verifier.expose());
    set_known(&row, "clientId", login.client_id.as_deref());
    set_known(&row, "appState", login.app_state.as_deref());
    set_known(&row, "account", login.account.as_ref().map(Did::as_str));
    set_known(&row, "pds", login.pds.as_ref().map(Url::as_str));
    set_known(&row, "handle", login.handle.as_ref().map(Handle::as_str));
    set_known(&row, "redirectUri", login.redirect_uri.as_deref());
    set_known(&row, "nonce", login.nonce.as_deref());
    let expires_at = policy::pending_until(Date::now() as u64);
    set_time(&row, "expires_at", Some(expires_at));
    Ok(row)
}

fn pending_login(row: &JsValue) -> Result<Box<PendingLogin>, StorageError> {
    let account = match get_str(row, "account") {
        None => None,
        Some(did) => Some(Did::parse(&did).map_err(|_| StorageError::Corrupt("account"))?),
    };
    Ok(Box::new(PendingLogin {
        client_id: get_str(row, "clientId"),
        issuer: string(row, "iss"),
        key: key(row),
        auth_method: auth_method(row),
        verifier: Secret::new(string(row, "verifier")),
        app_state: get_str(row, "appState"),
        account,
        pds: get_str(row, "pds").and_then(|pds| Url::parse(&pds)),
        handle: get_str(row, "handle").and_then(|handle| Handle::parse(&handle).ok()),
        redirect_uri: get_str(row, "redirectUri"),
        server: server(row),
        nonce: get_str(row, "nonce"),
        clock_offset: clock_offset(row),
    }))
}

fn session_row(session: &StoredSession) -> Result<JsValue, StorageError> {
    let row = row_with(
        session.key.as_ref(),
        &session.auth_method,
        session.server.as_ref(),
        session.clock_offset,
    )?;
    let tokens = &session.tokens;
    set_text(&row, "iss", &tokens.issuer);
    set_text(&row, "sub", tokens.sub.as_str());
    set_text(&row, "aud", &tokens.audience);
    set_text(&row, "scope", &tokens.scope);
    set_text(&row, "access_token", tokens.access_token.expose());
    let refresh_token = tokens.refresh_token.as_ref().map(Secret::expose);
    set_known(&row, "refresh_token", refresh_token);
    set_time(&row, "expires_at", tokens.expires_at);
    set_known(&row, "clientId", session.client_id.as_deref());
    set_time(&row, "verifiedAt", session.verified_at);
    set_time(&row, "refreshStartedAt", session.refresh_started_at);
    set_time(&row, "refusedAt", session.refused_at);
    Ok(row)
}

fn stored_session(row: &JsValue) -> Result<Rc<StoredSession>, StorageError> {
    Ok(Rc::new(StoredSession {
        tokens: tokens(row).ok_or(StorageError::Corrupt("sub"))?,
        key: key(row),
        auth_method: auth_method(row),
        client_id: get_str(row, "clientId"),
        server: server(row),
        verified_at: time_of(row, "verifiedAt"),
        refresh_started_at: time_of(row, "refreshStartedAt"),
        refused_at: time_of(row, "refusedAt"),
        clock_offset: clock_offset(row),
        resume: None,
    }))
}

/// The tokens of a row; `None` where they are nobody's.
fn tokens(row: &JsValue) -> Option<TokenSet> {
    Some(TokenSet {
        sub: Did::parse(&string(row, "sub")).ok()?,
        issuer: string(row, "iss"),
        audience: string(row, "aud"),
        scope: string(row, "scope"),
        access_token: Secret::new(string(row, "access_token")),
        refresh_token: get_str(row, "refresh_token").map(Secret::new),
        expires_at: time_of(row, "expires_at"),
    })
}

/// The account of a row, as far as that can be told without its key.
fn signed_in(row: &JsValue) -> Option<Account> {
    let tokens = tokens(row)?;
    Some(Account {
        did: tokens.sub,
        handle: None,
        pds: Some(tokens.audience),
        issuer: Some(Issuer::known(tokens.issuer)),
        status: match time_of(row, "refusedAt") {
            None => AccountStatus::SignedIn,
            Some(_) => AccountStatus::SignedOut,
        },
        last_used: None,
    })
}

/// A row with what both kinds have.
fn row_with(
    key: &dyn Signer,
    auth_method: &AuthMethod,
    server: Option<&Json>,
    clock_offset: i64,
) -> Result<JsValue, StorageError> {
    let Some(key) = key.as_any().downcast_ref::<WebCryptoKey>() else {
        return Err(StorageError::Corrupt("dpopKey"));
    };
    let row = texts(&[("keyId", &key.public_jwk().kid)]);
    set(&row, "keyPair", key.pair());
    let method = match auth_method {
        AuthMethod::None => texts(&[("method", "none")]),
        AuthMethod::Other(stored) => stored.to_js(),
    };
    set(&row, "authMethod", &method);
    if let Some(server) = server {
        set(&row, "server", &server.to_js());
    }
    if clock_offset != 0 {
        set(&row, "clockOffset", &JsValue::from_f64(clock_offset as f64));
    }
    Ok(row)
}

fn key(row: &JsValue) -> Rc<dyn Signer> {
    Rc::new(WebCryptoKey::described(
        &get(row, "key"),
        string(row, "keyId"),
    ))
}

fn auth_method(row: &JsValue) -> AuthMethod {
    AuthMethod::read(Json::from_js(get(row, "authMethod")))
}

fn server(row: &JsValue) -> Option<Json> {
    Some(Json::from_js(get(row, "server"))).filter(Json::is_object)
}

fn clock_offset(row: &JsValue) -> i64 {
    time::clock_offset(get(row, "clockOffset").as_f64().unwrap_or_default())
}

/// A member that `row_layout.js` has found to be a text.
fn string(row: &JsValue, name: &str) -> String {
    get_str(row, name).unwrap_or_default()
}

fn set_known(row: &JsValue, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        set_text(row, name, value);
    }
}

/// Milliseconds since the epoch.
fn set_time(row: &JsValue, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        // The row will hold some as the text of a `Date`, which throws for a later one.
        let value = time::shifted(value, 0);
        set(row, name, &JsValue::from_f64(value as f64));
    }
}

fn time_of(row: &JsValue, name: &str) -> Option<u64> {
    time::moment(get(row, name).as_f64()?)
}
