//! Telling the other tabs, and telling the app.

use super::{Guard, Local};
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};

/// What one tab tells the others: that something changed, never a token and never a key.
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
    /// The session of this account has ended. Several tabs can find that at the same time, and each says so.
    End(Did),
    /// Any other reason.
    Other,
}

/// The other tabs of the origin.
pub trait Bus {
    /// Tells all other tabs in which this client runs. Nothing comes back to the sender.
    fn post(&self, client_id: &str, message: &Message);

    /// Hears what others tell of this client's sessions, until the guard is dropped. What names no client is for all.
    fn listen(&self, client_id: &str, heard: Box<dyn Fn(Message)>) -> Guard;
}

/// Whose doing it was that a session changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An operation of this tab, which waits for the observer.
    ThisTab,
    /// Another tab.
    AnotherTab,
}

/// The app's own ears: told after the fact was stored, in this tab as in the others.
pub trait Observer {
    /// A session is new, or has new tokens. An error fails the operation that brought them, in this tab.
    fn updated<'a>(&'a self, tokens: &'a TokenSet, by: By) -> Local<'a, Result<(), String>>;

    /// A session has ended.
    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>>;

    /// The list of accounts, or which of them is active, is another. Times of last use do not count.
    fn accounts_changed(&self) {}
}
