//! Work that goes on when nobody waits for it any more.

use crate::ports::{Local, Spawn};
use crate::waiting::Inbox;
use std::rc::Rc;

/// Runs work to its end, even if the caller is dropped before: a response of the server that nobody takes is a session
/// lost.
pub(super) fn detached<T: 'static>(
    spawn: &dyn Spawn,
    work: Local<'static, T>,
) -> Local<'static, T> {
    let outcome = Rc::new(Inbox::default());
    let done = outcome.clone();
    spawn.spawn(Box::pin(async move { done.put(work.await) }));
    Box::pin(async move { outcome.take().await })
}
