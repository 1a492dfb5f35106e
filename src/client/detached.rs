//! Work that goes on when nobody waits for it any more.

use super::race::Inbox;
use super::{OAuthClient, Shared};
use crate::ports::Local;
use std::rc::Rc;

impl Shared {
    /// Runs work to its end, also where the caller is dropped before: an answer of the server that nobody takes is a
    /// session lost.
    pub(super) fn detached<T: 'static>(&self, work: Local<'static, T>) -> Local<'static, T> {
        let outcome = Rc::new(Inbox::default());
        let done = outcome.clone();
        self.ports
            .spawn
            .spawn(Box::pin(async move { done.put(work.await) }));
        Box::pin(async move { outcome.take().await })
    }
}

impl OAuthClient {
    /// The same for a caller who does more than one thing with a client.
    pub(crate) fn detached<T: 'static>(&self, work: Local<'static, T>) -> Local<'static, T> {
        self.0.detached(work)
    }
}
