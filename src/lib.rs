#![doc = include_str!("tutorial.md")]

// Each module uses only those before it in this order. A test of `xtask` checks that:
//
// 1. `base64url`, `guard`, `secret`, `text`, `time`, `waiting`: small tools;
// 2. `json`: JSON values;
// 3. `sentences`: the messages and help of errors;
// 4. `url`, `private_host`, `http`, `pds_request`: the other formats of the Web;
// 5. `identity`, `oauth`: the protocol, as pairs of pure functions;
// 6. `ports`: the interface that a host must implement;
// 7. `client`: the flows, and all decisions;
// 8. `memory`, `host`: the hosts;
// 9. `api`, `frameworks`, `js`: the faces.

mod api;
mod base64url;
mod client;
#[cfg(any(feature = "leptos", feature = "yew"))]
mod frameworks;
mod guard;
#[cfg(target_arch = "wasm32")]
pub mod host;
mod http;
mod identity;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
mod js;
mod json;
#[cfg(any(not(target_arch = "wasm32"), feature = "software-keys"))]
pub mod memory;
mod oauth;
mod pds_request;
pub mod ports;
mod private_host;
mod secret;
mod sentences;
mod text;
mod time;
mod url;
mod waiting;

#[cfg(feature = "atrium")]
pub use api::{AtriumError, AtriumSession};
pub use api::{
    BrowserOAuthClient, ClientBuilder, ClientState, Event, Events, FetchRequest, PageLocal,
    PdsResponse, SessionState, SignInOptions,
};
#[cfg(not(target_arch = "wasm32"))]
pub use client::Credentials;
pub use client::{
    CallbackContext, ClientOptions, Error, ErrorKind, HostError, Initialized, OAuthClient,
    OAuthSession, Persistence, PopupError, Purpose, Refresh, ResourceResponse, SignedIn, Step,
    TokenInfo, load_client_metadata,
};
#[cfg(feature = "leptos")]
pub use frameworks::leptos;
#[cfg(feature = "yew")]
pub use frameworks::yew;
pub use http::{HttpError, MAX_BODY, READ_HEADERS, Request, Response, Timeouts};
pub use identity::{Did, DidDocument, Handle, IdentityError, Input};
pub use json::Json;
pub use oauth::{
    ATPROTO_SCOPE, AccountAction, AccountAttr, AccountPermission, AuthMethod, AuthorizeOptions,
    BlobPermission, CallbackError, Capability, ClientMetadata, ConfigError, FORWARDED,
    IdentityAttr, IncludePermission, Issuer, LoopbackRule, MetadataRule, PeerError, Permission,
    PopupFailure, PublicJwk, Refusal, RepoAction, RepoPermission, ResponseMode, RpcPermission,
    Scope, ScopeBuilder, ScopeError, ServerMetadata, SessionEnd, TokenSet, Transition,
    UnknownPermission, loopback_client_id,
};
pub use pds_request::PdsRequest;
pub use ports::{Account, AccountStatus};
pub use secret::Secret;
pub use url::Url;

/// The Rust in documents, compiled.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/rust.md")]
    struct Crate;

    #[doc = include_str!("../docs/scopes.md")]
    struct Scopes;
}
