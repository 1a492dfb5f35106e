//! Starting a client when its page loads: finish a sign-in, or restore the last session.

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

/// The session that a page starts with.
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

    /// Converts into the session.
    pub fn into_session(self) -> OAuthSession {
        match self {
            Self::SignedIn(signed_in) => signed_in.session,
            Self::Restored(session) => session,
        }
    }

    /// The app's own text, if a sign-in just succeeded that was given one.
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

    /// Finishes the sign-in if the page's address has a response, or else restores the active account's session.
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
                // A forged link or a reloaded page must not keep the user from the session.
                Err(error) if self.is_stray(&error, &params).await => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (self.restore_last(refresh).await?, refused) {
            (None, Some(error)) => Err(error),
            (restored, _) => Ok(restored.map(Initialized::Restored)),
        }
    }

    /// Whether a response is for another client of this page. It then stays in the address for that client.
    async fn is_of_another_client(&self, params: &CallbackParams) -> bool {
        let Some(state) = params.states().next() else {
            return false;
        };
        let owner = self.store.pending_owner(state).await;
        matches!(owner, Ok(Some(owner)) if owner != self.env.client_id())
    }

    /// Whether a refused response belongs to no pending sign-in, by its `state`.
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
            // Settle where sessions are kept, which the app can read after the start.
            self.store.settle().await;
            return Ok(None);
        };
        let restored = self.restore.restore(&sub, refresh, true).await;
        // The server may refresh this session later, but its token has expired: the user has to sign in for now.
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
    /// The response is removed from the address before anything is sent, so that a reload does not use the code again.
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

    /// Redirects a page under development from `localhost` to `127.0.0.1`: the redirect URI has the loopback IP (RFC 8252
    /// section 8.3), and storage of `localhost` is not shared with it.
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
