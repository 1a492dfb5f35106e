//! An app's own source of identities.

use super::Local;
use crate::identity::{Did, Handle};
use crate::json::Json;
use std::fmt;

/// What is to be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// The account behind what a user typed, a handle as a rule: `{did, didDoc}`.
    Identity(&'a str),
    /// The account that a handle leads to: its DID, as a string.
    Handle(&'a Handle),
    /// The document of a DID.
    Document(&'a Did),
}

/// Answers in the network's place what an app would rather find out by itself.
pub trait Resolver {
    /// Whether questions of this kind are for this resolver, and not for the network.
    fn knows(&self, question: Question<'_>) -> bool;

    /// Asks; `fresh` means past every cache. `None`: there is no such account. Dropping the future gives the question up.
    fn ask<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>>;
}

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
