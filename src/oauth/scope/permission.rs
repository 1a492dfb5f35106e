//! A permission of any kind.

use super::syntax::{Syntax, is_token};
use super::{
    ATPROTO_SCOPE, AccountPermission, BlobPermission, IdentityAttr, IncludePermission,
    RepoPermission, RpcPermission, ScopeError, Transition,
};
use super::{account, blob, identity, include, repo, rpc};
use std::fmt;
use std::str::FromStr;

/// One token of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// `atproto`: required for every session; it gives the account's DID.
    Atproto,
    /// `transition:`
    Transition(Transition),
    /// `repo:`
    Repo(RepoPermission),
    /// `rpc:`
    Rpc(RpcPermission),
    /// `blob:`
    Blob(BlobPermission),
    /// `account:`
    Account(AccountPermission),
    /// `identity:`
    Identity(IdentityAttr),
    /// `include:`
    Include(IncludePermission),
    /// Any other token that a server granted.
    Unknown(UnknownPermission),
}

impl Permission {
    /// Parses a token; an unknown one is an error and never [`Unknown`](Self::Unknown). A permission can have several
    /// spellings.
    ///
    /// ```
    /// use atproto_oauth_wasm::Permission;
    ///
    /// let long = Permission::parse("repo?action=delete&action=update&action=create&collection=com.example.note");
    /// assert_eq!(long, Permission::parse("repo:com.example.note"));
    /// ```
    pub fn parse(token: &str) -> Result<Self, ScopeError> {
        if !is_token(token) {
            return Err(ScopeError::InvalidCharacter(token.to_owned()));
        }
        if token == ATPROTO_SCOPE {
            return Ok(Self::Atproto);
        }
        if let Some(transition) = Transition::parse(token) {
            return Ok(Self::Transition(transition));
        }
        let syntax = Syntax::split(token);
        Ok(match syntax.resource {
            repo::RESOURCE => Self::Repo(RepoPermission::read(&syntax)?),
            rpc::RESOURCE => Self::Rpc(RpcPermission::read(&syntax)?),
            blob::RESOURCE => Self::Blob(BlobPermission::read(&syntax)?),
            account::RESOURCE => Self::Account(AccountPermission::read(&syntax)?),
            identity::RESOURCE => Self::Identity(IdentityAttr::read(&syntax)?),
            include::RESOURCE => Self::Include(IncludePermission::read(&syntax)?),
            _ => return Err(ScopeError::UnknownResource(token.to_owned())),
        })
    }
}

/// Parses like [`Permission::parse`].
impl FromStr for Permission {
    type Err = ScopeError;

    fn from_str(token: &str) -> Result<Self, ScopeError> {
        Self::parse(token)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atproto => f.write_str(ATPROTO_SCOPE),
            Self::Transition(transition) => transition.fmt(f),
            Self::Repo(permission) => permission.fmt(f),
            Self::Rpc(permission) => permission.fmt(f),
            Self::Blob(permission) => permission.fmt(f),
            Self::Account(permission) => permission.fmt(f),
            Self::Identity(attr) => f.write_str(&attr.token()),
            Self::Include(permission) => permission.fmt(f),
            Self::Unknown(permission) => f.write_str(permission.as_str()),
        }
    }
}

/// An unknown token, as it was granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownPermission(pub(super) String);

impl UnknownPermission {
    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
