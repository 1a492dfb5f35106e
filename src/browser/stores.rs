//! The rows of the database, in the official client's own format, so that either reads what the other stored.
//!
//! What this client keeps beyond that is in one member, `extra`, of the row's value, which the official client does
//! not look at. Whatever a row holds, reading it ends in a value or in [`StorageError::Corrupt`].
//!
//! The npm package reads a session's row by itself too, while the core is loading (`pkg-template/src/stored-grant.ts`).

use super::indexed_db::{Database, Operation};
use super::reflect::{set, set_text, texts};
use super::web_crypto::WebCryptoKey;
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::{Issuer, TokenSet};
use crate::ports::{
    Account, AccountStatus, KeyError, Local, PENDING_LIFETIME, PendingLogin, PendingStore,
    SessionStore, Signer, StorageError, StoredSession,
};
use crate::secret::Secret;
use crate::url::Url;
use js_sys::Date;
use std::rc::Rc;
use wasm_bindgen::JsValue;

const PENDING: &str = "state";
const SESSIONS: &str = "session";
const CLOCK_OFFSET: &str = "clockOffset";

/// The store of pending sign-ins.
pub(super) struct PendingRows(pub(super) Rc<Database>);

impl PendingStore for PendingRows {
    fn put<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let row = pending_row(login)?;
            self.0.run(PENDING, &Operation::Put(state, &row)).await?;
            Ok(())
        })
    }

    fn take<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let row = Json::from_js(self.0.run(PENDING, &Operation::Take(state)).await?);
            if !row.is_object() {
                return Ok(None);
            }
            pending_login(&row).await.map(Some)
        })
    }
}

/// The store of sessions.
pub(super) struct SessionRows(pub(super) Rc<Database>);

impl SessionStore for SessionRows {
    fn get<'a>(
        &'a self,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move {
            let key = did.as_str();
            let row = Json::from_js(self.0.run(SESSIONS, &Operation::Get(key)).await?);
            if !row.is_object() {
                return Ok(None);
            }
            stored_session(&row).await.map(Some)
        })
    }

    fn put<'a>(&'a self, session: &'a StoredSession) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let row = session_row(session)?;
            let key = session.tokens.sub.as_str();
            self.0.run(SESSIONS, &Operation::Put(key, &row)).await?;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, did: &'a Did) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            self.0
                .run(SESSIONS, &Operation::Delete(did.as_str()))
                .await?;
            Ok(())
        })
    }

    fn list(&self) -> Local<'_, Result<Vec<Account>, StorageError>> {
        Box::pin(async move {
            let rows = Json::from_js(self.0.run(SESSIONS, &Operation::List).await?);
            let rows = rows.as_array().unwrap_or_default();
            Ok(rows.iter().filter_map(signed_in).collect())
        })
    }
}

fn pending_row(login: &PendingLogin) -> Result<JsValue, StorageError> {
    let extra = texts(&[]);
    set_known(&extra, "account", login.account.as_ref().map(Did::as_str));
    set_known(&extra, "pds", login.pds.as_ref().map(Url::as_str));
    set_known(&extra, "handle", login.handle.as_ref().map(Handle::as_str));
    set_known(&extra, "redirectUri", login.redirect_uri.as_deref());
    set_json(&extra, "server", login.server.as_ref());
    set_known(&extra, "nonce", login.nonce.as_deref());
    set_offset(&extra, login.clock_offset);
    let value = row_value(login.key.as_ref(), &extra)?;
    set_text(&value, "iss", &login.issuer);
    set_text(&value, "verifier", login.verifier.expose());
    set_known(&value, "appState", login.app_state.as_deref());
    let row = texts(&[]);
    set(&row, "value", &value);
    set(
        &row,
        "expiresAt",
        &iso(now().saturating_add(PENDING_LIFETIME)),
    );
    Ok(row)
}

