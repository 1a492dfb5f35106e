//! The browser's adapters in a dedicated worker, which has no page, no `localStorage` and no `window`.

#![cfg(target_arch = "wasm32")]
// A test says that something must be so by failing where it is not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::{Ports, StoredSession};
use atproto_oauth_wasm::{AuthMethod, Did, Request, Secret, TokenSet};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn ports() -> Ports {
    Browser::new(BrowserOptions::default()).ports()
}

const CLIENT_ID: &str = "https://app.example/client.json";

fn did() -> Did {
    Did::parse("did:plc:z72i7hdynmk6r22z27h6tvur").expect("DID")
}

#[wasm_bindgen_test]
async fn a_worker_is_nowhere_and_goes_nowhere() {
    let ports = ports();
    assert_eq!(ports.page.location(), None);
    ports.page.replace("#x");
    ports.page.leave("https://example.com/").await;
}

#[wasm_bindgen_test]
fn a_worker_remembers_the_account_by_itself() {
    let store = ports().store;
    store.set_active_account(CLIENT_ID, Some(&did()));
    assert_eq!(
        store.active_account(CLIENT_ID).as_deref(),
        Some(did().as_str())
    );
    store.set_active_account(CLIENT_ID, None);
    assert_eq!(store.active_account(CLIENT_ID), None);
}

#[wasm_bindgen_test]
async fn a_session_is_stored_under_the_lock_and_signs() {
    let ports = ports();
    let guard = ports.lock.acquire("worker").await;
    let key = ports.crypto.generate_key().await.expect("key");
    let session = StoredSession {
        tokens: TokenSet {
            issuer: "https://auth.example".to_owned(),
            sub: did(),
            audience: "https://pds.example/".to_owned(),
            scope: "atproto".to_owned(),
            access_token: Secret::new("a".to_owned()),
            refresh_token: None,
            expires_at: None,
        },
        key,
        auth_method: AuthMethod::None,
        client_id: Some(CLIENT_ID.to_owned()),
        server: None,
        verified_at: None,
        refresh_started_at: None,
        refused_at: None,
        clock_offset: 0,
        resume: None,
    };
    ports
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    drop(guard);
    let back = ports
        .store
        .get_session(CLIENT_ID, &did())
        .await
        .expect("reads");
    let back = back.expect("row");
    assert_eq!(back.tokens, session.tokens);
    assert!(back.key.sign("x").await.is_ok());
    ports
        .store
        .delete_session(CLIENT_ID, &did(), None)
        .await
        .expect("deletes");
}

#[wasm_bindgen_test]
async fn a_worker_fetches() {
    let request = Request::get("data:text/plain,here".to_owned(), "*/*");
    let response = ports().http.send(request).await.expect("answer");
    assert_eq!(response.body, "here");
}
