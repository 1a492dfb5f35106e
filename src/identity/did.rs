//! Decentralized identifiers, as far as atproto blesses them.

use super::IdentityError;
use std::fmt;
use std::str::FromStr;

/// A DID of a method that atproto supports: `did:plc`, or `did:web` of a bare host name.
///
/// Source: atproto specification, "DID", sections "Blessed DID Methods" and "AT Protocol DID Identifier Syntax".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(String);

impl Did {
    /// Reads a DID; [`IdentityError::InvalidDid`] where it is none, or none that atproto supports.
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

/// A host name; a port is for `localhost` only, and a path for nobody.
fn is_web_identifier(id: &str) -> bool {
    let Some((host, port)) = host_and_port(id) else {
        return false;
    };
    let port_ok = port.is_none_or(|port| {
        host == "localhost" && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
    });
    port_ok
        && !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
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

#[cfg(test)]
mod tests {
    use super::Did;

    #[test]
    fn accepts_what_atproto_blesses() {
        for did in [
            "did:plc:z72i7hdynmk6r22z27h6tvur",
            "did:web:example.com",
            "did:web:localhost%3A3000",
            "did:web:localhost",
        ] {
            assert!(Did::parse(did).is_ok(), "{did}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for did in [
            "",
            "did:",
            "did:plc:",
            "did:plc:z72i7hdynmk6r22z27h6tvu",
            "did:plc:z72i7hdynmk6r22z27h6tvu1",
            "did:plc:Z72i7hdynmk6r22z27h6tvur",
            "did:web:",
            "did:web:example.com:user",
            "did:web:example.com%3A8080",
            "did:web:localhost%3A",
            "did:web:-x.com",
            "did:key:z6Mk",
            "DID:plc:z72i7hdynmk6r22z27h6tvur",
            "did:web:example.com%2Fx",
        ] {
            assert!(Did::parse(did).is_err(), "{did}");
        }
    }
}
