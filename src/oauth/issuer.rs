//! The issuer identifier of an authorization server.

use super::PeerError;
use super::server_metadata::parse_issuer;
use std::fmt;
use std::str::FromStr;

/// An authorization server: an http or https origin, without a trailing slash.
///
/// Source: atproto specification, "OAuth", section "Server Metadata"; RFC 8414 section 2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// Parses an issuer; [`PeerError::InvalidIssuer`] if it is none.
    pub fn parse(input: &str) -> Result<Self, PeerError> {
        parse_issuer(input).map(|_| Self(input.to_owned()))
    }

    /// An issuer that was judged before it was stored.
    pub(crate) fn known(issuer: String) -> Self {
        Self(issuer)
    }

    /// The issuer as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Issuer {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Issuer {
    type Err = PeerError;

    fn from_str(input: &str) -> Result<Self, PeerError> {
        Self::parse(input)
    }
}
