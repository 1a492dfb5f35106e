//! DID documents, as far as a sign-in reads them.

use super::{Did, Handle, IdentityError};
use crate::json::Json;
use crate::url::Url;

/// The parts of a DID document that matter here.
///
/// Source: atproto specification, "DID", section "DID Documents".
#[derive(Clone, Debug, PartialEq)]
pub struct DidDocument {
    /// Whose document it is.
    pub did: Did,
    /// The handle it claims: its first alias that is `at://` and a valid handle. A claim only, until that handle resolves
    /// back.
    pub handle: Option<Handle>,
    /// The PDS: an origin.
    pub pds: Url,
    /// The document: what atproto knows of it, and of the rest as much as is worth keeping.
    pub raw: Json,
}

/// The members that atproto knows.
const KNOWN: [&str; 4] = ["id", "alsoKnownAs", "service", "verificationMethod"];

impl DidDocument {
    /// Judges a document that was asked for as that of `did`.
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

    /// The second half of the two-way check: the account must claim the handle that led to it.
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

/// The elements of a member that may be missing. What they are is not judged: most are for others.
fn list(did: &Did, raw: &Json, member: &'static str) -> Result<Vec<Json>, IdentityError> {
    match raw.get(member) {
        None => Ok(Vec::new()),
        Some(list) => list
            .as_array()
            .ok_or_else(|| IdentityError::InvalidDocument(did.clone(), member)),
    }
}

/// The endpoint of the first service that is a PDS. All others are ignored, broken ones too.
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
    // A path says nothing of where the server is; a user's name does.
    Url::parse(&endpoint)
        .filter(|url| url.is_web() && !url.has_credentials())
        .and_then(|url| Url::parse(url.origin()))
        .ok_or_else(|| {
            IdentityError::InvalidDocument(did.clone(), "serviceEndpoint of #atproto_pds")
        })
}
