//! Notifying the app.

use super::Local;
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};

/// Whose doing it was that a session changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An operation of this tab, which waits for the observer.
    ThisTab,
    /// Another tab.
    AnotherTab,
}

/// The app's own handlers, called after a change was stored, in this tab as in the others.
pub trait Observer {
    /// A session is new, or has new tokens. An error fails the operation that brought them, in this tab.
    fn updated<'a>(&'a self, tokens: &'a TokenSet, by: By) -> Local<'a, Result<(), String>>;

    /// A session has ended.
    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>>;

    /// The list of accounts, or which of them is active, is another. Times of last use do not count.
    fn accounts_changed(&self) {}
}
