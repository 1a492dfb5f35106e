//! The client's whole interface. Each method delegates to the service that does the work.

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
    /// In this page, since the browser gives it no storage: they end with it. Only a popup can sign in.
    Memory,
}

/// The client. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct OAuthClient(Rc<Services>);

impl OAuthClient {
    /// Sets a client up. Nothing is read, sent or opened but the channel to the other tabs.
    pub fn new(options: ClientOptions, ports: Ports, observer: Option<Rc<dyn Observer>>) -> Self {
        Self(Rc::new(Services::new(options, ports, observer)))
    }

    /// How the client was set up.
    pub fn options(&self) -> &ClientOptions {
        &self.0.env.options
    }

    /// Where sessions are kept. It is settled when `init` is done.
    pub fn persistence(&self) -> Persistence {
        match self.0.store.outlives_page() {
            true => Persistence::Durable,
            false => Persistence::Memory,
        }
    }

    /// Finishes the sign-in whose answer the page's address holds, or else restores the last account's session.
    /// `None`: nobody is signed in. To be called once, when the page loads.
    ///
    /// An answer that belongs to no sign-in is an error only where there is no session to restore.
    pub async fn init(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        self.0.startup.start(refresh).await
    }

    /// Restores the session of the account that was used last, if there is one.
    ///
    /// Only the news that the session is over makes the client forget the account: it stays when the network fails.
    pub async fn init_restore(&self, refresh: Refresh) -> Result<Option<OAuthSession>, Error> {
        self.0.startup.restore_last(refresh).await
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
        self.0.startup.finish(params, redirect_uri).await
    }

    /// Judges an authorization response and finishes the sign-in it belongs to.
    ///
    /// `params` is the response as form-encoded text, without `?` or `#`. `redirect_uri` is needed only where it is
    /// another than the one that `authorize` used.
    ///
    /// The pending sign-in is used up as soon as it is found, whatever comes then, but by an `error` of another issuer
    /// than its own (RFC 9207). Errors carry the app's `state` in [`Error::callback`].
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
    /// is called with each step as it begins. Nothing is stored unless all of it succeeds.
    pub async fn authorize(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<Url, Error> {
        let (url, _) = self.0.sign_in.authorize(input, options, progress).await?;
        Ok(url)
    }

    /// Prepares a sign-in and leaves for the authorization server. It returns only if the user comes back without an
    /// answer and finds the page as it was; or if storage does not outlive the page, so that its answer would find
    /// nothing.
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

    /// Signs in through a popup, which must have been opened in the user's click: browsers block any that comes later.
    ///
    /// Whatever ends this, dropping the future included, closes the popup where it can be reached; one that cannot, and
    /// finishes all the same, finds nobody listening and revokes what it was granted.
    pub async fn sign_in_popup(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        popup: Rc<dyn Popup>,
        progress: &dyn Fn(Step),
    ) -> Result<OAuthSession, Error> {
        self.0.popups.sign_in(input, options, popup, progress).await
    }

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
        self.0.restore.restore(sub, refresh, activate).await
    }

    /// Ends the session of an account: revokes its tokens at the server, as far as that can be reached, and removes it
    /// here. No error where there is no session.
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

    /// The accounts that are signed in to this app here, and those that were: most recently used first.
    ///
    /// Whether an account is signed in is what storage says now. A session that cannot be read counts as none.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let sessions = self.0.sessions.rows.list().await?;
        Ok(self.0.accounts.with_sessions(sessions))
    }

    /// The account that was used last, in whatever tab: the one that [`OAuthClient::init`] restores.
    pub fn active(&self) -> Option<Did> {
        self.0.accounts.active()
    }

    /// Restores the session of an account and makes it the active one.
    ///
    /// For an account that is signed out this is [`super::ErrorKind::Ended`], whose [`Error::login_hint`] is what to
    /// sign in with.
    pub async fn switch_to(&self, sub: &str) -> Result<OAuthSession, Error> {
        self.restore(sub, Refresh::Auto).await
    }

    /// Finds an account by its handle or DID: its document, and its handle, if that leads back to the account.
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

    /// Stops following the other tabs. What is stored stays.
    pub fn close(&self) {
        self.0.sessions.unfollow_tabs();
    }

    /// Runs work to its end, even if the caller is dropped before: for a caller who does more than one thing with a client.
    pub(crate) async fn detached<T: 'static>(&self, work: Local<'static, T>) -> T {
        self.0.env.detached(work).take().await
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuthClient({})", self.0.env.client_id())
    }
}
