//! A page to which the browser gives no database: its rows live as long as it does, and it says so.

use crate::support::*;
use atproto_oauth_wasm::Did;
use atproto_oauth_wasm::ports::{Ports, StorageError, Store, StoredSession};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// An account of its own for each test, since rows in memory outlive their client.
fn account(name: &str) -> Did {
    Did::parse(&format!("did:web:{name}.example")).expect("DID")
}

async fn session_of(did: &Did) -> StoredSession {
    let mut session = session(new_key().await);
    session.tokens.sub = did.clone();
    session
}

/// What `indexedDB.open` does instead.
fn opening(instead: &str) -> Replaced {
    Replaced::new(
        "IDBFactory.prototype",
        "open",
        &format!("{{ value: function (...args) {{ {instead} }} }}"),
    )
}

async fn is_denied(store: &Rc<dyn Store>, did: &Did) -> bool {
    matches!(
        store.get_session(CLIENT_ID, did).await,
        Err(StorageError::Denied(_))
    )
}

/// All that rows can be used for, by a client that has no database.
async fn assert_lives_in_memory(ports: &Ports, did: &Did) {
    let store = &ports.store;
    // Whether the database has it, nobody knows.
    assert!(is_denied(store, did).await);
    assert!(!ports.store.outlives_page());
    let session = session_of(did).await;
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let read = store
        .get_session(CLIENT_ID, did)
        .await
        .expect("reads")
        .expect("a row");
    assert_eq!(read.tokens, session.tokens);
    let signature = read.key.sign("input").await.expect("signs");
    assert!(verifies(&*session.key, &signature, "input").await);
    store
        .delete_session(CLIENT_ID, did, None)
        .await
        .expect("deletes");
    // Now it is known that there is none.
    assert!(
        store
            .get_session(CLIENT_ID, did)
            .await
            .expect("reads")
            .is_none()
    );

    let state = did.as_str();
    let login = login(session.key);
    ports
        .store
        .put_pending(state, &login)
        .await
        .expect("stores");
    let takers = (0..2).map(|_| {
        let (ports, state) = (ports.clone(), state.to_owned());
        async move {
            let taken = ports.store.take_pending(CLIENT_ID, &state).await;
            JsValue::from(taken.expect("reads").is_some())
        }
    });
    let winners = all(takers.collect()).await;
    assert_eq!(winners.iter().filter(|won| won.is_truthy()).count(), 1);
    assert!(
        ports
            .store
            .take_pending(CLIENT_ID, state)
            .await
            .expect("reads")
            .is_none()
    );
}

#[wasm_bindgen_test]
async fn without_a_database_rows_live_in_memory() {
    let (global, factory) = ("globalThis", "IDBFactory.prototype");
    let denials = [
        (global, "indexedDB", "{ value: undefined }"),
        (global, "indexedDB", "{ get() { throw new DOMException('sandboxed', 'SecurityError') } }"),
        (factory, "open", "{ value() { throw new DOMException('no', 'SecurityError') } }"),
        // Firefox without permission to store.
        (factory, "open", "{ value() { throw new DOMException('no', 'InvalidStateError') } }"),
        // A database that is broken.
        (
            factory,
            "open",
            "{ value() {
                 const request = { error: new DOMException('Internal error opening backing store', 'UnknownError') };
                 setTimeout(() => request.onerror(new Event('error')));
                 return request } }",
        ),
    ];
    for (n, (target, name, denial)) in denials.into_iter().enumerate() {
        no_database().await;
        let ports = ports();
        assert!(ports.store.outlives_page());
        let did = account(&format!("denied{n}"));
        {
            let _denied = Replaced::new(target, name, denial);
            assert_lives_in_memory(&ports, &did).await;
        }
        // Once in memory, always in memory: no row may be in both places.
        let session = session_of(&did).await;
        ports
            .store
            .put_session(CLIENT_ID, &session, None)
            .await
            .expect("stores");
        assert!(row("session", did.as_str()).await.is_none());
        assert!(!ports.store.outlives_page());
    }
}

