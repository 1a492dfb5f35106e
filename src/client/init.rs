//! What a page does when it loads: finish a sign-in, or take up the last session.

use super::{Error, ErrorKind, OAuthClient, OAuthSession, Refresh, SignedIn, Step};
use crate::oauth::{CallbackError, CallbackParams, ConfigError, SessionEnd};
use crate::ports::StorageError;
use crate::url::Url;

/// What a page starts with.
#[derive(Clone, Debug)]
pub enum Initialized {
    /// A sign-in that just succeeded.
    SignedIn(SignedIn),
    /// The session of the account that was used last.
    Restored(OAuthSession),
}

impl Initialized {
    /// The session.
    pub fn session(&self) -> &OAuthSession {
        match self {
            Self::SignedIn(signed_in) => &signed_in.session,
            Self::Restored(session) => session,
        }
    }

    /// The session, for good.
    pub fn into_session(self) -> OAuthSession {
        match self {
            Self::SignedIn(signed_in) => signed_in.session,
            Self::Restored(session) => session,
        }
    }

    /// The app's own text, where a sign-in just succeeded that was given one.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::SignedIn(signed_in) => signed_in.state.as_deref(),
            Self::Restored(_) => None,
        }
    }
}

impl OAuthClient {
    /// Finishes the sign-in whose answer the page's address holds, or else restores the last account's session.
    /// `None`: nobody is signed in. To be called once, when the page loads.
    ///
    /// An answer that belongs to no sign-in is an error only where there is no session to restore.
    pub async fn init(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        let at_redirect_uri =
            |page: &Url| self.0.options.metadata.redirect_uri_of_page(page).is_some();
        let page = self.0.ports.navigator.location().filter(at_redirect_uri);
        let mode = self.0.options.response_mode;
        let mut refused = None;
        let params = page.and_then(|page| CallbackParams::read(&page, mode));
        if let Some(params) = params
            && !self.is_of_another_client(&params).await
        {
            match self.init_callback(None, None).await {
                Ok(signed_in) => return Ok(Some(Initialized::SignedIn(signed_in))),
                // Whoever made such a link, or loads such a page again, shall not keep the user from the session.
                Err(error) if self.is_stray(&error, &params).await => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (self.init_restore(refresh).await?, refused) {
            (None, Some(error)) => Err(error),
            (restored, _) => Ok(restored.map(Initialized::Restored)),
        }
    }

    /// Whether an answer is for another client of this page, which finds it in the address as it is.
    async fn is_of_another_client(&self, params: &CallbackParams) -> bool {
        let Some(state) = params.states().next() else {
            return false;
        };
        let owner = self.0.ports.pending.owner(state).await;
        matches!(owner, Ok(Some(owner)) if owner != self.0.client_id())
    }

    /// Whether an answer was refused that belongs to no pending sign-in, as far as its `state` says.
    async fn is_stray(&self, error: &Error, params: &CallbackParams) -> bool {
        let ErrorKind::Callback(
            CallbackError::UnknownState(_) | CallbackError::Repeated(_) | CallbackError::Jarm,
        ) = error.kind()
        else {
            return false;
        };
        for state in params.states() {
            if !matches!(
                self.0.ports.pending.get(self.0.client_id(), state).await,
                Ok(None)
            ) {
                return false;
            }
        }
        true
    }

    /// Restores the session of the account that was used last, if there is one.
    ///
    /// Only the news that the session is over makes the client forget the account: it stays when the network fails.
    pub async fn init_restore(&self, refresh: Refresh) -> Result<Option<OAuthSession>, Error> {
        self.leave_localhost().await?;
        let Some(sub) = self.0.active_text() else {
            // The app will want to know where the next session is kept.
            self.0.ports.storage.settle().await;
            return Ok(None);
        };
        let restored = self.restore(&sub, refresh).await;
        // The server may yet refresh this session, but not now, and its token has expired: the user has to sign in.
        if let Err(ErrorKind::Ended(_, SessionEnd::RefreshRejected(_))) =
            restored.as_ref().map_err(Error::kind)
        {
            return Ok(None);
        }
        // What it is in storage that is not to be had, nobody knows; this page can do without.
        if !self.0.ports.storage.outlives_page()
            && let Err(ErrorKind::Storage(StorageError::Denied(_))) =
                restored.as_ref().map_err(Error::kind)
        {
            return Ok(None);
        }
        if let Err(error) = &restored
            && matches!(error.kind(), ErrorKind::Ended(..) | ErrorKind::Identity(_))
        {
            self.0.set_active(None);
            self.0.announce();
        }
        restored.map(Some)
    }

    /// Finishes a sign-in. `params` is the answer as form-encoded text, by default the one in the page's address;
    /// `redirect_uri` the one it came to, by default that of the page, else that of the sign-in.
    ///
    /// The address is cleaned before anything is sent, so that no code stays in it for a reload to use again.
    pub async fn init_callback(
        &self,
        params: Option<&str>,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let page = self.0.ports.navigator.location();
        let mode = self.0.options.response_mode;
        let params = match (params, &page) {
            (Some(params), _) => Some(CallbackParams::parse(params)),
            (None, Some(page)) => CallbackParams::read(page, mode),
            (None, None) => None,
        };
        let params =
            params.ok_or_else(|| Error::new(Step::Callback, CallbackError::NoParameters))?;
        if let Some(page) = &page {
            let cleaned = CallbackParams::removed_from(page, mode);
            self.0.ports.navigator.replace(&cleaned);
        }
        let found = page.and_then(|page| {
            let uri = self.0.options.metadata.redirect_uri_of_page(&page)?;
            Some(uri.to_owned())
        });
        let outcome = self
            .finish(&params, redirect_uri.or(found.as_deref()))
            .await;
        let signed_in = self.hand_over(&params, outcome).await?;
        self.0.set_active(Some(signed_in.session.did()));
        self.0.announce();
        Ok(signed_in)
    }

    /// A page under development on `localhost` would store its sessions where the redirect, which comes to
    /// `127.0.0.1`, does not find them (RFC 8252 section 8.3).
    async fn leave_localhost(&self) -> Result<(), Error> {
        let metadata = &self.0.options.metadata;
        let Some(page) = self.0.ports.navigator.location() else {
            return Ok(());
        };
        if page.hostname() != "localhost" || !metadata.is_loopback() {
            return Ok(());
        }
        let failed = |error| Err(Error::new(Step::Configure, error));
        match metadata.loopback_ip_of_page(&page) {
            Some(url) => {
                drop(self.0.ports.navigator.leave(&url));
                failed(ConfigError::RedirectingToLoopbackIp)
            }
            None => failed(ConfigError::UseLoopbackIp(page.to_string())),
        }
    }
}
