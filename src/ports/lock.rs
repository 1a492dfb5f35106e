//! Mutual exclusion over all pages and workers of an origin.

use super::Local;
use std::fmt;

/// Grants a named lock to one holder at a time.
pub trait Lock {
    /// Waits for the lock. It is held until the guard is dropped; dropping the future gives up the place in the queue.
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard>;

    /// Whether it holds against other tabs, and not within this page alone.
    fn spans_tabs(&self) -> bool {
        true
    }
}

/// Runs its closure when dropped: the end of a lock, of a subscription, of a listener.
pub struct Guard(Option<Box<dyn FnOnce()>>);

impl Guard {
    /// A guard that ends something.
    pub fn new(end: impl FnOnce() + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}
