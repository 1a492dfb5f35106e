//! The stored sessions.

use super::resume::resume_ticket;
use crate::client::environment::Environment;
use crate::client::error::{Error, Step};
use crate::client::share::share;
use crate::identity::Did;
use crate::oauth::is_loopback_id;
use crate::ports::{Account, Local, StorageError, Store, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

/// Reads and writes the sessions of this client.
pub(in crate::client) struct SessionRows {
    env: Rc<Environment>,
    store: Rc<dyn Store>,
}

/// The session that a sign-out removed from storage.
pub(in crate::client) enum Taken {
    Nothing,
    /// The row could not be read.
    Unread,
    Session(Rc<StoredSession>),
}

impl SessionRows {
    pub(in crate::client) fn new(env: &Rc<Environment>, store: Rc<dyn Store>) -> Self {
        Self {
            env: share(env),
            store,
        }
    }

    pub(in crate::client) async fn read(
        &self,
        sub: &Did,
    ) -> Result<Option<Rc<StoredSession>>, Error> {
        let stored = self.store.get_session(self.env.client_id(), sub).await;
        stored.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Stores a session with its resume ticket. With an expected access token, it replaces only a row that has it. Returns
    /// whether it was stored.
    pub(in crate::client) async fn write(
        &self,
        session: &StoredSession,
        expected: Option<&Secret>,
    ) -> Result<bool, Error> {
        let session = StoredSession {
            resume: resume_ticket(&self.env, session).await,
            ..session.clone()
        };
        let client_id = self.env.client_id();
        let stored = self.store.put_session(client_id, &session, expected).await;
        stored.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Removes the row of a session. Returns whether there was one with the expected access token.
    pub(in crate::client) fn remove<'a>(
        &'a self,
        sub: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        self.store
            .delete_session(self.env.client_id(), sub, expected)
    }

    /// Removes the row of an account and returns it, even if another tab replaces it at the same time.
    pub(in crate::client) async fn take(&self, sub: &Did) -> Result<Taken, StorageError> {
        loop {
            match self.store.get_session(self.env.client_id(), sub).await {
                Ok(None) => return Ok(Taken::Nothing),
                Ok(Some(session)) => {
                    let token = &session.tokens.access_token;
                    if self.remove(sub, Some(token)).await? {
                        return Ok(Taken::Session(session));
                    }
                }
                // A row that cannot be read cannot be revoked, but must be removed all the same.
                Err(StorageError::Corrupt(_) | StorageError::Unreadable) => {
                    self.remove(sub, None).await?;
                    return Ok(Taken::Unread);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The accounts with a session whose row can be read.
    pub(in crate::client) async fn list(&self) -> Result<Vec<Account>, Error> {
        let listed = self.store.list_sessions(self.env.client_id()).await;
        listed.map_err(|error| Error::new(Step::Storage, error))
    }

    /// The loopback client id that an account's session was stored with. Under development, the client id changes with the
    /// app's scope and address.
    pub(in crate::client) async fn former_loopback_id(&self, sub: &Did) -> Option<String> {
        if !self.env.options.metadata.is_loopback() {
            return None;
        }
        let owner = self.store.session_owner(sub).await.ok()??;
        is_loopback_id(&owner).then_some(owner)
    }
}
