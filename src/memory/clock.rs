//! Time that passes when told to.

use crate::ports::Clock;
use std::cell::Cell;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct SettableClock(Cell<u64>);

impl SettableClock {
    /// A clock that shows this time, in milliseconds since the epoch.
    pub fn new(now: u64) -> Self {
        Self(Cell::new(now))
    }

    /// Sets the time, in milliseconds since the epoch.
    pub fn set(&self, now: u64) {
        self.0.set(now);
    }

    /// Lets milliseconds pass.
    pub fn advance(&self, milliseconds: u64) {
        self.0.set(self.0.get() + milliseconds);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> u64 {
        self.0.get()
    }
}
