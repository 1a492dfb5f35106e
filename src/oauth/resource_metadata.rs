//! Protected resource metadata (RFC 9728): which authorization server a PDS trusts.

use super::PeerError;
use super::server_metadata::parse_issuer;
use crate::http::{HttpError, Request, Response};
use crate::url::Url;

/// What a PDS says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceMetadata {
    /// The PDS: an origin without trailing slash.
    pub(crate) resource: String,
    /// Its one authorization server.
    pub(crate) issuer: String,
}

/// Asks a PDS for its metadata.
pub(crate) fn resource_metadata_request(pds: &Url, allow_http: bool) -> Result<Request, PeerError> {
    if !allow_http && pds.scheme() != "https" {
        return Err(PeerError::InsecureResource(pds.origin().to_owned()));
    }
    let url = format!("{}/.well-known/oauth-protected-resource", pds.origin());
    Ok(Request::get(url, "application/json"))
}

impl ResourceMetadata {
    /// Judges the answer. `Ok(None)`: the server publishes no such document, so it may be its own authorization server.
    pub(crate) fn judge(
        pds: &Url,
        response: &Response,
    ) -> Result<Result<Option<Box<Self>>, PeerError>, HttpError> {
        if response.status == 404 {
            return Ok(Ok(None));
        }
        let json = response.document(&["application/json"])?;
        let origin = pds.origin().to_owned();
        let resource = json.str("resource").unwrap_or_default();
        if resource != origin {
            return Ok(Err(PeerError::ResourceOfAnother(resource)));
        }
        let servers = match json.get("authorization_servers") {
            None => Vec::new(),
            Some(_) => match json.strings("authorization_servers") {
                Some(servers) => servers,
                None => {
                    return Ok(Err(PeerError::InvalidMetadata(
                        origin,
                        "authorization_servers",
                    )));
                }
            },
        };
        Ok(match servers.as_slice() {
            [] => Err(PeerError::NoAuthorizationServer(origin)),
            [issuer] => parse_issuer(issuer).map(|_| {
                Some(Box::new(Self {
                    resource,
                    issuer: issuer.clone(),
                }))
            }),
            _ => Err(PeerError::SeveralAuthorizationServers(origin)),
        })
    }
}
