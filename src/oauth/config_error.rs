//! Errors in an app's client metadata and options.

use crate::sentences::{self, Arguments, Key, Message, key, said};

/// A broken rule of the client metadata, or of the options.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The named member of the client metadata is missing or malformed.
    InvalidMember(&'static str, MetadataRule),
    /// `scope` lacks `atproto`.
    NoAtprotoScope,
    /// `response_types` lacks `code`.
    NoCodeResponseType,
    /// `grant_types` lacks `authorization_code`.
    NoAuthorizationCodeGrant,
    /// A signing algorithm, although the client signs nothing.
    SigningAlgWithoutKey,
    /// `private_key_jwt` needs a private key, and a page cannot hide one from its visitors.
    NeedsKeyset,
    /// A `token_endpoint_auth_method` other than `none`.
    UnsupportedAuthMethod(String),
    /// A loopback client id that breaks a rule.
    InvalidLoopbackId(LoopbackRule),
    /// A loopback client id without the `atproto` scope.
    LoopbackWithoutAtprotoScope,
    /// Loopback metadata were requested for a page that is not on a loopback address.
    NotLoopback(String),
    /// A client id that is neither an https URL nor a loopback id.
    InvalidClientId(String),
    /// Neither a handle resolver nor an identity resolver.
    NoHandleResolver,
    /// The named option is malformed; the second text is its value.
    InvalidOption(&'static str, String),
    /// The published metadata had a status other than 200.
    MetadataStatus(u16),
    /// The published metadata had a media type other than `application/json`.
    MetadataContentType(String),
    /// A redirect URI that the client metadata does not list.
    UnknownRedirectUri,
    /// The named token of the requested scope is not in the client metadata.
    ScopeNotRegistered(String),
    /// The requested scope lacks `atproto`.
    AskedWithoutAtproto,
    /// The session was granted to another client id, which this holds. Servers do not refresh it for this one.
    ClientIdChanged(String),
    /// The sign-in began with a method of client authentication that this client does not support.
    AuthMethodUnsatisfiable,
    /// `fetchHandler` was given a URL of an origin other than the session's PDS.
    ForeignUrl(String),
    /// The page is on `localhost`, but storage and redirects belong to the loopback IP address. Holds the page's URL.
    UseLoopbackIp(String),
    /// The page is on `localhost` and is being redirected to the loopback IP address.
    RedirectingToLoopbackIp,
}

impl ConfigError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// What the app's author can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for ConfigError {
    fn key(&self) -> Key {
        match self {
            Self::InvalidMember(_, rule) => rule.key(),
            Self::NoAtprotoScope => key!("CLIENT_LACKS_ATPROTO_SCOPE"),
            Self::LoopbackWithoutAtprotoScope => key!("CLIENT_LACKS_ATPROTO_SCOPE/loopback"),
            Self::AskedWithoutAtproto => key!("CLIENT_LACKS_ATPROTO_SCOPE/asked"),
            Self::NoCodeResponseType => key!("CLIENT_LACKS_CODE"),
            Self::NoAuthorizationCodeGrant => key!("CLIENT_LACKS_AUTHORIZATION_CODE"),
            Self::UnsupportedAuthMethod(_) => key!("CLIENT_AUTH_METHOD"),
            Self::SigningAlgWithoutKey => key!("CLIENT_AUTH_METHOD/algorithm"),
            Self::NeedsKeyset => key!("CLIENT_AUTH_METHOD/keyset"),
            Self::InvalidLoopbackId(rule) => rule.key(),
            Self::NotLoopback(_) => key!("NOT_LOOPBACK"),
            Self::InvalidClientId(_) => key!("CLIENT_ID_INVALID"),
            Self::NoHandleResolver => key!("NO_HANDLE_RESOLVER"),
            Self::InvalidOption(..) => key!("OPTION_INVALID"),
            Self::MetadataStatus(_) => key!("CLIENT_METADATA_UNAVAILABLE/status"),
            Self::MetadataContentType(_) => key!("CLIENT_METADATA_UNAVAILABLE/type"),
            Self::UnknownRedirectUri => key!("REDIRECT_URI_UNKNOWN"),
            Self::ScopeNotRegistered(_) => key!("SCOPE_NOT_REGISTERED"),
            Self::ClientIdChanged(_) => key!("CLIENT_ID_CHANGED"),
            Self::AuthMethodUnsatisfiable => key!("AUTH_METHOD_UNSATISFIABLE"),
            Self::ForeignUrl(_) => key!("FOREIGN_URL"),
            Self::UseLoopbackIp(_) => key!("USE_LOOPBACK_IP"),
            Self::RedirectingToLoopbackIp => key!("REDIRECTING_TO_LOOPBACK_IP"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::InvalidMember(member, _) => to.text("member", member),
            Self::InvalidOption(name, value) => {
                // The official client's name for it.
                let is_mode = *name == "responseMode";
                to.text("member", if is_mode { "response mode" } else { name });
                to.text("value", value);
            }
            Self::MetadataStatus(status) => to.number("status", (*status).into()),
            Self::UnsupportedAuthMethod(value)
            | Self::NotLoopback(value)
            | Self::InvalidClientId(value)
            | Self::MetadataContentType(value)
            | Self::ScopeNotRegistered(value)
            | Self::ClientIdChanged(value)
            | Self::ForeignUrl(value)
            | Self::UseLoopbackIp(value) => to.text("value", value),
            _ => {}
        }
    }
}

said!(ConfigError);

/// A rule that a member of the client metadata breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataRule {
    /// An object.
    Object,
    /// `true`.
    True,
    /// The URL that the document was read from.
    Address,
    /// No user name and password.
    NoCredentials,
    /// No fragment.
    NoFragment,
    /// No port.
    NoPort,
    /// A public host name.
    PublicHost,
    /// A path that does not end in a slash.
    Path,
    /// The normal form of a URL.
    NormalForm,
    /// A list of at least one URI.
    List,
    /// URIs.
    Uris,
    /// A loopback IP address and not `localhost`, for http (RFC 8252 section 8.3).
    LoopbackIp,
    /// A private-use scheme in reverse domain order, followed by a single slash.
    PrivateScheme,
    /// An https URL.
    Https,
    /// The origin of the `client_id`.
    SameOrigin,
    /// `web` or `native`.
    ApplicationType,
    /// https URLs, since the client is not a native one.
    WebUris,
    /// The host of the `client_id` in reverse, as the private-use scheme.
    OwnScheme,
}

