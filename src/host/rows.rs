//! The rows of the database, as `browser/rows.js` takes and gives them.
//!
//! Whatever a row holds, reading it ends in a value or in [`StorageError::Corrupt`].

use super::door::Door;
use super::keys::JsKey;
use crate::identity::{Did, Handle};
use crate::json::{Json, Writer};
use crate::oauth::{AuthMethod, Issuer, TokenSet};
use crate::ports::{
    Account, AccountStatus, PendingLogin, ResumeTicket, Signer, StorageError, StoredSession,
};
use crate::secret::Secret;
use crate::time;
use crate::url::Url;
use std::rc::Rc;

pub(super) fn pending_row(login: &PendingLogin, until: u64) -> Result<String, StorageError> {
    let mut row = row_with(
        login.key.as_ref(),
        &login.auth_method,
        login.server.as_ref(),
        login.clock_offset,
    )?;
    row.member("iss", Some(&login.issuer))
        .member("verifier", Some(login.verifier.expose()))
        .member("clientId", login.client_id.as_deref())
        .member("appState", login.app_state.as_deref())
        .member("account", login.account.as_ref().map(Did::as_str))
        .member("pds", login.pds.as_ref().map(Url::as_str))
        .member("handle", login.handle.as_ref().map(Handle::as_str))
        .member("redirectUri", login.redirect_uri.as_deref())
        .member("nonce", login.nonce.as_deref())
        .number_member("expires_at", time(Some(until)));
    Ok(row.end())
}

pub(super) fn pending_login(
    door: &Rc<Door>,
    row: &Json,
) -> Result<Box<PendingLogin>, StorageError> {
    let account = match row.str("account") {
        None => None,
        Some(did) => Some(Did::parse(&did).map_err(|_| StorageError::Corrupt("account"))?),
    };
    Ok(Box::new(PendingLogin {
        client_id: row.str("clientId"),
        issuer: string(row, "iss"),
        key: key(door, row)?,
        auth_method: auth_method(row),
        verifier: Secret::new(string(row, "verifier")),
        app_state: row.str("appState"),
        account,
        pds: row.str("pds").and_then(|pds| Url::parse(&pds)),
        handle: row
            .str("handle")
            .and_then(|handle| Handle::parse(&handle).ok()),
        redirect_uri: row.str("redirectUri"),
        server: server(row),
        nonce: row.str("nonce"),
        clock_offset: clock_offset(row),
    }))
}

/// The form of a resume ticket. A page obeys no other.
const RESUME_VERSION: i64 = 1;

/// What a page looks for that has not loaded the core: `pkg-template/src/resume.ts`.
fn resume(ticket: &ResumeTicket, client: &str) -> String {
    Writer::object()
        .number_member("version", Some(RESUME_VERSION))
        .member("client", Some(client))
        .member("pds", Some(&ticket.pds))
        .member("tokenId", Some(&ticket.token_id))
        .member("head", Some(&ticket.proof_head))
        .number_member("clockOffset", Some(ticket.clock_offset))
        .number_member("until", time(Some(ticket.until)))
        .end()
}

pub(super) fn session_row(
    session: &StoredSession,
    client: Option<&str>,
) -> Result<String, StorageError> {
    let tokens = &session.tokens;
    let mut row = row_with(
        session.key.as_ref(),
        &session.auth_method,
        session.server.as_ref(),
        session.clock_offset,
    )?;
    row.member("iss", Some(&tokens.issuer))
        .member("sub", Some(tokens.sub.as_str()))
        .member("aud", Some(&tokens.audience))
        .member("scope", Some(&tokens.scope))
        .member("access_token", Some(tokens.access_token.expose()))
        .member(
            "refresh_token",
            tokens.refresh_token.as_ref().map(Secret::expose),
        )
        .number_member("expires_at", time(tokens.expires_at))
        .member("clientId", session.client_id.as_deref())
        .number_member("verifiedAt", time(session.verified_at))
        .number_member("refreshStartedAt", time(session.refresh_started_at))
        .number_member("refusedAt", time(session.refused_at));
    if let (Some(ticket), Some(client)) = (&session.resume, client) {
        row.raw_member("resume", &resume(ticket, client));
    }
    Ok(row.end())
}

pub(super) fn stored_session(
    door: &Rc<Door>,
    row: &Json,
) -> Result<Rc<StoredSession>, StorageError> {
    Ok(Rc::new(StoredSession {
        tokens: tokens(row).ok_or(StorageError::Corrupt("sub"))?,
        key: key(door, row)?,
        auth_method: auth_method(row),
        client_id: row.str("clientId"),
        server: server(row),
        verified_at: time_of(row, "verifiedAt"),
        refresh_started_at: time_of(row, "refreshStartedAt"),
        refused_at: time_of(row, "refusedAt"),
        clock_offset: clock_offset(row),
        resume: None,
    }))
}

/// The tokens of a row; `None` where they are nobody's.
fn tokens(row: &Json) -> Option<TokenSet> {
    Some(TokenSet {
        sub: Did::parse(&string(row, "sub")).ok()?,
        issuer: string(row, "iss"),
        audience: string(row, "aud"),
        scope: string(row, "scope"),
        access_token: Secret::new(string(row, "access_token")),
        refresh_token: row.str("refresh_token").map(Secret::new),
        expires_at: time_of(row, "expires_at"),
    })
}

/// The account of a row, as far as that can be told without its key.
pub(super) fn signed_in(row: &Json) -> Option<Account> {
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
) -> Result<Writer, StorageError> {
    let Some(key) = key.as_any().downcast_ref::<JsKey>() else {
        return Err(StorageError::Corrupt("dpopKey"));
    };
    let method = match auth_method {
        AuthMethod::None => r#"{"method":"none"}"#.to_owned(),
        AuthMethod::Other(stored) => stored.text(),
    };
    let offset = Some(clock_offset).filter(|offset| *offset != 0);
    let mut row = Writer::object();
    row.member("keyId", Some(&key.public_jwk().kid))
        .number_member("key", Some(key.number().into()))
        .raw_member("authMethod", &method)
        .json_member("server", server)
        .number_member("clockOffset", offset);
    Ok(row)
}

fn key(door: &Rc<Door>, row: &Json) -> Result<Rc<dyn Signer>, StorageError> {
    let described = row.get("key");
    let key = described.and_then(|key| JsKey::described(door, &key, string(row, "keyId")));
    Ok(Rc::new(key.ok_or(StorageError::Corrupt("dpopKey"))?))
}

fn auth_method(row: &Json) -> AuthMethod {
    row.get("authMethod")
        .map_or(AuthMethod::None, AuthMethod::read)
}

fn server(row: &Json) -> Option<Json> {
    row.get("server").filter(Json::is_object)
}

fn clock_offset(row: &Json) -> i64 {
    let offset = row.get("clockOffset").and_then(|offset| offset.as_f64());
    time::clock_offset(offset.unwrap_or_default())
}

/// A member that `row_layout.js` has found to be a text.
fn string(row: &Json, name: &str) -> String {
    row.str(name).unwrap_or_default()
}

/// Milliseconds since the epoch. The row will hold some as the text of a `Date`, which throws for what is later than it can be.
fn time(value: Option<u64>) -> Option<i64> {
    value.map(|value| time::shifted(value, 0) as i64)
}

fn time_of(row: &Json, name: &str) -> Option<u64> {
    time::moment(row.get(name)?.as_f64()?)
}
