//! Why a session is over.

use crate::identity::Did;
use std::fmt;

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
        match self {
            Self::SignedOut => "SIGNED_OUT",
            Self::Vanished => "SESSION_GONE",
            Self::SubMismatch => "SESSION_OF_ANOTHER",
            Self::NotRefreshable => "SESSION_NOT_REFRESHABLE",
            Self::RefreshRefused(_) => "SESSION_REVOKED",
            Self::RefreshRejected(_) => "REFRESH_REJECTED",
            Self::TokenRefused => "TOKEN_REFUSED",
            Self::Migrated(_) => "ACCOUNT_MIGRATED",
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
        match self {
            Self::SignedOut => "The user signed out; offer to sign in.",
            Self::RefreshRejected(_) => {
                "The server does not refresh this session now. Offer to sign in again, or try again later with restore."
            }
            Self::Migrated(_) => {
                "The account moved to another server; sign in again, with its handle."
            }
            _ => "The session is over; offer to sign in again.",
        }
    }

    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, sub: &Did) -> fmt::Result {
        match self {
            Self::SignedOut => write!(f, "The session for \"{sub}\" was successfully revoked"),
            Self::Vanished => f.write_str("The session was deleted by another process"),
            Self::SubMismatch => f.write_str("Stored session sub mismatch"),
            Self::NotRefreshable => f.write_str("No refresh token available"),
            Self::RefreshRefused(words) => {
                f.write_str(words.as_deref().unwrap_or("The session was revoked"))
            }
            Self::RefreshRejected(words) => f.write_str(
                words
                    .as_deref()
                    .unwrap_or("The server refused to refresh the session"),
            ),
            Self::TokenRefused => write!(f, "The session for \"{sub}\" is invalid"),
            Self::Migrated(_) => f.write_str("Issuer mismatch"),
        }
    }
}