#[wasm_bindgen_test]
async fn the_clients_of_a_page_share_what_is_in_memory() {
    let _denied = Replaced::missing("globalThis", "indexedDB");
    let did = account("shared");
    let session = session_of(&did).await;
    ports()
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let read = ports()
        .store
        .get_session(CLIENT_ID, &did)
        .await
        .expect("reads");
    assert_eq!(read.expect("a row").tokens, session.tokens);
}

#[wasm_bindgen_test]
async fn a_failure_of_the_moment_is_tried_again() {
    no_database().await;
    js("globalThis.failures = 1");
    let _failing = opening(
        "if (globalThis.failures-- > 0) throw new DOMException('lost', 'UnknownError');
         return old.apply(this, args)",
    );
    let ports = ports();
    assert!(
        ports
            .store
            .get_session(CLIENT_ID, &alice())
            .await
            .expect("reads")
            .is_none()
    );
    assert!(ports.store.outlives_page());
    assert_eq!(js("return globalThis.failures").as_f64(), Some(-1.0));
}

#[wasm_bindgen_test]
async fn a_client_that_had_a_database_never_falls_back() {
    no_database().await;
    let ports = ports();
    let session = session(new_key().await);
    ports
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    {
        let _denied = opening("throw new DOMException('no', 'SecurityError')");
        let _closed = Replaced::new(
            "IDBDatabase.prototype",
            "transaction",
            "{ value: function () { this.close(); throw new DOMException('closed', 'InvalidStateError') } }",
        );
        assert!(is_denied(&ports.store, &alice()).await);
        assert!(ports.store.outlives_page());
    }
    let read = ports
        .store
        .get_session(CLIENT_ID, &alice())
        .await
        .expect("reads");
    assert_eq!(read.expect("a row").tokens, session.tokens);
}

async fn deleted(database: &str) -> String {
    let outcome = js_async(
        "const request = indexedDB.deleteDatabase(a);
         return new Promise(done => { for (const type of ['success', 'blocked', 'error']) request['on' + type] = () => done(type) })",
        &database.into(),
        &JsValue::UNDEFINED,
    )
    .await;
    outcome.as_string().expect("text")
}

#[wasm_bindgen_test]
async fn a_database_that_does_not_open_is_given_up_and_closed_when_it_does() {
    no_database().await;
    // Another page that does not give way keeps it from being deleted, and so from being opened.
    js_async(
        "const request = indexedDB.open(a);
         await new Promise(done => { request.onsuccess = done });
         globalThis.holding = request.result",
        &DATABASE.into(),
        &JsValue::UNDEFINED,
    )
    .await;
    assert_eq!(deleted(DATABASE).await, "blocked");
    let ports = ports();
    assert_lives_in_memory(&ports, &account("hanging")).await;
    js("globalThis.holding.close()");
    // It opens now, behind our back, and stands in nobody's way.
    sleep(100).await;
    assert_eq!(deleted(DATABASE).await, "success");
    assert!(!ports.store.outlives_page());
}

#[wasm_bindgen_test]
async fn in_memory_the_account_is_remembered_in_memory() {
    no_database().await;
    js("localStorage.clear()");
    let pointer = "@@atproto/oauth-client-browser(sub)".into();
    let stored = || js1("return localStorage.getItem(a)", &pointer).as_string();
    ports().store.set_active_account(CLIENT_ID, Some(&alice()));
    let ports = ports();
    {
        let _denied = Replaced::missing("globalThis", "indexedDB");
        assert!(is_denied(&ports.store, &alice()).await);
    }
    // What a page with a database has stored is still there to be tried.
    assert_eq!(
        ports.store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE)
    );
    let bob = account("bob");
    ports.store.set_active_account(CLIENT_ID, Some(&bob));
    assert_eq!(
        ports.store.active_account(CLIENT_ID).as_deref(),
        Some(bob.as_str())
    );
    assert_eq!(stored().as_deref(), Some(ALICE));
    ports.store.set_active_account(CLIENT_ID, None);
    assert_eq!(ports.store.active_account(CLIENT_ID), None);
    assert_eq!(stored().as_deref(), Some(ALICE));
    crate::support::ports()
        .store
        .set_active_account(CLIENT_ID, None);
}
