//! Why a session is over.

use crate::sentences::{self, Arguments, Key, key};

/// Why a session is over. Being offline is no reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEnd {
    /// Signed out here, or in another tab.
    SignedOut,
    /// The stored session has gone, and nobody said why.
    Vanished,
    /// The stored session is another account's.
    SubMismatch,
    /// The access token has expired and there is no refresh token.
    NotRefreshable,
    /// The session was granted to a client that authenticates itself by another method than this client can, and the server
    /// refreshes it by no other.
    AuthMethodUnsatisfiable,
    /// The authorization server refused the refresh token for good (`invalid_grant`); its words.
    RefreshRefused(Option<String>),
    /// The access token has expired, and the authorization server refused to refresh it, without saying that the refresh token is
    /// no good; its words. The session is kept, and [`crate::OAuthClient::restore`] tries again.
    RefreshRejected(Option<String>),
    /// The PDS refused an access token that was new.
    TokenRefused,
    /// The account now belongs to another authorization server: its issuer, where that is known.
    Migrated(Option<String>),
}

impl SessionEnd {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code_and_key().0
    }

    /// The key of the message.
    pub(crate) fn key(&self) -> Key {
        self.code_and_key().1
    }

    fn code_and_key(&self) -> (&'static str, Key) {
        macro_rules! both {
            ($code:literal) => {
                ($code, key!($code))
            };
        }
        match self {
            Self::SignedOut => both!("SIGNED_OUT"),
            Self::Vanished => both!("SESSION_GONE"),
            Self::SubMismatch => both!("SESSION_OF_ANOTHER"),
            Self::NotRefreshable => both!("SESSION_NOT_REFRESHABLE"),
            Self::AuthMethodUnsatisfiable => both!("AUTH_METHOD_UNSATISFIABLE"),
            Self::RefreshRefused(_) => both!("SESSION_REVOKED"),
            Self::RefreshRejected(_) => both!("REFRESH_REJECTED"),
            Self::TokenRefused => both!("TOKEN_REFUSED"),
            Self::Migrated(_) => both!("ACCOUNT_MIGRATED"),
        }
    }

    /// The code's inverse, for what another tab tells, with the end's [own words](Self::words).
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn from_code(code: &str, words: Option<String>) -> Option<Self> {
        Some(match code {
            "SIGNED_OUT" => Self::SignedOut,
            "SESSION_GONE" => Self::Vanished,
            "SESSION_OF_ANOTHER" => Self::SubMismatch,
            "SESSION_NOT_REFRESHABLE" => Self::NotRefreshable,
            "AUTH_METHOD_UNSATISFIABLE" => Self::AuthMethodUnsatisfiable,
            "SESSION_REVOKED" => Self::RefreshRefused(words),
            "REFRESH_REJECTED" => Self::RefreshRejected(words),
            "TOKEN_REFUSED" => Self::TokenRefused,
            "ACCOUNT_MIGRATED" => Self::Migrated(words),
            _ => return None,
        })
    }

    /// What is known beyond the code: the server's words, or the account's new issuer.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::RefreshRefused(words) | Self::RefreshRejected(words) | Self::Migrated(words) => {
                words.as_deref()
            }
            _ => None,
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help(None, self.code(), "")
    }

    /// Gives the arguments of the message, but for the account.
    pub(crate) fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::RefreshRefused(Some(words)) | Self::RefreshRejected(Some(words)) => {
                to.text("description", words);
            }
            Self::Migrated(Some(issuer)) => to.text("newIssuer", issuer),
            _ => {}
        }
    }
}
