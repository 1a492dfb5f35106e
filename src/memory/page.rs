//! The address of a tab that shows nothing.

use crate::ports::{self, Local};
use crate::url::Url;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// A tab's address. The test is the user: it sees where the tab goes, and sends it elsewhere.
#[derive(Debug)]
pub struct Page {
    address: RefCell<Url>,
    left_for: RefCell<Option<String>>,
    times_shown_again: Cell<u32>,
    waiting: RefCell<Vec<Waker>>,
    closed: Cell<bool>,
}

impl Page {
    pub(super) fn new(address: Url) -> Self {
        Self {
            address: RefCell::new(address),
            left_for: RefCell::default(),
            times_shown_again: Cell::default(),
            waiting: RefCell::default(),
            closed: Cell::default(),
        }
    }

    /// The address shown.
    pub fn address(&self) -> Url {
        self.address.borrow().clone()
    }

    /// Changes the address, as a server's redirect or the user does.
    pub fn visit(&self, address: Url) {
        *self.address.borrow_mut() = address;
    }

    /// The page that the client last left for. The address stays, so that the tab can be asked where it was.
    pub fn left_for(&self) -> Option<String> {
        self.left_for.borrow().clone()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Shows the page again after the client left it, as the browser's back button does.
    pub fn show_again(&self) {
        self.times_shown_again.set(self.times_shown_again.get() + 1);
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

impl ports::Page for Page {
    fn location(&self) -> Option<Url> {
        Some(self.address())
    }

    fn replace(&self, url: &str) {
        let joined = self.address.borrow().join(url);
        if let Some(address) = joined {
            self.visit(address);
        }
    }

    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()> {
        *self.left_for.borrow_mut() = Some(url.to_owned());
        let before = self.times_shown_again.get();
        Box::pin(poll_fn(move |context| {
            if self.times_shown_again.get() > before {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        }))
    }

    fn close(&self) {
        self.closed.set(true);
    }
}
