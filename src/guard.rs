//! Runs a closure when a value is dropped.

use std::fmt;

/// Runs its closure when dropped, for example to release a lock or to remove a listener.
pub struct Guard(Option<Box<dyn FnOnce()>>);

impl Guard {
    /// Creates a guard that runs `end` when dropped.
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
