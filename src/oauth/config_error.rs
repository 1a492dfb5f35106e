//! What can be wrong with how an app set its client up.

use std::fmt;

/// A broken rule of the client metadata, or of the options.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The named member of the client metadata is missing or malformed; the second text says what it must be.
    InvalidMember(&'static str, String),
    /// `scope` lacks `atproto`.
    NoAtprotoScope,
    /// `response_types` lacks `code`.
    NoCodeResponseType,
    /// `grant_types` lacks `authorization_code`.
    NoAuthorizationCodeGrant,
    /// A signing algorithm, though nothing is signed.
    SigningAlgWithoutKey,
    /// A `private_key_jwt` client has keys, and a page cannot keep any from its visitors.
    NeedsKeyset,
    /// Another `token_endpoint_auth_method` than `none`.
    UnsupportedAuthMethod(String),
    /// A loopback client id that breaks the named rule.
    InvalidLoopbackId(&'static str),
    /// A loopback client id without the `atproto` scope.
    LoopbackWithoutAtprotoScope,
    /// Loopback metadata was wanted for a page that is not on a loopback address.
    NotLoopback(String),
    /// A client id that is neither an https URL nor a loopback id.
    InvalidClientId(String),
    /// Neither a handle resolver nor an identity resolver.
    NoHandleResolver,
    /// The named option is malformed; the second text is its value.
    InvalidOption(&'static str, String),
    /// The published metadata came with another status than 200.
    MetadataStatus(u16),
    /// The published metadata came with another media type than `application/json`.
    MetadataContentType(String),
    /// A redirect URI that the client metadata does not list.
    UnknownRedirectUri,
    /// The named part of the scope to ask for is not in the client metadata's.
    ScopeNotRegistered(String),
    /// A scope to ask for without `atproto`.
    AskedWithoutAtproto,
    /// The session was granted to another client id, which it names: no server refreshes it for this one.
    ClientIdChanged(String),
    /// `fetchHandler` was given a URL of another origin than the session's PDS.
    ForeignUrl(String),
    /// The page is on `localhost`; storage and redirects belong to the loopback IP address. Names the page.
    UseLoopbackIp(String),
    /// The page is on `localhost` and is on its way to the loopback IP address.
    RedirectingToLoopbackIp,
}

impl ConfigError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidMember(..) => "CLIENT_METADATA_INVALID",
            Self::NoAtprotoScope
            | Self::LoopbackWithoutAtprotoScope
            | Self::AskedWithoutAtproto => "CLIENT_LACKS_ATPROTO_SCOPE",
            Self::NoCodeResponseType => "CLIENT_LACKS_CODE",
            Self::NoAuthorizationCodeGrant => "CLIENT_LACKS_AUTHORIZATION_CODE",
            Self::SigningAlgWithoutKey | Self::NeedsKeyset | Self::UnsupportedAuthMethod(_) => {
                "CLIENT_AUTH_METHOD"
            }
            Self::InvalidLoopbackId(_) => "LOOPBACK_CLIENT_ID_INVALID",
            Self::NotLoopback(_) => "NOT_LOOPBACK",
            Self::InvalidClientId(_) => "CLIENT_ID_INVALID",
            Self::NoHandleResolver => "NO_HANDLE_RESOLVER",
            Self::InvalidOption(..) => "OPTION_INVALID",
            Self::MetadataStatus(_) | Self::MetadataContentType(_) => "CLIENT_METADATA_UNAVAILABLE",
            Self::UnknownRedirectUri => "REDIRECT_URI_UNKNOWN",
            Self::ScopeNotRegistered(_) => "SCOPE_NOT_REGISTERED",
            Self::ClientIdChanged(_) => "CLIENT_ID_CHANGED",
            Self::ForeignUrl(_) => "FOREIGN_URL",
            Self::UseLoopbackIp(_) => "USE_LOOPBACK_IP",
            Self::RedirectingToLoopbackIp => "REDIRECTING_TO_LOOPBACK_IP",
        }
    }

    /// What the app's author can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoAtprotoScope
            | Self::LoopbackWithoutAtprotoScope
            | Self::AskedWithoutAtproto => {
                "Add \"atproto\" to the scope; it is required for every atproto client."
            }
            Self::UnsupportedAuthMethod(_) | Self::SigningAlgWithoutKey | Self::NeedsKeyset => {
                "A browser app is a public client: set \"token_endpoint_auth_method\": \"none\" and nothing about keys."
            }
            Self::NotLoopback(_) => {
                "Publish a client metadata document on https and pass it, or open the page on http://127.0.0.1."
            }
            Self::NoHandleResolver => {
                "Pass handleResolver: the URL of an atproto server that resolves handles, such as your own PDS."
            }
            Self::UnknownRedirectUri => {
                "Use one of the redirect_uris of the client metadata, to the letter."
            }
            Self::ScopeNotRegistered(_) => {
                "Add it to the scope of the client metadata, to the letter, and publish that: servers compare the two token by token, and may keep what they read for some minutes. A loopback client id has its scope within it."
            }
            Self::ClientIdChanged(_) => {
                "Keep the client id for as long as its sessions shall live; on a loopback address, scope and redirect URIs are part of it. Sign in again to go on."
            }
            Self::ForeignUrl(_) => {
                "Pass a path. The token is for the account's own server; use fetch for any other."
            }
            Self::UseLoopbackIp(_) | Self::RedirectingToLoopbackIp => {
                "Open the page on http://127.0.0.1 instead of http://localhost."
            }
            Self::MetadataStatus(_) | Self::MetadataContentType(_) => {
                "Serve the client metadata at its client_id, with status 200 and content type application/json."
            }
            _ => "Correct the client's options; the message names what is wrong.",
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidMember(member, rule) => write!(f, "Invalid client metadata: \"{member}\" {rule}"),
            Self::NoAtprotoScope => f.write_str("Client metadata must include the \"atproto\" scope"),
            Self::NoCodeResponseType => f.write_str("\"response_types\" must include \"code\""),
            Self::NoAuthorizationCodeGrant => {
                f.write_str("\"grant_types\" must include \"authorization_code\"")
            }
            Self::SigningAlgWithoutKey => f.write_str(
                "\"token_endpoint_auth_signing_alg\" must not be provided when \"token_endpoint_auth_method\" is \"none\"",
            ),
            Self::NeedsKeyset => {
                f.write_str("Client authentication method \"private_key_jwt\" requires a keyset")
            }
            Self::UnsupportedAuthMethod(method) => {
                write!(f, "Unsupported \"token_endpoint_auth_method\" value: {method}")
            }
            Self::InvalidLoopbackId(rule) => write!(f, "Invalid loopback client ID: {rule}"),
            Self::LoopbackWithoutAtprotoScope => {
                f.write_str("ATProto Loopback ClientID must include \"atproto\" scope")
            }
            Self::NotLoopback(host) => write!(f, "Expected a loopback host, got {host}"),
            Self::InvalidClientId(id) => write!(f, "Invalid client id: {id}"),
            Self::NoHandleResolver => {
                f.write_str("identityResolver or handleResolver option is required")
            }
            Self::InvalidOption("responseMode", value) => write!(f, "Invalid response mode: {value}"),
            Self::InvalidOption(name, value) => write!(f, "Invalid {name}: {value}"),
            Self::MetadataStatus(status) => write!(f, "Failed to fetch client metadata: {status}"),
            Self::MetadataContentType(found) => {
                write!(f, "Invalid client metadata content type: {found}")
            }
            Self::UnknownRedirectUri => f.write_str("Invalid redirect_uri"),
            Self::ScopeNotRegistered(token) => {
                write!(f, "Scope \"{token}\" is not in the client metadata")
            }
            Self::AskedWithoutAtproto => {
                f.write_str("The scope to ask for must include \"atproto\"")
            }
            Self::ClientIdChanged(was) => {
                write!(f, "The session was granted to another client: {was}")
            }
            Self::ForeignUrl(url) => write!(f, "\"{url}\" is not on the session's server"),
            Self::UseLoopbackIp(page) => {
                write!(f, "Please use the loopback IP address instead of {page}")
            }
            Self::RedirectingToLoopbackIp => f.write_str("Redirecting to loopback IP..."),
        }
    }
}

impl std::error::Error for ConfigError {}
