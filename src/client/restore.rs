//! Restoring a session from storage.

use super::accounts::Accounts;
use super::authority::AuthorityCheck;
use super::error::{Error, Step};
use super::refresh::Refresh;
use super::session::{OAuthSession, SessionServices};
use super::sessions::{Row, SessionLock, Sessions};
use super::share::share;
use crate::identity::Did;
use crate::oauth::{ConfigError, SessionEnd};
use crate::ports::StoredSession;
use std::rc::Rc;

/// Restores sessions.
pub(super) struct Restore {
    accounts: Rc<Accounts>,
    sessions: Rc<Sessions>,
    authority: Rc<AuthorityCheck>,
    services: Rc<SessionServices>,
}

impl Restore {
    pub(super) fn new(
        accounts: &Rc<Accounts>,
        sessions: &Rc<Sessions>,
        authority: &Rc<AuthorityCheck>,
        services: &Rc<SessionServices>,
    ) -> Rc<Self> {
        Rc::new(Self {
            accounts: share(accounts),
            sessions: share(sessions),
            authority: share(authority),
            services: share(services),
        })
    }

    /// Restores the session of an account, after a refresh if `refresh` requires one. Without `activate`, the active account
    /// and the time of last use stay as they are.
    pub(super) async fn restore(
        &self,
        sub: &str,
        refresh: Refresh,
        activate: bool,
    ) -> Result<OAuthSession, Error> {
        let sub = &Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        let stored = self.sessions.rows.read(sub).await?;
        let session = match usable(sub, stored.as_ref()) {
            Ok(session) => session,
            Err(_) => self.stored_or_end(sub, !activate).await?,
        };
        let entry = self.sessions.adopt(session).await?;
        self.services.refresher.credentials(&entry, refresh).await?;
        if activate {
            self.accounts.set_active(Some(sub));
        }
        let used = self.accounts.is_active(sub);
        let tokens = &entry.last_credentials().session.tokens;
        self.accounts.remember(tokens, None, used);
        self.accounts.announce();
        if refresh != Refresh::Never {
            self.authority.start_if_due(&entry);
        }
        Ok(OAuthSession::new(&self.services, entry.clone()))
    }

    /// Reads the session again under the lock: a sign-in in another tab may just be storing it. Ends it if there is none.
    ///
    /// `in_use`: the app has the session already, and is notified of its end.
    async fn stored_or_end(&self, sub: &Did, in_use: bool) -> Result<Rc<StoredSession>, Error> {
        let lock = self.sessions.locks.acquire_soon(sub).await;
        let found = match self.sessions.rows.read(sub).await {
            Err(error) => Err(error),
            Ok(stored) => match usable(sub, stored.as_ref()) {
                Ok(session) => Ok(session),
                Err(end) => Err(self.not_restored(&lock, sub, stored, end, in_use).await),
            },
        };
        let notified = self.sessions.locks.release(lock).await;
        found.and_then(|stored| notified.map(|()| stored))
    }

    /// The error for an account without a usable session.
    async fn not_restored(
        &self,
        lock: &SessionLock,
        sub: &Did,
        found: Option<Rc<StoredSession>>,
        end: SessionEnd,
        in_use: bool,
    ) -> Error {
        if found.is_none()
            && let Some(was) = self.sessions.rows.former_loopback_id(sub).await
        {
            return Error::new(Step::Storage, ConfigError::ClientIdChanged(was));
        }
        let is_new = in_use
            || found.is_some()
            || self.sessions.find(sub).is_some()
            || self.accounts.is_active(sub)
            || self.accounts.remembered(sub).is_none();
        if !is_new {
            // The account is known to be signed out, so that was announced already.
            return self.sessions.ended_error(sub, end, Step::Storage);
        }
        let row = match &found {
            Some(session) => Row::Removed(&session.tokens.access_token),
            None => Row::Absent,
        };
        match self.sessions.end(lock, sub, end.clone(), row).await {
            Ok(_) => self.sessions.ended_error(sub, end, Step::Storage),
            Err(error) => error,
        }
    }
}

/// The stored session of an account if this client can use it; else the reason why not.
fn usable(sub: &Did, stored: Option<&Rc<StoredSession>>) -> Result<Rc<StoredSession>, SessionEnd> {
    let session = stored.ok_or(SessionEnd::Vanished)?;
    if session.tokens.sub != *sub {
        return Err(SessionEnd::SubMismatch);
    }
    match session.auth_method.auth() {
        Some(_) => Ok(session.clone()),
        None => Err(SessionEnd::AuthMethodUnsatisfiable),
    }
}
