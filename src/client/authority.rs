//! Checks that an account still belongs to the authorization server that issued its session. The account may have moved
//! to another PDS of that server, or to another server.

use super::accounts::Accounts;
use super::directory::{Directory, Freshness};
use super::environment::Environment;
use super::error::{Error, ErrorKind};
use super::notifications::Notifications;
use super::policy;
use super::sessions::{Row, SessionEntry, SessionLock, Sessions};
use super::share::share;
use crate::json::Json;
use crate::oauth::{ServerMetadata, SessionEnd};
use crate::ports::{Message, StoredSession};
use crate::url::Url;
use std::rc::Rc;

/// Checks the authority of sessions' servers, in the background.
pub(super) struct AuthorityCheck {
    env: Rc<Environment>,
    directory: Rc<Directory>,
    sessions: Rc<Sessions>,
    accounts: Rc<Accounts>,
    notifications: Rc<Notifications>,
}

impl AuthorityCheck {
    pub(super) fn new(
        env: &Rc<Environment>,
        directory: &Rc<Directory>,
        notifications: &Rc<Notifications>,
        accounts: &Rc<Accounts>,
        sessions: &Rc<Sessions>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            directory: share(directory),
            notifications: share(notifications),
            accounts: share(accounts),
            sessions: share(sessions),
        })
    }

    /// Checks a session that was just restored, unless it was checked recently. At most once for each page.
    pub(super) fn start_if_due(self: &Rc<Self>, entry: &Rc<SessionEntry>) {
        let verified_at = entry.last_credentials().session.verified_at;
        let due = policy::is_verification_due(verified_at, self.env.now());
        if due && !entry.authority_checked.get() {
            self.start(entry);
        }
    }

    /// Checks a session in the background.
    pub(super) fn start(self: &Rc<Self>, entry: &Rc<SessionEntry>) {
        entry.authority_checked.set(true);
        let (check, entry) = (self.clone(), entry.clone());
        self.env.spawn(Box::pin(async move {
            // Nothing waits for this: a failed check is repeated after the next refresh.
            drop(check.run(&entry).await);
        }));
    }

    async fn run(&self, entry: &SessionEntry) -> Result<(), Error> {
        let credentials = entry.credentials()?;
        let pds = credentials.pds.as_ref();
        let early = pds.map(|pds| self.directory.request_early(pds));
        let issuer = &credentials.session.tokens.issuer;
        // Fresh, because the next refresh uses the metadata that is stored now.
        let server = self.directory.server(issuer, Freshness::Now).await?;
        let verdict = self
            .directory
            .verify_authority(&entry.did, &server, early.as_deref())
            .await;
        let lock = self.sessions.locks.acquire(&entry.did).await;
        let applied = self.apply(&lock, entry, &server, verdict).await;
        applied.and(self.sessions.locks.release(lock).await)
    }

    async fn apply(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
        server: &ServerMetadata,
        verdict: Result<Url, Error>,
    ) -> Result<(), Error> {
        // The verdict is for the session that was checked. The stored one may be newer, or absent.
        let Ok(Some(stored)) = self.sessions.rows.read(&entry.did).await else {
            return Ok(());
        };
        if stored.tokens.issuer != server.issuer {
            return Ok(());
        }
        match verdict {
            Ok(pds) => self.store_verified(lock, &stored, &server.raw, &pds).await,
            Err(error) => match error.kind() {
                ErrorKind::NotAuthoritative { found, .. } => {
                    let end = SessionEnd::Migrated(Some(found.clone()));
                    let row = Row::Removed(&stored.tokens.access_token);
                    self.sessions
                        .end(lock, &entry.did, end, row)
                        .await
                        .map(drop)
                }
                _ => Err(error),
            },
        }
    }

    /// Stores that the account was verified, and its current PDS.
    async fn store_verified(
        &self,
        lock: &SessionLock,
        stored: &StoredSession,
        server: &Json,
        pds: &Url,
    ) -> Result<(), Error> {
        let has_moved = stored.tokens.audience != pds.as_str();
        let mut session = stored.clone();
        session.server = Some(server.clone());
        session.verified_at = Some(self.env.now());
        pds.as_str().clone_into(&mut session.tokens.audience);
        let token = Some(&stored.tokens.access_token);
        if self.sessions.rows.write(&session, token).await? && has_moved {
            self.accounts.note_change();
            let tokens = session.tokens.clone();
            self.sessions.adopt(Rc::new(session)).await?;
            let message = Message::Updated(tokens.sub.clone());
            self.notifications.post_to_tabs(&message);
            lock.updated(tokens);
        }
        Ok(())
    }
}
