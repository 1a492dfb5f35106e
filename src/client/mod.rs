//! The client: flows over the ports, as services that own their state.
//!
//! A service receives the services that it uses, and refers to none that comes after it in this order. A test of `xtask`
//! checks that:
//!
//! 1. `error`, `policy`: errors; every time span and limit, and the decisions on them;
//! 2. `config`, `given_options`, `share`, `environment`, `network`: the options, the machine's services, timed requests;
//! 3. `directory`: an account's identity, and the servers responsible for it;
//! 4. `exchange`: proofs of possession, and the nonces and times learned from responses;
//! 5. `notifications`, `accounts`: notifications of the app and the other tabs, and the accounts of this browser;
//! 6. `sessions`: stored, in use, locked, ended;
//! 7. `authority`, `refresh`, `sign_out`: checks, refreshes and ends a session;
//! 8. `session`, `request`, `host_requests`, `restore`: an app's session object, its requests, its restoration;
//! 9. `sign_in`, `callback`, `popup`, `startup`: create a session;
//! 10. `metadata`, `services`, `oauth_client`: loading client metadata, creating the services, and the interface.

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
pub use session::{OAuthSession, ResourceResponse, TokenInfo};
pub use startup::Initialized;
