//! Violations of the specifications by a server.

use crate::sentences::{self, Arguments, Key, Message, key, said};

/// A capability that the atproto profile requires of an authorization server, and that its metadata must declare.
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
    fn key(self) -> Key {
        match self {
            Self::AtprotoScope => key!("SERVER_LACKS_ATPROTO_SCOPE"),
            Self::ResponseTypeCode => key!("SERVER_LACKS_CODE"),
            Self::PkceS256 => key!("SERVER_LACKS_S256"),
            Self::DpopEs256 => key!("SERVER_LACKS_ES256"),
            Self::PublicClients => key!("SERVER_LACKS_PUBLIC_CLIENTS"),
            Self::IssParameter => key!("SERVER_LACKS_ISS_PARAMETER"),
            Self::PushedRequests => key!("SERVER_LACKS_PAR"),
            Self::ClientIdMetadata => key!("SERVER_LACKS_CLIENT_ID_METADATA"),
            Self::SignedAssertions => key!("SERVER_ALLOWS_UNSIGNED"),
        }
    }
}

/// A server's response that breaks a rule of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerError {
    /// The issuer is not a bare origin in its normal form.
    InvalidIssuer(String),
    /// The metadata names another issuer than the one asked for (RFC 8414 section 3.3).
    IssuerOfAnother(String),
    /// The metadata names another resource than the one asked for (RFC 9728 section 3.3).
    ResourceOfAnother(String),
    /// http, which the app has not allowed.
    InsecureIssuer(String),
    /// http, which the app has not allowed.
    InsecureResource(String),
    /// An address of this device or of a private network, but the app is not under development.
    PrivateHost(String),
    /// The PDS names no authorization server.
    NoAuthorizationServer(String),
    /// The PDS names several authorization servers; the profile requires exactly one.
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
    /// The metadata do not declare a capability that the profile requires.
    Lacks(String, Capability),
    /// The server requires pushed requests but names no endpoint for them.
    NoParEndpoint,
    /// The named member of the response to a pushed request is missing or malformed (RFC 9126 section 2.2).
    InvalidPar(&'static str),
    /// The named member of the token response is missing, malformed or forbidden.
    InvalidToken(&'static str),
}

impl PeerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for PeerError {
    fn key(&self) -> Key {
        match self {
            Self::InvalidIssuer(_) => key!("ISSUER_INVALID"),
            Self::IssuerOfAnother(_) => key!("ISSUER_METADATA_MISMATCH"),
            Self::ResourceOfAnother(_) => key!("RESOURCE_METADATA_MISMATCH"),
            Self::InsecureIssuer(_) => key!("HTTP_NOT_ALLOWED/issuer"),
            Self::InsecureResource(_) => key!("HTTP_NOT_ALLOWED/resource"),
            Self::PrivateHost(_) => key!("PRIVATE_HOST"),
            Self::NoAuthorizationServer(_) => key!("NO_AUTHORIZATION_SERVER"),
            Self::SeveralAuthorizationServers(_) => key!("SEVERAL_AUTHORIZATION_SERVERS"),
            Self::NotProtected { .. } => key!("RESOURCE_NOT_PROTECTED"),
            Self::InvalidMetadata(..) => key!("SERVER_METADATA_INVALID"),
            Self::Lacks(_, capability) => capability.key(),
            Self::NoParEndpoint => key!("NO_PAR_ENDPOINT"),
            Self::InvalidPar(_) => key!("PAR_RESPONSE_INVALID"),
            Self::InvalidToken(_) => key!("TOKEN_RESPONSE_INVALID"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::InsecureIssuer(_) | Self::InsecureResource(_) | Self::NoParEndpoint => {}
            Self::NotProtected { resource, issuer } => {
                to.text("value", resource);
                to.text("issuer", issuer);
            }
            Self::InvalidMetadata(of, member) => {
                to.text("value", of);
                to.text("member", member);
            }
            Self::InvalidIssuer(value)
            | Self::IssuerOfAnother(value)
            | Self::ResourceOfAnother(value)
            | Self::PrivateHost(value)
            | Self::NoAuthorizationServer(value)
            | Self::SeveralAuthorizationServers(value)
            | Self::Lacks(value, _) => to.text("value", value),
            Self::InvalidPar(member) | Self::InvalidToken(member) => {
                to.text("member", member);
            }
        }
    }
}

said!(PeerError);
