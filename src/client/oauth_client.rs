//! The client's complete interface. Each method delegates to the service that does the work.

use super::callback::SignedIn;
use super::config::ClientOptions;
use super::directory::Freshness;
use super::error::{Error, ErrorKind, Step};
use super::refresh::Refresh;
use super::services::Services;
use super::session::OAuthSession;
use super::startup::Initialized;
use crate::identity::{Did, DidDocument, Handle};
use crate::oauth::{AuthorizeOptions, CallbackParams};
use crate::ports::{Account, Local, Observer, Page, Popup, Ports, StorageError};
use crate::url::Url;
use std::fmt;
use std::rc::Rc;

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// In the browser's storage.
    Durable,
    /// In the memory of this page, because the browser denies storage: sessions end with the page. Only a popup can sign in.
    Memory,
}

/// The client. Cheap to clone; clones share one client.
#[derive(Clone)]
pub struct OAuthClient(Rc<Services>);

impl OAuthClient {
    /// Creates a client. This opens the channel to the other tabs; it reads and sends nothing.
    pub fn new(options: ClientOptions, ports: Ports, observer: Option<Rc<dyn Observer>>) -> Self {
        Self(Rc::new(Services::new(options, ports, observer)))
    }

    /// The client's options.
    pub fn options(&self) -> &ClientOptions {
        &self.0.env.options
    }

    /// Where sessions are kept. Final once `init` has finished.
    pub fn persistence(&self) -> Persistence {
        match self.0.store.outlives_page() {
            true => Persistence::Durable,
            false => Persistence::Memory,
        }
    }

    /// Finishes the sign-in if the page's address has a response, or else restores the active account's session. `None`: no
    /// account is signed in. Call it once, when the page loads.
    ///
    /// A response that belongs to no sign-in is an error only if there is no session to restore.
    pub async fn init(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        self.0.startup.start(refresh).await
    }

    /// Restores the session of the account that was used last, if there is one.
    ///
    /// The account stays active if the network fails. Only if its session has ended does the client forget it.
    pub async fn init_restore(&self, refresh: Refresh) -> Result<Option<OAuthSession>, Error> {
        self.0.startup.restore_last(refresh).await
    }

    /// Finishes a sign-in. `params` is the authorization response as form-encoded text, by default the one in the page's
    /// address. `redirect_uri` is the redirect URI that received it, by default the page's, else the sign-in's.
    ///
    /// The response is removed from the address before anything is sent, so that a reload does not use the code again.
    pub async fn init_callback(
        &self,
        params: Option<&str>,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        self.0.startup.finish(params, redirect_uri).await
    }

    /// Judges an authorization response and finishes the sign-in it belongs to.
    ///
    /// `params` is the response as form-encoded text, without `?` or `#`. `redirect_uri` is needed only if it differs from
    /// the one that `authorize` used.
    ///
    /// The pending sign-in is removed as soon as it is found, even if the sign-in fails later, unless the response is an
    /// `error` of another issuer (RFC 9207). Errors carry the app's `state` in [`Error::callback`].
    pub async fn callback(
        &self,
        params: &str,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let params = CallbackParams::parse(params);
        let outcome = self.0.callback.finish(&params, redirect_uri).await;
        self.0.accounts.announce();
        outcome
    }

