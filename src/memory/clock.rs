//! Time that passes when it is set.

use crate::ports::{Clock, Local};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A clock that stands still until it is set. A sleep by it ends when it has been set late enough.
#[derive(Debug)]
pub struct SettableClock(Rc<State>);

#[derive(Debug, Default)]
struct State {
    now: Cell<u64>,
    sleepers: RefCell<Vec<Waker>>,
}

impl State {
    fn set(&self, now: u64) {
        self.now.set(now);
        for sleeper in self.sleepers.take() {
            sleeper.wake();
        }
    }
}

impl SettableClock {
    /// A clock that shows this time, in milliseconds since the epoch.
    pub fn new(now: u64) -> Self {
        let state = State::default();
        state.now.set(now);
        Self(Rc::new(state))
    }

    /// Sets the time, in milliseconds since the epoch.
    pub fn set(&self, now: u64) {
        self.0.set(now);
    }

    /// Lets milliseconds pass.
    pub fn advance(&self, milliseconds: u64) {
        self.0.set(self.0.now.get().saturating_add(milliseconds));
    }
}

impl Clock for SettableClock {
    fn now(&self) -> u64 {
        self.0.now.get()
    }

    fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        let state = self.0.clone();
        let until = state.now.get().saturating_add(u64::from(milliseconds));
        Box::pin(poll_fn(move |context| {
            if state.now.get() >= until {
                return Poll::Ready(());
            }
            state.sleepers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        }))
    }
}
