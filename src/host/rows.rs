//! The rows of the database: what `browser/rows.js` stores and reads.
//!
//! Whatever a row holds, reading it ends in a value or in [`StorageError::Corrupt`].

use super::JsHost;
use super::door::{Door, Effect, Outcome};
use super::items::accounts;
use super::keys::JsKey;
use super::message_of;
use super::operations::Place;
use crate::client::policy;
use crate::identity::{Did, Handle};
use crate::json::{Json, Writer};
use crate::oauth::{AuthMethod, Issuer, TokenSet};
use crate::ports::{
    Account, AccountStatus, KeyError, Local, PendingLogin, PendingStore, ResumeTicket,
    SessionStore, Signer, Storage, StorageError, StoredSession,
};
use crate::secret::Secret;
use crate::time;
use crate::url::Url;
use std::rc::Rc;

/// What `rows.js` may call corrupt.
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

impl Storage for JsHost {
    fn settle(&self) -> Local<'_, ()> {
        self.door.settle().read(drop)
    }

    fn outlives_page(&self) -> bool {
        self.door.is_durable()
    }
}

impl PendingStore for JsHost {
    fn put<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        let client_id = login.client_id.as_deref().unwrap_or_default();
        let until = policy::pending_until(self.door.now());
        match pending_row(login, until) {
            Ok(row) => {
                let put = self.perform("put", pending_of(client_id, state), Some(&row), None);
                put.read(|outcome| outcome.map(drop).map_err(failed))
            }
            Err(error) => refused(error),
        }
    }

    fn get<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("get", pending_of(client_id, state), pending_login)
    }

    fn take<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("take", pending_of(client_id, state), pending_login)
    }

    fn owner<'a>(&'a self, state: &'a str) -> Local<'a, Result<Option<String>, StorageError>> {
        self.owner_of(pending_of("", state))
    }
}

impl SessionStore for JsHost {
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        self.read("get", session_of(client_id, did.as_str()), stored_session)
    }

    fn put<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        let place = session_of(client_id, session.tokens.sub.as_str());
        match session_row(session, self.resume_client.as_deref()) {
            Ok(row) => self
                .perform("put", place, Some(&row), expected)
                .read(is_done),
            Err(error) => refused(error),
        }
    }

    fn delete<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        let place = session_of(client_id, did.as_str());
        self.perform("delete", place, None, expected).read(is_done)
    }

    fn list<'a>(&'a self, client_id: &'a str) -> Local<'a, Result<Vec<Account>, StorageError>> {
        let place = session_of(client_id, "");
        let listed = self.perform("list", place, None, None);
        listed.read(|outcome| Ok(accounts(outcome.map_err(failed)?, signed_in)))
    }

    fn owner<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<String>, StorageError>> {
        self.owner_of(session_of("", did.as_str()))
    }
}

/// The place of a pending sign-in.
fn pending_of<'a>(client_id: &'a str, state: &'a str) -> Place<'a> {
    Place {
        store: "state",
        client_id,
        key: state,
    }
}

/// The place of a session.
fn session_of<'a>(client_id: &'a str, did: &'a str) -> Place<'a> {
    Place {
        store: "session",
        client_id,
        key: did,
    }
}

impl JsHost {
    /// Does one operation at a place. Done means committed.
    fn perform(
        &self,
        operation: &str,
        place: Place<'_>,
        row: Option<&str>,
        expected: Option<&Secret>,
    ) -> Effect {
        let expected = expected.map(Secret::expose);
        self.door.perform(operation, place, row, expected)
    }

    fn read<'a, T: 'a>(
        &'a self,
        operation: &str,
        place: Place<'_>,
        read: fn(&Rc<Door>, &Json) -> Result<T, StorageError>,
    ) -> Local<'a, Result<Option<T>, StorageError>> {
        let found = self.perform(operation, place, None, None);
        Box::pin(async move {
            let row = found.await.map_err(failed)?;
            if row.is_undefined() {
                return Ok(None);
            }
            read(&self.door, &row).map(Some)
        })
    }

    /// The client that a row names.
    fn owner_of<'a>(&self, place: Place<'_>) -> Local<'a, Result<Option<String>, StorageError>> {
        let found = self.perform("owner", place, None, None);
        found.read(|outcome| Ok(outcome.map_err(failed)?.as_str()))
    }
}

fn refused<'a, T: 'a>(error: StorageError) -> Local<'a, Result<T, StorageError>> {
    Box::pin(async { Err(error) })
}

fn is_done(outcome: Outcome) -> Result<bool, StorageError> {
    Ok(outcome.map_err(failed)?.as_bool() == Some(true))
}

/// What a failure of `rows.js` or of its database is.
fn failed(failure: Json) -> StorageError {
    let error = failure.get("error");
    let message = error.map_or_else(
        || "not available here".to_owned(),
        |error| message_of(&error),
    );
    match failure.str("kind").as_deref() {
        Some("corrupt") => {
            let known = MEMBERS.into_iter().find(|known| *known == message);
            StorageError::Corrupt(known.unwrap_or("value"))
        }
        Some("unreadable") => StorageError::Unreadable,
        Some("key") => StorageError::Key(KeyError::Unavailable),
        Some("denied") => StorageError::Denied(message),
        Some("full") => StorageError::Full,
        _ => StorageError::Failed(message),
    }
}

fn pending_row(login: &PendingLogin, until: u64) -> Result<String, StorageError> {
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

fn pending_login(door: &Rc<Door>, row: &Json) -> Result<Box<PendingLogin>, StorageError> {
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

fn session_row(session: &StoredSession, client: Option<&str>) -> Result<String, StorageError> {
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

fn stored_session(door: &Rc<Door>, row: &Json) -> Result<Rc<StoredSession>, StorageError> {
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
fn signed_in(row: &Json) -> Option<Account> {
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
