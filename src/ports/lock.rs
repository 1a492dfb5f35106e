//! Mutual exclusion over all pages and workers of an origin.

use super::{Guard, Local};

/// Grants a named lock to one holder at a time.
pub trait Lock {
    /// Waits for the lock. It is held until the guard is dropped; dropping the future gives up the place in the queue.
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard>;

    /// Whether it holds against other tabs, and not within this page alone.
    fn spans_tabs(&self) -> bool {
        true
    }
}
