//! Rows that live as long as the process.

use crate::client::policy;
use crate::identity::Did;
use crate::oauth::Issuer;
use crate::ports::{
    Account, AccountStatus, Clock, Local, PendingLogin, StorageError, Store, StoredSession,
};
use crate::secret::Secret;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::ready;
use std::rc::Rc;

/// What an origin stores. It is as good as a browser's: the origin's tabs may be closed and opened.
pub(super) struct Rows {
    clock: Rc<dyn Clock>,
    /// Sign-ins that wait for their callback, by their `state`, each with the time it expires.
    pending: RefCell<BTreeMap<String, (u64, PendingLogin)>>,
    sessions: Sessions,
    /// The account that each client used last.
    active: RefCell<BTreeMap<String, String>>,
    /// The accounts that each client remembers.
    accounts: RefCell<BTreeMap<(String, Did), Account>>,
    nonces: RefCell<BTreeMap<Did, String>>,
}

impl Rows {
    pub(super) fn new(clock: Rc<dyn Clock>) -> Self {
        Self {
            clock,
            pending: RefCell::default(),
            sessions: Sessions::default(),
            active: RefCell::default(),
            accounts: RefCell::default(),
            nonces: RefCell::default(),
        }
    }

    pub(super) fn pending_logins(&self) -> usize {
        self.pending.borrow().len()
    }
}

impl Store for Rows {
    fn settle(&self) -> Local<'_, ()> {
        Box::pin(ready(()))
    }

    fn outlives_page(&self) -> bool {
        true
    }

    fn put_pending<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut rows = self.pending.borrow_mut();
            rows.retain(|_, (until, _)| now < *until);
            let row = (policy::pending_until(now), login.clone());
            rows.insert(state.to_owned(), row);
            Ok(())
        })
    }

    fn get_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let rows = self.pending.borrow();
            let is_good = |(until, login): &&(u64, PendingLogin)| {
                now < *until && is_of(login.client_id.as_deref(), client_id)
            };
            let row = rows.get(state).filter(is_good);
            Ok(row.map(|(_, login)| Box::new(login.clone())))
        })
    }

    fn take_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut rows = self.pending.borrow_mut();
            let is_own =
                |(_, login): &(u64, PendingLogin)| is_of(login.client_id.as_deref(), client_id);
            if !rows.get(state).is_some_and(is_own) {
                return Ok(None);
            }
            let row = rows.remove(state);
            Ok(row.and_then(|(until, login)| (now < until).then(|| Box::new(login))))
        })
    }

    fn pending_owner<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async move {
            let rows = self.pending.borrow();
            Ok(rows
                .get(state)
                .and_then(|(_, login)| login.client_id.clone()))
        })
    }

    fn get_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move { Ok(self.sessions.locate(client_id, did).1) })
    }

    fn put_session<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let did = &session.tokens.sub;
            Ok(self
                .sessions
                .change(client_id, did, expected, Some(session)))
        })
    }

    fn delete_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move { Ok(self.sessions.change(client_id, did, expected, None)) })
    }

    fn list_sessions<'a>(
        &'a self,
        client_id: &'a str,
    ) -> Local<'a, Result<Vec<Account>, StorageError>> {
        Box::pin(async move { Ok(self.sessions.list(client_id)) })
    }

    fn session_owner<'a>(
        &'a self,
        did: &'a Did,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async move { Ok(self.sessions.owner(did)) })
    }

    fn active_account(&self, client_id: &str) -> Option<String> {
        self.active.borrow().get(client_id).cloned()
    }

    fn set_active_account(&self, client_id: &str, did: Option<&Did>) -> bool {
        let did = did.map(|did| did.as_str().to_owned());
        set(&self.active, client_id.to_owned(), did);
        true
    }

    fn remembered_accounts(&self, client_id: &str) -> Vec<Account> {
        let all = self.accounts.borrow();
        let own = all.iter().filter(|((owner, _), _)| owner == client_id);
        own.map(|(_, account)| account.clone()).collect()
    }

    fn remember_account(&self, client_id: &str, did: &Did, account: Option<&Account>) {
        let key = (client_id.to_owned(), did.clone());
        set(&self.accounts, key, account.cloned());
    }

    fn nonces(&self, did: &Did) -> Option<String> {
        self.nonces.borrow().get(did).cloned()
    }

    fn set_nonces(&self, did: &Did, nonces: Option<&str>) {
        set(&self.nonces, did.clone(), nonces.map(str::to_owned));
    }
}

/// Puts a value under a key, or removes it.
fn set<K: Ord, V>(all: &RefCell<BTreeMap<K, V>>, key: K, value: Option<V>) {
    let mut all = all.borrow_mut();
    match value {
        Some(value) => all.insert(key, value),
        None => all.remove(&key),
    };
}

/// Whether a row is a client's: one that names no client is everyone's.
fn is_of(named: Option<&str>, client_id: &str) -> bool {
    named.is_none_or(|id| id == client_id)
}

/// Sessions, by where they are: the first of an account under its DID, that of a further client under DID and client id, as
/// in a browser; `spec/rows.json` holds both to the same.
#[derive(Default)]
struct Sessions(RefCell<BTreeMap<String, Rc<StoredSession>>>);

impl Sessions {
    /// Where a client's session of an account is, or is to be stored, and the session.
    fn locate(&self, client_id: &str, did: &Did) -> (String, Option<Rc<StoredSession>>) {
        let rows = self.0.borrow();
        let own = format!("{did} {client_id}");
        if let Some(found) = rows.get(&own) {
            return (own, Some(found.clone()));
        }
        match rows.get(did.as_str()) {
            Some(first) if !is_of(first.client_id.as_deref(), client_id) => (own, None),
            first => (did.to_string(), first.cloned()),
        }
    }

    /// Puts a session in the place of this client's, or removes that, if it has the expected token. Whether it did.
    fn change(
        &self,
        client_id: &str,
        did: &Did,
        expected: Option<&Secret>,
        session: Option<&StoredSession>,
    ) -> bool {
        let (at, found) = self.locate(client_id, did);
        let token = found.as_ref().map(|found| &found.tokens.access_token);
        if expected.is_some() && token != expected {
            return false;
        }
        let mut rows = self.0.borrow_mut();
        match session {
            Some(session) => drop(rows.insert(at, Rc::new(session.clone()))),
            None => return rows.remove(&at).is_some(),
        }
        true
    }

    fn list(&self, client_id: &str) -> Vec<Account> {
        let rows = self.0.borrow();
        let own = rows
            .values()
            .filter(|session| is_of(session.client_id.as_deref(), client_id));
        own.map(|session| account_of(session)).collect()
    }

    /// The client that the first session of an account names.
    fn owner(&self, did: &Did) -> Option<String> {
        self.0.borrow().get(did.as_str())?.client_id.clone()
    }
}

fn account_of(session: &StoredSession) -> Account {
    let tokens = &session.tokens;
    Account {
        did: tokens.sub.clone(),
        handle: None,
        pds: Some(tokens.audience.clone()),
        issuer: Some(Issuer::known(tokens.issuer.clone())),
        status: match session.refused_at {
            None => AccountStatus::SignedIn,
            Some(_) => AccountStatus::SignedOut,
        },
        last_used: None,
    }
}
