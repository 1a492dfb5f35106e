//! Samples of every error, for tests of their messages.

use super::{ErrorKind, HostError, PopupError, Purpose, Step};
use crate::http::HttpError;
use crate::identity::{Did, Handle, IdentityError};
use crate::json::Json;
use crate::oauth::{
    CallbackError, Capability, ConfigError, LoopbackRule, MetadataRule, PeerError, PopupFailure,
    Refusal, SessionEnd,
};
use crate::ports::{KeyError, StorageError, Thrown};

const DID: &str = "did:plc:aliceaaaaaaaaaaaaaaaaaaa";

fn did() -> Did {
    Did::parse(DID).expect("a DID")
}

fn handle() -> Handle {
    Handle::parse("alice.example.com").expect("a handle")
}

fn text() -> String {
    "te\u{202a}xt".to_owned()
}

/// The `error` codes of refusals, and one that no specification has.
pub(super) const CODES: [&str; 26] = [
    "invalid_grant",
    "use_dpop_nonce",
    "invalid_dpop_proof",
    "invalid_dpop_key_binding",
    "invalid_scope",
    "invalid_client",
    "invalid_client_metadata",
    "invalid_client_id",
    "invalid_redirect_uri",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "access_denied",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
    "invalid_request_uri",
    "invalid_request",
    "InvalidRequest",
    "AccountTakedown",
    "AccountDeactivated",
    "AccountSuspended",
    "temporarily_unavailable",
    "server_error",
    "word_of_tomorrow",
];

fn refusal(status: u16, error: Option<&str>, description: Option<&str>) -> Refusal {
    Refusal {
        status,
        error: error.map(str::to_owned),
        description: description.map(str::to_owned),
        payload: Json::parse("{}").expect("JSON"),
    }
}

fn config() -> Vec<ConfigError> {
    use ConfigError::*;
    let mut errors = vec![
        NoAtprotoScope,
        NoCodeResponseType,
        NoAuthorizationCodeGrant,
        SigningAlgWithoutKey,
        NeedsKeyset,
        UnsupportedAuthMethod(text()),
        LoopbackWithoutAtprotoScope,
        NotLoopback(text()),
        InvalidClientId(text()),
        NoHandleResolver,
        InvalidOption("responseMode", text()),
        InvalidOption("storageName", text()),
        MetadataStatus(404),
        MetadataContentType("text/html".to_owned()),
        UnknownRedirectUri,
        ScopeNotRegistered(text()),
        AskedWithoutAtproto,
        ClientIdChanged(text()),
        AuthMethodUnsatisfiable,
        ForeignUrl(text()),
        UseLoopbackIp(text()),
        RedirectingToLoopbackIp,
    ];
    let members = [
        MetadataRule::Object,
        MetadataRule::True,
        MetadataRule::Address,
        MetadataRule::NoCredentials,
        MetadataRule::NoFragment,
        MetadataRule::NoPort,
        MetadataRule::PublicHost,
        MetadataRule::Path,
        MetadataRule::NormalForm,
        MetadataRule::List,
        MetadataRule::Uris,
        MetadataRule::LoopbackIp,
        MetadataRule::PrivateScheme,
        MetadataRule::Https,
        MetadataRule::SameOrigin,
        MetadataRule::ApplicationType,
        MetadataRule::WebUris,
        MetadataRule::OwnScheme,
    ];
    errors.extend(members.map(|rule| InvalidMember("client_id", rule)));
    let loopback = [
        LoopbackRule::NoHash,
        LoopbackRule::NoPath,
        LoopbackRule::OneScope,
        LoopbackRule::KnownParameters,
        LoopbackRule::RedirectUri,
    ];
    errors.extend(loopback.map(InvalidLoopbackId));
    errors
}

fn identity() -> Vec<IdentityError> {
    use IdentityError::*;
    vec![
        InvalidHandle(text()),
        InvalidDid(text()),
        InvalidService(text()),
        ReservedName(text()),
        HandleNotFound(handle()),
        InvalidResolution(handle()),
        HandleMismatch {
            did: did(),
            handle: handle(),
        },
        DidNotFound(did()),
        InvalidDocument(did(), "id"),
        DocumentOfAnother(did()),
        NoPds(did()),
        InsecureDidWeb(did()),
    ]
}

fn http() -> Vec<HttpError> {
    use HttpError::*;
    let mut errors = vec![
        Unreachable(text()),
        Timeout,
        TooLarge,
        Redirected,
        ContentType(Some("text/html".to_owned())),
        ContentType(None),
        NotJson,
        NotMetadata,
    ];
    errors.extend([400, 403, 404, 408, 425, 429, 500, 501, 503].map(Status));
    errors
}

