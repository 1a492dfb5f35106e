//! What a user types to sign in.

use super::{Did, Handle, IdentityError};
use crate::url::Url;

/// Where a sign-in begins.
///
/// Source: atproto specification, "OAuth", section "Identity Authentication".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// An account, by its handle.
    Handle(Handle),
    /// An account, by its DID.
    Did(Did),
    /// A server: a PDS, or an authorization server such as an entryway. Only the origin counts.
    Service(Url),
}

impl Input {
    /// Reads what was typed. What is neither a URL nor a DID is taken for a handle, so that is what the error names.
    pub fn parse(input: &str) -> Result<Self, IdentityError> {
        if input.starts_with("https://") || input.starts_with("http://") {
            return Url::parse(input)
                .map(Self::Service)
                .ok_or_else(|| IdentityError::InvalidService(input.to_owned()));
        }
        match Did::parse(input) {
            Ok(did) => Ok(Self::Did(did)),
            Err(_) => Handle::parse(input).map(Self::Handle),
        }
    }
}
