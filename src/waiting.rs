//! Waiting for the first of two futures, and for a value from a callback.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};

/// Which of two futures ended first.
pub(crate) enum First<A, B> {
    Left(A),
    Right(B),
}

/// Runs two futures until one ends. The caller's drop ends the other.
pub(crate) async fn race<A, B>(
    left: impl Future<Output = A>,
    right: impl Future<Output = B>,
) -> First<A, B> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|context| {
        if let Poll::Ready(value) = left.as_mut().poll(context) {
            return Poll::Ready(First::Left(value));
        }
        right.as_mut().poll(context).map(First::Right)
    })
    .await
}

/// A slot for one value, from a callback to one waiting task.
pub(crate) struct Inbox<T>(RefCell<(Option<T>, Option<Waker>)>);

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self(RefCell::new((None, None)))
    }
}

impl<T> Inbox<T> {
    pub(crate) fn put(&self, value: T) {
        let mut inner = self.0.borrow_mut();
        inner.0 = Some(value);
        let waker = inner.1.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) async fn take(&self) -> T {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            match inner.0.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    inner.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