async fn pending_login(row: &Json) -> Result<Box<PendingLogin>, StorageError> {
    let value = member(row, "value")?;
    let extra = value.get("extra");
    let extra = |name| extra.as_ref().and_then(|extra| extra.get(name));
    let account = match extra("account") {
        None => None,
        Some(account) => {
            let account = account.as_str().and_then(|did| Did::parse(&did).ok());
            Some(account.ok_or(StorageError::Corrupt("account"))?)
        }
    };
    Ok(Box::new(PendingLogin {
        issuer: string(&value, "iss")?,
        key: read_key(&value).await?,
        verifier: Secret::new(string(&value, "verifier")?),
        app_state: value.str("appState"),
        account,
        pds: extra("pds").and_then(|pds| Url::parse(&pds.as_str()?)),
        handle: extra("handle").and_then(|handle| Handle::parse(&handle.as_str()?).ok()),
        redirect_uri: extra("redirectUri").and_then(|uri| uri.as_str()),
        server: extra("server").filter(Json::is_object),
        nonce: extra("nonce").and_then(|nonce| nonce.as_str()),
        clock_offset: offset(extra(CLOCK_OFFSET)),
    }))
}

fn session_row(session: &StoredSession) -> Result<JsValue, StorageError> {
    let tokens = &session.tokens;
    let token_set = texts(&[("token_type", "DPoP")]);
    set_text(&token_set, "iss", &tokens.issuer);
    set_text(&token_set, "sub", tokens.sub.as_str());
    set_text(&token_set, "aud", &tokens.audience);
    set_text(&token_set, "scope", &tokens.scope);
    set_text(&token_set, "access_token", tokens.access_token.expose());
    let refresh_token = tokens.refresh_token.as_ref().map(Secret::expose);
    set_known(&token_set, "refresh_token", refresh_token);
    let expires_at = tokens.expires_at.map(iso);
    if let Some(expires_at) = &expires_at {
        set(&token_set, "expires_at", expires_at);
    }
    let extra = texts(&[]);
    set_known(&extra, "clientId", session.client_id.as_deref());
    set_json(&extra, "server", session.server.as_ref());
    set_time(&extra, "verifiedAt", session.verified_at);
    set_time(&extra, "refreshStartedAt", session.refresh_started_at);
    set_offset(&extra, session.clock_offset);
    let value = row_value(session.key.as_ref(), &extra)?;
    set(&value, "tokenSet", &token_set);
    let row = texts(&[]);
    set(&row, "value", &value);
    // A session that can be refreshed outlives its access token.
    if let (None, Some(expires_at)) = (refresh_token, &expires_at) {
        set(&row, "expiresAt", expires_at);
    }
    Ok(row)
}

/// The account of a row, as far as that can be told without its key.
fn signed_in(row: &Json) -> Option<Account> {
    let tokens = stored_tokens(&row.get("value")?).ok()?;
    Some(Account {
        did: tokens.sub,
        handle: None,
        pds: Some(tokens.audience),
        issuer: Some(Issuer::known(tokens.issuer)),
        status: AccountStatus::SignedIn,
        last_used: None,
    })
}

fn stored_tokens(value: &Json) -> Result<TokenSet, StorageError> {
    // Rows of before 2025 have no `authMethod`; other methods than `none` are for clients with a server.
    let method = value.get("authMethod").and_then(|auth| auth.str("method"));
    if method.as_deref() != Some("none") {
        return Err(StorageError::Corrupt("authMethod"));
    }
    let tokens = member(value, "tokenSet")?;
    if tokens.str("token_type").as_deref() != Some("DPoP") {
        return Err(StorageError::Corrupt("token_type"));
    }
    let expires_at = match tokens.get("expires_at") {
        None => None,
        Some(at) => Some(
            at.as_str()
                .and_then(|at| from_iso(&at))
                .ok_or(StorageError::Corrupt("expires_at"))?,
        ),
    };
    Ok(TokenSet {
        issuer: string(&tokens, "iss")?,
        sub: Did::parse(&string(&tokens, "sub")?).map_err(|_| StorageError::Corrupt("sub"))?,
        audience: string(&tokens, "aud")?,
        scope: string(&tokens, "scope")?,
        access_token: Secret::new(string(&tokens, "access_token")?),
        refresh_token: tokens.str("refresh_token").map(Secret::new),
        expires_at,
    })
}

