//! Builds a scope from permissions.

use super::{
    AccountAction, AccountAttr, AccountPermission, BlobPermission, IdentityAttr, IncludePermission,
    Permission, RepoAction, RepoPermission, RpcPermission, Scope, ScopeError, Transition,
};

/// Collects permissions. [`build`](Self::build) reports an invalid one.
///
/// ```
/// use atproto_oauth_wasm::{Scope, ScopeError};
///
/// let part = Scope::builder().atproto().rpc("app.bsky.*", "*").build();
/// assert_eq!(part, Err(ScopeError::InvalidValue("lxm", "app.bsky.*".to_owned())));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "`build` makes the scope"]
pub struct ScopeBuilder {
    permissions: Vec<Permission>,
    /// The first error.
    error: Option<ScopeError>,
}

impl ScopeBuilder {
    /// Adds `atproto`, which every session requires.
    pub fn atproto(self) -> Self {
        self.permission(Permission::Atproto)
    }

    /// Adds a transitional scope.
    pub fn transition(self, transition: Transition) -> Self {
        self.permission(Permission::Transition(transition))
    }

    /// Adds writing of records of one type, or of all types with `*`. For several types in one permission, use
    /// [`RepoPermission::new`].
    pub fn repo(self, collection: &str, actions: impl IntoIterator<Item = RepoAction>) -> Self {
        self.add(RepoPermission::new([collection], actions).map(Permission::Repo))
    }

    /// Adds calls of one method, or of all with `*`, at one service, or at any with `*`. For several methods in one permission,
    /// use [`RpcPermission::new`].
    pub fn rpc(self, lxm: &str, aud: &str) -> Self {
        self.add(RpcPermission::new([lxm], aud).map(Permission::Rpc))
    }

    /// Adds uploads of one media type, such as `image/png` or `image/*`. For several in one permission, use
    /// [`BlobPermission::new`].
    pub fn blob(self, accept: &str) -> Self {
        self.add(BlobPermission::new([accept]).map(Permission::Blob))
    }

    /// Adds control of a part of the account's hosting.
    pub fn account(self, attr: AccountAttr, action: AccountAction) -> Self {
        self.permission(Permission::Account(AccountPermission { attr, action }))
    }

    /// Adds control of the account's identity.
    pub fn identity(self, attr: IdentityAttr) -> Self {
        self.permission(Permission::Identity(attr))
    }

    /// Adds a published permission set, with the service that its permissions inherit.
    pub fn include(self, nsid: &str, aud: Option<&str>) -> Self {
        self.add(IncludePermission::new(nsid, aud.map(str::to_owned)).map(Permission::Include))
    }

    /// Adds a permission.
    pub fn permission(mut self, permission: Permission) -> Self {
        self.permissions.push(permission);
        self
    }

    fn add(mut self, permission: Result<Permission, ScopeError>) -> Self {
        match permission {
            Ok(permission) => self.permissions.push(permission),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// The scope, or the first error.
    pub fn build(self) -> Result<Scope, ScopeError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.permissions.into_iter().collect()),
        }
    }
}
