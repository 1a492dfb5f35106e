//! The engine of the npm package: it owns the flows that are under way, so that a caller who gives up takes nothing along.
//!
//! Whatever can let a flow go on comes in through the door: the begin of a flow, or a delivery of the host. So after each the
//! engine polls all flows, until none of them has woken another.

use crate::ports::Local;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

/// The flows under way.
#[derive(Default)]
pub(super) struct Engine {
    flows: RefCell<Vec<Local<'static, ()>>>,
    is_running: Cell<bool>,
    woken: Arc<Woken>,
}

/// Whether a flow may go on.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Engine {
    /// Takes a flow over.
    pub(super) fn start(&self, flow: Local<'static, ()>) {
        self.flows.borrow_mut().push(flow);
        self.woken.0.store(true, Ordering::Relaxed);
        self.run();
    }

    /// Lets all flows go on as far as they can. Within a flow it does nothing: whoever runs the engine goes on with it.
    pub(super) fn run(&self) {
        if self.is_running.replace(true) {
            return;
        }
        let waker = Waker::from(self.woken.clone());
        let mut context = Context::from_waker(&waker);
        while self.woken.0.swap(false, Ordering::Relaxed) {
            // A flow may start others meanwhile.
            let mut flows = self.flows.take();
            flows.retain_mut(|flow| flow.as_mut().poll(&mut context).is_pending());
            self.flows.borrow_mut().append(&mut flows);
        }
        self.is_running.set(false);
    }
}
