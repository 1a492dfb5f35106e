//! What the example apps have in common, whatever they are drawn with: how the client is set up, what is asked of the
//! account's server, and what is said when something fails.

mod problem;
mod repo;
mod settings;

pub use problem::Problem;
pub use repo::{Post, Profile, posts, profile, publish};
pub use settings::Settings;

use atproto_oauth_wasm::Account;

/// What an account is called in a list.
pub fn name_of(account: &Account) -> String {
    match &account.handle {
        Some(handle) => handle.to_string(),
        None => account.did.to_string(),
    }
}
