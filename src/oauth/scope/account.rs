//! Permissions for the hosting of the account.

use super::ScopeError;
use super::syntax::{Syntax, exactly_one, print};
use std::fmt;

pub(super) const RESOURCE: &str = "account";

/// A part of how an account is hosted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountAttr {
    /// The email address.
    Email,
    /// The repository as a whole, as a CAR file.
    Repo,
    /// Whether the account is active. The reference server supports it; the specification does not have it yet.
    Status,
}

impl AccountAttr {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Email, Self::Repo, Self::Status];

    /// The parameter's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Repo => "repo",
            Self::Status => "status",
        }
    }
}

/// The kind of access. `Manage` includes `Read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountAction {
    /// To read it.
    Read,
    /// To read and change it.
    Manage,
}

impl AccountAction {
    /// The parameter's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }

    fn parse(text: String) -> Result<Self, ScopeError> {
        match text.as_str() {
            "read" => Ok(Self::Read),
            "manage" => Ok(Self::Manage),
            _ => Err(ScopeError::InvalidValue("action", text)),
        }
    }
}

/// To read or change how the account is hosted: `account:email`.
///
/// Source: atproto specification, "Permissions", section "account".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountPermission {
    /// The part.
    pub attr: AccountAttr,
    /// The kind of access.
    pub action: AccountAction,
}

impl AccountPermission {
    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [attr, actions] = syntax.read(RESOURCE, ["attr", "action"])?;
        let attr = exactly_one(RESOURCE, "attr", attr)?;
        let known = AccountAttr::ALL
            .into_iter()
            .find(|known| known.as_str() == attr);
        // The specification has one action; the reference server reads several and uses the greatest.
        let mut action = AccountAction::Read;
        for text in actions {
            action = action.max(AccountAction::parse(text)?);
        }
        Ok(Self {
            attr: known.ok_or(ScopeError::InvalidValue("attr", attr))?,
            action,
        })
    }
}

impl fmt::Display for AccountPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attr = [self.attr.as_str().to_owned()];
        let action: &[&str] = match self.action {
            AccountAction::Read => &[],
            AccountAction::Manage => &["manage"],
        };
        f.write_str(&print(RESOURCE, ("attr", &attr), ("action", action)))
    }
}
