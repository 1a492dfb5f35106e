//! The accounts of this browser: who is signed in, who was, and which of them is active.

use super::{Error, OAuthClient, OAuthSession, Refresh, Shared, Step};
use crate::identity::{Did, Handle};
use crate::oauth::{Issuer, TokenSet};
use crate::ports::{Account, AccountStatus, Message, Question, StoredSession};
use std::rc::Rc;

impl OAuthClient {
    /// The accounts that are signed in to this app here, and those that were: most recently used first.
    ///
    /// Whether an account is signed in is what storage says now. A session that cannot be read counts as none.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let client_id = self.0.client_id();
        let sessions = self.0.ports.sessions.list(client_id).await;
        let sessions = sessions.map_err(|error| Error::new(Step::Storage, error))?;
        let mut all = self.0.ports.accounts.list(client_id);
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
        // They are few, and the standard library's sort weighs two kilobytes.
        let mut sorted: Vec<Account> = Vec::with_capacity(all.len());
        for account in all {
            let older = |other: &Account| other.last_used < account.last_used;
            let at = sorted.iter().position(older).unwrap_or(sorted.len());
            sorted.insert(at, account);
        }
        Ok(sorted)
    }

    /// The account that was used last, in whatever tab: the one that [`OAuthClient::init`] restores.
    pub fn active(&self) -> Option<Did> {
        self.0.active()
    }

    /// Restores the session of an account and makes it the active one.
    ///
    /// For an account that is signed out this is [`super::ErrorKind::Ended`], whose [`Error::login_hint`] is what to
    /// sign in with.
    pub async fn switch_to(&self, sub: &str) -> Result<OAuthSession, Error> {
        self.restore(sub, Refresh::Auto).await
    }

    /// Signs an account out, if it is signed in, and removes it from the list of accounts.
    pub async fn forget(&self, sub: &str) -> Result<(), Error> {
        let sub = Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        self.0.sign_out(&sub, true).await
    }
}

impl Shared {
    /// What is remembered as the active account, whatever that is.
    pub(super) fn active_text(&self) -> Option<String> {
        self.ports.active.get(self.client_id())
    }

    fn active(&self) -> Option<Did> {
        Did::parse(&self.active_text()?).ok()
    }

    pub(super) fn is_active(&self, did: &Did) -> bool {
        self.active_text().as_deref() == Some(did.as_str())
    }

    pub(super) fn set_active(&self, did: Option<&Did>) {
        if self.active_text().as_deref() != did.map(Did::as_str) {
            let changed = match self.ports.active.set(self.client_id(), did) {
                true => &self.accounts_changed,
                false => &self.active_changed_here,
            };
            changed.set(true);
        }
    }

    /// Forgets which account is active if its session has ended where that could not be done: a worker has a memory of
    /// its own in `localStorage`'s place.
    pub(super) async fn drop_dead_pointer(&self) {
        if let Some(did) = self.active()
            && let Ok(found) = self.stored(&did).await
            && found.is_none_or(|session| session.refused_at.is_some())
            && self.is_active(&did)
        {
            self.ports.active.set(self.client_id(), None);
        }
    }

    /// What is remembered of an account.
    pub(super) fn remembered(&self, did: &Did) -> Option<Account> {
        let mut all = self.ports.accounts.list(self.client_id());
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
            self.accounts_changed.set(true);
        }
        let account = Account {
            did: did.clone(),
            handle: handle.or(known_handle),
            pds: Some(tokens.audience.clone()),
            issuer: Some(Issuer::known(tokens.issuer.clone())),
            status: AccountStatus::SignedOut,
            last_used: match used {
                true => Some(self.ports.clock.now()),
                false => last_used,
            },
        };
        self.keep_account(did, Some(&account));
    }

    fn keep_account(&self, did: &Did, account: Option<&Account>) {
        self.ports.accounts.set(self.client_id(), did, account);
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
            self.accounts_changed.set(true);
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
            self.accounts_changed.set(true);
        }
    }

    /// What to begin a sign-in of an account with.
    pub(super) fn login_hint(&self, did: &Did) -> String {
        match self.remembered(did).and_then(|account| account.handle) {
            Some(handle) => handle.to_string(),
            None => did.to_string(),
        }
    }

    /// Tells this tab's app and all other tabs, once, of what has changed since the last time.
    pub(super) fn announce(&self) {
        let here = self.active_changed_here.take();
        let everywhere = self.accounts_changed.take();
        if everywhere {
            self.tell_tabs(&Message::Accounts);
        }
        if here || everywhere {
            self.tell_accounts_changed();
        }
    }

    pub(super) fn tell_accounts_changed(&self) {
        if let Some(observer) = &self.observer {
            observer.accounts_changed();
        }
    }

    /// Finds out, beside whatever the app does next, the handle of an account that signed in without one.
    pub(super) fn find_handle(self: &Rc<Self>, did: &Did) {
        if self.has_own(Question::Identity(did.as_str())) {
            // An app that finds accounts by itself wants nobody else asked.
            return;
        }
        let (client, did) = (OAuthClient(self.clone()), did.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            // Nobody waits for this: without a handle, the account is shown and signed in by its DID.
            if let Ok((_, Some(handle))) = client.resolve_identity(did.as_str(), false).await {
                client.0.learn_handle(&did, handle);
            }
        }));
    }

    fn learn_handle(&self, did: &Did, handle: Handle) {
        // It may have been forgotten meanwhile.
        let Some(mut account) = self.remembered(did) else {
            return;
        };
        if account.handle.as_ref() != Some(&handle) {
            account.handle = Some(handle);
            self.keep_account(did, Some(&account));
            self.accounts_changed.set(true);
            self.announce();
        }
    }
}
