//! Authorization server metadata (RFC 8414), judged by the atproto profile.

use super::metadata_error::metadata_document;
use super::{ATPROTO_SCOPE, Capability, ClientAuth, MetadataError, PeerError};
use crate::http::{Request, Response};
use crate::json::Json;
use crate::private_host::is_private;
use crate::url::Url;
use std::rc::Rc;

/// The metadata of an authorization server, checked by every rule of the profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerMetadata {
    /// The issuer: the origin that identifies the server.
    pub issuer: String,
    /// Where the user is sent.
    pub authorization_endpoint: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: String,
    /// Where authorization requests are pushed (RFC 9126).
    pub pushed_authorization_request_endpoint: String,
    /// Where tokens are revoked (RFC 7009), if anywhere.
    pub revocation_endpoint: Option<String>,
    /// The resources it protects, if it lists them (RFC 9728 section 4).
    pub protected_resources: Option<Vec<String>>,
    /// The document: the members that are used, and the others within the bounds of what is kept.
    pub raw: Json,
}

/// The members that are used, beginning with those that a refresh needs.
const USED: [&str; 15] = [
    "issuer",
    "token_endpoint",
    "revocation_endpoint",
    "authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "client_id_metadata_document_supported",
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
    "scopes_supported",
    "response_types_supported",
    "code_challenge_methods_supported",
    "dpop_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "protected_resources",
];

/// The capabilities that every server must have, regardless of client authentication: the member that declares each, and the
/// value that it must list, if it is a list.
const DEMANDS: [(Capability, &str, Option<&str>); 7] = {
    use Capability::*;
    [
        (
            ClientIdMetadata,
            "client_id_metadata_document_supported",
            None,
        ),
        (AtprotoScope, "scopes_supported", Some(ATPROTO_SCOPE)),
        (ResponseTypeCode, "response_types_supported", Some("code")),
        (PkceS256, "code_challenge_methods_supported", Some("S256")),
        (
            DpopEs256,
            "dpop_signing_alg_values_supported",
            Some("ES256"),
        ),
        (
            IssParameter,
            "authorization_response_iss_parameter_supported",
            None,
        ),
        (
            PushedRequests,
            "require_pushed_authorization_requests",
            None,
        ),
    ]
};

/// Parses an issuer: a bare http or https origin in its normal form.
///
/// Source: atproto specification, "OAuth", section "Server Metadata"; RFC 8414 section 2.
pub(crate) fn parse_issuer(issuer: &str) -> Result<Url, PeerError> {
    Url::parse(issuer)
        .filter(|url| url.is_web() && url.origin() == issuer)
        .ok_or_else(|| PeerError::InvalidIssuer(issuer.to_owned()))
}

/// The request for the metadata of an authorization server. A private address is allowed in development only.
pub(crate) fn server_metadata_request(
    issuer: &str,
    allow_http: bool,
    in_development: bool,
) -> Result<Request, PeerError> {
    let url = parse_issuer(issuer)?;
    if !allow_http && url.scheme() != "https" {
        return Err(PeerError::InsecureIssuer(issuer.to_owned()));
    }
    if !in_development && is_private(url.hostname()) {
        return Err(PeerError::PrivateHost(issuer.to_owned()));
    }
    let url = format!("{issuer}/.well-known/oauth-authorization-server");
    Ok(Request::get(url, "application/json"))
}

impl ServerMetadata {
    /// Judges the response to [`server_metadata_request`].
    pub(crate) fn judge(
        issuer: &str,
        auth: ClientAuth,
        response: &Response,
    ) -> Result<Rc<Self>, MetadataError> {
        let members = ["issuer", "authorization_endpoint", "token_endpoint"];
        let json = metadata_document(response, &members)?;
        Ok(Self::read(issuer, auth, json)?)
    }

    /// Judges the metadata of `issuer`, fresh or from storage, for a client with this authentication.
    pub(crate) fn read(issuer: &str, auth: ClientAuth, raw: Json) -> Result<Rc<Self>, PeerError> {
        // First, because nothing else in a document of another issuer may be used (RFC 8414 section 3.3).
        let found = raw.str("issuer").unwrap_or_default();
        if found != issuer {
            return Err(PeerError::IssuerOfAnother(found));
        }
        let secure = issuer.starts_with("https:");
        // A public server must not send users to a private address, which is a different machine for each of them.
        let is_reachable = |url: &Url| {
            let of_private = || Url::parse(issuer).is_some_and(|url| is_private(url.hostname()));
            !is_private(url.hostname()) || of_private()
        };
        let invalid = |name| PeerError::InvalidMetadata(issuer.to_owned(), name);
        let endpoint = |name: &'static str| match raw.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_str()
                .and_then(|text| Url::parse(&text))
                .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && !secure))
                .filter(is_reachable)
                .map(Some)
                .ok_or_else(|| invalid(name)),
        };
        let required = |name| endpoint(name)?.ok_or_else(|| invalid(name));
        // A member that forbids something must be readable if it is present.
        let list = |name: &'static str| match (raw.get(name), raw.strings(name)) {
            (Some(_), None) => Err(invalid(name)),
            (_, strings) => Ok(strings),
        };
        let authorization_endpoint = required("authorization_endpoint")?;
        let token_endpoint = required("token_endpoint")?.to_string();
        let par_endpoint = endpoint("pushed_authorization_request_endpoint")?;
        let revocation_endpoint = endpoint("revocation_endpoint")?.map(|url| url.to_string());

        let says = |name| raw.get(name).and_then(|json| json.as_bool()) == Some(true);
        let unmet = DEMANDS.iter().find(|(_, name, listed)| match listed {
            Some(value) => !raw.lists(name, value),
            None => !says(name),
        });
        let algs = list("token_endpoint_auth_signing_alg_values_supported")?.unwrap_or_default();
        let unmet = unmet.map(|(capability, ..)| *capability);
        let (capability, method) = auth.demand();
        let takes_client = raw.lists("token_endpoint_auth_methods_supported", method);
        let unmet = unmet.or((!takes_client).then_some(capability));
        let unmet = unmet.or_else(|| {
            let unsigned = algs.iter().any(|alg| alg == "none");
            unsigned.then_some(Capability::SignedAssertions)
        });
        if let Some(capability) = unmet {
            return Err(PeerError::Lacks(issuer.to_owned(), capability));
        }
        Ok(Rc::new(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint,
            token_endpoint,
            pushed_authorization_request_endpoint: par_endpoint
                .ok_or(PeerError::NoParEndpoint)?
                .to_string(),
            revocation_endpoint,
            protected_resources: list("protected_resources")?,
            raw: raw.bounded(&USED),
        }))
    }

    /// The document to store with a pending sign-in. `None` if its list of resources was too long to keep; the callback then
    /// reads the document again.
    pub(crate) fn to_keep(&self) -> Option<Json> {
        let is_whole = self.raw.strings("protected_resources") == self.protected_resources;
        is_whole.then(|| self.raw.clone())
    }

    /// Checks that the server lists a resource as protected, if it lists any (RFC 9728 section 4).
    pub(crate) fn check_protects(&self, resource: &str) -> Result<(), PeerError> {
        match &self.protected_resources {
            Some(list) if !list.iter().any(|item| item == resource) => {
                Err(PeerError::NotProtected {
                    resource: resource.to_owned(),
                    issuer: self.issuer.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}
