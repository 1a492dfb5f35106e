//! Web Locks: one tab at a time; and a queue within the page where there are none.
//!
//! `navigator.locks` hands a lock to a callback and keeps it until the promise which that returns is settled. Here the
//! promise is made beforehand and its resolver kept by the guard, so that dropping the guard releases the lock and
//! dropping a waiting future leaves the queue. `web_sys::LockManager` would need an unstable build flag.

use super::reflect::{call, construct, deferred, get, global, resolved, set, texts};
use crate::ports::{Guard, Local, Lock};
use js_sys::{Array, Function, Promise};
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

/// `navigator.locks`.
pub(super) struct WebLocks;

impl Lock for WebLocks {
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard> {
        Box::pin(async move {
            match web_lock(name).await {
                Some(guard) => guard,
                None => queue(name).await,
            }
        })
    }

    fn spans_tabs(&self) -> bool {
        locks().is_object()
    }
}

fn locks() -> JsValue {
    get(&global("navigator"), "locks")
}

/// A place in the browser's queue, then the lock itself. Dropped: out of the queue, or released.
struct Held {
    release: Function,
    controller: JsValue,
}

impl Drop for Held {
    fn drop(&mut self) {
        // First the release: should the grant be under way already, its callback then returns a settled promise.
        let _ = self.release.call0(&JsValue::UNDEFINED);
        let _ = call(&self.controller, "abort", &[]);
    }
}

/// `None` where there are no Web Locks, or they refuse (a frame without an origin of its own).
async fn web_lock(name: &str) -> Option<Guard> {
    let locks = locks();
    if !locks.is_object() {
        return None;
    }
    let controller = construct("AbortController", &[]).ok()?;
    let (end, release) = deferred();
    let (granted, grant) = deferred();
    let options = texts(&[("mode", "exclusive")]);
    set(&options, "signal", &get(&controller, "signal"));
    let held = Held {
        release,
        controller,
    };
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
        let _ = grant.call0(&JsValue::UNDEFINED);
        end
    });
    let done = call(
        &locks,
        "request",
        &[&JsValue::from_str(name), &options, &callback],
    )
    .ok()?;
    // `done` settles before the grant only by being rejected. An abort rejects it as well, but then nobody waits here.
    let first = Promise::race(&Array::of2(&granted, &done));
    resolved(&first).await.ok()?;
    Some(Guard::new(move || drop(held)))
}

thread_local! {
    /// For every lock name, the promise of the one who asked last.
    static LAST: RefCell<Vec<(String, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A place in the page's queue, then the lock itself. Whoever comes next waits for this one's promise.
struct Place {
    /// The promise of the one before; none once this one has the lock.
    before: Option<JsValue>,
    done: JsValue,
    finish: Function,
}

impl Place {
    fn take(name: &str) -> Self {
        let (done, finish) = deferred();
        let before =
            LAST.with_borrow_mut(
                |last| match last.iter_mut().find(|(known, _)| known == name) {
                    Some((_, promise)) => Some(std::mem::replace(promise, done.clone())),
                    None => {
                        last.push((name.to_owned(), done.clone()));
                        None
                    }
                },
            );
        Self {
            before,
            done,
            finish,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let before = self.before.take();
        LAST.with_borrow_mut(|last| {
            let Some(at) = last.iter().position(|(_, promise)| *promise == self.done) else {
                return;
            };
            match &before {
                Some(before) => last[at].1 = before.clone(),
                None => drop(last.swap_remove(at)),
            }
        });
        // A promise resolved by another follows it: whoever waits behind a waiter that has gone now waits for the one
        // before.
        let before = before.unwrap_or(JsValue::UNDEFINED);
        let _ = self.finish.call1(&JsValue::UNDEFINED, &before);
    }
}

/// The page's own queue, first come first served; shared by all clients of the page.
async fn queue(name: &str) -> Guard {
    let mut place = Place::take(name);
    if let Some(before) = place.before.clone() {
        let _ = resolved(&before).await;
        place.before = None;
    }
    Guard::new(move || drop(place))
}
