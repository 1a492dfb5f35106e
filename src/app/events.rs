//! What happens to sessions and accounts, as a stream.

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

/// Something that happened, in this tab or in another, and that storage holds by now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A session is new, or has new tokens.
    Updated {
        /// The account.
        did: Did,
        /// Whose doing it was.
        by: By,
    },
    /// A session has ended.
    Ended {
        /// The account.
        did: Did,
        /// Why.
        why: SessionEnd,
    },
    /// The list of accounts, or which of them is active, is another. Times of last use do not count.
    AccountsChanged,
}

/// The events of a client from when this was made: see [`crate::BrowserOAuthClient::events`].
///
/// It ends when the client is closed, or when it and all of its sessions are gone. None is dropped while it waits to be
/// read. Dropping this ends the subscription.
pub struct Events(Rc<Queue>);

impl Events {
    /// The next event; `None` after the last. Dropping the future loses none.
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

/// The client's observer: it puts each event into the queue of everyone who listens.
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

    /// Ends all streams, those to come included.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.for_each(Queue::end);
    }

    fn tell(&self, event: &Event) {
        self.for_each(|queue| queue.push(event.clone()));
    }

    fn for_each(&self, act: impl Fn(&Queue)) {
        self.listeners
            .borrow_mut()
            .retain(|queue| queue.strong_count() > 0);
        // Copied out, since a reader that is woken may subscribe.
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
        self.tell(&Event::Updated { did, by });
        Box::pin(async { Ok(()) })
    }

    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>> {
        let (did, why) = (sub.clone(), end.clone());
        self.tell(&Event::Ended { did, why });
        Box::pin(async { Ok(()) })
    }

    fn accounts_changed(&self) {
        self.tell(&Event::AccountsChanged);
    }
}
