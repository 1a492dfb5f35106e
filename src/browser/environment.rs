//! Time, waiting, randomness and background work: a few lines each in a browser.

use super::reflect::{call, deferred, get_str, global, resolved};
use crate::ports::{Clock, Guard, Local, Random, Spawn, Timer};
use js_sys::Function;

/// `Date.now()`, and the server that the page is from.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    /// Where this page, or this worker's script, came from, without query and fragment: a sign-in's answer can be there.
    fn reference(&self) -> Option<String> {
        let location = global("location");
        Some(get_str(&location, "origin")? + &get_str(&location, "pathname")?)
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

/// The longest that `setTimeout` waits. What is longer it takes for nothing at all.
pub(super) const LONGEST_WAIT: u32 = i32::MAX as u32;

/// `setTimeout`.
pub(super) struct Timeouts;

impl Timer for Timeouts {
    fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        Box::pin(async move {
            let (over, resolve) = deferred();
            let _cleared = timeout(&resolve, milliseconds);
            let _ = resolved(&over).await;
        })
    }
}

/// Calls a function after so many milliseconds, unless the guard is dropped before.
pub(super) fn timeout(function: &Function, milliseconds: u32) -> Option<Guard> {
    let global = js_sys::global();
    let milliseconds = milliseconds.min(LONGEST_WAIT).into();
    let timer = call(&global, "setTimeout", &[function, &milliseconds]).ok()?;
    Some(Guard::new(move || {
        drop(call(&global, "clearTimeout", &[&timer]))
    }))
}
