//! The operating system's randomness.

use crate::ports::Random;

/// `getrandom`. Where the system has no randomness, nothing here can be safe, so it ends there.
pub(super) struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::expect_used,
        reason = "predictable secrets are worse than none"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system's randomness");
    }
}
