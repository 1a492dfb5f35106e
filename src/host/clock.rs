//! Time, waiting, randomness and background work.

use super::JsHost;
use crate::ports::{Clock, Local, Random, Spawn, Timer};

/// The longest that `setTimeout` waits. It does not wait at all for what is longer.
pub(super) const LONGEST_WAIT: u32 = i32::MAX as u32;

impl Clock for JsHost {
    fn now(&self) -> u64 {
        self.door.now()
    }

    fn reference(&self) -> Option<String> {
        self.door.time_reference()
    }
}

impl Timer for JsHost {
    fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        self.door.sleep(milliseconds.min(LONGEST_WAIT)).read(drop)
    }
}

/// `crypto.getRandomValues`.
///
/// The port has no error for a page without `crypto`; the octets then stay as they are. They cannot reach a server as
/// a guessable verifier or `jti`: both need a key, and making or loading one fails without `crypto`
/// ([`crate::ports::KeyError::Unavailable`]).
impl Random for JsHost {
    fn fill(&self, buffer: &mut [u8]) {
        let _ = getrandom::fill(buffer);
    }
}

impl Spawn for JsHost {
    fn spawn(&self, work: Local<'static, ()>) {
        #[cfg(feature = "js")]
        self.door.engine.start(work);
        #[cfg(not(feature = "js"))]
        wasm_bindgen_futures::spawn_local(work);
    }
}
