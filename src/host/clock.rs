//! Time, and background work.

use super::JsHost;
use crate::ports::{Clock, Local, Spawn};

/// The longest that `setTimeout` waits. It does not wait at all for what is longer.
pub(super) const LONGEST_WAIT: u32 = i32::MAX as u32;

impl Clock for JsHost {
    fn now(&self) -> u64 {
        self.door.now()
    }

    fn reference(&self) -> Option<String> {
        self.door.time_reference()
    }

    fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        self.door.sleep(milliseconds.min(LONGEST_WAIT)).read(drop)
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
