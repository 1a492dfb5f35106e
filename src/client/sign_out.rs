//! A sign-out: removes the session here, revokes it at the server, and notifies the app and the other tabs.

use super::accounts::Accounts;
use super::directory::Directory;
use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::{Exchange, Prover};
use super::sessions::{SessionLock, Sessions, Taken};
use super::share::share;
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::StoredSession;
use std::rc::Rc;

/// Signs accounts out, and revokes sessions.
pub(super) struct SignOut {
    env: Rc<Environment>,
    directory: Rc<Directory>,
    exchange: Rc<Exchange>,
    accounts: Rc<Accounts>,
    sessions: Rc<Sessions>,
}

impl SignOut {
    pub(super) fn new(
        env: &Rc<Environment>,
        directory: &Rc<Directory>,
        exchange: &Rc<Exchange>,
        accounts: &Rc<Accounts>,
        sessions: &Rc<Sessions>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            directory: share(directory),
            exchange: share(exchange),
            accounts: share(accounts),
            sessions: share(sessions),
        })
    }

    /// Ends the session of an account, and forgets the account if `forget` is set. It does not wait for a refresh of the
    /// session that is under way in any tab: that refresh finds its row removed.
    pub(super) async fn sign_out(self: &Rc<Self>, sub: &Did, forget: bool) -> Result<(), Error> {
        let (service, sub) = (self.clone(), sub.clone());
        // Detached: if it stopped halfway, the tokens would not be revoked.
        let work = Box::pin(async move {
            let lock = SessionLock::unlocked();
            let removed = service.remove(&lock, &sub).await;
            // Revoke before notifying the app, which may navigate away when notified.
            if let Ok(Some(session)) = &removed {
                service.revoke(session).await;
            }
            if forget && removed.is_ok() {
                service.accounts.forget(&sub);
            }
            removed.and(service.sessions.locks.release(lock).await)
        });
        self.env.detached(work).take().await
    }

    /// Removes the session of an account and notifies the other tabs. Returns the session if it can be revoked.
    async fn remove(
        &self,
        lock: &SessionLock,
        sub: &Did,
    ) -> Result<Option<Rc<StoredSession>>, Error> {
        let taken = match self.sessions.rows.take(sub).await {
            Ok(Taken::Nothing) => {
                // Another tab has ended and announced it. The entry of this page may still be in use.
                if let Some(entry) = self.sessions.find(sub) {
                    entry.end(SessionEnd::Vanished);
                }
                return Ok(None);
            }
            Ok(Taken::Unread) => Ok(None),
            Ok(Taken::Session(session)) => {
                self.accounts.remember(&session.tokens, None, false);
                // If a refresh gave tokens that could not be stored, those are the valid ones at the server.
                let entry = self.sessions.find(sub);
                let entry = entry.filter(|entry| entry.has_newer_than(&session));
                let newest = entry.map(|entry| entry.last_credentials().session.clone());
                Ok(Some(newest.unwrap_or(session)))
            }
            Err(error) => Err(Error::new(Step::Storage, error)),
        };
        if taken.is_ok() {
            self.sessions.announce_end(lock, sub, SessionEnd::SignedOut);
        }
        taken
    }

    /// Revokes, in the background, a session that another one has replaced.
    pub(super) fn revoke_in_background(self: &Rc<Self>, session: Rc<StoredSession>) {
        let service = self.clone();
        let work = async move { service.revoke(&session).await };
        self.env.spawn(Box::pin(work));
    }

    async fn revoke(&self, session: &StoredSession) {
        let TokenSet {
            issuer,
            sub,
            access_token,
            refresh_token,
            ..
        } = &session.tokens;
        let stored = session.server.clone();
        let server = self.directory.known_server(issuer, stored).await;
        let prover = Prover::new(session.key.clone());
        prover.offsets.assume(session.clock_offset);
        if let Some(entry) = self.sessions.find(sub) {
            prover.learn_all(&entry.last_credentials().prover);
        }
        if let (Ok(server), Some(auth)) = (server, session.auth_method.auth()) {
            // Revoking the refresh token ends the whole grant (RFC 7009 section 2.1).
            let token = refresh_token.as_ref().unwrap_or(access_token);
            self.exchange
                .revoke_token(&server, &prover, auth, token)
                .await;
        }
    }
}
