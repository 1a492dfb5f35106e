//! What a session may do: the atproto permission scopes, read, written and compared.
//!
//! Source: atproto specification, "Permissions", and "OAuth", section "Authorization Scopes". Where the specification is
//! silent, what the reference server's `@atproto/oauth-scopes` does decides: servers ignore a scope that they cannot read.

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

/// The scope token without which there is no atproto session.
pub const ATPROTO_SCOPE: &str = "atproto";

/// Whether a space-separated scope holds a token.
pub(crate) fn scope_has(scope: &str, token: &str) -> bool {
    scope.split(' ').any(|t| t == token)
}

/// A set of permissions: what an app asks for, or what a session was granted.
///
/// It prints as the canonical scope string, its tokens in alphabetical order and each as short as it can be. Use that string
/// in the client metadata as well as in the request: servers compare the two token by token.
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
    /// In the order of their text, each once: two scopes are equal where they print alike.
    permissions: Vec<Permission>,
}

impl Scope {
    /// Begins a scope permission by permission.
    pub fn builder() -> ScopeBuilder {
        ScopeBuilder::default()
    }

    /// Reads what a server grants. A token that is not understood, because of its resource or of its parameters, is kept as it
    /// is: permissions are to evolve, and a server may know more of them. It covers nothing but itself.
    ///
    /// The only error is a character that no scope can hold, [`ScopeError::InvalidCharacter`].
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

    /// Reads what an app asks for: a token that is not understood is an error. A server would ignore it without a word.
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

    /// The permissions, in the order in which they are printed.
    pub fn iter(&self) -> std::slice::Iter<'_, Permission> {
        self.permissions.iter()
    }

    /// Whether there is no permission at all.
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }
}

/// RFC 6749 section 3.3 separates tokens by one space; several are no reason to lose a session.
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

/// As [`Scope::parse`] reads.
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
