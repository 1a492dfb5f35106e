//! The door between the core and a JavaScript host.
//!
//! The core asks for an operation by its name, with arguments that are a JSON text; `operations.rs` is the only place that
//! knows their names. Some give their value at once. What takes time is an *effect*: the core opens one under a number,
//! the host works, and delivers a value or an error under that number. A subscription is an effect that delivers many
//! values. Whatever becomes of the caller, an effect ends once, when [`Effect`] is dropped: the host then aborts what is
//! under way and releases what the effect holds.

#[cfg(feature = "js")]
use super::engine::Engine;
use crate::json::{Json, Writer};
use crate::ports::{Guard, Local};
#[cfg(feature = "js")]
use js_sys::Promise;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// A host for the core: the browser's is `browser/host.js`. None of its methods throws.
    #[derive(Clone, Debug)]
    pub type Host;

    /// Has the host deliver what comes of effects: `(effect, failed, value)`.
    #[wasm_bindgen(method)]
    fn connect(this: &Host, deliver: &Closure<dyn Fn(u32, bool, JsValue)>);

    /// Holds what JavaScript alone can hold under a number, which it gives.
    #[wasm_bindgen(method)]
    pub(super) fn hold(this: &Host, value: &JsValue) -> u32;

    /// Holds a promise under a number.
    #[cfg(feature = "js")]
    #[wasm_bindgen(method)]
    pub(super) fn defer(this: &Host) -> u32;

    /// The promise.
    #[cfg(feature = "js")]
    #[wasm_bindgen(method)]
    pub(super) fn promised(this: &Host, deferred: u32) -> Promise;

    /// Resolves or rejects it.
    #[cfg(feature = "js")]
    #[wasm_bindgen(method)]
    pub(super) fn settle(this: &Host, deferred: u32, failed: bool, value: &JsValue);

    /// Gives the value of an operation.
    #[wasm_bindgen(method)]
    fn call(this: &Host, operation: &str, arguments: &str) -> JsValue;

    /// Begins an operation that takes time.
    #[wasm_bindgen(method)]
    fn begin(this: &Host, effect: u32, operation: &str, arguments: &str);

    /// Ends it.
    #[wasm_bindgen(method)]
    fn end(this: &Host, effect: u32);
}

/// What came of an effect: a value, or what was thrown.
pub(super) type Outcome = Result<Json, Json>;

/// A host, and the effects that it works on.
pub(super) struct Door {
    pub(super) host: Host,
    open: RefCell<Vec<(u32, Slot)>>,
    last: Cell<u32>,
    #[cfg(feature = "js")]
    pub(super) engine: Engine,
    _deliver: Closure<dyn Fn(u32, bool, JsValue)>,
}

/// Where the host's deliveries for one effect go.
enum Slot {
    Waiting(Option<Waker>),
    Settled(Outcome),
    Listening(Rc<dyn Fn(Json)>),
}

impl Door {
    pub(super) fn new(host: Host) -> Rc<Self> {
        Rc::new_cyclic(|door: &Weak<Self>| {
            let door = door.clone();
            let deliver = Closure::new(move |id, failed, value| {
                if let Some(door) = door.upgrade() {
                    let value = Json::from_js(value);
                    door.deliver(id, if failed { Err(value) } else { Ok(value) });
                    #[cfg(feature = "js")]
                    door.engine.run();
                }
            });
            host.connect(&deliver);
            Self {
                host,
                open: RefCell::default(),
                last: Cell::default(),
                #[cfg(feature = "js")]
                engine: Engine::default(),
                _deliver: deliver,
            }
        })
    }

    /// The value of an operation.
    pub(super) fn call(&self, operation: &str, arguments: &mut Writer) -> Json {
        Json::from_js(self.host.call(operation, &arguments.end()))
    }

    /// Opens an effect, and has the host begin it.
    pub(super) fn begin(self: &Rc<Self>, operation: &str, arguments: &mut Writer) -> Effect {
        self.open(Slot::Waiting(None), operation, arguments)
    }

    /// Subscribes to something, until the guard is dropped.
    pub(super) fn listen(
        self: &Rc<Self>,
        operation: &str,
        arguments: &mut Writer,
        listener: Rc<dyn Fn(Json)>,
    ) -> Guard {
        let effect = self.open(Slot::Listening(listener), operation, arguments);
        Guard::new(move || drop(effect))
    }

    fn open(self: &Rc<Self>, slot: Slot, operation: &str, arguments: &mut Writer) -> Effect {
        let id = self.last.get().wrapping_add(1);
        self.last.set(id);
        self.open.borrow_mut().push((id, slot));
        self.host.begin(id, operation, &arguments.end());
        Effect {
            door: self.clone(),
            id,
        }
    }

    /// What is delivered for an effect that has ended is dropped.
    fn deliver(&self, id: u32, outcome: Outcome) {
        let mut open = self.open.borrow_mut();
        let Some((_, slot)) = open.iter_mut().find(|(open, _)| *open == id) else {
            return;
        };
        match slot {
            Slot::Listening(listener) => {
                let listener = listener.clone();
                // A listener may open and end effects.
                drop(open);
                if let Ok(value) = outcome {
                    listener(value);
                }
            }
            Slot::Settled(_) => {}
            Slot::Waiting(waker) => {
                let waker = waker.take();
                *slot = Slot::Settled(outcome);
                drop(open);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
    }
}

/// An effect under way. Ready with what came of it; what it holds at the host is held until it is dropped.
pub(super) struct Effect {
    door: Rc<Door>,
    id: u32,
}

impl Future for Effect {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut open = self.door.open.borrow_mut();
        let slot = open.iter_mut().find(|(id, _)| *id == self.id);
        let Some((_, slot)) = slot else {
            return Poll::Pending;
        };
        match std::mem::replace(slot, Slot::Waiting(Some(context.waker().clone()))) {
            Slot::Settled(outcome) => Poll::Ready(outcome),
            _ => Poll::Pending,
        }
    }
}

impl Drop for Effect {
    fn drop(&mut self) {
        let id = self.id;
        let mut open = self.door.open.borrow_mut();
        let found = open.iter().position(|(open, _)| *open == id);
        // Dropped when nothing is borrowed any more: a listener may hold effects.
        let slot = found.map(|at| open.swap_remove(at));
        drop(open);
        drop(slot);
        self.door.host.end(id);
    }
}

impl Effect {
    /// Reads the outcome when it is there.
    pub(super) fn read<'a, T: 'a>(self, read: fn(Outcome) -> T) -> Local<'a, T> {
        Box::pin(Reading { effect: self, read })
    }
}

/// An effect with what its outcome means.
struct Reading<T> {
    effect: Effect,
    read: fn(Outcome) -> T,
}

impl<T> Future for Reading<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.effect).poll(context).map(self.read)
    }
}
