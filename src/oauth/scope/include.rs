//! Published permission sets.

use super::ScopeError;
use super::names::{is_nsid, is_service};
use super::syntax::{Syntax, at_most_one, exactly_one, print};
use std::fmt;

pub(super) const RESOURCE: &str = "include";

/// The permissions of a published set: `include:app.example.authFull?aud=did:web:api.example.com%23svc`.
///
/// The server resolves the set. The reference server grants the individual permissions in its place.
///
/// Source: atproto specification, "Permissions", section "Permission Sets".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IncludePermission {
    nsid: String,
    aud: Option<String>,
}

impl IncludePermission {
    /// Creates a permission for the set of this name. `aud` is the service for those of its `rpc` permissions that inherit one;
    /// without it, those have no effect.
    pub fn new(nsid: impl Into<String>, aud: Option<String>) -> Result<Self, ScopeError> {
        let nsid = nsid.into();
        if !is_nsid(&nsid) {
            return Err(ScopeError::InvalidValue("nsid", nsid));
        }
        match aud {
            Some(aud) if !is_service(&aud) => Err(ScopeError::InvalidValue("aud", aud)),
            aud => Ok(Self { nsid, aud }),
        }
    }

    /// The name of the set.
    pub fn nsid(&self) -> &str {
        &self.nsid
    }

    /// The service that its permissions inherit.
    pub fn aud(&self) -> Option<&str> {
        self.aud.as_deref()
    }

    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [nsid, aud] = syntax.read(RESOURCE, ["nsid", "aud"])?;
        Self::new(
            exactly_one(RESOURCE, "nsid", nsid)?,
            at_most_one("aud", aud)?,
        )
    }

    /// Whether it covers another: a set with a service includes the same set without one.
    pub(super) fn allows(&self, other: &Self) -> bool {
        self.nsid == other.nsid && (other.aud.is_none() || self.aud == other.aud)
    }
}

impl fmt::Display for IncludePermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print(
            RESOURCE,
            ("nsid", std::slice::from_ref(&self.nsid)),
            ("aud", self.aud().as_slice()),
        ))
    }
}
