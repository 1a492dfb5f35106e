//! Permissions for the account's identity.

use super::ScopeError;
use super::names::ANY;
use super::syntax::{Syntax, exactly_one, print};
use std::fmt;

pub(super) const RESOURCE: &str = "identity";

/// To change the account's identity: `identity:handle`.
///
/// Source: atproto specification, "Permissions", section "identity".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityAttr {
    /// The handle.
    Handle,
    /// The whole DID document and the handle.
    All,
}

impl IdentityAttr {
    /// The parameter's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::All => ANY,
        }
    }

    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [attr] = syntax.read(RESOURCE, ["attr"])?;
        let attr = exactly_one(RESOURCE, "attr", attr)?;
        [Self::Handle, Self::All]
            .into_iter()
            .find(|known| known.as_str() == attr)
            .ok_or(ScopeError::InvalidValue("attr", attr))
    }

    /// The scope token.
    pub(super) fn token(self) -> String {
        print(RESOURCE, ("attr", &[self.as_str().to_owned()]), ("", &[]))
    }
}

impl fmt::Display for IdentityAttr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
