//! Errors in permissions.

use std::fmt;

/// A broken rule of the atproto specification, "Permissions".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeError {
    /// The token is empty or has a character that is not allowed in a scope (RFC 6749 section 3.3).
    InvalidCharacter(String),
    /// The token names an unknown resource.
    UnknownResource(String),
    /// The resource, the first text, has no such parameter.
    UnknownParameter(&'static str, String),
    /// The resource, the first text, requires the parameter.
    MissingParameter(&'static str, &'static str),
    /// The parameter occurs twice, although it takes one value or is also given after the colon.
    RepeatedParameter(&'static str),
    /// The parameter does not take this value.
    InvalidValue(&'static str, String),
    /// An `rpc` permission for every method of every service.
    UnlimitedRpc,
}

impl ScopeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidCharacter(_) => "SCOPE_CHARACTER_INVALID",
            Self::UnknownResource(_) => "SCOPE_RESOURCE_UNKNOWN",
            Self::UnknownParameter(..) => "SCOPE_PARAMETER_UNKNOWN",
            Self::MissingParameter(..) => "SCOPE_PARAMETER_MISSING",
            Self::RepeatedParameter(_) => "SCOPE_PARAMETER_REPEATED",
            Self::InvalidValue(..) => "SCOPE_VALUE_INVALID",
            Self::UnlimitedRpc => "SCOPE_RPC_UNLIMITED",
        }
    }

    /// What the app's author can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::InvalidCharacter(_) => {
                "Separate permissions by single spaces, and percent-encode what is not printable ASCII."
            }
            Self::UnknownResource(_) => {
                "Use atproto, transition:generic, transition:chat.bsky, transition:email, repo, rpc, blob, account, identity or include."
            }
            Self::UnknownParameter(..) | Self::MissingParameter(..) => {
                "See the resource's parameters at https://atproto.com/specs/permission."
            }
            Self::RepeatedParameter(_) => {
                "Give it once: behind the colon, or as a parameter by its name."
            }
            Self::InvalidValue("collection" | "lxm" | "nsid", _) => {
                "Write the whole name, such as app.bsky.feed.post. Part of a name with * does not work."
            }
            Self::InvalidValue("aud", _) => {
                "Name the service by its DID and its id in the DID document, such as did:web:api.bsky.app#bsky_appview."
            }
            Self::InvalidValue("accept", _) => {
                "Use a media type such as image/png, or image/*, or */*. In a parameter, + is written %2B."
            }
            Self::InvalidValue(..) => {
                "See the parameter's values at https://atproto.com/specs/permission."
            }
            Self::UnlimitedRpc => "Name the methods in lxm, or the service in aud.",
        }
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidCharacter(token) => {
                write!(f, "Not a scope token: \"{}\"", token.escape_default())
            }
            Self::UnknownResource(token) => write!(f, "Unknown permission \"{token}\""),
            Self::UnknownParameter(resource, name) => {
                write!(f, "\"{resource}\" has no parameter \"{name}\"")
            }
            Self::MissingParameter(resource, name) => {
                write!(f, "\"{resource}\" requires \"{name}\"")
            }
            Self::RepeatedParameter(name) => write!(f, "\"{name}\" is given more than once"),
            Self::InvalidValue(name, value) => write!(f, "Invalid \"{name}\": \"{value}\""),
            Self::UnlimitedRpc => f.write_str("\"rpc\" must be limited to methods or to a service"),
        }
    }
}

impl std::error::Error for ScopeError {}