    /// Prepares a sign-in and returns the URL to send the user to.
    ///
    /// `input` is a handle, a DID, or the URL of a PDS or authorization server, as people type and paste it. `progress`
    /// is called with each step as it begins. Nothing is stored unless every step succeeds.
    pub async fn authorize(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<Url, Error> {
        let (url, _) = self.0.sign_in.authorize(input, options, progress).await?;
        Ok(url)
    }

    /// Prepares a sign-in and redirects to the authorization server. It returns only if the user comes back without a
    /// response to the page as it was, or if storage does not outlive the page, so that the sign-in could not be finished.
    pub async fn sign_in(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<(), Error> {
        self.0.store.settle().await;
        if !self.0.store.outlives_page() {
            let why = "a sign-in would end with this page".to_owned();
            return Err(Error::new(Step::Storage, StorageError::Denied(why)));
        }
        let url = self.authorize(input, options, progress).await?;
        progress(Step::Redirect);
        self.0.page.leave(url.as_str()).await;
        Err(Error::new(Step::Redirect, ErrorKind::NavigatedBack))
    }

    /// Signs in through a popup. Open the popup in the handler of the user's click: browsers block one that opens later.
    ///
    /// When this ends, or the future is dropped, it closes the popup if the popup can be reached. If the popup cannot be
    /// reached and finishes the sign-in, it gets no acknowledgement and revokes its tokens.
    pub async fn sign_in_popup(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        popup: Rc<dyn Popup>,
        progress: &dyn Fn(Step),
    ) -> Result<OAuthSession, Error> {
        self.0.popups.sign_in(input, options, popup, progress).await
    }

    /// Restores the session of an account. Needs no network while its access token is valid, unless a refresh is forced.
    ///
    /// The account becomes the active one. An absent or ended session is [`super::ErrorKind::Ended`]; every other error
    /// leaves the session as it is.
    pub async fn restore(&self, sub: &str, refresh: Refresh) -> Result<OAuthSession, Error> {
        self.resume(sub, refresh, true).await
    }

    /// Like [`OAuthClient::restore`], also for a session that the app already has. Without `activate`, the active account
    /// and the time of last use stay as they are, because another tab may have switched since.
    pub(crate) async fn resume(
        &self,
        sub: &str,
        refresh: Refresh,
        activate: bool,
    ) -> Result<OAuthSession, Error> {
        self.0.restore.restore(sub, refresh, activate).await
    }

    /// Ends the session of an account: revokes its tokens if the server can be reached, and removes it here. Does nothing
    /// if there is no session.
    pub async fn revoke(&self, sub: &str) -> Result<(), Error> {
        self.sign_out(sub, false).await
    }

    /// Signs an account out, if it is signed in, and removes it from the list of accounts.
    pub async fn forget(&self, sub: &str) -> Result<(), Error> {
        self.sign_out(sub, true).await
    }

    async fn sign_out(&self, sub: &str, forget: bool) -> Result<(), Error> {
        let sub = Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        self.0.sign_out.sign_out(&sub, forget).await
    }

    /// The accounts that are signed in to this app here or were before, most recently used first.
    ///
    /// An account is signed in if storage has its session now. A session that cannot be read counts as none.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let sessions = self.0.sessions.rows.list().await?;
        Ok(self.0.accounts.with_sessions(sessions))
    }

    /// The account that was used last, in any tab: the one that [`OAuthClient::init`] restores.
    pub fn active(&self) -> Option<Did> {
        self.0.accounts.active()
    }

    /// Restores the session of an account and makes it the active one.
    ///
    /// If the account is signed out, this fails with [`super::ErrorKind::Ended`]; sign in again with the error's
    /// [`Error::login_hint`].
    pub async fn switch_to(&self, sub: &str) -> Result<OAuthSession, Error> {
        self.restore(sub, Refresh::Auto).await
    }

    /// Finds an account by its handle or DID: its document, and its handle if that resolves to the same DID.
    pub async fn resolve_identity(
        &self,
        input: &str,
        fresh: bool,
    ) -> Result<(DidDocument, Option<Handle>), Error> {
        let freshness = match fresh {
            true => Freshness::Now,
            false => Freshness::Recent,
        };
        self.0.directory.resolve(input, freshness).await
    }

    /// The page that this runs in.
    pub(crate) fn page(&self) -> &dyn Page {
        &*self.0.page
    }

    /// Stops listening to the other tabs. Stored data stay.
    pub fn close(&self) {
        self.0.sessions.unfollow_tabs();
    }

    /// Runs work to its end, even if the caller is dropped before. For work that combines several calls of the client.
    pub(crate) async fn detached<T: 'static>(&self, work: Local<'static, T>) -> T {
        self.0.env.detached(work).take().await
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuthClient({})", self.0.env.client_id())
    }
}
