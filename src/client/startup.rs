//! What a page does when it loads: finish a sign-in, or take up the last session.

use super::accounts::Accounts;
use super::callback::SignedIn;
use super::environment::Environment;
use super::error::{Error, ErrorKind, Step};
use super::popup::PopupSignIn;
use super::refresh::Refresh;
use super::restore::Restore;
use super::session::OAuthSession;
use super::share::share;
use crate::oauth::{CallbackError, CallbackParams, ConfigError, SessionEnd};
use crate::ports::{Page, StorageError, Store};
use crate::url::Url;
use std::rc::Rc;

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

/// Starts a client when its page loads.
pub(super) struct Startup {
    env: Rc<Environment>,
    accounts: Rc<Accounts>,
    restore: Rc<Restore>,
    popups: Rc<PopupSignIn>,
    page: Rc<dyn Page>,
    store: Rc<dyn Store>,
}

impl Startup {
    pub(super) fn new(
        env: &Rc<Environment>,
        accounts: &Rc<Accounts>,
        restore: &Rc<Restore>,
        popups: &Rc<PopupSignIn>,
        page: Rc<dyn Page>,
        store: Rc<dyn Store>,
    ) -> Self {
        Self {
            env: share(env),
            accounts: share(accounts),
            restore: share(restore),
            popups: share(popups),
            page,
            store,
        }
    }

    /// Finishes the sign-in whose response the page's address holds, or else restores the last account's session.
    pub(super) async fn start(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        let at_redirect_uri = |page: &Url| {
            self.env
                .options
                .metadata
                .redirect_uri_of_page(page)
                .is_some()
        };
        let page = self.page.location().filter(at_redirect_uri);
        let mode = self.env.options.response_mode;
        let mut refused = None;
        let params = page.and_then(|page| CallbackParams::read(&page, mode));
        if let Some(params) = params
            && !self.is_of_another_client(&params).await
        {
            match self.finish(None, None).await {
                Ok(signed_in) => return Ok(Some(Initialized::SignedIn(signed_in))),
                // Whoever made such a link, or loads such a page again, shall not keep the user from the session.
                Err(error) if self.is_stray(&error, &params).await => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (self.restore_last(refresh).await?, refused) {
            (None, Some(error)) => Err(error),
            (restored, _) => Ok(restored.map(Initialized::Restored)),
        }
    }

    /// Whether an answer is for another client of this page, which finds it in the address as it is.
    async fn is_of_another_client(&self, params: &CallbackParams) -> bool {
        let Some(state) = params.states().next() else {
            return false;
        };
        let owner = self.store.pending_owner(state).await;
        matches!(owner, Ok(Some(owner)) if owner != self.env.client_id())
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
                self.store.get_pending(self.env.client_id(), state).await,
                Ok(None)
            ) {
                return false;
            }
        }
        true
    }

    /// Restores the session of the account that was used last, if there is one.
    pub(super) async fn restore_last(
        &self,
        refresh: Refresh,
    ) -> Result<Option<OAuthSession>, Error> {
        self.leave_localhost().await?;
        let Some(sub) = self.accounts.active_text() else {
            // The app will want to know where the next session is kept.
            self.store.settle().await;
            return Ok(None);
        };
        let restored = self.restore.restore(&sub, refresh, true).await;
        // The server may yet refresh this session, but not now, and its token has expired: the user has to sign in.
        if let Err(ErrorKind::Ended(_, SessionEnd::RefreshRejected(_))) =
            restored.as_ref().map_err(Error::kind)
        {
            return Ok(None);
        }
        // Storage is denied, so we cannot know whether a session exists. Start signed out.
        if !self.store.outlives_page()
            && let Err(ErrorKind::Storage(StorageError::Denied(_))) =
                restored.as_ref().map_err(Error::kind)
        {
            return Ok(None);
        }
        if let Err(error) = &restored
            && matches!(error.kind(), ErrorKind::Ended(..) | ErrorKind::Identity(_))
        {
            self.accounts.set_active(None);
            self.accounts.announce();
        }
        restored.map(Some)
    }

    /// Finishes a sign-in, by default the one whose response is in the page's address.
    ///
    /// The address is cleaned before anything is sent, so that no code stays in it for a reload to use again.
    pub(super) async fn finish(
        &self,
        params: Option<&str>,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let page = self.page.location();
        let mode = self.env.options.response_mode;
        let params = match (params, &page) {
            (Some(params), _) => Some(CallbackParams::parse(params)),
            (None, Some(page)) => CallbackParams::read(page, mode),
            (None, None) => None,
        };
        let params =
            params.ok_or_else(|| Error::new(Step::Callback, CallbackError::NoParameters))?;
        if let Some(page) = &page {
            let cleaned = CallbackParams::removed_from(page, mode);
            self.page.replace(&cleaned);
        }
        let found = page.and_then(|page| {
            let uri = self.env.options.metadata.redirect_uri_of_page(&page)?;
            Some(uri.to_owned())
        });
        let redirect_uri = redirect_uri.or(found.as_deref());
        let signed_in = self.popups.finish(&params, redirect_uri).await?;
        self.accounts.set_active(Some(signed_in.session.did()));
        self.accounts.announce();
        Ok(signed_in)
    }

    /// A page under development on `localhost` would store its sessions where the redirect, which comes to
    /// `127.0.0.1`, does not find them (RFC 8252 section 8.3).
    async fn leave_localhost(&self) -> Result<(), Error> {
        let metadata = &self.env.options.metadata;
        let Some(page) = self.page.location() else {
            return Ok(());
        };
        if page.hostname() != "localhost" || !metadata.is_loopback() {
            return Ok(());
        }
        let failed = |error| Err(Error::new(Step::Configure, error));
        match metadata.loopback_ip_of_page(&page) {
            Some(url) => {
                drop(self.page.leave(&url));
                failed(ConfigError::RedirectingToLoopbackIp)
            }
            None => failed(ConfigError::UseLoopbackIp(page.to_string())),
        }
    }
}
