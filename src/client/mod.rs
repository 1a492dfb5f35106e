//! The client: flows over the ports, as services that own their state.
//!
//! A service is made with what it may touch, and refers to no service that comes after it in this order, to which a
//! test of `xtask` holds them:
//!
//! 1. `error`, `policy`: what can go wrong, and every time span, limit and decision on them;
//! 2. `config`, `given_options`, `share`, `environment`, `network`: the options, what the machine offers, requests with time limits;
//! 3. `directory`: who an account is, and which servers are responsible for it;
//! 4. `exchange`: proofs of possession, and what servers' responses teach us about them;
//! 5. `notifications`, `accounts`: what the app and other tabs are notified of, and the accounts of this browser;
//! 6. `sessions`: stored, in use, locked, ended;
//! 7. `authority`, `refresh`, `sign_out`: what becomes of a session;
//! 8. `session`, `request`, `host_requests`, `restore`: the session that an app holds and its requests, and how it comes back from storage;
//! 9. `sign_in`, `callback`, `popup`, `startup`: how a session comes about;
//! 10. `metadata`, `services`, `oauth_client`: what an app loads, how it all is put together, and the interface.

mod accounts;
mod authority;
mod callback;
mod config;
mod directory;
mod environment;
mod error;
mod exchange;
mod given_options;
#[cfg(target_arch = "wasm32")]
mod host_requests;
mod metadata;
mod network;
mod notifications;
mod oauth_client;
pub(crate) mod policy;
mod popup;
mod refresh;
#[cfg(not(target_arch = "wasm32"))]
mod request;
mod restore;
mod services;
mod session;
mod sessions;
mod share;
mod sign_in;
mod sign_out;
mod startup;

pub use callback::SignedIn;
pub use config::ClientOptions;
pub use error::{CallbackContext, Error, ErrorKind, HostError, PopupError, Purpose, Step};
pub(crate) use given_options::{GivenOptions, storage_name, time_limit};
pub use metadata::load_client_metadata;
pub use oauth_client::{OAuthClient, Persistence};
#[cfg(target_arch = "wasm32")]
pub(crate) use policy::Tried;
pub use refresh::Refresh;
#[cfg(not(target_arch = "wasm32"))]
pub use request::Credentials;
#[cfg(target_arch = "wasm32")]
pub(crate) use session::Sent;
pub use session::{OAuthSession, ResourceAnswer, TokenInfo};
pub use startup::Initialized;
