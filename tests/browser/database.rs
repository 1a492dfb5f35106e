//! The database: when it opens, what is single-use, what expires, and what happens when it is taken away.

use crate::support::*;
use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::{KeyError, StorageError};
use js_sys::Array;
use rexie::{Rexie, TransactionMode};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn nothing_opens_before_first_use() {
    no_database().await;
    let browser = Browser::new(BrowserOptions::default());
    sleep(20).await;
    let databases = js_async(
        "return (await indexedDB.databases()).map(d => d.name).join()",
        &JsValue::UNDEFINED,
        &JsValue::UNDEFINED,
    )
    .await;
    assert!(!databases.as_string().expect("text").contains(DATABASE));
    drop(browser);
}

#[wasm_bindgen_test]
async fn the_database_is_the_official_one() {
    no_database().await;
    assert!(
        ports()
            .store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    let found = js_async(
        "const open = indexedDB.open(a);
         await new Promise((yes, no) => { open.onsuccess = yes; open.onerror = no; open.onupgradeneeded = no });
         const db = open.result;
         const names = [...db.objectStoreNames];
         const stores = names.map(n => db.transaction(n).objectStore(n));
         const like = s => s.keyPath === null && s.autoIncrement && [...s.indexNames].join() === 'expiresAt'
           && s.index('expiresAt').keyPath === 'expiresAt' && !s.index('expiresAt').unique;
         const result = `${db.version} ${names.join()} ${stores.every(like)}`;
         db.close();
         return result",
        &DATABASE.into(),
        &JsValue::UNDEFINED,
    )
    .await;
    assert_eq!(
        found.as_string().expect("text"),
        "1 authorizationServerMetadataCache,didCache,dpopNonceCache,handleCache,\
         protectedResourceMetadataCache,session,state true"
    );
}

#[wasm_bindgen_test]
async fn writes_are_durable_before_they_are_done() {
    no_database().await;
    let ports = ports();
    let session = session(new_key().await);
    ports
        .store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("opens");
    let _seen = Replaced::new(
        "IDBDatabase.prototype",
        "transaction",
        "{ value: function (...args) {
             const transaction = old.apply(this, args);
             globalThis.durability = transaction.durability;
             globalThis.committed = false;
             transaction.addEventListener('complete', () => { globalThis.committed = true });
             return transaction } }",
    );
    ports
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    assert_eq!(
        js("return globalThis.durability").as_string().as_deref(),
        Some("strict")
    );
    assert!(js("return globalThis.committed").is_truthy());
}

#[wasm_bindgen_test]
async fn of_two_takers_one_gets_the_row() {
    no_database().await;
    ports()
        .store
        .put_pending("s", &login(new_key().await))
        .await
        .expect("stores");
    let takers = (0..4).map(|_| {
        let ports = ports();
        async move {
            let taken = ports
                .store
                .take_pending(CLIENT_ID, "s")
                .await
                .expect("reads");
            JsValue::from(taken.is_some())
        }
    });
    let winners = all(takers.collect()).await;
    assert_eq!(winners.iter().filter(|won| won.is_truthy()).count(), 1);
}

async fn keys(store: &str) -> String {
    let database = outside().await;
    let transaction = database
        .transaction(&[store], TransactionMode::ReadOnly)
        .expect("transaction");
    let keys = transaction
        .store(store)
        .expect("store")
        .get_all_keys(None, None)
        .await
        .expect("keys");
    database.close();
    keys.into_iter().collect::<Array>().join(" ").into()
}

fn row_expiring_in(milliseconds: i32) -> JsValue {
    js1(
        "return { value: {}, expiresAt: new Date(Date.now() + a).toISOString() }",
        &milliseconds.into(),
    )
}

