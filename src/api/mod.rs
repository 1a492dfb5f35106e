//! The face for apps in Rust: a client that takes one line to set up, is cheap to clone, and also compiles for a server.
//!
//! Like `js`, it decides nothing about the protocol. The npm package contains none of it.

#[cfg(feature = "atrium")]
mod atrium;
mod builder;
mod events;
mod fetch;
mod follow;
mod options;
mod outside;
mod state;

#[cfg(feature = "atrium")]
pub use atrium::{AtriumError, AtriumSession};
pub use builder::ClientBuilder;
pub use events::{Event, Events};
pub use fetch::{FetchRequest, PdsResponse};
pub use options::SignInOptions;
pub use state::{ClientState, PageLocal, SessionState};

use crate::client::{
    ClientOptions, Error, HostError, Initialized, OAuthClient, OAuthSession, Persistence, Refresh,
    SignedIn, Step,
};
use crate::identity::{Did, DidDocument, Handle};
use crate::oauth::ClientMetadata;
use crate::ports::{Account, Guard, Local, StorageError};
use crate::url::Url;
use builder::Host;
use events::Feed;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

/// The client of an app that runs in a browser.
///
/// Cheap to clone; clones share one client and are equal. Dropping the future of a method loses no session: an operation
/// that has begun to change a session runs to its end.
///
/// It compiles for every target. Without a browser, [`ClientBuilder::build`] returns a client without sessions: its
/// operations fail with [`HostError::BROWSER_ONLY`], and its properties are those of a page that has not started yet.
///
/// ```
/// use atproto_oauth_wasm::{BrowserOAuthClient, ErrorKind, HostError};
///
/// let client = BrowserOAuthClient::builder()
///     .client_id("http://localhost")
///     .handle_resolver("https://bsky.social")
///     .build()?;
///
/// // On a server:
/// let error = futures::executor::block_on(client.init()).unwrap_err();
/// assert_eq!(error.kind(), &ErrorKind::Host(HostError::BROWSER_ONLY));
/// assert_eq!(client.active(), None);
/// # Ok::<(), atproto_oauth_wasm::Error>(())
/// ```
#[derive(Clone)]
pub struct BrowserOAuthClient(Rc<Inner>);

struct Inner {
    /// `None` without a browser.
    client: Option<OAuthClient>,
    feed: Rc<Feed>,
    closed: Cell<bool>,
    dispose: Option<Box<dyn Fn()>>,
}

