//! Handles: host names that identify an account.

use super::IdentityError;
use crate::private_host::top_level_domain;
use std::fmt;
use std::str::FromStr;

/// A handle in its normal form, lower case.
///
/// Source: atproto specification, "Handle", section "Handle Identifier Syntax".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

impl Handle {
    /// Parses a handle in any case; [`IdentityError::InvalidHandle`] if it is none. Nothing is trimmed.
    pub fn parse(input: &str) -> Result<Self, IdentityError> {
        match is_host_name(input) {
            true => Ok(Self(input.to_ascii_lowercase())),
            false => Err(IdentityError::InvalidHandle(input.to_owned())),
        }
    }

    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the handle is under a reserved top-level domain, so that it must not be resolved: for example `handle.invalid`.
    /// `.test` is allowed in development.
    pub fn is_reserved(&self, in_development: bool) -> bool {
        is_reserved(&self.0, in_development)
    }
}

/// Whether a text has the syntax of a handle, which is that of a host name. The host of a `did:web` must have it too.
pub(super) fn is_host_name(text: &str) -> bool {
    let (mut labels, mut last) = (0, "");
    let labels_ok = text.split('.').all(|label| {
        labels += 1;
        last = label;
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    let last_is_name = last.starts_with(|c: char| c.is_ascii_alphabetic());
    labels_ok && labels > 1 && last_is_name && text.len() <= 253
}

/// The top-level domains under which nothing may be resolved, not even in development.
///
/// Source: atproto specification, "Handle", section "Additional Non-Syntax Restrictions".
const RESERVED: [&str; 8] = [
    "alt",
    "arpa",
    "example",
    "internal",
    "invalid",
    "local",
    "localhost",
    "onion",
];

/// Whether nothing may be resolved under a host name's top-level domain: one of [`RESERVED`], or `test` unless in development.
pub(super) fn is_reserved(host: &str, in_development: bool) -> bool {
    let domain = top_level_domain(host);
    let is = |reserved: &str| domain.eq_ignore_ascii_case(reserved);
    RESERVED.iter().any(|reserved| is(reserved)) || (!in_development && is("test"))
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Handle {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = IdentityError;

    fn from_str(input: &str) -> Result<Self, IdentityError> {
        Self::parse(input)
    }
}