fn peer() -> Vec<PeerError> {
    use PeerError::*;
    let mut errors = vec![
        InvalidIssuer(text()),
        IssuerOfAnother(text()),
        ResourceOfAnother(text()),
        InsecureIssuer(text()),
        InsecureResource(text()),
        PrivateHost(text()),
        NoAuthorizationServer(text()),
        SeveralAuthorizationServers(text()),
        NotProtected {
            resource: text(),
            issuer: text(),
        },
        InvalidMetadata(text(), "issuer"),
        NoParEndpoint,
        InvalidPar("request_uri"),
        InvalidToken("sub"),
    ];
    errors.extend(
        [
            Capability::AtprotoScope,
            Capability::ResponseTypeCode,
            Capability::PkceS256,
            Capability::DpopEs256,
            Capability::PublicClients,
            Capability::IssParameter,
            Capability::PushedRequests,
            Capability::ClientIdMetadata,
            Capability::SignedAssertions,
        ]
        .map(|capability| Lacks(text(), capability)),
    );
    errors
}

fn callback() -> Vec<CallbackError> {
    use CallbackError::*;
    let mut errors = vec![
        Repeated("code"),
        Jarm,
        NoState,
        UnknownState(text()),
        NoCode,
        NoIssuer,
        IssuerMismatch,
        AccountMismatch,
        NoParameters,
        InPopup(PopupFailure {
            message: text(),
            params: Vec::new(),
        }),
    ];
    for code in CODES {
        for description in [None, Some("why".to_owned())] {
            errors.push(Refused {
                error: code.to_owned(),
                description,
            });
        }
        errors.push(InPopup(PopupFailure {
            message: text(),
            params: vec![("error".to_owned(), code.to_owned())],
        }));
    }
    errors
}

fn refused() -> Vec<Refusal> {
    let codes = CODES.into_iter().map(Some).chain([None]);
    let statuses = [400, 401, 429, 500];
    let mut errors = Vec::new();
    for code in codes {
        for status in statuses {
            for description in [None, Some("why")] {
                errors.push(refusal(status, code, description));
            }
        }
    }
    errors
}

fn ends() -> Vec<SessionEnd> {
    use SessionEnd::*;
    vec![
        SignedOut,
        Vanished,
        SubMismatch,
        NotRefreshable,
        AuthMethodUnsatisfiable,
        RefreshRefused(None),
        RefreshRefused(Some(text())),
        RefreshRejected(None),
        RefreshRejected(Some(text())),
        TokenRefused,
        Migrated(None),
        Migrated(Some(text())),
    ]
}

fn storage() -> Vec<StorageError> {
    use StorageError::*;
    vec![
        Denied(text()),
        Full,
        Failed(text()),
        Corrupt("key"),
        Unreadable,
        Key(KeyError::Unusable),
        Disposed,
    ]
}

/// Every kind of error.
pub(super) fn every_kind() -> Vec<ErrorKind> {
    let thrown = || Thrown {
        words: text(),
        value: None,
    };
    let mut kinds: Vec<ErrorKind> = Vec::new();
    kinds.extend(config().into_iter().map(ErrorKind::from));
    kinds.extend(identity().into_iter().map(ErrorKind::from));
    kinds.extend(http().into_iter().map(ErrorKind::from));
    kinds.extend(http().into_iter().map(ErrorKind::WithoutOauth));
    kinds.extend(peer().into_iter().map(ErrorKind::from));
    kinds.extend(refused().into_iter().map(ErrorKind::from));
    kinds.extend(refused().into_iter().take(16).flat_map(|refusal| {
        [Some(7), Some(-7), Some(0), None].map(|seconds| ErrorKind::ClockSkew {
            seconds,
            refusal: refusal.clone(),
        })
    }));
    kinds.extend(callback().into_iter().map(ErrorKind::from));
    kinds.push(ErrorKind::NotAuthoritative {
        sub: did(),
        issuer: "https://a.example".to_owned(),
        found: "https://b.example".to_owned(),
    });
    kinds.extend(ends().into_iter().map(|end| ErrorKind::Ended(did(), end)));
    kinds.extend(
        [
            KeyError::Unavailable,
            KeyError::Failed(text()),
            KeyError::Unusable,
        ]
        .map(ErrorKind::from),
    );
    kinds.extend(storage().into_iter().map(ErrorKind::from));
    kinds.push(ErrorKind::Resolver(thrown()));
    kinds.push(ErrorKind::Renewer(thrown()));
    kinds.push(ErrorKind::Observer(text()));
    kinds.push(ErrorKind::NavigatedBack);
    kinds.extend(
        [
            PopupError::Closed,
            PopupError::TimedOut,
            PopupError::Unsupported,
            PopupError::ContinuedInParent,
        ]
        .map(ErrorKind::Popup),
    );
    kinds.extend([HostError::BROWSER_ONLY, HostError::POPUP_BLOCKED].map(ErrorKind::Host));
    kinds
}

/// Every step.
pub(super) const STEPS: [Step; 14] = [
    Step::Configure,
    Step::Input,
    Step::Handle,
    Step::Did,
    Step::Resource,
    Step::Issuer,
    Step::Par,
    Step::Redirect,
    Step::Callback,
    Step::Token,
    Step::Refresh,
    Step::Revoke,
    Step::Request,
    Step::Storage,
];

/// Every purpose.
pub(super) fn every_purpose() -> [Purpose; 2] {
    [
        Purpose::Resolving("identity", text()),
        Purpose::Storing(did()),
    ]
}
