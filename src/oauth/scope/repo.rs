//! Permissions to write records.

use super::ScopeError;
use super::names::Nsids;
use super::syntax::{Syntax, print};
use std::fmt;

pub(super) const RESOURCE: &str = "repo";

/// An operation on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepoAction {
    /// Create one.
    Create,
    /// Replace one.
    Update,
    /// Remove one.
    Delete,
}

impl RepoAction {
    /// All actions, which is also the meaning of a permission without actions.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The parameter's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn parse(text: String) -> Result<Self, ScopeError> {
        let found = Self::ALL.into_iter().find(|own| own.as_str() == text);
        found.ok_or(ScopeError::InvalidValue("action", text))
    }
}

/// To write records of the account's repository: `repo:app.bsky.feed.post?action=create`.
///
/// Source: atproto specification, "Permissions", section "repo".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepoPermission {
    collections: Nsids,
    actions: Vec<RepoAction>,
}

impl RepoPermission {
    /// Creates a permission for record types, or for every type if `*` is among them. Both lists need at least one element;
    /// [`RepoAction::ALL`] is every action.
    ///
    /// ```
    /// use atproto_oauth_wasm::{RepoAction, RepoPermission};
    ///
    /// let both = RepoPermission::new(["com.example.post", "com.example.like"], RepoAction::ALL);
    /// assert_eq!(
    ///     both.map(|both| both.to_string()).as_deref(),
    ///     Ok("repo?collection=com.example.like&collection=com.example.post")
    /// );
    /// ```
    pub fn new<C: Into<String>>(
        collections: impl IntoIterator<Item = C>,
        actions: impl IntoIterator<Item = RepoAction>,
    ) -> Result<Self, ScopeError> {
        let collections = collections.into_iter().map(C::into).collect();
        let mut actions: Vec<RepoAction> = actions.into_iter().collect();
        if actions.is_empty() {
            return Err(ScopeError::MissingParameter(RESOURCE, "action"));
        }
        actions.sort();
        actions.dedup();
        Ok(Self {
            collections: Nsids::new(RESOURCE, "collection", collections)?,
            actions,
        })
    }

    /// The record types: NSIDs, or `*` alone.
    pub fn collections(&self) -> &[String] {
        self.collections.as_slice()
    }

    /// The actions, at least one.
    pub fn actions(&self) -> &[RepoAction] {
        &self.actions
    }

    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [collections, actions] = syntax.read(RESOURCE, ["collection", "action"])?;
        let mut actions = actions
            .into_iter()
            .map(RepoAction::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if actions.is_empty() {
            actions.extend(RepoAction::ALL);
        }
        Self::new(collections, actions)
    }

    /// Whether it covers an action on a collection, or on all collections with `*`.
    pub(super) fn allows(&self, collection: &str, action: RepoAction) -> bool {
        self.actions.contains(&action) && self.collections.include(collection)
    }
}

impl fmt::Display for RepoPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut actions: Vec<&str> = self.actions.iter().map(|action| action.as_str()).collect();
        if self.actions == RepoAction::ALL {
            actions.clear();
        }
        f.write_str(&print(
            RESOURCE,
            ("collection", self.collections()),
            ("action", &actions),
        ))
    }
}
