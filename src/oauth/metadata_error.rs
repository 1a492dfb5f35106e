//! Errors in the metadata of a server, including that it has none.

use super::PeerError;
use crate::http::{HttpError, Response};
use crate::json::Json;

/// Why the metadata of a server cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MetadataError {
    /// The server responds but has no such document: it does not offer OAuth.
    Absent(HttpError),
    /// There is no response, or it is not in the required form.
    Http(HttpError),
    /// The document breaks a rule of the profile.
    Peer(PeerError),
}

impl From<PeerError> for MetadataError {
    fn from(error: PeerError) -> Self {
        Self::Peer(error)
    }
}

/// The JSON object of a metadata document, recognized by one of `members`.
///
/// A server without OAuth responds with an error, or with a page that it serves at every address. A server with a temporary
/// fault, or with the document in the wrong form, does not count as one without OAuth.
pub(super) fn metadata_document(
    response: &Response,
    members: &[&str],
) -> Result<Json, MetadataError> {
    let is_metadata = |json: &Json| members.iter().any(|member| json.get(member).is_some());
    let error = match response.document(&["application/json"]) {
        Ok(json) if is_metadata(&json) => return Ok(json),
        Ok(_) => HttpError::NotMetadata,
        Err(error) => error,
    };
    let body = || Json::parse(&response.body);
    let is_absent = match &error {
        HttpError::Status(501) => true,
        HttpError::Status(status) => *status < 500 && !error.is_retryable(),
        HttpError::ContentType(_) => !body().is_some_and(|json| is_metadata(&json)),
        HttpError::NotJson => body().is_some(),
        _ => true,
    };
    Err(match is_absent {
        true => MetadataError::Absent(error),
        false => MetadataError::Http(error),
    })
}