impl BrowserOAuthClient {
    /// Starts to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    fn on_host(options: ClientOptions, host: Host) -> Self {
        let feed = Rc::new(Feed::default());
        Self(Rc::new(Inner {
            client: Some(OAuthClient::new(options, host.ports, Some(feed.clone()))),
            feed,
            closed: Cell::new(false),
            dispose: host.dispose,
        }))
    }

    pub(crate) fn without_host() -> Self {
        Self(Rc::new(Inner {
            client: None,
            feed: Rc::default(),
            closed: Cell::new(false),
            dispose: None,
        }))
    }

    /// The client that this one wraps, which does not depend on a browser. Fails with [`HostError::BROWSER_ONLY`] without
    /// a browser, and with [`StorageError::Disposed`] if the client was closed.
    pub fn core(&self) -> Result<&OAuthClient, Error> {
        if self.0.closed.get() {
            return Err(Error::new(Step::Storage, StorageError::Disposed));
        }
        let no_browser = || Error::new(Step::Configure, HostError::BROWSER_ONLY);
        self.0.client.as_ref().ok_or_else(no_browser)
    }

    /// Runs work of the client to its end, even if the caller drops the future.
    async fn detached<T: 'static>(
        &self,
        work: impl AsyncFnOnce(&OAuthClient) -> Result<T, Error> + 'static,
    ) -> Result<T, Error> {
        let client = self.core()?.clone();
        let own = client.clone();
        client
            .detached(Box::pin(async move { work(&own).await }))
            .await
    }

    /// Starts the client when a page loads: finishes the sign-in if the page's address has a response, or else restores
    /// the session of the active account. `None`: no account is signed in. Call it once.
    pub async fn init(&self) -> Result<Option<Initialized>, Error> {
        self.init_with(Refresh::Auto).await
    }

    /// Like [`init`](Self::init), with a choice of when to refresh the tokens of a restored session.
    pub async fn init_with(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        self.detached(async move |client| client.init(refresh).await)
            .await
    }

    /// Finishes the sign-in that an authorization response belongs to, if the app reads the response itself instead of
    /// calling [`init`](Self::init). `params` is the response as form-encoded text, without `?` or `#`.
    pub async fn callback(&self, params: impl AsRef<str>) -> Result<SignedIn, Error> {
        let params = params.as_ref().to_owned();
        self.detached(async move |client| client.callback(&params, None).await)
            .await
    }

    /// Prepares a sign-in and returns the URL to send the user to. `input` is a handle, a DID, or the URL of a PDS or
    /// authorization server.
    pub async fn authorize(
        &self,
        input: impl AsRef<str>,
        options: impl Into<SignInOptions>,
    ) -> Result<Url, Error> {
        let options = options.into();
        let progress = |step| options.report(step);
        let client = self.core()?;
        client
            .authorize(input.as_ref(), &options.request, &progress)
            .await
    }

    /// Redirects the page to the authorization server. The server redirects back to a page of the app, which finishes the
    /// sign-in with [`init`](Self::init). Never returns `Ok` in a browser: it returns if the user comes back without a
    /// response.
    pub async fn sign_in(
        &self,
        input: impl AsRef<str>,
        options: impl Into<SignInOptions>,
    ) -> Result<(), Error> {
        let options = options.into();
        let progress = |step| options.report(step);
        let client = self.core()?;
        client
            .sign_in(input.as_ref(), &options.request, &progress)
            .await
    }

    /// Signs in through a popup. The popup opens in this call, before the future is first polled: call it in the click
    /// handler itself, because browsers block a popup that opens later. The page that the server redirects the popup to
    /// calls [`init`](Self::init) as usual, which fails there with [`crate::PopupError::ContinuedInParent`].
    ///
    /// Dropping the future closes the popup.
    pub fn sign_in_popup(
        &self,
        input: impl AsRef<str>,
        options: impl Into<SignInOptions>,
    ) -> Local<'static, Result<OAuthSession, Error>> {
        let (input, options) = (input.as_ref().to_owned(), options.into());
        let begun = self.core().cloned().and_then(|client| {
            let popup = client.page().open_popup().ok_or_else(|| {
                let blocked = match client.page().location() {
                    Some(_) => HostError::POPUP_BLOCKED,
                    None => HostError::BROWSER_ONLY,
                };
                Error::new(Step::Redirect, blocked)
            })?;
            // Closes the popup even if the future is dropped before its first poll.
            let closed = Guard::new({
                let popup = popup.clone();
                move || popup.close()
            });
            Ok((client, popup, closed))
        });
        Box::pin(async move {
            let (client, popup, _closed) = begun?;
            let progress = |step| options.report(step);
            client
                .sign_in_popup(&input, &options.request, popup, &progress)
                .await
        })
    }

    /// Restores the session of an account and makes it the active one. Needs no network while its access token is valid,
    /// unless a refresh is requested.
    pub async fn restore(&self, did: &Did, refresh: Refresh) -> Result<OAuthSession, Error> {
        self.core()?.restore(did.as_str(), refresh).await
    }

    /// Restores the session of an account and makes it the active one. If the account is signed out, this fails with
    /// [`crate::ErrorKind::Ended`]; sign in again with the error's [`Error::login_hint`].
    pub async fn switch_to(&self, did: &Did) -> Result<OAuthSession, Error> {
        self.restore(did, Refresh::Auto).await
    }

    /// Signs an account out: revokes its tokens if the server can be reached, and removes them here. Does nothing if there
    /// is no session.
    pub async fn revoke(&self, did: &Did) -> Result<(), Error> {
        self.core()?.revoke(did.as_str()).await
    }

    /// Signs an account out, if it is signed in, and removes it from the list of accounts.
    pub async fn forget(&self, did: &Did) -> Result<(), Error> {
        self.core()?.forget(did.as_str()).await
    }

    /// All accounts that are signed in here or were before, most recently used first.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.core()?.accounts().await
    }

    /// The account that was used last, in any tab: the one that [`init`](Self::init) restores.
    pub fn active(&self) -> Option<Did> {
        self.0.client.as_ref()?.active()
    }

    /// Finds an account: its DID document, and its handle if that resolves to the same DID.
    pub async fn resolve_identity(
        &self,
        input: impl AsRef<str>,
    ) -> Result<(DidDocument, Option<Handle>), Error> {
        self.core()?.resolve_identity(input.as_ref(), false).await
    }

    /// Where sessions are kept. Final once [`init`](Self::init) has finished.
    pub fn persistence(&self) -> Persistence {
        match &self.0.client {
            Some(client) => client.persistence(),
            None => Persistence::Durable,
        }
    }

    /// The app's client metadata; `None` without a browser.
    pub fn client_metadata(&self) -> Option<&ClientMetadata> {
        Some(&self.0.client.as_ref()?.options().metadata)
    }

    /// Events of sessions and accounts from now on, in this tab or another. Each call returns a stream of its own.
    pub fn events(&self) -> Events {
        self.0.feed.listen()
    }

    /// Stops listening to the other tabs, ends all [`events`](Self::events), and closes the database. Later calls of the
    /// client fail with [`StorageError::Disposed`]. Operations that have begun run to their end, existing sessions keep
    /// working, and stored data stay.
    pub fn close(&self) {
        self.0.closed.set(true);
        if let Some(client) = &self.0.client {
            client.close();
        }
        self.0.feed.close();
        if let Some(dispose) = &self.0.dispose {
            dispose();
        }
    }
}

/// Equal if one is a clone of the other.
impl PartialEq for BrowserOAuthClient {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for BrowserOAuthClient {}

impl fmt::Debug for BrowserOAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.client {
            Some(client) => write!(f, "Browser{client:?}"),
            None => f.write_str("BrowserOAuthClient"),
        }
    }
}
