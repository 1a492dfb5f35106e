//! DID documents.

use super::{Did, Handle, IdentityError};
use crate::json::Json;
use crate::url::Url;

/// The parts of a DID document that a sign-in uses.
///
/// Source: atproto specification, "DID", section "DID Documents".
#[derive(Clone, Debug, PartialEq)]
pub struct DidDocument {
    /// The DID that the document is about.
    pub did: Did,
    /// The handle that it claims: its first alias of the form `at://` and a valid handle. It is only a claim until the handle
    /// resolves to this DID.
    pub handle: Option<Handle>,
    /// The PDS: an origin.
    pub pds: Url,
    /// The document: the members that atproto defines, and the others within the bounds of what is kept.
    pub raw: Json,
}

/// The members that atproto defines.
const KNOWN: [&str; 4] = ["id", "alsoKnownAs", "service", "verificationMethod"];

impl DidDocument {
    /// Judges a document that was requested for `did`.
    pub fn judge(did: &Did, raw: Json) -> Result<Self, IdentityError> {
        let invalid = |what| IdentityError::InvalidDocument(did.clone(), what);
        if raw.str("id").ok_or_else(|| invalid("id"))? != did.as_str() {
            return Err(IdentityError::DocumentOfAnother(did.clone()));
        }
        let handle = list(did, &raw, "alsoKnownAs")?
            .iter()
            .filter_map(Json::as_str)
            .find_map(|alias| Handle::parse(alias.strip_prefix("at://")?).ok());
        let pds = find_pds(did, &raw)?;
        Ok(Self {
            did: did.clone(),
            handle,
            pds,
            raw: raw.bounded(&KNOWN),
        })
    }

    /// The second half of the two-way check: the document must claim the handle that resolved to its DID.
    ///
    /// Source: atproto specification, "Handle", section "Handle Resolution".
    pub fn confirm(&self, handle: &Handle) -> Result<(), IdentityError> {
        if self.handle.as_ref() == Some(handle) {
            Ok(())
        } else {
            Err(IdentityError::HandleMismatch {
                did: self.did.clone(),
                handle: handle.clone(),
            })
        }
    }
}

/// The elements of an optional member. They are not judged, because most are for other uses.
fn list(did: &Did, raw: &Json, member: &'static str) -> Result<Vec<Json>, IdentityError> {
    match raw.get(member) {
        None => Ok(Vec::new()),
        Some(list) => list
            .as_array()
            .ok_or_else(|| IdentityError::InvalidDocument(did.clone(), member)),
    }
}

/// The endpoint of the first service that is a PDS. All other services are ignored, even malformed ones.
fn find_pds(did: &Did, raw: &Json) -> Result<Url, IdentityError> {
    let is_pds = |service: &Json| {
        let id = service.str("id").unwrap_or_default();
        let fragment = id.strip_prefix(did.as_str()).unwrap_or(&id);
        fragment == "#atproto_pds"
            && service.str("type").as_deref() == Some("AtprotoPersonalDataServer")
    };
    let services = list(did, raw, "service")?;
    let endpoint = services
        .iter()
        .find(|service| is_pds(service))
        .and_then(|service| service.str("serviceEndpoint"))
        .ok_or_else(|| IdentityError::NoPds(did.clone()))?;
    // A path is ignored, because only the origin counts. A user name is an error.
    Url::parse(&endpoint)
        .filter(|url| url.is_web() && !url.has_credentials())
        .and_then(|url| Url::parse(url.origin()))
        .ok_or_else(|| {
            IdentityError::InvalidDocument(did.clone(), "serviceEndpoint of #atproto_pds")
        })
}
