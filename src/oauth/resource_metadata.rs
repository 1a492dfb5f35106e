//! Protected resource metadata (RFC 9728), which name the authorization server that a PDS trusts.

use super::metadata_error::metadata_document;
use super::server_metadata::parse_issuer;
use super::{MetadataError, PeerError};
use crate::http::{Request, Response};
use crate::private_host::is_private;
use crate::url::Url;

/// The resource metadata of a PDS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceMetadata {
    /// The PDS: an origin without trailing slash.
    pub(crate) resource: String,
    /// Its one authorization server.
    pub(crate) issuer: String,
}

/// The request for the metadata of a PDS. A private address is allowed in development only.
pub(crate) fn resource_metadata_request(
    pds: &Url,
    allow_http: bool,
    in_development: bool,
) -> Result<Request, PeerError> {
    if !allow_http && pds.scheme() != "https" {
        return Err(PeerError::InsecureResource(pds.origin().to_owned()));
    }
    if !in_development && is_private(pds.hostname()) {
        return Err(PeerError::PrivateHost(pds.origin().to_owned()));
    }
    let url = format!("{}/.well-known/oauth-protected-resource", pds.origin());
    Ok(Request::get(url, "application/json"))
}

impl ResourceMetadata {
    /// Judges the response. `Ok(None)`: the server publishes no such document, so it may be its own authorization server.
    pub(crate) fn judge(
        pds: &Url,
        response: &Response,
    ) -> Result<Option<Box<Self>>, MetadataError> {
        if response.status == 404 {
            return Ok(None);
        }
        let json = metadata_document(response, &["resource", "authorization_servers"])?;
        let origin = pds.origin().to_owned();
        let resource = json.str("resource").unwrap_or_default();
        if resource != origin {
            return Err(PeerError::ResourceOfAnother(resource).into());
        }
        let servers = match json.get("authorization_servers") {
            None => Vec::new(),
            Some(_) => json.strings("authorization_servers").ok_or_else(|| {
                PeerError::InvalidMetadata(origin.clone(), "authorization_servers")
            })?,
        };
        match servers.as_slice() {
            [] => Err(PeerError::NoAuthorizationServer(origin).into()),
            [issuer] => {
                parse_issuer(issuer)?;
                Ok(Some(Box::new(Self {
                    resource,
                    issuer: issuer.clone(),
                })))
            }
            _ => Err(PeerError::SeveralAuthorizationServers(origin).into()),
        }
    }
}
