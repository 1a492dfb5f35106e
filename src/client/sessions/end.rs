//! The end of a session.

use super::{RequestCredentials, SessionEntry, SessionLock, Sessions};
use crate::client::error::{Error, ErrorKind, Step};
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::Message;
use crate::secret::Secret;

/// What to do with the row of a session that ends.
#[derive(Clone, Copy)]
pub(in crate::client) enum Row<'a> {
    /// There is none.
    Absent,
    /// It is removed, if it still has this access token.
    Removed(&'a Secret),
    /// It stays, for another try.
    Kept,
}

impl Sessions {
    /// Ends a session and notifies the other tabs now, and the app when the lock is released. `false`: its row has been
    /// replaced meanwhile, so the session has not ended.
    pub(in crate::client) async fn end(
        &self,
        lock: &SessionLock,
        sub: &Did,
        end: SessionEnd,
        row: Row<'_>,
    ) -> Result<bool, Error> {
        let removed = match row {
            Row::Removed(token) => self.rows.remove(sub, Some(token)).await,
            Row::Absent | Row::Kept => Ok(true),
        };
        if removed == Ok(false) && self.rows.read(sub).await?.is_some() {
            return Ok(false);
        }
        self.announce_end(lock, sub, end);
        removed.map_err(|error| Error::new(Step::Storage, error))?;
        Ok(true)
    }

    pub(in crate::client) fn announce_end(&self, lock: &SessionLock, sub: &Did, end: SessionEnd) {
        let entry = self.find(sub);
        if let Some(entry) = &entry {
            entry.end(end.clone());
            let tokens = &entry.last_credentials().session.tokens;
            self.accounts.remember(tokens, None, false);
        }
        self.store.set_nonces(sub, None);
        let was_active = self.accounts.is_active(sub);
        if was_active {
            self.accounts.forget_active();
        }
        if was_active || entry.is_some() || end != SessionEnd::Vanished {
            self.accounts.note_end(sub);
        }
        let message = Message::Deleted(sub.clone(), end.clone());
        self.notifications.post_to_tabs(&message);
        lock.ended(sub, end);
    }

    /// Ends a session and returns an error that says so, or the error that prevented its removal. `Ok`: its row has been
    /// replaced meanwhile, by a session that is now in use.
    pub(in crate::client) async fn end_with(
        &self,
        lock: &SessionLock,
        sub: &Did,
        end: SessionEnd,
        row: Row<'_>,
        step: Step,
    ) -> Result<(), Error> {
        if self.end(lock, sub, end.clone(), row).await? {
            return Err(self.ended_error(sub, end, step));
        }
        match self.rows.read(sub).await? {
            Some(newer) => self.adopt(newer).await.map(drop),
            None => Err(self.ended_error(sub, SessionEnd::Vanished, step)),
        }
    }

    /// Ends a session whose PDS refuses even a new token, unless another tab has a newer one.
    pub(in crate::client) async fn end_refused(
        &self,
        entry: &SessionEntry,
        credentials: &RequestCredentials,
    ) -> Result<(), Error> {
        let lock = self.locks.acquire_soon(&entry.did).await;
        let row = Row::Removed(&credentials.session.tokens.access_token);
        let ended = match self.rows.read(&entry.did).await {
            Ok(Some(_)) => {
                self.end(&lock, &entry.did, SessionEnd::TokenRefused, row)
                    .await
            }
            _ => Ok(false),
        };
        ended.and(self.locks.release(lock).await)
    }

    /// The error that says that a session has ended.
    pub(in crate::client) fn ended_error(&self, sub: &Did, end: SessionEnd, step: Step) -> Error {
        let kind = ErrorKind::Ended(sub.clone(), end);
        Error::new(step, kind).hinting(self.accounts.login_hint(sub))
    }
}
