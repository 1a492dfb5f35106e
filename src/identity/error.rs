//! Errors in identities.

use super::{Did, Handle};
use crate::sentences::{self, Arguments, Key, Message, key, said};

/// A broken rule of the atproto identity specifications.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// The input is no handle (nor a DID, nor a URL).
    InvalidHandle(String),
    /// Not a DID, or not of a method that atproto supports.
    InvalidDid(String),
    /// It begins like a URL but is none.
    InvalidService(String),
    /// A handle, or the host of a `did:web`, under a top-level domain that does not resolve, or only in development.
    ReservedName(String),
    /// No account has this handle.
    HandleNotFound(Handle),
    /// The resolver responded to a handle with something that is no atproto DID.
    InvalidResolution(Handle),
    /// The account that the handle resolves to does not claim it.
    HandleMismatch {
        /// The account.
        did: Did,
        /// The handle.
        handle: Handle,
    },
    /// The directory has no such DID, or the DID was deactivated permanently.
    DidNotFound(Did),
    /// The DID document breaks the format at the named member.
    InvalidDocument(Did, &'static str),
    /// The DID document is about another DID.
    DocumentOfAnother(Did),
    /// The DID document names no PDS.
    NoPds(Did),
    /// A `did:web` on `localhost`, which is reachable by http only, but the app forbids http or is not under development.
    InsecureDidWeb(Did),
}

impl IdentityError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for IdentityError {
    fn key(&self) -> Key {
        match self {
            Self::InvalidHandle(_) => key!("INVALID_HANDLE"),
            Self::InvalidDid(_) => key!("INVALID_DID"),
            Self::InvalidService(_) => key!("INVALID_SERVICE_URL"),
            Self::ReservedName(_) => key!("RESERVED_NAME"),
            Self::HandleNotFound(_) => key!("HANDLE_NOT_FOUND"),
            Self::InvalidResolution(_) => key!("HANDLE_RESOLUTION_INVALID"),
            Self::HandleMismatch { .. } => key!("HANDLE_MISMATCH"),
            Self::DidNotFound(_) => key!("DID_NOT_FOUND"),
            Self::InvalidDocument(..) => key!("DID_DOCUMENT_INVALID"),
            Self::DocumentOfAnother(_) => key!("DID_DOCUMENT_MISMATCH"),
            Self::NoPds(_) => key!("PDS_NOT_FOUND"),
            Self::InsecureDidWeb(_) => key!("DID_WEB_INSECURE"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::InvalidHandle(value)
            | Self::InvalidService(value)
            | Self::ReservedName(value) => {
                to.text("value", value);
            }
            Self::InvalidDid(input) => to.text("sub", input),
            Self::HandleNotFound(handle) => to.text("value", handle.as_str()),
            Self::InvalidResolution(_) => {}
            Self::HandleMismatch { did, handle } => {
                to.text("sub", did.as_str());
                to.text("value", handle.as_str());
            }
            Self::InvalidDocument(did, member) => {
                to.text("sub", did.as_str());
                to.text("member", member);
            }
            Self::DidNotFound(did)
            | Self::DocumentOfAnother(did)
            | Self::NoPds(did)
            | Self::InsecureDidWeb(did) => to.text("sub", did.as_str()),
        }
    }
}

said!(IdentityError);
