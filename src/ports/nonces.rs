//! DPoP nonces that outlive the page.

use crate::identity::Did;

/// Remembers the nonces of a session's servers, so that a new page need not be told them again. They are no secrets, and
/// go stale within minutes. A convenience: where it cannot, it forgets.
pub trait NonceStore {
    /// What was kept for an account.
    fn get(&self, did: &Did) -> Option<String>;

    /// Keeps a text for an account, or forgets it.
    fn set(&self, did: &Did, nonces: Option<&str>);
}
