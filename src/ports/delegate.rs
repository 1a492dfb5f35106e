//! What is done in the client's place: by the app's own code, or by another client.

use super::Local;
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::SessionEnd;
use std::fmt;

/// A question about an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// The account behind what a user typed, a handle as a rule: `{did, didDoc}`.
    Identity(&'a str),
    /// The account that a handle leads to: its DID, as a string.
    Handle(&'a Handle),
    /// The document of a DID.
    Document(&'a Did),
}

/// What came of a refresh that another client was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum DelegatedRefresh {
    /// The new tokens are in the store; or nobody was there to refresh, and the store is as it was.
    Stored,
    /// The session has ended.
    Ended(SessionEnd),
    /// It failed; the other client's error.
    Failed(Thrown),
}

/// Does in the client's place what an app would rather do itself. By default, nothing.
pub trait Delegate {
    /// Whether it answers questions of this kind, which are then not asked of the network.
    fn answers(&self, _question: Question<'_>) -> bool {
        false
    }

    /// Answers a question; `fresh` means past every cache. `None`: there is no such account. Dropping the future gives the
    /// question up.
    fn answer<'a>(
        &'a self,
        _question: Question<'a>,
        _fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether another client of the same origin refreshes sessions, one that goes on when the page is closed: a worker's.
    fn refreshes(&self) -> bool {
        false
    }

    /// Asks that client for newer tokens than those of this [id](crate::OAuthSession::token_id). It takes the account's lock,
    /// stores the tokens, and notifies the other tabs.
    fn refresh<'a>(&'a self, _sub: &'a Did, _seen: &'a str) -> Local<'a, DelegatedRefresh> {
        Box::pin(async { DelegatedRefresh::Stored })
    }
}

/// Nothing is delegated.
impl Delegate for () {}

/// What the app's own code threw.
#[derive(Clone, PartialEq)]
pub struct Thrown {
    /// What it says.
    pub words: String,
    /// The error itself, where the host has errors that are values.
    pub value: Option<Json>,
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Thrown {}

/// The value can be anything of the app's.
impl fmt::Debug for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thrown({})", self.words)
    }
}
