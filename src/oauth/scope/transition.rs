//! The transitional scopes, which predate permissions.

use std::fmt;

/// A transitional scope.
///
/// Source: atproto specification, "OAuth", section "Transitional Scopes".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// The permissions of an app password: every record and blob, and every method except those of `chat.bsky`.
    Generic,
    /// The methods of `chat.bsky`, only together with `Generic`.
    ChatBsky,
    /// To read the account's email address.
    Email,
}

impl Transition {
    /// All transitional scopes.
    pub const ALL: [Self; 3] = [Self::Generic, Self::ChatBsky, Self::Email];

    /// The scope token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "transition:generic",
            Self::ChatBsky => "transition:chat.bsky",
            Self::Email => "transition:email",
        }
    }

    pub(super) fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.as_str() == token)
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
