//! The browser's adapters where there is no browser: an app rendered by Node. Nothing throws; what is missing is an
//! error of its port, or nothing happens.

#![cfg(target_arch = "wasm32")]
// A test says that something must be so by failing where it is not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use atproto_oauth_wasm::Did;
use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::{Message, StorageError};
use wasm_bindgen_test::wasm_bindgen_test;

const CLIENT_ID: &str = "https://app.example/client.json";

fn did() -> Did {
    Did::parse("did:plc:z72i7hdynmk6r22z27h6tvur").expect("DID")
}

#[wasm_bindgen_test]
async fn what_is_missing_is_an_error_or_nothing() {
    let ports = Browser::new(BrowserOptions::default()).ports();
    assert!(matches!(
        ports.store.get_session(CLIENT_ID, &did()).await,
        Err(StorageError::Denied(_))
    ));
    // Sign-ins live in memory here, where there is none; a session may be stored where this process cannot look.
    assert!(matches!(
        ports.store.take_pending(CLIENT_ID, "state").await,
        Ok(None)
    ));
    assert_eq!(ports.page.location(), None);
    ports.page.replace("https://example.com/");
    ports.page.leave("https://example.com/").await;
    drop(ports.lock.acquire("name").await);
    ports
        .channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(did()));
    // Never dropped: the process must be able to end nevertheless.
    std::mem::forget(ports.channel.listen_to_tabs(CLIENT_ID, Box::new(|_| {})));
}

#[wasm_bindgen_test]
fn the_account_is_remembered_in_memory() {
    let store = Browser::new(BrowserOptions::default()).ports().store;
    store.set_active_account(CLIENT_ID, Some(&did()));
    assert_eq!(
        store.active_account(CLIENT_ID).as_deref(),
        Some(did().as_str())
    );
}
