//! Resolution of handles and DIDs: builds the requests and judges the responses.

use super::handle::is_reserved;
use super::{Did, DidDocument, Handle, IdentityError};
use crate::http::{HttpError, Request, Response};
use crate::url::{Url, push_encoded};

/// A judged response: the outer error is the response's, the inner one the identity's.
type Judged<T> = Result<Result<T, IdentityError>, HttpError>;

/// The request to an atproto server for the account of a handle (`com.atproto.identity.resolveHandle`).
pub(crate) fn resolve_handle_request(service: &Url, handle: &Handle) -> Request {
    let url = format!(
        "{}/xrpc/com.atproto.identity.resolveHandle?handle={handle}",
        service.origin()
    );
    Request::get(url, "application/json")
}

/// Judges the response to [`resolve_handle_request`], by the table `spec/handle-resolution.json`.
pub(crate) fn judge_handle_resolution(handle: &Handle, response: &Response) -> Judged<Did> {
    if response.status == 400 {
        // The lexicon's error, and the message of older servers for the same. Any other 400 is a fault of the server.
        let unknown = response.endpoint_json().is_ok_and(|json| {
            json.str("error").is_some_and(|error| {
                error == "HandleNotFound"
                    || json.str("message").as_deref() == Some("Unable to resolve handle")
            })
        });
        if unknown {
            return Ok(Err(IdentityError::HandleNotFound(handle.clone())));
        }
    }
    if !response.ok() {
        return Err(HttpError::Status(response.status));
    }
    let did = response.endpoint_json()?.str("did").unwrap_or_default();
    Ok(Did::parse(&did).map_err(|_| IdentityError::InvalidResolution(handle.clone())))
}

/// The request for a DID document: to the PLC directory for `did:plc`, to the host itself for `did:web`.
///
/// `localhost` is requested over http, because it has no certificates. Like other names of the local machine, it is allowed in
/// development only: with `allow_http`, or with a loopback client id. The app may forbid http even then.
pub(crate) fn did_document_request(
    did: &Did,
    plc_directory: &Url,
    allow_http: Option<bool>,
    in_development: bool,
) -> Result<Request, IdentityError> {
    let url = match did.web_host() {
        None => {
            let mut url = plc_directory.as_str().trim_end_matches('/').to_owned();
            url.push('/');
            push_encoded(&mut url, did.as_str());
            url
        }
        Some(host) => {
            let is_local = host == "localhost" || host.starts_with("localhost:");
            if is_local && (!in_development || allow_http == Some(false)) {
                return Err(IdentityError::InsecureDidWeb(did.clone()));
            }
            if !is_local && is_reserved(&host, in_development) {
                return Err(IdentityError::ReservedName(did.to_string()));
            }
            let scheme = if is_local { "http" } else { "https" };
            format!("{scheme}://{host}/.well-known/did.json")
        }
    };
    Ok(Request::get(
        url,
        "application/did+ld+json,application/json",
    ))
}

/// Judges the response to [`did_document_request`].
pub(crate) fn judge_did_document(did: &Did, response: &Response) -> Judged<Box<DidDocument>> {
    // 410: the PLC directory's response for a tombstone.
    if matches!(response.status, 404 | 410) {
        return Ok(Err(IdentityError::DidNotFound(did.clone())));
    }
    let raw = response.document(&[
        "application/did+ld+json",
        "application/did+json",
        "application/json",
    ])?;
    Ok(DidDocument::judge(did, raw).map(Box::new))
}

/// Judges the result of the app's own resolver for an input: `{did, didDoc}`.
pub(crate) fn judge_identity(response: &Response) -> Judged<Box<DidDocument>> {
    let found = response.document(&["application/json"])?;
    let did = match Did::parse(&found.str("did").unwrap_or_default()) {
        Ok(did) => did,
        Err(error) => return Ok(Err(error)),
    };
    Ok(match found.get("didDoc") {
        Some(raw) => DidDocument::judge(&did, raw).map(Box::new),
        None => Err(IdentityError::InvalidDocument(did, "missing")),
    })
}