async fn stored_session(row: &Json) -> Result<Rc<StoredSession>, StorageError> {
    let value = member(row, "value")?;
    let extra = value.get("extra");
    let extra = |name| extra.as_ref().and_then(|extra| extra.get(name));
    let time = |name| Some(extra(name)?.as_f64()? as u64);
    Ok(Rc::new(StoredSession {
        tokens: stored_tokens(&value)?,
        key: read_key(&value).await?,
        client_id: extra("clientId").and_then(|id| id.as_str()),
        server: extra("server").filter(Json::is_object),
        verified_at: time("verifiedAt"),
        refresh_started_at: time("refreshStartedAt"),
        clock_offset: offset(extra(CLOCK_OFFSET)),
    }))
}

/// What the values of both kinds of rows have.
fn row_value(key: &dyn Signer, extra: &JsValue) -> Result<JsValue, StorageError> {
    let Some(key) = key.as_any().downcast_ref::<WebCryptoKey>() else {
        return Err(StorageError::Corrupt("dpopKey"));
    };
    let key_row = texts(&[("keyId", &key.public_jwk().kid)]);
    set(&key_row, "keyPair", key.pair());
    let value = texts(&[]);
    // The only way a browser app authenticates itself: not at all.
    set(&value, "authMethod", &texts(&[("method", "none")]));
    set(&value, "dpopKey", &key_row);
    set(&value, "extra", extra);
    Ok(value)
}

async fn read_key(value: &Json) -> Result<Rc<dyn Signer>, StorageError> {
    let key = member(value, "dpopKey")?;
    let pair = member(&key, "keyPair")?.to_js();
    match WebCryptoKey::from_row(string(&key, "keyId")?, &pair).await {
        Ok(key) => Ok(Rc::new(key)),
        Err(KeyError::Unusable) => Err(StorageError::Corrupt("dpopKey")),
        Err(error) => Err(StorageError::Key(error)),
    }
}

fn member(json: &Json, name: &'static str) -> Result<Json, StorageError> {
    json.get(name).ok_or(StorageError::Corrupt(name))
}

fn string(json: &Json, name: &'static str) -> Result<String, StorageError> {
    json.str(name).ok_or(StorageError::Corrupt(name))
}

fn set_known(target: &JsValue, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        set_text(target, name, value);
    }
}

fn set_json(target: &JsValue, name: &str, value: Option<&Json>) {
    if let Some(value) = value {
        set(target, name, &value.to_js());
    }
}

/// Milliseconds since the epoch: the official client reads none of what is written this way.
fn set_time(target: &JsValue, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        set(target, name, &JsValue::from_f64(value as f64));
    }
}

fn set_offset(extra: &JsValue, offset: i64) {
    if offset != 0 {
        set(extra, CLOCK_OFFSET, &JsValue::from_f64(offset as f64));
    }
}

fn offset(stored: Option<Json>) -> i64 {
    stored
        .and_then(|offset| offset.as_f64())
        .unwrap_or_default() as i64
}

fn now() -> u64 {
    Date::now() as u64
}

/// A time as an ISO text. A server can name a lifetime beyond what a `Date` can tell, which throws: the last moment it
/// can tell stands for all later.
fn iso(milliseconds: u64) -> JsValue {
    let milliseconds = milliseconds.min(8_640_000_000_000_000);
    Date::new(&JsValue::from_f64(milliseconds as f64))
        .to_iso_string()
        .into()
}

fn from_iso(text: &str) -> Option<u64> {
    let milliseconds = Date::parse(text);
    (milliseconds >= 0.0).then_some(milliseconds as u64)
}
