//! The purpose of a call.

use crate::identity::Did;
use crate::sentences::{self, Arguments, Key, Message, key};
use std::fmt;

/// The purpose of a call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// To resolve something: its kind, such as an identity, and the user's input or the server's name.
    Resolving(&'static str, String),
    /// To store the account's session.
    Storing(Did),
}

impl Message for Purpose {
    fn key(&self) -> Key {
        match self {
            Self::Resolving(..) => key!("RESOLVING"),
            Self::Storing(_) => key!("STORING"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::Resolving(what, subject) => {
                to.text("what", what);
                to.text("subject", subject);
            }
            Self::Storing(sub) => to.text("sub", sub.as_str()),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sentences::write(self, f)
    }
}