#[wasm_bindgen_test]
async fn the_first_use_sweeps_what_expired_and_only_that() {
    no_database().await;
    for store in ["state", "session"] {
        put_row(store, "long gone", &row_expiring_in(-86_400_000)).await;
        put_row(store, "just gone", &row_expiring_in(-1000)).await;
        put_row(store, "alive", &row_expiring_in(60_000)).await;
        put_row(store, "timeless", &js("return { value: {} }")).await;
    }
    put_row("didCache", "cached", &row_expiring_in(60_000)).await;
    let store = ports().store;
    assert!(
        store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    for store in ["state", "session"] {
        assert_eq!(keys(store).await, "alive timeless");
    }
    // That of the official client, which it may be using.
    assert_eq!(keys("didCache").await, "cached");
    put_row("session", "gone", &row_expiring_in(-1000)).await;
    assert!(
        store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    assert_eq!(keys("session").await, "alive gone timeless", "once will do");
}

#[wasm_bindgen_test]
async fn storing_a_sign_in_sweeps() {
    no_database().await;
    let store = ports().store;
    let login = login(new_key().await);
    store.put_pending("first", &login).await.expect("stores");
    put_row("state", "gone", &row_expiring_in(-1000)).await;
    store.put_pending("second", &login).await.expect("stores");
    assert_eq!(keys("state").await, "first second");
}

#[wasm_bindgen_test]
async fn an_expired_row_reads_as_absent_and_is_removed() {
    no_database().await;
    put_row("state", "s", &row_expiring_in(-1)).await;
    assert!(
        ports()
            .store
            .take_pending(CLIENT_ID, "s")
            .await
            .expect("reads")
            .is_none()
    );
    assert_eq!(keys("state").await, "");

    let mut session = session(new_key().await);
    session.tokens.refresh_token = None;
    session.tokens.expires_at = Some(js_sys::Date::now() as u64 - 1000);
    let store = ports().store;
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("opens, and sweeps");
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    assert_eq!(keys("session").await, ALICE);
    assert!(
        store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    assert_eq!(keys("session").await, "");
}

#[wasm_bindgen_test]
async fn deleting_what_is_not_there_is_no_error() {
    no_database().await;
    let store = ports().store;
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("deletes");
    store
        .put_session(CLIENT_ID, &session(new_key().await), None)
        .await
        .expect("stores");
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("deletes");
    assert!(row("session", ALICE).await.is_none());
}

#[wasm_bindgen_test]
async fn a_database_deleted_under_us_is_made_anew() {
    no_database().await;
    let ports = ports();
    let session = session(new_key().await);
    ports
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    // Comes to an end only because our connection gives way.
    Rexie::delete(DATABASE).await.expect("deletes");
    assert!(
        ports
            .store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    ports
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    assert!(row("session", ALICE).await.is_some());
}

#[wasm_bindgen_test]
async fn first_uses_at_the_same_time_share_what_they_store() {
    no_database().await;
    let ports = ports();
    let key = new_key().await;
    let logins = (0..5).map(|n| {
        let (ports, login) = (ports.clone(), login(key.clone()));
        async move {
            ports
                .store
                .put_pending(&n.to_string(), &login)
                .await
                .expect("stores");
            JsValue::UNDEFINED
        }
    });
    all(logins.collect()).await;
    assert_eq!(keys("state").await, "0 1 2 3 4");
}

/// Makes the next transactions fail, as many times as `times` says.
fn failing(times: u32, failure: &str) -> Replaced {
    js1("globalThis.failures = a", &times.into());
    Replaced::new(
        "IDBDatabase.prototype",
        "transaction",
        &format!(
            "{{ value: function (...args) {{
                 const fails = globalThis.failures > 0;
                 globalThis.failures -= 1;
                 if (!fails) return old.apply(this, args);
                 {failure} }} }}"
        ),
    )
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_replaced_once() {
    no_database().await;
    let store = ports().store;
    let session = session(new_key().await);
    for failure in [
        "throw new DOMException('closing', 'InvalidStateError')",
        "const t = old.apply(this, args); queueMicrotask(() => t.abort()); return t",
    ] {
        let _broken = failing(1, failure);
        store
            .put_session(CLIENT_ID, &session, None)
            .await
            .expect(failure);
    }
    let _broken = failing(9, "throw new DOMException('closing', 'InvalidStateError')");
    assert_eq!(
        store.put_session(CLIENT_ID, &session, None).await,
        Err(StorageError::Failed("closing".to_owned()))
    );
    assert_eq!(js("return globalThis.failures").as_f64(), Some(7.0));
}

/// The connection that the last transaction was begun on is `globalThis.connection`, and their number
/// `globalThis.begun`.
fn watched() -> Replaced {
    js("globalThis.begun = 0");
    Replaced::new(
        "IDBDatabase.prototype",
        "transaction",
        "{ value: function (...args) {
             globalThis.connection = this;
             globalThis.begun += 1;
             return old.apply(this, args) } }",
    )
}

