//! Compares a granted scope with a needed one.

use super::names::ANY;
use super::{
    AccountAction, AccountAttr, AccountPermission, IdentityAttr, Permission, RepoAction, Scope,
    Transition,
};

/// The methods that `transition:generic` excludes and `transition:chat.bsky` adds.
const CHAT: &str = "chat.bsky.";

impl Scope {
    /// Whether this scope allows everything that `needed` does, by any combination of its permissions.
    ///
    /// It never returns a false positive. It cannot look inside `include:` sets: an `include` covers only itself, with and
    /// without its `aud`, and no other permission covers it. Check the individual permissions instead, which servers grant in
    /// place of a set.
    ///
    /// `transition:generic` covers every `repo`, `blob` and `rpc`, except the methods of `chat.bsky`, which need
    /// `transition:chat.bsky` as well. `transition:email` covers `account:email`.
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

    /// The permissions of `needed` that this scope does not cover, to request in addition at the next sign-in.
    pub fn missing(&self, needed: &Self) -> Self {
        let missing = needed.iter().filter(|permission| !self.allows(permission));
        missing.cloned().collect()
    }

    /// Whether this scope covers one permission.
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

    /// Either may be `*`. The reference server differs: it accepts `transition:generic` alone for `*`, although not for every
    /// single method; and `transition:chat.bsky` alone for its methods, which the specification forbids.
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
