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

/// Sessions, by where they are: the first of an account under its DID, that of a further client under DID and client id, as
/// in a browser; `spec/rows.json` holds both to the same.
#[derive(Default)]
pub(super) struct Sessions(RefCell<BTreeMap<String, Rc<StoredSession>>>);

impl Sessions {
    /// Where a client's session of an account is, or is to be stored, and the session.
    fn locate(&self, client_id: &str, did: &Did) -> (String, Option<Rc<StoredSession>>) {
        let rows = self.0.borrow();
        let own = format!("{did} {client_id}");
        if let Some(found) = rows.get(&own) {
            return (own, Some(found.clone()));
        }
        match rows.get(did.as_str()) {
            Some(first) if !is_of(first, client_id) => (own, None),
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
}

/// Whether a session is this client's: one that names no client is everyone's.
fn is_of(session: &StoredSession, client_id: &str) -> bool {
    session
        .client_id
        .as_deref()
        .is_none_or(|id| id == client_id)
}

impl SessionStore for Sessions {
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move { Ok(self.locate(client_id, did).1) })
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
            let rows = self.0.borrow();
            let own = rows.values().filter(|session| is_of(session, client_id));
            Ok(own.map(|session| account_of(session)).collect())
        })
    }

    fn owner<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async move {
            let rows = self.0.borrow();
            let first = rows.get(did.as_str());
            Ok(first.and_then(|session| session.client_id.clone()))
        })
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
