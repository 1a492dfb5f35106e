//! An account in a list.

use atproto_oauth_wasm::{Account, AccountStatus};

/// What a row of the list says, and what pressing its buttons means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What the account is called, and what to sign in with.
    pub name: String,
    /// Whether its session is there, so that a press changes to it; otherwise one begins a sign-in.
    pub signed_in: bool,
    /// What the first button says.
    pub verb: &'static str,
    /// The whole of it, for those who do not see which row it is in.
    pub activate_label: String,
    /// The same for the second button.
    pub forget_label: String,
}

impl Row {
    /// The row of an account.
    pub fn of(account: &Account) -> Self {
        let name = match &account.handle {
            Some(handle) => handle.to_string(),
            None => account.did.to_string(),
        };
        let signed_in = account.status == AccountStatus::SignedIn;
        let (verb, activate_label, forget_label) = match signed_in {
            true => (
                "Switch",
                format!("Switch to {name}"),
                format!("Sign out and forget {name}"),
            ),
            false => (
                "Sign in",
                format!("Sign in as {name}"),
                format!("Forget {name}"),
            ),
        };
        Self {
            name,
            signed_in,
            verb,
            activate_label,
            forget_label,
        }
    }
}
