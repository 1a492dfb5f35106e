//! Ending something when its owner is dropped.

use std::fmt;

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
