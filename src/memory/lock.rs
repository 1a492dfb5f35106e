//! Locks of an origin: first come, first served.

use crate::ports::{Guard, Local, Lock};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Who holds each lock (at the front) and who waits for it, in the order in which they came.
#[derive(Default)]
pub(super) struct Locks(Rc<State>);

#[derive(Default)]
struct State {
    last_ticket: Cell<u64>,
    queues: RefCell<BTreeMap<String, VecDeque<(u64, Waker)>>>,
}

impl State {
    /// Whether a ticket's turn has come. Leaves a waker where it has not.
    fn poll(&self, name: &str, ticket: u64, waker: &Waker) -> Poll<()> {
        let mut queues = self.queues.borrow_mut();
        let queue = queues.entry(name.to_owned()).or_default();
        match queue.iter_mut().position(|(other, _)| *other == ticket) {
            Some(0) => return Poll::Ready(()),
            Some(at) => queue[at].1.clone_from(waker),
            None => {
                queue.push_back((ticket, waker.clone()));
                if queue.len() == 1 {
                    return Poll::Ready(());
                }
            }
        }
        Poll::Pending
    }

    /// Gives up a place in the queue, be it the first, and wakes who is first now.
    fn leave(&self, name: &str, ticket: u64) {
        let mut queues = self.queues.borrow_mut();
        let Some(queue) = queues.get_mut(name) else {
            return;
        };
        queue.retain(|(other, _)| *other != ticket);
        match queue.front() {
            Some((_, waker)) => waker.wake_by_ref(),
            None => drop(queues.remove(name)),
        }
    }
}

impl Lock for Locks {
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard> {
        let ticket = self.0.last_ticket.get() + 1;
        self.0.last_ticket.set(ticket);
        let (state, owned) = (self.0.clone(), name.to_owned());
        // Made before the wait, so that a future that is dropped while it waits leaves the queue.
        let place = Guard::new(move || state.leave(&owned, ticket));
        Box::pin(async move {
            poll_fn(|context| self.0.poll(name, ticket, context.waker())).await;
            place
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::executor::block_on;

    #[test]
    fn the_first_to_come_is_served_first_and_who_gives_up_holds_up_nobody() {
        let locks = Locks::default();
        let held = block_on(locks.acquire("a"));
        let mut second = locks.acquire("a");
        let mut third = locks.acquire("a");
        let mut fourth = locks.acquire("a");
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        assert!((&mut fourth).now_or_never().is_none());
        assert!(locks.acquire("b").now_or_never().is_some());

        drop(third);
        drop(held);
        assert!((&mut fourth).now_or_never().is_none());
        let guard = second.now_or_never().expect("the second's turn");
        assert!((&mut fourth).now_or_never().is_none());
        drop(guard);
        assert!(fourth.now_or_never().is_some());
        assert!(locks.0.queues.borrow().is_empty());
    }
}
