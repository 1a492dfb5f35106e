//! The atproto permission scopes: parsing, printing and comparing.
//!
//! Source: atproto specification, "Permissions", and "OAuth", section "Authorization Scopes". If the specification does not
//! decide, this follows the reference server's `@atproto/oauth-scopes`, because servers ignore a scope that they cannot parse.

mod account;
mod blob;
mod builder;
mod covers;
mod error;
mod identity;
mod include;
mod names;
mod permission;
mod repo;
mod rpc;
mod syntax;
mod transition;

pub use account::{AccountAction, AccountAttr, AccountPermission};
pub use blob::BlobPermission;
pub use builder::ScopeBuilder;
pub use error::ScopeError;
pub use identity::IdentityAttr;
pub use include::IncludePermission;
pub use permission::{Permission, UnknownPermission};
pub use repo::{RepoAction, RepoPermission};
pub use rpc::RpcPermission;
pub use transition::Transition;

use std::fmt;
use std::str::FromStr;

/// The scope token that every atproto session requires.
pub const ATPROTO_SCOPE: &str = "atproto";

/// Whether a space-separated scope has a token.
pub(crate) fn scope_has(scope: &str, token: &str) -> bool {
    scope.split(' ').any(|t| t == token)
}

/// A set of permissions, which an app requests or a session was granted.
///
/// It prints as the canonical scope string: the tokens in alphabetical order, each in its shortest form. Use that string both
/// in the client metadata and in the request, because servers compare the two token by token.
///
/// ```
/// use atproto_oauth_wasm::{RepoAction, Scope};
///
/// # fn main() -> Result<(), atproto_oauth_wasm::ScopeError> {
/// let needed = Scope::builder()
///     .atproto()
///     .repo("app.bsky.feed.post", [RepoAction::Create, RepoAction::Delete])
///     .rpc("app.bsky.actor.getProfile", "did:web:api.bsky.app#bsky_appview")
///     .blob("image/*")
///     .build()?;
/// assert_eq!(
///     needed.to_string(),
///     "atproto blob:image/* repo:app.bsky.feed.post?action=create&action=delete \
///      rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview"
/// );
///
/// let granted = Scope::parse("atproto repo:* blob:*/*")?;
/// assert!(!granted.covers(&needed));
/// assert_eq!(
///     granted.missing(&needed).to_string(),
///     "rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Sorted by their text, without duplicates, so that scopes that print alike are equal.
    permissions: Vec<Permission>,
}

impl Scope {
    /// Starts to build a scope from permissions.
    pub fn builder() -> ScopeBuilder {
        ScopeBuilder::default()
    }

    /// Parses a scope that a server granted. A token with an unknown resource or parameter is kept as it is, because servers
    /// may support more permissions than this crate. It covers nothing but itself.
    ///
    /// The only error is a character that is not allowed in a scope, [`ScopeError::InvalidCharacter`].
    ///
    /// ```
    /// use atproto_oauth_wasm::Scope;
    ///
    /// let granted = Scope::parse("atproto repo?collection=com.example.note&action=create future:thing");
    /// assert_eq!(
    ///     granted.map(|scope| scope.to_string()).as_deref(),
    ///     Ok("atproto future:thing repo:com.example.note?action=create")
    /// );
    /// ```
    pub fn parse(scope: &str) -> Result<Self, ScopeError> {
        tokens(scope)
            .map(|token| match Permission::parse(token) {
                Err(error @ ScopeError::InvalidCharacter(_)) => Err(error),
                Err(_) => Ok(Permission::Unknown(UnknownPermission(token.to_owned()))),
                Ok(permission) => Ok(permission),
            })
            .collect()
    }

    /// Parses a scope that an app requests. An unknown token is an error, because a server would ignore it silently.
    ///
    /// ```
    /// use atproto_oauth_wasm::{Scope, ScopeError};
    ///
    /// let typo = Scope::parse_strict("atproto repo:com.example.note?actions=create");
    /// assert_eq!(typo.map_err(|error| error.code()), Err("SCOPE_PARAMETER_UNKNOWN"));
    /// ```
    pub fn parse_strict(scope: &str) -> Result<Self, ScopeError> {
        tokens(scope).map(Permission::parse).collect()
    }

    /// The permissions, in the order of printing.
    pub fn iter(&self) -> std::slice::Iter<'_, Permission> {
        self.permissions.iter()
    }

    /// Whether there are no permissions.
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }
}

/// The tokens of a scope. RFC 6749 section 3.3 separates them by one space, but several spaces must not end a session.
fn tokens(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|token| !token.is_empty())
}

impl FromIterator<Permission> for Scope {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut permissions: Vec<Permission> = permissions.into_iter().collect();
        permissions.sort_by_cached_key(Permission::to_string);
        permissions.dedup();
        Self { permissions }
    }
}

impl<'a> IntoIterator for &'a Scope {
    type Item = &'a Permission;
    type IntoIter = std::slice::Iter<'a, Permission>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Scope {
    type Item = Permission;
    type IntoIter = std::vec::IntoIter<Permission>;

    fn into_iter(self) -> Self::IntoIter {
        self.permissions.into_iter()
    }
}

/// Parses like [`Scope::parse`].
impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(scope: &str) -> Result<Self, ScopeError> {
        Self::parse(scope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, permission) in self.permissions.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            permission.fmt(f)?;
        }
        Ok(())
    }
}
