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
    /// The handle it claims: its first `at://` alias, if that is a valid handle. A claim only, until that handle resolves back.
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
        let aliases = match raw.get("alsoKnownAs") {
            None => Vec::new(),
            Some(_) => raw
                .strings("alsoKnownAs")
                .ok_or_else(|| invalid("alsoKnownAs"))?,
        };
        let handle = aliases
            .iter()
            .find_map(|alias| alias.strip_prefix("at://"))
            .and_then(|alias| Handle::parse(alias).ok());
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

/// The endpoint of the one service with id `#atproto_pds`.
fn find_pds(did: &Did, raw: &Json) -> Result<Url, IdentityError> {
    let invalid = |what| IdentityError::InvalidDocument(did.clone(), what);
    let services = match raw.get("service") {
        None => Vec::new(),
        Some(services) => services.as_array().ok_or_else(|| invalid("service"))?,
    };
    let mut ids = Vec::with_capacity(services.len());
    let mut found = None;
    for service in &services {
        let id = service.str("id").ok_or_else(|| invalid("service id"))?;
        let fragment = id.strip_prefix(did.as_str()).unwrap_or(&id).to_owned();
        if ids.contains(&fragment) {
            return Err(invalid("service id (not unique)"));
        }
        if fragment == "#atproto_pds"
            && service.str("type").as_deref() == Some("AtprotoPersonalDataServer")
        {
            found = service.str("serviceEndpoint");
        }
        ids.push(fragment);
    }
    let endpoint = found.ok_or_else(|| IdentityError::NoPds(did.clone()))?;
    Url::parse(&endpoint)
        .filter(|url| url.is_web() && !url.has_credentials())
        .and_then(|url| Url::parse(url.origin()))
        .ok_or_else(|| invalid("serviceEndpoint of #atproto_pds"))
}
