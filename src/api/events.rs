//! Events of sessions and accounts, as a stream.

use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Local, Observer};
use futures_core::Stream;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A change in this tab or another, emitted after it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A session is new, or has new tokens.
    Updated {
        /// The account.
        did: Did,
        /// What caused the update.
        by: By,
    },
    /// A session has ended.
    Ended {
        /// The account.
        did: Did,
        /// Why it ended.
        why: SessionEnd,
    },
    /// The list of accounts or the active account has changed. Times of last use do not count.
    AccountsChanged,
}

/// The events of a client since this stream was created: see [`crate::BrowserOAuthClient::events`].
///
/// The stream ends when the client is closed, or when the client and all of its sessions are dropped. It queues events
/// until they are read. Dropping the stream ends the subscription.
pub struct Events(Rc<Queue>);

impl Events {
    /// Waits for the next event; `None` after the last. Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.0.poll(context)).await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.poll(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<Event>>,
    ended: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl Queue {
    fn push(&self, event: Event) {
        self.waiting.borrow_mut().push_back(event);
        self.wake();
    }

    fn end(&self) {
        self.ended.set(true);
        self.wake();
    }

    fn wake(&self) {
        let reader = self.reader.take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.waiting.borrow_mut().pop_front() {
            return Poll::Ready(Some(event));
        }
        if self.ended.get() {
            return Poll::Ready(None);
        }
        *self.reader.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The client's observer: it puts each event into the queue of every listener.
#[derive(Default)]
pub(super) struct Feed {
    listeners: RefCell<Vec<Weak<Queue>>>,
    closed: Cell<bool>,
}

impl Feed {
    pub(super) fn listen(&self) -> Events {
        let queue = Rc::new(Queue::default());
        if self.closed.get() {
            queue.end();
        } else {
            self.listeners.borrow_mut().push(Rc::downgrade(&queue));
        }
        Events(queue)
    }

    /// Ends all streams, including those created later.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.for_each(Queue::end);
    }

    fn emit(&self, event: &Event) {
        self.for_each(|queue| queue.push(event.clone()));
    }

    fn for_each(&self, act: impl Fn(&Queue)) {
        self.listeners
            .borrow_mut()
            .retain(|queue| queue.strong_count() > 0);
        // Copied first, because a reader that is woken may subscribe.
        let listeners = self.listeners.borrow().clone();
        for queue in listeners.iter().filter_map(Weak::upgrade) {
            act(&queue);
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.close();
    }
}

impl Observer for Feed {
    fn updated<'a>(&'a self, tokens: &'a TokenSet, by: By) -> Local<'a, Result<(), String>> {
        let did = tokens.sub.clone();
        self.emit(&Event::Updated { did, by });
        Box::pin(async { Ok(()) })
    }

    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>> {
        let (did, why) = (sub.clone(), end.clone());
        self.emit(&Event::Ended { did, why });
        Box::pin(async { Ok(()) })
    }

    fn accounts_changed(&self) {
        self.emit(&Event::AccountsChanged);
    }
}
