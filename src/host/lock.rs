//! Locks over all tabs.

use super::JsHost;
use crate::ports::{Guard, Local, Lock};

impl Lock for JsHost {
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard> {
        let mut lock = self.door.lock(name);
        Box::pin(async move {
            let _ = (&mut lock).await;
            Guard::new(move || drop(lock))
        })
    }

    fn spans_tabs(&self) -> bool {
        self.door.locks_span_tabs()
    }
}