impl MetadataRule {
    fn key(self) -> Key {
        match self {
            Self::Object => key!("CLIENT_METADATA_INVALID/object"),
            Self::True => key!("CLIENT_METADATA_INVALID/true"),
            Self::Address => key!("CLIENT_METADATA_INVALID/address"),
            Self::NoCredentials => key!("CLIENT_METADATA_INVALID/credentials"),
            Self::NoFragment => key!("CLIENT_METADATA_INVALID/fragment"),
            Self::NoPort => key!("CLIENT_METADATA_INVALID/port"),
            Self::PublicHost => key!("CLIENT_METADATA_INVALID/host"),
            Self::Path => key!("CLIENT_METADATA_INVALID/path"),
            Self::NormalForm => key!("CLIENT_METADATA_INVALID/form"),
            Self::List => key!("CLIENT_METADATA_INVALID/list"),
            Self::Uris => key!("CLIENT_METADATA_INVALID/uris"),
            Self::LoopbackIp => key!("CLIENT_METADATA_INVALID/loopback"),
            Self::PrivateScheme => key!("CLIENT_METADATA_INVALID/scheme"),
            Self::Https => key!("CLIENT_METADATA_INVALID/https"),
            Self::SameOrigin => key!("CLIENT_METADATA_INVALID/origin"),
            Self::ApplicationType => key!("CLIENT_METADATA_INVALID/type"),
            Self::WebUris => key!("CLIENT_METADATA_INVALID/web"),
            Self::OwnScheme => key!("CLIENT_METADATA_INVALID/native"),
        }
    }
}

/// A rule that a loopback client id breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoopbackRule {
    /// No fragment.
    NoHash,
    /// No path, and no port before it.
    NoPath,
    /// `scope` at most once.
    OneScope,
    /// No parameters but `scope` and `redirect_uri`.
    KnownParameters,
    /// Redirect URIs that are http URLs of a loopback IP address.
    RedirectUri,
}

impl LoopbackRule {
    fn key(self) -> Key {
        match self {
            Self::NoHash => key!("LOOPBACK_CLIENT_ID_INVALID/hash"),
            Self::NoPath => key!("LOOPBACK_CLIENT_ID_INVALID/path"),
            Self::OneScope => key!("LOOPBACK_CLIENT_ID_INVALID/scope"),
            Self::KnownParameters => key!("LOOPBACK_CLIENT_ID_INVALID/parameter"),
            Self::RedirectUri => key!("LOOPBACK_CLIENT_ID_INVALID/redirect"),
        }
    }
}
