//! What outlives the page: the rows of the database, and what is remembered beside them.

use super::JsHost;
use super::door::{Door, Effect, Outcome};
use super::items::{accounts, facts, remembered};
use super::message_of;
use super::operations::Place;
use super::rows::{pending_login, pending_row, session_row, signed_in, stored_session};
use crate::client::policy;
use crate::identity::Did;
use crate::json::Json;
use crate::ports::{Account, KeyError, Local, PendingLogin, StorageError, Store, StoredSession};
use crate::secret::Secret;
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

impl Store for JsHost {
    fn settle(&self) -> Local<'_, ()> {
        self.door.settle().read(drop)
    }

    fn outlives_page(&self) -> bool {
        self.door.is_durable()
    }

    fn put_pending<'a>(
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

    fn get_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("get", pending_of(client_id, state), pending_login)
    }

    fn take_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        self.read("take", pending_of(client_id, state), pending_login)
    }

    fn pending_owner<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        self.owner_of(pending_of("", state))
    }

    fn get_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        self.read("get", session_of(client_id, did.as_str()), stored_session)
    }

    fn put_session<'a>(
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

    fn delete_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        let place = session_of(client_id, did.as_str());
        self.perform("delete", place, None, expected).read(is_done)
    }

    fn list_sessions<'a>(
        &'a self,
        client_id: &'a str,
    ) -> Local<'a, Result<Vec<Account>, StorageError>> {
        let place = session_of(client_id, "");
        let listed = self.perform("list", place, None, None);
        listed.read(|outcome| Ok(accounts(outcome.map_err(failed)?, signed_in)))
    }

    fn session_owner<'a>(
        &'a self,
        did: &'a Did,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        self.owner_of(session_of("", did.as_str()))
    }

    fn active_account(&self, client_id: &str) -> Option<String> {
        self.door.active_account(client_id)
    }

    fn set_active_account(&self, client_id: &str, did: Option<&Did>) -> bool {
        self.door
            .set_active_account(client_id, did.map(Did::as_str))
    }

    fn remembered_accounts(&self, client_id: &str) -> Vec<Account> {
        accounts(self.door.remembered_accounts(client_id), remembered)
    }

    fn remember_account(&self, client_id: &str, did: &Did, account: Option<&Account>) {
        let facts = account.map(|account| facts(account).end());
        self.door
            .remember_account(client_id, did.as_str(), facts.as_deref());
    }

    fn nonces(&self, did: &Did) -> Option<String> {
        self.door.nonces(did.as_str())
    }

    fn set_nonces(&self, did: &Did, nonces: Option<&str>) {
        self.door.set_nonces(did.as_str(), nonces);
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
    let message = match failure.str("kind") {
        // A storage of the app's own throws what it likes.
        None => message_of(&failure),
        Some(_) => failure.get("error").map_or_else(
            || "not available here".to_owned(),
            |error| message_of(&error),
        ),
    };
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
