//! Renewing a session where the work outlives the page.

use super::{Local, Thrown};
use crate::identity::Did;
use crate::oauth::SessionEnd;

/// Has sessions renewed by another client of the same origin, which goes on when the page is closed: a worker's.
pub trait Renewer {
    /// Asks for newer tokens than those of this [id](crate::OAuthSession::token_id). The other client takes the account's
    /// lock, stores what it gets, and tells the bus.
    fn renew<'a>(&'a self, sub: &'a Did, seen: &'a str) -> Local<'a, Renewal>;
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Renewal {
    /// It was done, and the result is in the store; or nobody was there to do it, and the store is as it was.
    Stored,
    /// The session is over.
    Ended(SessionEnd),
    /// It failed; the other client's error.
    Failed(Thrown),
}
