//! Messages between the windows of an origin: its tabs, and a popup and the page that opened it.

use super::Guard;
use crate::identity::Did;
use crate::oauth::{PopupFailure, SessionEnd};
use crate::secret::Secret;

/// A message from one tab to the others: that something changed, never a token and never a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The stored session of this account is a new one, or has new tokens.
    Updated(Did),
    /// The session of this account has ended.
    Deleted(Did, SessionEnd),
    /// The list of accounts, or which of them is active, has changed.
    Accounts(AccountsChange),
}

/// Why the list of accounts, or which of them is active, has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsChange {
    /// The session of this account has ended. Several tabs can find that at the same time, and each posts it.
    End(Did),
    /// Any other reason.
    Other,
}

/// A message between a popup and the page that opened it. It is addressed by a random key that only these two know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupMessage {
    /// From the popup: the account that was signed in, or what went wrong.
    Result {
        /// The sign-in it belongs to.
        key: String,
        /// The outcome.
        result: Result<Did, PopupFailure>,
    },
    /// From the popup: the authorization response to a sign-in that is not in its storage, for the page that has it in memory. Only that
    /// page can use the code: it has the PKCE verifier and the key.
    Answer {
        /// The `state` of the response.
        key: String,
        /// The parameters of the response, form-encoded.
        params: Secret,
    },
    /// From the page: it has received the message, and goes on.
    Acknowledged {
        /// The sign-in it belongs to.
        key: String,
    },
}

/// Sends messages to the other windows of the origin. Opener policies do not cut it, as they cut `window.opener`.
pub trait Channel {
    /// Posts a message to all other tabs in which this client runs. Nothing comes back to the sender.
    fn post_to_tabs(&self, client_id: &str, message: &Message);

    /// Calls the handler for each message of other tabs about this client's sessions, until the guard is dropped. A message
    /// that names no client is for all.
    fn listen_to_tabs(&self, client_id: &str, handler: Box<dyn Fn(Message)>) -> Guard;

    /// Posts a message to the popups, or to the pages that opened them.
    fn post_to_popups(&self, message: &PopupMessage);

    /// Calls the handler for each message of a popup or of a page that opened one, until the guard is dropped. `None`: this
    /// host has no such channel.
    fn listen_to_popups(&self, handler: Box<dyn Fn(PopupMessage)>) -> Option<Guard>;
}
