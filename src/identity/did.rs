//! Decentralized identifiers of the methods that atproto supports.

use super::IdentityError;
use super::handle::is_host_name;
use std::fmt;
use std::str::FromStr;

/// A DID of a method that atproto supports: `did:plc`, or `did:web` with a bare host name. The host name has the syntax of a
/// handle, so it is no IP address. In development it may be `localhost`, with a port. As with handles, a host name under a
/// reserved top-level domain is valid, but not resolved.
///
/// Source: atproto specification, "DID", sections "Blessed DID Methods" and "DID Identifier Syntax".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(String);

impl Did {
    /// Parses a DID; [`IdentityError::InvalidDid`] if it is none, or none that atproto supports.
    pub fn parse(input: &str) -> Result<Self, IdentityError> {
        let valid = if let Some(id) = input.strip_prefix("did:plc:") {
            id.len() == 24 && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
        } else if let Some(id) = input.strip_prefix("did:web:") {
            is_web_identifier(id)
        } else {
            false
        };
        if valid {
            Ok(Self(input.to_owned()))
        } else {
            Err(IdentityError::InvalidDid(input.to_owned()))
        }
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host name and port of a `did:web`.
    pub(crate) fn web_host(&self) -> Option<String> {
        Some(match host_and_port(self.0.strip_prefix("did:web:")?)? {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        })
    }
}

/// The parts of a `did:web`, in which the colon between them is escaped.
fn host_and_port(id: &str) -> Option<(&str, Option<&str>)> {
    match id.split_once('%') {
        None => Some((id, None)),
        Some((host, escaped)) => Some((host, Some(escaped.strip_prefix("3A")?))),
    }
}

/// Checks a host name. Only `localhost` may have a port, and a path is not allowed.
fn is_web_identifier(id: &str) -> bool {
    match host_and_port(id) {
        Some(("localhost", port)) => port.is_none_or(is_port),
        Some((host, None)) => is_host_name(host),
        _ => false,
    }
}

/// Checks a port in its normal form, without leading zeros.
fn is_port(text: &str) -> bool {
    let is_number = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    is_number && text.parse::<u16>().is_ok()
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Did {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Did {
    type Err = IdentityError;

    fn from_str(input: &str) -> Result<Self, IdentityError> {
        Self::parse(input)
    }
}
