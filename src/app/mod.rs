//! The face for apps in Rust: a client that is set up in a line, cloned at will, and compiled for a server too.
//!
//! It decides as little as `js` does, and none of it is in the npm package.

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
/// Cheap to clone; all clones are one, and equal. Dropping the future of any method loses no session: what has begun to
/// change one goes on to its end.
///
/// It compiles for every target. Where there is no browser, [`ClientBuilder::build`] gives a client that knows nobody: what it is
/// asked to do fails with [`HostError::BROWSER_ONLY`], and its facts are those of a page that has not started yet.
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
    /// `None` where there is no browser.
    client: Option<OAuthClient>,
    feed: Rc<Feed>,
    closed: Cell<bool>,
    dispose: Option<Box<dyn Fn()>>,
}

impl BrowserOAuthClient {
    /// Sets a client up.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    fn over(options: ClientOptions, host: Host) -> Self {
        let feed = Rc::new(Feed::default());
        Self(Rc::new(Inner {
            client: Some(OAuthClient::new(options, host.ports, Some(feed.clone()))),
            feed,
            closed: Cell::new(false),
            dispose: host.dispose,
        }))
    }

    pub(crate) fn nowhere() -> Self {
        Self(Rc::new(Inner {
            client: None,
            feed: Rc::default(),
            closed: Cell::new(false),
            dispose: None,
        }))
    }

    /// The client beneath, which knows no browser; [`HostError::BROWSER_ONLY`] where there is none, and
    /// [`StorageError::Disposed`] where it was closed.
    pub fn core(&self) -> Result<&OAuthClient, Error> {
        if self.0.closed.get() {
            return Err(Error::new(Step::Storage, StorageError::Disposed));
        }
        let nowhere = || Error::new(Step::Configure, HostError::BROWSER_ONLY);
        self.0.client.as_ref().ok_or_else(nowhere)
    }

    /// Does work of the client's to its end, even if the caller gives up.
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

    /// What a page does when it loads: finishes the sign-in whose answer its address holds, or else restores the session
    /// of the account that was used last. `None`: nobody is signed in. To be called once.
    pub async fn init(&self) -> Result<Option<Initialized>, Error> {
        self.init_with(Refresh::Auto).await
    }

    /// As [`init`](Self::init), with the tokens of a restored session renewed as asked.
    pub async fn init_with(&self, refresh: Refresh) -> Result<Option<Initialized>, Error> {
        self.detached(async move |client| client.init(refresh).await)
            .await
    }

    /// Finishes the sign-in that an answer belongs to, where [`init`](Self::init) does not: `params` is the answer as
    /// form-encoded text, without `?` or `#`.
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
        let told = |step| options.tell(step);
        let client = self.core()?;
        client
            .authorize(input.as_ref(), &options.request, &told)
            .await
    }

    /// Leaves for the authorization server, whose answer is for [`init`](Self::init) on the page that it redirects to.
    /// Never `Ok` in a browser: it returns if the user comes back without an answer.
    pub async fn sign_in(
        &self,
        input: impl AsRef<str>,
        options: impl Into<SignInOptions>,
    ) -> Result<(), Error> {
        let options = options.into();
        let told = |step| options.tell(step);
        let client = self.core()?;
        client
            .sign_in(input.as_ref(), &options.request, &told)
            .await
    }

    /// Signs in through a popup, which opens now, before the future is first polled: call it in the click itself, since
    /// browsers block a popup that opens later. The page that the server redirects the popup to calls
    /// [`init`](Self::init) as ever, which fails there with [`crate::PopupError::ContinuedInParent`].
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
            // Also where the future is dropped before it begins.
            let closed = Guard::new({
                let popup = popup.clone();
                move || popup.close()
            });
            Ok((client, popup, closed))
        });
        Box::pin(async move {
            let (client, popup, _closed) = begun?;
            let told = |step| options.tell(step);
            client
                .sign_in_popup(&input, &options.request, popup, &told)
                .await
        })
    }

    /// Restores the session of an account, which becomes the active one. Needs no network while its access token lives,
    /// unless it is to be refreshed.
    pub async fn restore(&self, did: &Did, refresh: Refresh) -> Result<OAuthSession, Error> {
        self.core()?.restore(did.as_str(), refresh).await
    }

    /// Restores the session of an account and makes it the active one. For an account that is signed out this is
    /// [`crate::ErrorKind::Ended`], whose [`Error::login_hint`] is what to sign in with.
    pub async fn switch_to(&self, did: &Did) -> Result<OAuthSession, Error> {
        self.restore(did, Refresh::Auto).await
    }

    /// Signs an account out: revokes its tokens at the server, as far as that can be reached, and removes them here. No
    /// error where there is no session.
    pub async fn revoke(&self, did: &Did) -> Result<(), Error> {
        self.core()?.revoke(did.as_str()).await
    }

    /// Signs an account out, if it is signed in, and removes it from the list of accounts.
    pub async fn forget(&self, did: &Did) -> Result<(), Error> {
        self.core()?.forget(did.as_str()).await
    }

    /// All accounts that are signed in here, and those that were: most recently used first.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.core()?.accounts().await
    }

    /// The account that was used last, in whatever tab: the one that [`init`](Self::init) restores.
    pub fn active(&self) -> Option<Did> {
        self.0.client.as_ref()?.active()
    }

    /// Finds an account: its DID document, and its handle where that leads back to it.
    pub async fn resolve_identity(
        &self,
        input: impl AsRef<str>,
    ) -> Result<(DidDocument, Option<Handle>), Error> {
        self.core()?.resolve_identity(input.as_ref(), false).await
    }

    /// Where sessions are kept. It is settled when [`init`](Self::init) is done.
    pub fn persistence(&self) -> Persistence {
        match &self.0.client {
            Some(client) => client.persistence(),
            None => Persistence::Durable,
        }
    }

    /// The app's client metadata; `None` where there is no browser.
    pub fn client_metadata(&self) -> Option<&ClientMetadata> {
        Some(&self.0.client.as_ref()?.options().metadata)
    }

    /// What happens from now on to sessions and accounts, in this tab or another. Each call makes a stream of its own.
    pub fn events(&self) -> Events {
        self.0.feed.listen()
    }

    /// Stops hearing the other tabs, ends all [`events`](Self::events), and closes the database: whatever is asked of the client
    /// from now on fails with [`StorageError::Disposed`]. What was begun goes on to its end, sessions serve on, and what is stored
    /// stays.
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

/// Two are equal if they are clones of one.
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
