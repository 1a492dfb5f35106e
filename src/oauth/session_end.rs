//! Why a session has ended.

use crate::sentences::{self, Arguments, Key, key};

/// Why a session has ended. Being offline is no reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEnd {
    /// Signed out here, or in another tab.
    SignedOut,
    /// There is no stored session, for an unknown reason.
    Vanished,
    /// The stored session belongs to another account.
    SubMismatch,
    /// The access token has expired and there is no refresh token.
    NotRefreshable,
    /// The session was granted with a method of client authentication that this client does not support. The server refreshes
    /// it with that method only.
    AuthMethodUnsatisfiable,
    /// The authorization server refused the refresh token permanently (`invalid_grant`). Holds its description.
    RefreshRefused(Option<String>),
    /// The access token has expired and the authorization server refused a refresh, but not with `invalid_grant`. Holds its
    /// description. The session is kept, and [`crate::OAuthClient::restore`] tries again.
    RefreshRejected(Option<String>),
    /// The PDS refused an access token that was new.
    TokenRefused,
    /// The account now belongs to another authorization server. Holds its issuer, if known.
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

    /// Restores an end from its code and its [detail](Self::words), as received from another tab.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn from_code(code: &str, detail: Option<String>) -> Option<Self> {
        Some(match code {
            "SIGNED_OUT" => Self::SignedOut,
            "SESSION_GONE" => Self::Vanished,
            "SESSION_OF_ANOTHER" => Self::SubMismatch,
            "SESSION_NOT_REFRESHABLE" => Self::NotRefreshable,
            "AUTH_METHOD_UNSATISFIABLE" => Self::AuthMethodUnsatisfiable,
            "SESSION_REVOKED" => Self::RefreshRefused(detail),
            "REFRESH_REJECTED" => Self::RefreshRejected(detail),
            "TOKEN_REFUSED" => Self::TokenRefused,
            "ACCOUNT_MIGRATED" => Self::Migrated(detail),
            _ => return None,
        })
    }

    /// The detail beyond the code: the server's description, or the account's new issuer.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::RefreshRefused(detail)
            | Self::RefreshRejected(detail)
            | Self::Migrated(detail) => detail.as_deref(),
            _ => None,
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help(None, self.code(), "")
    }

    /// Adds the arguments of the message, except the account.
    pub(crate) fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::RefreshRefused(Some(description)) | Self::RefreshRejected(Some(description)) => {
                to.text("description", description);
            }
            Self::Migrated(Some(issuer)) => to.text("newIssuer", issuer),
            _ => {}
        }
    }
}
