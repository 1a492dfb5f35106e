//! Refreshing tokens: once, for all callers that find them stale at the same time.

mod elsewhere;
mod outcome;
mod token;

use super::accounts::Accounts;
use super::authority::AuthorityCheck;
use super::directory::Directory;
use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::Exchange;
use super::notifications::Notifications;
use super::policy::{self, Doubt};
use super::sessions::{RequestCredentials, SessionEntry, SessionLock, Sessions};
use crate::http::HttpError;
use crate::oauth::SessionEnd;
use crate::ports::{Delegate, Store};
use crate::secret::Secret;
use crate::waiting::{First, race};
use std::rc::Rc;

/// When to refresh a session's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// When they are about to expire.
    #[default]
    Auto,
    /// Now.
    Force,
    /// Not at all, even if they have expired.
    Never,
}

/// Refreshes the tokens of sessions.
pub(super) struct Refresher {
    pub(super) env: Rc<Environment>,
    pub(super) directory: Rc<Directory>,
    pub(super) exchange: Rc<Exchange>,
    pub(super) notifications: Rc<Notifications>,
    pub(super) accounts: Rc<Accounts>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) authority: Rc<AuthorityCheck>,
    pub(super) delegate: Rc<dyn Delegate>,
    pub(super) store: Rc<dyn Store>,
}

impl Refresher {
    /// A session's credentials, after a refresh if `refresh` requires one.
    pub(super) async fn credentials(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        refresh: Refresh,
    ) -> Result<Rc<RequestCredentials>, Error> {
        match refresh {
            Refresh::Never => {}
            Refresh::Auto => return self.fresh_credentials(entry).await,
            Refresh::Force => {
                let current = self.current_credentials(entry)?;
                let seen = current.session.tokens.access_token.clone();
                self.refresh(entry, &seen).await?;
            }
        }
        self.current_credentials(entry)
    }

    /// A session's credentials; an error with a login hint if it has ended.
    fn current_credentials(&self, entry: &SessionEntry) -> Result<Rc<RequestCredentials>, Error> {
        let hint = |error: Error| error.hinting(self.accounts.login_hint(&entry.did));
        entry.credentials().map_err(hint)
    }

    /// A session's credentials, with tokens refreshed if they are about to expire. If the refresh fails, the tokens are used
    /// until they expire, without another early refresh.
    pub(super) async fn fresh_credentials(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
    ) -> Result<Rc<RequestCredentials>, Error> {
        if let Some(spent) = entry.unreplaced_token() {
            drop(self.refresh(entry, &spent).await);
        }
        let seen = self.current_credentials(entry)?;
        if !seen.is_stale(self.env.now()) {
            return Ok(seen);
        }
        let refreshed = self.refresh(entry, &seen.session.tokens.access_token).await;
        let current = self.current_credentials(entry)?;
        let now = self.env.now();
        if refreshed.is_err() && Rc::ptr_eq(&current, &seen) && !seen.is_expired(now) {
            seen.stop_refreshing_early();
            return Ok(seen);
        }
        refreshed.map(|()| current)
    }

    /// Refreshes a token that was refused without a reason. Returns whether that succeeded.
    pub(super) async fn refresh_in_doubt(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        credentials: &RequestCredentials,
    ) -> bool {
        let tokens = &credentials.session.tokens;
        let has_refresh_token = tokens.refresh_token.is_some();
        if !policy::may_refresh_in_doubt(credentials.doubt.get(), has_refresh_token) {
            return false;
        }
        credentials.doubt.set(Doubt::Refreshing);
        let refreshed = self.refresh(entry, &tokens.access_token).await;
        if let Err(error) = &refreshed {
            let left = policy::doubt_after_failure(error.is_retryable());
            credentials.doubt.set(left);
        }
        refreshed.is_ok()
    }

    /// Replaces the tokens that the caller has seen by newer ones. A caller that waited for another refresh gets its result.
    ///
    /// The work is detached: it continues, with the lock, if the caller no longer waits. If nothing stored the response, the
    /// session would be lost.
    pub(super) async fn refresh(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
    ) -> Result<(), Error> {
        let (refresher, entry, seen) = (self.clone(), entry.clone(), seen.clone());
        let work = Box::pin(async move { refresher.refresh_anywhere(&entry, &seen).await });
        let outcome = self.env.detached(work);
        let patience = self.env.sleep(self.env.options.timeouts.token_ms);
        match race(outcome.take(), patience).await {
            First::Left(outcome) => outcome,
            First::Right(()) => Err(Error::new(Step::Refresh, HttpError::Timeout)),
        }
    }

    /// `asked`: this tab has asked another client to refresh. This tab then notifies the app of the result.
    async fn refresh_here(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
        asked: bool,
    ) -> Result<(), Error> {
        let lock = self.sessions.locks.acquire(&entry.did).await;
        let refreshed = self.refresh_locked(&lock, entry, seen, asked).await;
        refreshed.and(self.sessions.locks.release(lock).await)
    }

    async fn refresh_locked(
        self: &Rc<Self>,
        lock: &SessionLock,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
        asked: bool,
    ) -> Result<(), Error> {
        match self.sessions.rows.read(&entry.did).await? {
            None => Err(self.found_ended(lock, entry, asked)),
            Some(stored) if stored.tokens.sub != entry.did => {
                let token = &stored.tokens.access_token;
                self.end(lock, entry, SessionEnd::SubMismatch, token).await
            }
            Some(stored) if entry.has_newer_than(&stored) => {
                let unstored = entry.credentials()?.session.clone();
                let is_seen = unstored.tokens.access_token == *seen;
                let spent = &stored.tokens.access_token;
                self.store(lock, entry, unstored, spent).await?;
                match is_seen {
                    true => self.exchange_token(lock, entry).await,
                    false => Ok(()),
                }
            }
            Some(stored) if stored.tokens.access_token != *seen => {
                if asked {
                    lock.updated(stored.tokens.clone());
                }
                self.sessions.adopt(stored).await.map(drop)
            }
            // Another client has ended the session, and either keeps the row or is about to remove it.
            Some(_) if entry.ended().is_some() => Err(self.found_ended(lock, entry, asked)),
            Some(stored) => {
                let entry = self.sessions.adopt(stored).await?;
                self.exchange_token(lock, &entry).await
            }
        }
    }

    /// The error when a session in use is found to have ended: its row is absent, or kept for another try.
    fn found_ended(&self, lock: &SessionLock, entry: &SessionEntry, asked: bool) -> Error {
        let did = &entry.did;
        let ended = entry.ended();
        if let Some(end) = &ended
            && (!asked || self.notifications.has_notified_end(did))
        {
            return self.sessions.ended_error(did, end.clone(), Step::Request);
        }
        let end = ended.unwrap_or(SessionEnd::Vanished);
        self.sessions.announce_end(lock, did, end.clone());
        self.sessions.ended_error(did, end, Step::Refresh)
    }
}
