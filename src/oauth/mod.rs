//! OAuth in the atproto profile, as pure functions: each exchange builds a request and judges the response, without I/O.

mod challenge;
mod client_auth;
mod client_metadata;
mod config_error;
mod dpop;
mod issuer;
mod loopback;
mod metadata_error;
mod par;
mod peer_error;
mod pkce;
mod redirect;
mod refusal;
mod resource_metadata;
mod revocation;
mod scope;
mod server_metadata;
mod session_end;
mod token;

pub use client_auth::AuthMethod;
pub(crate) use client_auth::{ClientAuth, EndpointRequest};
pub use client_metadata::ClientMetadata;
pub use config_error::{ConfigError, LoopbackRule, MetadataRule};
pub use dpop::PublicJwk;
pub(crate) use dpop::{
    ProofClaims, ProofHead, Verdict, demands_nonce, judge_endpoint, judge_refusal, judge_resource,
};
pub use issuer::Issuer;
pub(crate) use loopback::is_loopback_id;
pub use loopback::loopback_client_id;
pub(crate) use metadata_error::MetadataError;
pub use par::{AuthorizeOptions, FORWARDED};
pub(crate) use par::{ParRequest, empty_par_request, judge_par, par_request};
pub use peer_error::{Capability, PeerError};
pub(crate) use pkce::Pkce;
pub(crate) use redirect::{AuthorizationResponse, CallbackParams};
pub use redirect::{CallbackError, PopupFailure, ResponseMode};
pub use refusal::Refusal;
pub(crate) use resource_metadata::{ResourceMetadata, resource_metadata_request};
pub(crate) use revocation::revocation_request;
pub(crate) use scope::scope_has;
pub use scope::{
    ATPROTO_SCOPE, AccountAction, AccountAttr, AccountPermission, BlobPermission, IdentityAttr,
    IncludePermission, Permission, RepoAction, RepoPermission, RpcPermission, Scope, ScopeBuilder,
    ScopeError, Transition, UnknownPermission,
};
pub use server_metadata::ServerMetadata;
pub(crate) use server_metadata::server_metadata_request;
pub use session_end::SessionEnd;
pub use token::TokenSet;
pub(crate) use token::{
    CodeExchange, TokenResponse, code_request, granted_token, is_access_token, is_visible,
    judge_refreshed, judge_token, refresh_request,
};

use crate::http::{HttpError, Response};
use crate::json::Json;

/// The kinds of failure of an exchange with the authorization server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExchangeError {
    /// No response, or one in the wrong form.
    Http(HttpError),
    /// The server refused the request (RFC 6749 section 5.2).
    Refused(Refusal),
    /// The response breaks a rule of the profile.
    Peer(PeerError),
}

impl From<HttpError> for ExchangeError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl From<PeerError> for ExchangeError {
    fn from(error: PeerError) -> Self {
        Self::Peer(error)
    }
}

/// The JSON of a success, or the server's refusal.
fn success(response: &Response) -> Result<Json, ExchangeError> {
    let json = response.endpoint_json()?;
    if response.ok() {
        Ok(json)
    } else {
        Err(ExchangeError::Refused(Refusal::new(response.status, json)))
    }
}

/// The server's refusal, if a response is one.
pub(crate) fn refusal_in(response: &Response) -> Option<Refusal> {
    match success(response) {
        Err(ExchangeError::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}
