//! The state that an app shows: the session, the accounts to choose from, and the last error.

use crate::client::{Error, OAuthSession};
use crate::identity::Did;
use crate::ports::Account;
use std::fmt;
use std::ops::Deref;

/// The state of a client that an app shows: see [`crate::BrowserOAuthClient::follow`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientState {
    /// Whether an account is signed in, and its session.
    pub session: SessionState,
    /// All accounts that are signed in here or were before, most recently used first.
    pub accounts: Vec<Account>,
    /// The last error that no call of the app returns: the failure of the sign-in that redirected to this page, or the
    /// reason that the session ended. Cleared when an account signs in.
    pub error: Option<PageLocal<Error>>,
}

/// Whether an account is signed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SessionState {
    /// Not known yet: the state that a server renders and that a page starts with.
    #[default]
    Loading,
    /// No account is signed in.
    SignedOut,
    /// The session of the active account.
    SignedIn(PageLocal<OAuthSession>),
    /// The active account is signed in, but its session needs a refresh that fails for now. The client retries when the
    /// browser goes online, and whenever the app restores the account.
    Offline {
        /// The account.
        did: Did,
        /// Why the refresh failed.
        error: PageLocal<Error>,
    },
}

impl SessionState {
    /// The session, if an account is signed in.
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

/// A value that belongs to the only thread of a page. It dereferences to the value.
///
/// With the feature `leptos` it is `Send`, which Leptos requires of values in views and signals. Using or dropping it in
/// another thread panics, so this crate creates none on a server.
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
