//! What an app shows of its client: who is signed in, and what there is to choose from.

use crate::client::{Error, OAuthSession};
use crate::identity::Did;
use crate::ports::Account;
use std::fmt;
use std::ops::Deref;

/// What an app shows of its client, at one time: see [`crate::BrowserOAuthClient::follow`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientState {
    /// Whether somebody is signed in, and who.
    pub session: SessionState,
    /// All accounts that are signed in here, and those that were: most recently used first.
    pub accounts: Vec<Account>,
    /// What failed last without any call of the app's to tell it: the sign-in that the page came back from, or why the
    /// session is over. It goes when somebody signs in.
    pub error: Option<PageLocal<Error>>,
}

/// Whether somebody is signed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SessionState {
    /// Not known yet: what a server renders, and a page at first.
    #[default]
    Loading,
    /// Nobody is signed in.
    SignedOut,
    /// The session of the active account.
    SignedIn(PageLocal<OAuthSession>),
    /// The active account is signed in, but its session needs new tokens, and they cannot be had now. It is tried again when
    /// the browser says that it is online, and whenever the app restores the account.
    Offline {
        /// The account.
        did: Did,
        /// Why they cannot be had.
        error: PageLocal<Error>,
    },
}

impl SessionState {
    /// The session, where somebody is signed in.
    pub fn session(&self) -> Option<&OAuthSession> {
        match self {
            Self::SignedIn(session) => Some(session),
            _ => None,
        }
    }

    /// The account that is signed in, also while its session cannot be used.
    pub fn did(&self) -> Option<&Did> {
        match self {
            Self::SignedIn(session) => Some(session.did()),
            Self::Offline { did, .. } => Some(did),
            _ => None,
        }
    }
}

/// A value that belongs to the thread of a page, which is the only one there: it is used as if it were the value itself.
///
/// With the feature `leptos` it can go where Leptos wants `Send`, into views and signals. No other thread must use or
/// drop one, or it panics; so nothing of ours makes one on a server.
#[derive(Clone)]
pub struct PageLocal<T>(
    #[cfg(feature = "leptos")] send_wrapper::SendWrapper<T>,
    #[cfg(not(feature = "leptos"))] T,
);

impl<T> PageLocal<T> {
    /// Wraps a value of this thread.
    pub fn new(value: T) -> Self {
        #[cfg(feature = "leptos")]
        let value = send_wrapper::SendWrapper::new(value);
        Self(value)
    }
}

impl<T> Deref for PageLocal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: PartialEq> PartialEq for PageLocal<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for PageLocal<T> {}

impl<T: fmt::Debug> fmt::Debug for PageLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
