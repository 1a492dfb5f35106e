//! The accounts of this browser: which are signed in, which were before, and which is active.

use super::directory::{Directory, Freshness};
use super::environment::Environment;
use super::notifications::Notifications;
use super::share::share;
use crate::identity::{Did, Handle};
use crate::oauth::{Issuer, TokenSet};
use crate::ports::{
    Account, AccountStatus, AccountsChange, Message, Question, Store, StoredSession,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Remembers accounts, and announces what changes.
pub(super) struct Accounts {
    env: Rc<Environment>,
    directory: Rc<Directory>,
    notifications: Rc<Notifications>,
    store: Rc<dyn Store>,
    /// The accounts whose sessions have ended since the last announcement.
    ended: RefCell<Vec<Did>>,
    /// Whether anything else has changed since the last announcement.
    changed: Cell<bool>,
    /// Whether the active account has changed since the last announcement, if only this page or worker stores it.
    active_changed_here: Cell<bool>,
}

impl Accounts {
    pub(super) fn new(
        env: &Rc<Environment>,
        directory: &Rc<Directory>,
        notifications: &Rc<Notifications>,
        store: Rc<dyn Store>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            directory: share(directory),
            notifications: share(notifications),
            store,
            ended: RefCell::default(),
            changed: Cell::default(),
            active_changed_here: Cell::default(),
        })
    }

    /// All accounts: those with a stored session and those that were signed in before, most recently used first.
    pub(super) fn with_sessions(&self, sessions: Vec<Account>) -> Vec<Account> {
        let mut all = self.store.remembered_accounts(self.env.client_id());
        for session in sessions {
            match all.iter_mut().find(|account| account.did == session.did) {
                Some(known) => {
                    known.status = session.status;
                    known.pds = session.pds;
                    known.issuer = session.issuer;
                }
                None => all.push(session),
            }
        }
        // There are few, and the standard library's sort adds two kilobytes.
        for unsorted in 1..all.len() {
            let mut at = unsorted;
            while at > 0 && all[at - 1].last_used < all[at].last_used {
                all.swap(at - 1, at);
                at -= 1;
            }
        }
        all
    }

    /// The stored text for the active account, which may be no valid DID.
    pub(super) fn active_text(&self) -> Option<String> {
        self.store.active_account(self.env.client_id())
    }

    pub(super) fn active(&self) -> Option<Did> {
        Did::parse(&self.active_text()?).ok()
    }

    pub(super) fn is_active(&self, did: &Did) -> bool {
        self.active_text().as_deref() == Some(did.as_str())
    }

    pub(super) fn set_active(&self, did: Option<&Did>) {
        if self.active_text().as_deref() != did.map(Did::as_str) {
            let changed = match self.store.set_active_account(self.env.client_id(), did) {
                true => &self.changed,
                false => &self.active_changed_here,
            };
            changed.set(true);
        }
    }

    /// Forgets which account is active. This announces nothing: the end of its session is announced instead.
    pub(super) fn forget_active(&self) {
        self.store.set_active_account(self.env.client_id(), None);
    }

    /// The stored entry of an account.
    pub(super) fn remembered(&self, did: &Did) -> Option<Account> {
        let mut all = self.store.remembered_accounts(self.env.client_id());
        let at = all.iter().position(|account| account.did == *did)?;
        Some(all.swap_remove(at))
    }

    /// Remembers the account of a session, so that it stays when the session has ended.
    pub(super) fn remember(&self, tokens: &TokenSet, handle: Option<Handle>, used: bool) {
        let did = &tokens.sub;
        let known = self.remembered(did);
        let (known_handle, last_used) = match known {
            Some(known) => (known.handle, known.last_used),
            None => (None, None),
        };
        if handle.is_some() && handle != known_handle {
            self.note_change();
        }
        let account = Account {
            did: did.clone(),
            handle: handle.or(known_handle),
            pds: Some(tokens.audience.clone()),
            issuer: Some(Issuer::known(tokens.issuer.clone())),
            status: AccountStatus::SignedOut,
            last_used: match used {
                true => Some(self.env.now()),
                false => last_used,
            },
        };
        self.keep_account(did, Some(&account));
    }

    fn keep_account(&self, did: &Did, account: Option<&Account>) {
        self.store
            .remember_account(self.env.client_id(), did, account);
    }

    /// Puts the account of a new session on the list.
    pub(super) fn list_new(
        self: &Rc<Self>,
        tokens: &TokenSet,
        handle: Option<Handle>,
        older: Option<&StoredSession>,
    ) {
        let same = older.is_some_and(|older| {
            older.tokens.audience == tokens.audience && older.tokens.issuer == tokens.issuer
        });
        if !same {
            self.note_change();
        }
        let unnamed = handle.is_none();
        self.remember(tokens, handle, true);
        if unnamed {
            self.find_handle(&tokens.sub);
        }
    }

    /// Removes an account from the list. Its session must have ended.
    pub(super) fn forget(&self, did: &Did) {
        if self.remembered(did).is_some() {
            self.keep_account(did, None);
            self.note_change();
        }
    }

    /// The input to sign an account in with.
    pub(super) fn login_hint(&self, did: &Did) -> String {
        match self.remembered(did).and_then(|account| account.handle) {
            Some(handle) => handle.to_string(),
            None => did.to_string(),
        }
    }

    /// Notes that accounts have changed, for the next announcement.
    pub(super) fn note_change(&self) {
        self.changed.set(true);
    }

    /// Notes that the session of an account has ended, for the next announcement.
    pub(super) fn note_end(&self, sub: &Did) {
        self.ended.borrow_mut().push(sub.clone());
    }

    /// Discards the noted change, because another tab announces it.
    pub(super) fn discard_change(&self) {
        self.changed.set(false);
    }

    /// Notifies this tab's app and all other tabs, once, of the changes since the last announcement.
    pub(super) fn announce(&self) {
        let ended = self.ended.take();
        let here = self.active_changed_here.take();
        if self.changed.take() {
            for sub in &ended {
                self.notifications.mark_changed_by_end(sub);
            }
            self.announce_change(AccountsChange::Other);
            return;
        }
        for sub in ended {
            self.announce_change(AccountsChange::End(sub));
        }
        if here {
            self.notifications.accounts_changed(&AccountsChange::Other);
        }
    }

    fn announce_change(&self, change: AccountsChange) {
        self.notifications.accounts_changed(&change);
        self.notifications.post_to_tabs(&Message::Accounts(change));
    }

    /// Resolves, in the background, the handle of an account that signed in without one.
    pub(super) fn find_handle(self: &Rc<Self>, did: &Did) {
        if self.directory.has_own(Question::Identity(did.as_str())) {
            // An app with its own resolver wants no other service to be asked.
            return;
        }
        let (accounts, did) = (self.clone(), did.clone());
        self.env.spawn(Box::pin(async move {
            // Nothing waits for this: without a handle, the account is shown and signed in by its DID.
            let found = accounts.directory.resolve(did.as_str(), Freshness::Recent);
            if let Ok((_, Some(handle))) = found.await {
                accounts.learn_handle(&did, handle);
            }
        }));
    }

    fn learn_handle(&self, did: &Did, handle: Handle) {
        // The account may have been forgotten meanwhile.
        let Some(mut account) = self.remembered(did) else {
            return;
        };
        if account.handle.as_ref() != Some(&handle) {
            account.handle = Some(handle);
            self.keep_account(did, Some(&account));
            self.note_change();
            self.announce();
        }
    }
}
