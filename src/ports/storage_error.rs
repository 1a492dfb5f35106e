//! How storage fails.

use super::KeyError;
use crate::sentences::{self, Arguments, Key, Message, key, said};

/// Why storage did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageError {
    /// The browser refuses storage to this page.
    Denied(String),
    /// No space left.
    Full,
    /// The connection or the transaction died; the browser's words.
    Failed(String),
    /// A stored row does not have the form it must have: the member that is wrong.
    Corrupt(&'static str),
    /// There is a row that the browser does not give out here. Other tabs or workers may be able to read it.
    Unreadable,
    /// The row is good, but its key cannot be used: this page is not where it was stored.
    Key(KeyError),
    /// The client was disposed of.
    Disposed,
}

impl StorageError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// Whether the same operation may well succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full | Self::Failed(_))
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for StorageError {
    fn key(&self) -> Key {
        match self {
            Self::Denied(_) => key!("STORAGE_DENIED"),
            Self::Full => key!("STORAGE_FULL"),
            Self::Failed(_) => key!("STORAGE_FAILED"),
            Self::Corrupt(_) => key!("STORAGE_CORRUPT"),
            Self::Unreadable => key!("STORAGE_UNREADABLE"),
            Self::Key(error) => error.key(),
            Self::Disposed => key!("DISPOSED"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::Denied(why) | Self::Failed(why) => to.text("reason", why),
            Self::Corrupt(member) => to.text("member", member),
            Self::Key(error) => error.arguments(to),
            _ => {}
        }
    }
}

said!(StorageError);
