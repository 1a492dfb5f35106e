//! The accounts of this browser, beside their sessions: what is left when a session has ended.

use crate::identity::{Did, Handle};
use crate::oauth::Issuer;

/// An account, as it can be shown to its user and signed in to again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub did: Did,
    /// Its handle, if it was found to lead to the account and the account to claim it, when it signed in.
    pub handle: Option<Handle>,
    /// Its PDS: an origin with a trailing slash.
    pub pds: Option<String>,
    /// Its authorization server.
    pub issuer: Option<Issuer>,
    /// Whether its session is there.
    pub status: AccountStatus,
    /// When it last signed in or was restored, in milliseconds since the epoch.
    pub last_used: Option<u64>,
}

/// Whether an account can be used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// Its session is stored.
    SignedIn,
    /// Its session has ended; it is remembered so that it can sign in again.
    SignedOut,
}