#[wasm_bindgen_test]
async fn a_connection_that_is_closed_under_us_is_let_go_at_once() {
    no_database().await;
    let store = ports().store;
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("opens");
    for event in ["close", "versionchange"] {
        let _watched = watched();
        store
            .delete_session(CLIENT_ID, &alice(), None)
            .await
            .expect("deletes");
        let before = js("return globalThis.connection");
        js1(
            "globalThis.connection.dispatchEvent(new Event(a))",
            &event.into(),
        );
        store
            .delete_session(CLIENT_ID, &alice(), None)
            .await
            .expect("deletes");
        assert_ne!(js("return globalThis.connection"), before, "{event}");
        // None was tried on the old one.
        assert_eq!(js("return globalThis.begun").as_f64(), Some(2.0), "{event}");
    }
}

/// Lets nothing be stored until a cache was cleared, or ever; counts the attempts as `globalThis.attempts`.
fn full(until_cleared: bool) -> (Replaced, Replaced) {
    js("globalThis.attempts = 0; globalThis.room = false");
    let put = Replaced::new(
        "IDBObjectStore.prototype",
        "put",
        "{ value: function (...args) {
             globalThis.attempts += 1;
             if (globalThis.room) return old.apply(this, args);
             throw new DOMException('', 'QuotaExceededError') } }",
    );
    let clear = Replaced::new(
        "IDBObjectStore.prototype",
        "clear",
        &format!(
            "{{ value: function () {{ globalThis.room = {until_cleared}; return old.apply(this) }} }}"
        ),
    );
    (put, clear)
}

#[wasm_bindgen_test]
async fn a_full_disk_is_told_apart() {
    no_database().await;
    let store = ports().store;
    let _full = full(false);
    assert_eq!(
        store
            .put_session(CLIENT_ID, &session(new_key().await), None)
            .await,
        Err(StorageError::Full)
    );
    assert_eq!(js("return globalThis.attempts").as_f64(), Some(2.0));
}

#[wasm_bindgen_test]
async fn a_full_disk_is_made_room_on_from_what_nobody_needs() {
    no_database().await;
    let store = ports().store;
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("opens, and sweeps");
    let caches = [
        "didCache",
        "dpopNonceCache",
        "handleCache",
        "authorizationServerMetadataCache",
        "protectedResourceMetadataCache",
    ];
    for cache in caches {
        put_row(cache, "cached", &row_expiring_in(60_000)).await;
    }
    for store in ["state", "session"] {
        put_row(store, "gone", &row_expiring_in(-1000)).await;
        put_row(store, "alive", &row_expiring_in(60_000)).await;
        put_row(store, "timeless", &js("return { value: {} }")).await;
    }
    {
        let _full = full(true);
        let stored = store
            .put_session(CLIENT_ID, &session(new_key().await), None)
            .await;
        stored.expect("there is room now");
        assert_eq!(js("return globalThis.attempts").as_f64(), Some(2.0));
    }
    for cache in caches {
        assert_eq!(keys(cache).await, "", "{cache}");
    }
    assert_eq!(keys("state").await, "alive timeless");
    assert_eq!(keys("session").await, format!("alive {ALICE} timeless"));
}

#[wasm_bindgen_test]
async fn a_row_whose_key_needs_webcrypto_is_good_where_there_is_none() {
    no_database().await;
    let store = ports().store;
    let session = session(new_key().await);
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    {
        let _insecure = Replaced::missing("globalThis.crypto", "subtle");
        let read = store.get_session(CLIENT_ID, &alice()).await;
        assert_eq!(read.err(), Some(StorageError::Key(KeyError::Unavailable)));
    }
    assert!(
        store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_some()
    );
}

/// A refresh whose answer comes after the app has disposed of its client must not lose its tokens. No connection stays open: one
/// would hold up whoever wants to delete the database.
#[wasm_bindgen_test]
async fn a_disposed_browser_still_stores_and_keeps_no_connection() {
    no_database().await;
    let browser = Browser::new(BrowserOptions::default());
    let ports = browser.ports();
    let (store, stored) = (&ports.store, session(new_key().await));
    store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("opens");
    browser.dispose();
    assert_eq!(store.put_session(CLIENT_ID, &stored, None).await, Ok(true));
    let read = store.get_session(CLIENT_ID, &alice()).await.expect("reads");
    assert_eq!(read.expect("a row").tokens, stored.tokens);
    no_database().await;
}
