//! Rows that live as long as the process.

use crate::identity::Did;
use crate::oauth::Issuer;
use crate::ports::{
    Account, AccountStatus, AccountStore, ActiveAccount, Clock, Local, NonceStore,
    PENDING_LIFETIME, PendingLogin, PendingStore, SessionStore, Storage, StorageError,
    StoredSession,
};
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
            let row = (now + PENDING_LIFETIME, login.clone());
            rows.insert(state.to_owned(), row);
            Ok(())
        })
    }

    fn take<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let row = self.rows.borrow_mut().remove(state);
            Ok(row.and_then(|(until, login)| (now < until).then(|| Box::new(login))))
        })
    }
}

/// Sessions, by account.
#[derive(Default)]
pub(super) struct Sessions(RefCell<BTreeMap<Did, Rc<StoredSession>>>);

impl SessionStore for Sessions {
    fn get<'a>(
        &'a self,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async move { Ok(self.0.borrow().get(did).cloned()) })
    }

    fn put<'a>(&'a self, session: &'a StoredSession) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let did = session.tokens.sub.clone();
            self.0.borrow_mut().insert(did, Rc::new(session.clone()));
            Ok(())
        })
    }

    fn delete<'a>(&'a self, did: &'a Did) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async move {
            self.0.borrow_mut().remove(did);
            Ok(())
        })
    }

    fn list(&self) -> Local<'_, Result<Vec<Account>, StorageError>> {
        let sessions = self.0.borrow();
        let account = |(did, session): (&Did, &Rc<StoredSession>)| Account {
            did: did.clone(),
            handle: None,
            pds: Some(session.tokens.audience.clone()),
            issuer: Some(Issuer::known(session.tokens.issuer.clone())),
            status: AccountStatus::SignedIn,
            last_used: None,
        };
        let accounts = sessions.iter().map(account).collect();
        Box::pin(async move { Ok(accounts) })
    }
}

/// The account that was used last.
#[derive(Default)]
pub(super) struct Active(RefCell<Option<String>>);

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
    fn get(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    fn set(&self, did: Option<&Did>) -> bool {
        *self.0.borrow_mut() = did.map(|did| did.as_str().to_owned());
        true
    }
}

/// The accounts that are remembered.
#[derive(Default)]
pub(super) struct Accounts(RefCell<BTreeMap<Did, Account>>);

impl AccountStore for Accounts {
    fn list(&self) -> Vec<Account> {
        self.0.borrow().values().cloned().collect()
    }

    fn set(&self, did: &Did, account: Option<&Account>) {
        let mut accounts = self.0.borrow_mut();
        match account {
            Some(account) => accounts.insert(did.clone(), account.clone()),
            None => accounts.remove(did),
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
