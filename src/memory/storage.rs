//! Rows that live as long as the process.

use crate::client::policy;
use crate::identity::Did;
use crate::oauth::Issuer;
use crate::ports::{
    Account, AccountStatus, AccountStore, ActiveAccount, Clock, Local, NonceStore, PendingLogin,
    PendingStore, SessionStore, Storage, StorageError, StoredSession,
};
use crate::secret::Secret;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Sign-ins that wait for their callback, each with the time it expires.
pub(super) struct Pending {
    clock: Rc<dyn Clock>,
    rows: RefCell<BTreeMap<String, (u64, PendingLogin)>>,
}

impl Pending {
    pub(super) fn new(clock: Rc<dyn Clock>) -> Self {
        Self {
            clock,
            rows: RefCell::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.borrow().len()
    }
}

impl PendingStore for Pending {
    fn put<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut rows = self.rows.borrow_mut();
            rows.retain(|_, (until, _)| now < *until);
            let row = (policy::pending_until(now), login.clone());
            rows.insert(state.to_owned(), row);
            Ok(())
        })
    }

    fn get<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let rows = self.rows.borrow();
            let is_good = |(until, login): &&(u64, PendingLogin)| {
                now < *until && login.client_id.as_deref().is_none_or(|id| id == client_id)
            };
            let row = rows.get(state).filter(is_good);
            Ok(row.map(|(_, login)| Box::new(login.clone())))
        })
    }

    fn take<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut rows = self.rows.borrow_mut();
            let is_own = |(_, login): &(u64, PendingLogin)| {
                login.client_id.as_deref().is_none_or(|id| id == client_id)
            };
            if !rows.get(state).is_some_and(is_own) {
                return Ok(None);
            }
            let row = rows.remove(state);
            Ok(row.and_then(|(until, login)| (now < until).then(|| Box::new(login))))
        })
    }

    fn owner<'a>(&'a self, state: &'a str) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async move {
            let rows = self.rows.borrow();
            Ok(rows
                .get(state)
                .and_then(|(_, login)| login.client_id.clone()))
        })
    }
}

/// Sessions, by account; those of an account, one for each client.
#[derive(Default)]
pub(super) struct Sessions(RefCell<BTreeMap<Did, Vec<Rc<StoredSession>>>>);

impl Sessions {
    /// Which of an account's sessions is this client's: its own before one that names no client.
    fn position(sessions: &[Rc<StoredSession>], client_id: &str) -> Option<usize> {
        let at = |owner| {
            let is_owner = |session: &Rc<StoredSession>| session.client_id.as_deref() == owner;
            sessions.iter().position(is_owner)
        };
        at(Some(client_id)).or_else(|| at(None))
    }

    /// Puts a session in the place of this client's, or removes that, if it has the expected token. Whether it did.
    fn change(
        &self,
        client_id: &str,
        did: &Did,
        expected: Option<&Secret>,
        session: Option<&StoredSession>,
    ) -> bool {
        let mut rows = self.0.borrow_mut();
        let sessions = rows.entry(did.clone()).or_default();
        let at = Self::position(sessions, client_id);
        let found = at.map(|at| &sessions[at].tokens.access_token);
        if expected.is_some() && found != expected {
            return false;
        }
        let session = session.map(|session| Rc::new(session.clone()));
        match (at, session) {
            (Some(at), Some(session)) => sessions[at] = session,
            (Some(at), None) => drop(sessions.remove(at)),
            (None, Some(session)) => sessions.push(session),
            (None, None) => return false,
        }
        true
    }
}

impl SessionStore for Sessions {
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move {
            let rows = self.0.borrow();
            let found = rows.get(did).and_then(|sessions| {
                let at = Self::position(sessions, client_id)?;
                Some(sessions[at].clone())
            });
            Ok(found)
        })
    }

    fn put<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move {
            let did = &session.tokens.sub;
            Ok(self.change(client_id, did, expected, Some(session)))
        })
    }

    fn delete<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async move { Ok(self.change(client_id, did, expected, None)) })
    }

    fn list<'a>(&'a self, client_id: &'a str) -> Local<'a, Result<Vec<Account>, StorageError>> {
        Box::pin(async move {
            let mut accounts = Vec::new();
            for (did, sessions) in self.0.borrow().iter() {
                let Some(at) = Self::position(sessions, client_id) else {
                    continue;
                };
                let StoredSession {
                    tokens, refused_at, ..
                } = &*sessions[at];
                accounts.push(Account {
                    did: did.clone(),
                    handle: None,
                    pds: Some(tokens.audience.clone()),
                    issuer: Some(Issuer::known(tokens.issuer.clone())),
                    status: match refused_at {
                        None => AccountStatus::SignedIn,
                        Some(_) => AccountStatus::SignedOut,
                    },
                    last_used: None,
                });
            }
            Ok(accounts)
        })
    }

    fn owner<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async move {
            let rows = self.0.borrow();
            let first = rows.get(did).and_then(|sessions| sessions.first());
            Ok(first.and_then(|session| session.client_id.clone()))
        })
    }
}

/// The account that each client used last.
#[derive(Default)]
pub(super) struct Active(RefCell<BTreeMap<String, String>>);

/// The origin is as good as a browser's: its tabs may be closed and opened.
impl Storage for Active {
    fn settle(&self) -> Local<'_, ()> {
        Box::pin(async {})
    }

    fn outlives_page(&self) -> bool {
        true
    }
}

impl ActiveAccount for Active {
    fn get(&self, client_id: &str) -> Option<String> {
        self.0.borrow().get(client_id).cloned()
    }

    fn set(&self, client_id: &str, did: Option<&Did>) -> bool {
        let mut all = self.0.borrow_mut();
        match did {
            Some(did) => all.insert(client_id.to_owned(), did.as_str().to_owned()),
            None => all.remove(client_id),
        };
        true
    }
}

/// The accounts that each client remembers.
#[derive(Default)]
pub(super) struct Accounts(RefCell<BTreeMap<(String, Did), Account>>);

impl AccountStore for Accounts {
    fn list(&self, client_id: &str) -> Vec<Account> {
        let all = self.0.borrow();
        let own = all.iter().filter(|((owner, _), _)| owner == client_id);
        own.map(|(_, account)| account.clone()).collect()
    }

    fn set(&self, client_id: &str, did: &Did, account: Option<&Account>) {
        let mut accounts = self.0.borrow_mut();
        let key = (client_id.to_owned(), did.clone());
        match account {
            Some(account) => accounts.insert(key, account.clone()),
            None => accounts.remove(&key),
        };
    }
}

/// The nonces of sessions.
#[derive(Default)]
pub(super) struct Nonces(RefCell<BTreeMap<Did, String>>);

impl NonceStore for Nonces {
    fn get(&self, did: &Did) -> Option<String> {
        self.0.borrow().get(did).cloned()
    }

    fn set(&self, did: &Did, nonces: Option<&str>) {
        let mut all = self.0.borrow_mut();
        match nonces {
            Some(nonces) => all.insert(did.clone(), nonces.to_owned()),
            None => all.remove(did),
        };
    }
}
