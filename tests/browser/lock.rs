//! Locks: the browser's, and the page's own queue in their absence.

use crate::support::*;
use atproto_oauth_wasm::ports::{Guard, Local, Lock};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

/// The adapter puts the official client's prefix before it.
const NAME: &str = "test";

/// What `navigator.locks` knows of the name: how many hold it and how many wait.
async fn known() -> (u32, u32) {
    let counts = js_async(
        "const state = await navigator.locks.query();
         const count = list => list.filter(l => l.name === a && l.mode === 'exclusive').length;
         return { held: count(state.held), pending: count(state.pending) }",
        &format!("@atproto-oauth-client-{NAME}").into(),
        &JsValue::UNDEFINED,
    )
    .await;
    let count = |name| get(&counts, name).as_f64().expect("count") as u32;
    (count("held"), count("pending"))
}

/// Waits until so many hold the lock and wait for it: the browser takes its time.
async fn become_known(held: u32, pending: u32) {
    for _ in 0..500 {
        if known().await == (held, pending) {
            return;
        }
        sleep(10).await;
    }
    assert_eq!(known().await, (held, pending));
}

/// Polls a waiting future for a while, without an end to it.
async fn still_waits(waiting: &mut Local<'_, Guard>) -> bool {
    let mut timer = Box::pin(sleep(40));
    std::future::poll_fn(|context| {
        if waiting.as_mut().poll(context).is_ready() {
            std::task::Poll::Ready(false)
        } else {
            timer.as_mut().poll(context).map(|()| true)
        }
    })
    .await
}

#[wasm_bindgen_test]
async fn one_holder_at_a_time_until_the_guard_is_dropped() {
    let (one, two) = (ports().lock, ports().lock);
    let guard = one.acquire(NAME).await;
    let mut waiting = two.acquire(NAME);
    assert!(still_waits(&mut waiting).await);
    assert_eq!(known().await, (1, 1));
    // Another name is another lock.
    drop(two.acquire("other").await);
    drop(guard);
    let guard = waiting.await;
    assert_eq!(known().await, (1, 0));
    drop(guard);
    become_known(0, 0).await;
}

#[wasm_bindgen_test]
async fn a_lock_of_other_code_excludes_as_well() {
    let release = js2(
        "let release; navigator.locks.request(a, () => new Promise(done => { release = done })); return () => release()",
        &format!("@atproto-oauth-client-{NAME}").into(),
        &JsValue::UNDEFINED,
    );
    let lock = ports().lock;
    let mut waiting = lock.acquire(NAME);
    assert!(still_waits(&mut waiting).await);
    js1("a()", &release);
    drop(waiting.await);
}

#[wasm_bindgen_test]
async fn a_waiter_that_is_dropped_leaves_the_queue() {
    let lock = ports().lock;
    let guard = lock.acquire(NAME).await;
    let mut waiting = lock.acquire(NAME);
    assert!(still_waits(&mut waiting).await);
    drop(waiting);
    become_known(1, 0).await;
    drop(guard);
    drop(lock.acquire(NAME).await);
}

#[wasm_bindgen_test]
async fn a_waiter_dropped_as_the_lock_comes_does_not_keep_it() {
    let lock = ports().lock;
    for _ in 0..10 {
        let guard = lock.acquire(NAME).await;
        let mut waiting = lock.acquire(NAME);
        assert!(still_waits(&mut waiting).await);
        drop(guard);
        drop(waiting);
    }
    drop(lock.acquire(NAME).await);
    become_known(0, 0).await;
}

/// Takes the lock, notes the number, and holds it for a moment.
fn note(lock: &Rc<dyn Lock>, order: &Rc<RefCell<Vec<u32>>>, number: u32) {
    let (lock, order) = (lock.clone(), order.clone());
    spawn_local(async move {
        let _guard = lock.acquire(NAME).await;
        order.borrow_mut().push(number);
        sleep(5).await;
        order.borrow_mut().push(number);
    });
}

#[wasm_bindgen_test]
async fn without_web_locks_the_page_queues_in_order() {
    let _old = Replaced::missing("navigator", "locks");
    // Two clients of one page share the queue.
    let (one, two) = (ports().lock, ports().lock);
    let order = Rc::default();
    let guard = one.acquire(NAME).await;
    note(&two, &order, 1);
    note(&one, &order, 2);
    note(&two, &order, 3);
    sleep(30).await;
    assert!(order.borrow().is_empty());
    drop(two.acquire("other").await);
    drop(guard);
    until(|| order.borrow().len() == 6).await;
    assert_eq!(*order.borrow(), [1, 1, 2, 2, 3, 3]);
}

#[wasm_bindgen_test]
async fn in_the_pages_queue_a_dropped_waiter_lets_nobody_pass_the_holder() {
    let _old = Replaced::missing("navigator", "locks");
    let lock = ports().lock;
    let guard = lock.acquire(NAME).await;
    let mut dropped = lock.acquire(NAME);
    assert!(still_waits(&mut dropped).await);
    let mut behind = lock.acquire(NAME);
    assert!(still_waits(&mut behind).await);
    drop(dropped);
    assert!(still_waits(&mut behind).await);
    // The last in the queue goes, and one comes anew: the holder still holds.
    drop(behind);
    let mut anew = lock.acquire(NAME);
    assert!(still_waits(&mut anew).await);
    drop(guard);
    drop(anew.await);
    drop(lock.acquire(NAME).await);
}

#[wasm_bindgen_test]
async fn refused_web_locks_fall_back_to_the_queue() {
    for refusal in [
        "{ value: () => Promise.reject(new DOMException('opaque', 'SecurityError')) }",
        "{ value: () => { throw new TypeError('broken') } }",
    ] {
        let _refused = Replaced::new("LockManager.prototype", "request", refusal);
        let lock = ports().lock;
        let guard = lock.acquire(NAME).await;
        let mut waiting = lock.acquire(NAME);
        assert!(still_waits(&mut waiting).await, "{refusal}");
        drop(guard);
        drop(waiting.await);
    }
}
