//! What can be wrong with an identity.

use super::text::Visible;
use super::{Did, Handle};
use std::fmt;

/// A broken rule of the atproto identity specifications.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// What was typed is no handle (nor a DID, nor a URL).
    InvalidHandle(String),
    /// Not a DID, or not of a kind that atproto supports.
    InvalidDid(String),
    /// It begins like a URL and is none.
    InvalidService(String),
    /// A handle, or the host of a `did:web`, under a top-level domain that leads nowhere, or nowhere but in development.
    ReservedName(String),
    /// Nobody has this handle.
    HandleNotFound(Handle),
    /// The resolver answered a handle with something that is no atproto DID.
    InvalidResolution(Handle),
    /// The account that the handle leads to does not claim it.
    HandleMismatch {
        /// The account.
        did: Did,
        /// The handle that led to it.
        handle: Handle,
    },
    /// The directory knows no such DID, or it was deactivated for good.
    DidNotFound(Did),
    /// The DID document breaks the format at the named member.
    InvalidDocument(Did, &'static str),
    /// The DID document is about another DID.
    DocumentOfAnother(Did),
    /// The DID document names no PDS.
    NoPds(Did),
    /// A `did:web` on `localhost`, which only http can reach, where that was forbidden or the app is not under development.
    InsecureDidWeb(Did),
}

impl IdentityError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidHandle(_) => "INVALID_HANDLE",
            Self::InvalidDid(_) => "INVALID_DID",
            Self::InvalidService(_) => "INVALID_SERVICE_URL",
            Self::ReservedName(_) => "RESERVED_NAME",
            Self::HandleNotFound(_) => "HANDLE_NOT_FOUND",
            Self::InvalidResolution(_) => "HANDLE_RESOLUTION_INVALID",
            Self::HandleMismatch { .. } => "HANDLE_MISMATCH",
            Self::DidNotFound(_) => "DID_NOT_FOUND",
            Self::InvalidDocument(..) => "DID_DOCUMENT_INVALID",
            Self::DocumentOfAnother(_) => "DID_DOCUMENT_MISMATCH",
            Self::NoPds(_) => "PDS_NOT_FOUND",
            Self::InsecureDidWeb(_) => "DID_WEB_INSECURE",
        }
    }

    /// The DID it is about, where that is what is wrong.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(crate) fn did(&self) -> Option<&str> {
        match self {
            Self::InvalidDid(did) => Some(did),
            Self::DidNotFound(did)
            | Self::InvalidDocument(did, _)
            | Self::DocumentOfAnother(did)
            | Self::NoPds(did)
            | Self::InsecureDidWeb(did) => Some(did.as_str()),
            _ => None,
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::InvalidHandle(_) => {
                "Type a handle such as alice.example.com, a DID, or the https:// address of a server."
            }
            Self::InvalidDid(_) => "Use a did:plc, or a did:web of a bare host name.",
            Self::InvalidService(_) => {
                "Type the whole address of the server, such as https://example.com."
            }
            Self::ReservedName(_) => {
                "Use a handle under a public domain. Names under .test are for development: with a loopback client id, or allowHttp."
            }
            Self::HandleNotFound(_) => {
                "Check the spelling. A new or changed handle can take some minutes to be known."
            }
            Self::InvalidResolution(_) => {
                "Check that the handleResolver option names an atproto server."
            }
            Self::HandleMismatch { .. } => {
                "The account has taken another handle. Sign in with its current handle or its DID."
            }
            Self::DidNotFound(_) => "Check the DID, and the plcDirectoryUrl option.",
            Self::InvalidDocument(..) | Self::DocumentOfAnother(_) => {
                "The account's DID document is broken; only its holder or its host can mend it."
            }
            Self::NoPds(_) => {
                "The account has no server that holds it; it may have been deactivated."
            }
            Self::InsecureDidWeb(_) => {
                "Use a loopback client id or set allowHttp for development, or use an account with an https DID."
            }
        }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidHandle(input) => {
                write!(f, "Invalid handle \"{}\" provided.", Visible(input))
            }
            Self::InvalidDid(input) => write!(f, "Invalid DID \"{}\"", Visible(input)),
            Self::InvalidService(input) => {
                write!(f, "Invalid service URL \"{}\"", Visible(input))
            }
            Self::ReservedName(name) => {
                write!(f, "\"{name}\" is under a reserved domain and leads nowhere")
            }
            Self::HandleNotFound(handle) => {
                write!(f, "Handle \"{handle}\" does not resolve to a DID")
            }
            Self::InvalidResolution(_) => {
                f.write_str("Invalid DID returned from resolveHandle method")
            }
            Self::HandleMismatch { did, handle } => write!(
                f,
                "Did document for \"{did}\" does not include the handle \"{handle}\""
            ),
            Self::DidNotFound(did) => write!(f, "DID \"{did}\" not found"),
            Self::InvalidDocument(did, what) => {
                write!(f, "Invalid DID document for \"{did}\": {what}")
            }
            Self::DocumentOfAnother(did) => {
                write!(f, "DID document id does not match \"{did}\"")
            }
            Self::NoPds(did) => write!(
                f,
                "Document {did} does not contain a (valid) #atproto_pds service URL"
            ),
            Self::InsecureDidWeb(did) => {
                write!(f, "Resolution of \"{did}\" over http is not allowed")
            }
        }
    }
}

impl std::error::Error for IdentityError {}
