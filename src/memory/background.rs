//! Work that nobody waits for, moved along by whoever waits for something else.

use crate::ports::{Local, Spawn};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

/// Futures under way. They are all polled whenever one of them, or the future that is awaited beside them, wakes: there
/// are few, and which it was need not be known.
#[derive(Default)]
pub(super) struct Background {
    under_way: RefCell<Vec<Local<'static, ()>>>,
}

impl Background {
    pub(super) async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|context| {
            let outcome = future.as_mut().poll(context);
            self.poll(context);
            outcome
        })
        .await
    }

    pub(super) async fn settle(&self) {
        poll_fn(|context| {
            self.poll(context);
            match self.under_way.borrow().is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Polls all work once, and what that spawns until nothing new comes.
    fn poll(&self, context: &mut Context<'_>) {
        let mut waiting = Vec::new();
        loop {
            // Taken out, since a future that is polled may spawn another.
            let batch = self.under_way.take();
            if batch.is_empty() {
                break;
            }
            for mut work in batch {
                if work.as_mut().poll(context).is_pending() {
                    waiting.push(work);
                }
            }
        }
        *self.under_way.borrow_mut() = waiting;
    }
}

impl Spawn for Background {
    fn spawn(&self, work: Local<'static, ()>) {
        self.under_way.borrow_mut().push(work);
    }
}
