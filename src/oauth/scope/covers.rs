//! Whether what was granted is enough.

use super::names::ANY;
use super::{
    AccountAction, AccountAttr, AccountPermission, IdentityAttr, Permission, RepoAction, Scope,
    Transition,
};

/// The methods that `transition:generic` leaves to `transition:chat.bsky`.
const CHAT: &str = "chat.bsky.";

impl Scope {
    /// Whether this grant allows all that `needed` does, by whatever combination of its permissions.
    ///
    /// It is sure of a yes. Permission sets cannot be looked into from here: an `include` covers itself and what it is
    /// without its `aud`, and no permission covers it. So ask for the permissions themselves, which servers grant in the
    /// place of a set.
    ///
    /// `transition:generic` covers every `repo`, `blob` and `rpc` but for the methods of `chat.bsky`; with
    /// `transition:chat.bsky` beside it those too; `transition:email` covers `account:email`.
    ///
    /// ```
    /// use atproto_oauth_wasm::Scope;
    ///
    /// # fn main() -> Result<(), atproto_oauth_wasm::ScopeError> {
    /// let granted = Scope::parse("repo:com.example.note?action=create repo:*?action=delete")?;
    /// assert!(granted.covers(&"repo:com.example.note?action=create&action=delete".parse()?));
    /// assert!(!granted.covers(&"repo:com.example.note".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn covers(&self, needed: &Self) -> bool {
        needed.iter().all(|permission| self.allows(permission))
    }

    /// The permissions of `needed` that this grant does not cover: what to ask for, beside what there is, at the next sign-in.
    pub fn missing(&self, needed: &Self) -> Self {
        let missing = needed.iter().filter(|permission| !self.allows(permission));
        missing.cloned().collect()
    }

    /// Whether this grant covers one permission.
    pub fn allows(&self, needed: &Permission) -> bool {
        self.permissions.contains(needed)
            || match needed {
                Permission::Repo(needed) => {
                    let allowed = |collection: &String| {
                        let mut actions = needed.actions().iter();
                        actions.all(|action| self.allows_write(collection, *action))
                    };
                    needed.collections().iter().all(allowed)
                }
                Permission::Rpc(needed) => {
                    let mut methods = needed.lxm().iter();
                    methods.all(|lxm| self.allows_call(lxm, needed.aud()))
                }
                Permission::Blob(needed) => {
                    let mut patterns = needed.accept().iter();
                    patterns.all(|pattern| self.allows_upload(pattern))
                }
                Permission::Account(needed) => self.allows_account(*needed),
                Permission::Identity(_) => {
                    self.any(|own| matches!(own, Permission::Identity(IdentityAttr::All)))
                }
                Permission::Include(needed) => {
                    self.any(|own| matches!(own, Permission::Include(own) if own.allows(needed)))
                }
                Permission::Atproto | Permission::Transition(_) | Permission::Unknown(_) => false,
            }
    }

    fn allows_write(&self, collection: &str, action: RepoAction) -> bool {
        self.has(Transition::Generic)
            || self
                .any(|own| matches!(own, Permission::Repo(own) if own.allows(collection, action)))
    }

    /// Either may be `*`. The reference server lets `transition:generic` alone do for every method at once, but not for each
    /// of them; and `transition:chat.bsky` alone for its methods, which the specification says it must not.
    fn allows_call(&self, lxm: &str, aud: &str) -> bool {
        let needs_chat = lxm == ANY || lxm.starts_with(CHAT);
        self.has(Transition::Generic) && (!needs_chat || self.has(Transition::ChatBsky))
            || self.any(|own| matches!(own, Permission::Rpc(own) if own.allows(lxm, aud)))
    }

    fn allows_upload(&self, pattern: &str) -> bool {
        self.has(Transition::Generic)
            || self.any(|own| matches!(own, Permission::Blob(own) if own.allows(pattern)))
    }

    fn allows_account(&self, needed: AccountPermission) -> bool {
        const READ_EMAIL: AccountPermission = AccountPermission {
            attr: AccountAttr::Email,
            action: AccountAction::Read,
        };
        needed == READ_EMAIL && self.has(Transition::Email)
            || self.any(|own| {
                matches!(own, Permission::Account(own) if own.attr == needed.attr && own.action >= needed.action)
            })
    }

    fn has(&self, transition: Transition) -> bool {
        self.any(|own| matches!(own, Permission::Transition(own) if *own == transition))
    }

    fn any(&self, test: impl Fn(&Permission) -> bool) -> bool {
        self.permissions.iter().any(test)
    }
}
