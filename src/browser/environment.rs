//! Time, randomness and background work: one line each in a browser.

use crate::ports::{Clock, Local, Random, Spawn};

/// `Date.now()`.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        js_sys::Date::now() as u64
    }
}

/// `crypto.getRandomValues`.
///
/// The port has no error for a page without `crypto`; the octets then stay as they are. They cannot reach a server as
/// a guessable verifier or `jti`: both need a key, and making or loading one fails without `crypto`
/// ([`crate::ports::KeyError::Unavailable`]).
pub(super) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let _ = getrandom::fill(buffer);
    }
}

/// The microtask queue.
pub(super) struct Microtasks;

impl Spawn for Microtasks {
    fn spawn(&self, work: Local<'static, ()>) {
        wasm_bindgen_futures::spawn_local(work);
    }
}
