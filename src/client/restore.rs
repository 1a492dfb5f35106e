//! A session from storage.

use super::held::{Held, Row};
use super::{Error, OAuthClient, OAuthSession, Shared, Step};
use crate::identity::Did;
use crate::oauth::{ConfigError, SessionEnd, is_loopback_id};
use crate::ports::StoredSession;
use std::rc::Rc;

/// When to renew a session's tokens.
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

impl OAuthClient {
    /// Restores the session of an account. Needs no network while its access token lives, unless forced to refresh.
    ///
    /// The account becomes the active one. A session that is not there, or is over, is [`super::ErrorKind::Ended`];
    /// every other error leaves it as it is.
    pub async fn restore(&self, sub: &str, refresh: Refresh) -> Result<OAuthSession, Error> {
        self.resume(sub, refresh, true).await
    }

    /// As [`OAuthClient::restore`], for a session that was given out already as that of the active account, too: without
    /// `activate`, which one is active now and was used last stays as it is. Another tab may have switched since.
    pub(crate) async fn resume(
        &self,
        sub: &str,
        refresh: Refresh,
        activate: bool,
    ) -> Result<OAuthSession, Error> {
        let sub = Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        let session = match self.0.stored(&sub).await? {
            Some(session) if session.tokens.sub == sub => session,
            _ => self.0.stored_or_over(&sub).await?,
        };
        let live = self.0.adopt(session).await?;
        self.0.granted(&live, refresh).await?;
        if activate {
            self.0.set_active(Some(&sub));
        }
        let used = self.0.is_active(&sub);
        self.0
            .remember(&live.last_grant().session.tokens, None, used);
        self.0.announce();
        if refresh != Refresh::Never {
            self.0.watch_restored(&live);
        }
        Ok(OAuthSession::new(&self.0, live))
    }
}

impl Shared {
    pub(super) async fn stored(&self, sub: &Did) -> Result<Option<Rc<StoredSession>>, Error> {
        let stored = self.ports.sessions.get(self.client_id(), sub).await;
        stored.map_err(|error| Error::new(Step::Storage, error))
    }

    /// What is stored once whoever is changing it is done: a sign-in in another tab may just be storing its session.
    async fn stored_or_over(self: &Rc<Self>, sub: &Did) -> Result<Rc<StoredSession>, Error> {
        let held = self.lock_soon(sub).await;
        let found = match self.stored(sub).await {
            Err(error) => Err(error),
            Ok(Some(session)) if session.tokens.sub == *sub => Ok(session),
            Ok(found) => Err(self.not_restored(&held, sub, found).await),
        };
        self.release_with(held, found).await
    }

    /// The error for an account without a session, or with another account's in its place.
    async fn not_restored(
        self: &Rc<Self>,
        held: &Held,
        sub: &Did,
        found: Option<Rc<StoredSession>>,
    ) -> Error {
        let (end, row) = match &found {
            Some(other) => {
                let token = &other.tokens.access_token;
                (SessionEnd::SubMismatch, Row::Removed(token))
            }
            None => (SessionEnd::Vanished, Row::Absent),
        };
        if found.is_none()
            && let Some(was) = self.former_loopback_id(sub).await
        {
            return Error::new(Step::Storage, ConfigError::ClientIdChanged(was));
        }
        let is_news = found.is_some()
            || self.live(sub).is_some()
            || self.is_active(sub)
            || self.remembered(sub).is_none();
        if !is_news {
            // An account that is known to be signed out: whoever signed it out has said so.
            return self.over(sub, end, Step::Storage);
        }
        match self.end(held, sub, end.clone(), row).await {
            Ok(_) => self.over(sub, end, Step::Storage),
            Err(error) => error,
        }
    }

    /// Under development, the client id changes with the app's scope and address: that is why its session is not there.
    async fn former_loopback_id(&self, sub: &Did) -> Option<String> {
        if !self.options.metadata.is_loopback() {
            return None;
        }
        let owner = self.ports.sessions.owner(sub).await.ok()??;
        is_loopback_id(&owner).then_some(owner)
    }
}
