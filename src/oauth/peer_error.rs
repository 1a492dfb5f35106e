//! What a server can do that the specifications forbid.

use crate::identity::Visible;
use std::fmt;

/// Something that the atproto profile demands of an authorization server, and that its metadata must declare.
///
/// Source: atproto specification, "OAuth", section "Server Metadata".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// `scopes_supported` has `atproto`.
    AtprotoScope,
    /// `response_types_supported` has `code`.
    ResponseTypeCode,
    /// `code_challenge_methods_supported` has `S256`.
    PkceS256,
    /// `dpop_signing_alg_values_supported` has `ES256`.
    DpopEs256,
    /// `token_endpoint_auth_methods_supported` has `none`.
    PublicClients,
    /// `authorization_response_iss_parameter_supported` is `true`.
    IssParameter,
    /// `require_pushed_authorization_requests` is `true`.
    PushedRequests,
    /// `client_id_metadata_document_supported` is `true`.
    ClientIdMetadata,
    /// `token_endpoint_auth_signing_alg_values_supported` does not have `none`.
    SignedAssertions,
}

impl Capability {
    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::AtprotoScope => (
                "SERVER_LACKS_ATPROTO_SCOPE",
                "does not list \"atproto\" in \"scopes_supported\"",
            ),
            Self::ResponseTypeCode => (
                "SERVER_LACKS_CODE",
                "does not support the \"code\" response type",
            ),
            Self::PkceS256 => ("SERVER_LACKS_S256", "does not support PKCE with \"S256\""),
            Self::DpopEs256 => ("SERVER_LACKS_ES256", "does not support \"ES256\" for DPoP"),
            Self::PublicClients => (
                "SERVER_LACKS_PUBLIC_CLIENTS",
                "does not support \"none\" authentication",
            ),
            Self::IssParameter => (
                "SERVER_LACKS_ISS_PARAMETER",
                "does not support the \"iss\" response parameter",
            ),
            Self::PushedRequests => (
                "SERVER_LACKS_PAR",
                "does not require pushed authorization requests",
            ),
            Self::ClientIdMetadata => (
                "SERVER_LACKS_CLIENT_ID_METADATA",
                "does not support client_id_metadata_document",
            ),
            Self::SignedAssertions => (
                "SERVER_ALLOWS_UNSIGNED",
                "allows \"none\" as a signing algorithm",
            ),
        }
    }
}

/// A server's answer that breaks a rule of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerError {
    /// An issuer that is no bare origin, or not in its normal form.
    InvalidIssuer(String),
    /// The metadata names another issuer than the one asked for (RFC 8414 section 3.3).
    IssuerOfAnother(String),
    /// The metadata names another resource than the one asked for (RFC 9728 section 3.3).
    ResourceOfAnother(String),
    /// http, where the app has not allowed it.
    InsecureIssuer(String),
    /// http, where the app has not allowed it.
    InsecureResource(String),
    /// An address of this device or of a private network, where the app is not under development.
    PrivateHost(String),
    /// The PDS names no authorization server.
    NoAuthorizationServer(String),
    /// The PDS names several authorization servers; the profile wants exactly one.
    SeveralAuthorizationServers(String),
    /// The authorization server lists the resources it protects, and the PDS is not among them (RFC 9728 section 4).
    NotProtected {
        /// The PDS.
        resource: String,
        /// The authorization server.
        issuer: String,
    },
    /// The named member of the metadata is missing or malformed.
    InvalidMetadata(String, &'static str),
    /// The metadata does not declare what the profile demands.
    Lacks(String, Capability),
    /// It requires pushed requests and says not where.
    NoParEndpoint,
    /// The named member of the answer to a pushed request is missing or malformed (RFC 9126 section 2.2).
    InvalidPar(&'static str),
    /// The named member of the token response is missing, malformed or forbidden.
    InvalidToken(&'static str),
}

impl PeerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidIssuer(_) => "ISSUER_INVALID",
            Self::IssuerOfAnother(_) => "ISSUER_METADATA_MISMATCH",
            Self::ResourceOfAnother(_) => "RESOURCE_METADATA_MISMATCH",
            Self::InsecureIssuer(_) | Self::InsecureResource(_) => "HTTP_NOT_ALLOWED",
            Self::PrivateHost(_) => "PRIVATE_HOST",
            Self::NoAuthorizationServer(_) => "NO_AUTHORIZATION_SERVER",
            Self::SeveralAuthorizationServers(_) => "SEVERAL_AUTHORIZATION_SERVERS",
            Self::NotProtected { .. } => "RESOURCE_NOT_PROTECTED",
            Self::InvalidMetadata(..) => "SERVER_METADATA_INVALID",
            Self::Lacks(_, capability) => capability.facts().0,
            Self::NoParEndpoint => "NO_PAR_ENDPOINT",
            Self::InvalidPar(_) => "PAR_RESPONSE_INVALID",
            Self::InvalidToken(_) => "TOKEN_RESPONSE_INVALID",
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::InsecureIssuer(_) | Self::InsecureResource(_) => {
                "Use an https address, or set allowHttp for development."
            }
            Self::InvalidIssuer(_) | Self::IssuerOfAnother(_) | Self::ResourceOfAnother(_) => {
                "The server takes another address for its own than the one it was asked at: behind a proxy it must be told its public URL, which its metadata repeats to the letter."
            }
            Self::NotProtected { .. } => {
                "The authorization server lists in protected_resources whom it works for, and this PDS is not there: the operator of either has to mend that."
            }
            Self::PrivateHost(_) => {
                "Use a server with a public name; a private one is for development, with a loopback client id or allowHttp."
            }
            _ => {
                "The server does not keep to the atproto OAuth profile; its operator has to mend it, or the account has to move."
            }
        }
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidIssuer(found)
            | Self::IssuerOfAnother(found)
            | Self::ResourceOfAnother(found) => write!(f, "Invalid issuer {}", Visible(found)),
            Self::PrivateHost(origin) => {
                write!(f, "\"{origin}\" is on this device or in a private network")
            }
            Self::InsecureIssuer(_) => f.write_str(
                "Unsecure issuer URL protocol only allowed in development and test environments",
            ),
            Self::InsecureResource(_) => f.write_str(
                "Unsecure resource metadata URL (http:) only allowed in development and test environments",
            ),
            Self::NoAuthorizationServer(pds) => {
                write!(f, "No authorization servers found for PDS: {pds}")
            }
            Self::SeveralAuthorizationServers(pds) => {
                write!(f, "Unable to determine authorization server for PDS: {pds}")
            }
            Self::NotProtected { resource, issuer } => {
                write!(f, "PDS \"{resource}\" not protected by issuer \"{issuer}\"")
            }
            Self::InvalidMetadata(of, member) => {
                write!(f, "Invalid \"{member}\" in the metadata of {of}")
            }
            Self::Lacks(issuer, Capability::PublicClients) => write!(
                f,
                "The server does not support \"none\" authentication ({issuer})."
            ),
            Self::Lacks(issuer, capability) => {
                write!(f, "Authorization server \"{issuer}\" {}", capability.facts().1)
            }
            Self::NoParEndpoint => f.write_str(
                "Server requires pushed authorization requests (PAR) but no PAR endpoint is available",
            ),
            Self::InvalidPar(member) => write!(f, "Invalid \"{member}\" in the PAR response"),
            Self::InvalidToken(member) => write!(f, "Invalid \"{member}\" in the token response"),
        }
    }
}

impl std::error::Error for PeerError {}
