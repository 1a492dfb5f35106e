//! Permissions to call other services on behalf of the account.

use super::ScopeError;
use super::names::{ANY, Nsids, is_service};
use super::syntax::{Syntax, exactly_one, print};
use std::fmt;

pub(super) const RESOURCE: &str = "rpc";

/// To call methods of other services: `rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview`.
///
/// Source: atproto specification, "Permissions", section "rpc".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RpcPermission {
    lxm: Nsids,
    aud: String,
}

impl RpcPermission {
    /// Creates a permission for methods, or for every method if `*` is among them, at the service `aud`: a DID with the id of
    /// one of its services, such as `did:web:api.bsky.app#bsky_appview`, or `*` for any. Both must not be `*`.
    pub fn new<M: Into<String>>(
        lxm: impl IntoIterator<Item = M>,
        aud: impl Into<String>,
    ) -> Result<Self, ScopeError> {
        let lxm = lxm.into_iter().map(M::into).collect();
        let lxm = Nsids::new(RESOURCE, "lxm", lxm)?;
        let aud = aud.into();
        if aud == ANY {
            if lxm.is_any() {
                return Err(ScopeError::UnlimitedRpc);
            }
        } else if !is_service(&aud) {
            return Err(ScopeError::InvalidValue("aud", aud));
        }
        Ok(Self { lxm, aud })
    }

    /// The methods: NSIDs, or `*` alone.
    pub fn lxm(&self) -> &[String] {
        self.lxm.as_slice()
    }

    /// The service, or `*`.
    pub fn aud(&self) -> &str {
        &self.aud
    }

    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [lxm, aud] = syntax.read(RESOURCE, ["lxm", "aud"])?;
        Self::new(lxm, exactly_one(RESOURCE, "aud", aud)?)
    }

    /// Whether it covers a method, or all with `*`, at a service, or any with `*`.
    pub(super) fn allows(&self, lxm: &str, aud: &str) -> bool {
        self.lxm.include(lxm) && (self.aud == ANY || self.aud == aud)
    }
}

impl fmt::Display for RpcPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print(
            RESOURCE,
            ("lxm", self.lxm()),
            ("aud", &[self.aud()]),
        ))
    }
}
