//! The sessions: stored, in use, locked and ended.

mod credentials;
mod end;
mod entry;
mod lock;
mod resume;
mod rows;
mod tabs;

pub(super) use credentials::RequestCredentials;
pub(super) use end::Row;
pub(super) use entry::SessionEntry;
pub(super) use lock::SessionLock;
pub(super) use rows::Taken;

use super::accounts::Accounts;
use super::environment::Environment;
use super::error::Error;
use super::exchange::Prover;
use super::notifications::Notifications;
use crate::client::share::share;
use crate::identity::Did;
use crate::ports::{Guard, Lock, Store, StoredSession};
use lock::SessionLocks;
use rows::SessionRows;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// The sessions that are stored, and those in use.
pub(super) struct Sessions {
    env: Rc<Environment>,
    pub(super) rows: SessionRows,
    pub(super) locks: SessionLocks,
    accounts: Rc<Accounts>,
    notifications: Rc<Notifications>,
    store: Rc<dyn Store>,
    /// The sessions in use, so that changes by other tabs can be applied to them.
    entries: RefCell<Vec<Weak<SessionEntry>>>,
    /// The subscription to the messages of the other tabs.
    subscription: RefCell<Option<Guard>>,
}

impl Sessions {
    pub(super) fn new(
        env: &Rc<Environment>,
        accounts: &Rc<Accounts>,
        notifications: &Rc<Notifications>,
        store: Rc<dyn Store>,
        lock: Rc<dyn Lock>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            rows: SessionRows::new(env, store.clone()),
            locks: SessionLocks::new(env, accounts, notifications, lock),
            accounts: share(accounts),
            notifications: share(notifications),
            store,
            entries: RefCell::default(),
            subscription: RefCell::default(),
        })
    }

    /// The session of an account that this page uses, if it has not ended.
    pub(super) fn find(&self, did: &Did) -> Option<Rc<SessionEntry>> {
        let all = self.entries.borrow();
        all.iter()
            .filter_map(Weak::upgrade)
            .find(|entry| entry.did == *did && entry.ended().is_none())
    }

    /// Puts a stored session in use. It keeps the known nonces.
    pub(super) async fn adopt(&self, stored: Rc<StoredSession>) -> Result<Rc<SessionEntry>, Error> {
        let prover = Prover::new(stored.key.clone());
        if let Some(entry) = self.find(&stored.tokens.sub) {
            let known = entry.last_credentials().clone();
            if known.session.tokens == stored.tokens || entry.has_newer_than(&stored) {
                return Ok(entry);
            }
            prover.learn_all(&known.prover);
        } else if let Some(kept) = self.store.nonces(&stored.tokens.sub) {
            prover.recall(&kept);
        }
        let credentials = self.prepare(stored, prover).await?;
        Ok(self.put_in_use(credentials))
    }

    /// Derives the credentials of a stored session, with a prover that may have nonces already.
    pub(super) async fn prepare(
        &self,
        stored: Rc<StoredSession>,
        prover: Rc<Prover>,
    ) -> Result<Rc<RequestCredentials>, Error> {
        RequestCredentials::new(&self.env, stored, prover).await
    }

    pub(super) fn put_in_use(&self, credentials: Rc<RequestCredentials>) -> Rc<SessionEntry> {
        if let Some(entry) = self.find(&credentials.session.tokens.sub) {
            credentials.settle_doubt_of(&entry.last_credentials(), self.env.now());
            entry.put(credentials);
            return entry;
        }
        // This is a new session, so its end must be notified, unless it is another try with an ended one.
        if credentials.session.refused_at.is_none() {
            let sub = &credentials.session.tokens.sub;
            self.notifications.forget_end(sub);
        }
        let entry = SessionEntry::new(credentials);
        let mut all = self.entries.borrow_mut();
        all.retain(|entry| entry.strong_count() > 0);
        all.push(Rc::downgrade(&entry));
        entry
    }

    /// Writes a session's nonces for the next page: at once for the first nonce of a server, and otherwise once a minute at
    /// most, because a server may send a new one with every response.
    pub(super) fn write_nonces(&self, sub: &Did, prover: &Prover) {
        if let Some(nonces) = prover.due_nonces(self.env.now()) {
            self.store.set_nonces(sub, Some(&nonces));
        }
    }
}
