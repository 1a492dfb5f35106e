//! The page: its address, leaving it, the pointer to the account, and work in the background.

use crate::support::*;
use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::{Account, AccountStatus};
use atproto_oauth_wasm::{Did, Handle, Issuer};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::slice;
use std::task::Poll;
use wasm_bindgen_test::wasm_bindgen_test;

const POINTER: &str = "@@atproto/oauth-client-browser(sub)";

#[wasm_bindgen_test]
fn the_account_is_remembered_where_the_official_client_looks() {
    // Other tests' clients may have used the same account.
    js("localStorage.clear()");
    let store = ports().store;
    store.set_active_account(CLIENT_ID, Some(&alice()));
    let stored = js1("return localStorage.getItem(a)", &POINTER.into());
    assert_eq!(stored.as_string().as_deref(), Some(ALICE));
    assert_eq!(
        ports().store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE)
    );
    store.set_active_account(CLIENT_ID, None);
    assert!(js1("return localStorage.getItem(a)", &POINTER.into()).is_null());
    assert_eq!(store.active_account(CLIENT_ID), None);
}

#[wasm_bindgen_test]
fn without_storage_the_page_remembers_by_itself() {
    js("localStorage.clear()");
    let store = ports().store;
    for denial in [
        "{ value: undefined }",
        "{ get() { throw new DOMException('denied', 'SecurityError') } }",
    ] {
        let _denied = Replaced::new("globalThis", "localStorage", denial);
        store.set_active_account(CLIENT_ID, Some(&alice()));
        assert_eq!(store.active_account(CLIENT_ID).as_deref(), Some(ALICE));
        assert_eq!(ports().store.active_account(CLIENT_ID), None);
        store.set_active_account(CLIENT_ID, None);
        assert_eq!(store.active_account(CLIENT_ID), None);
    }
}

#[wasm_bindgen_test]
fn accounts_are_remembered_one_by_one_and_without_storage_by_the_page() {
    js("localStorage.clear()");
    let store = ports().store;
    let full = Account {
        did: alice(),
        handle: Handle::parse("alice.example.com").ok(),
        pds: Some("https://pds.example/".to_owned()),
        issuer: Issuer::parse("https://auth.example").ok(),
        status: AccountStatus::SignedOut,
        last_used: Some(1_900_000_000_000),
    };
    let bare = Account {
        handle: None,
        pds: None,
        issuer: None,
        last_used: None,
        ..full.clone()
    };
    store.remember_account(CLIENT_ID, &alice(), Some(&full));
    let stored = js1(
        "return localStorage.getItem('atproto-oauth-wasm:account:' + a)",
        &format!("{ALICE} {CLIENT_ID}").into(),
    );
    assert_eq!(
        stored.as_string().as_deref(),
        Some(
            r#"{"handle":"alice.example.com","pds":"https://pds.example/","issuer":"https://auth.example","lastUsed":1900000000000}"#
        )
    );
    assert_eq!(
        ports().store.remembered_accounts(CLIENT_ID),
        slice::from_ref(&full)
    );
    store.remember_account(CLIENT_ID, &alice(), Some(&bare));
    assert_eq!(
        ports().store.remembered_accounts(CLIENT_ID),
        slice::from_ref(&bare)
    );
    for denial in [
        "{ value: undefined }",
        "{ get() { throw new DOMException('denied', 'SecurityError') } }",
        "{ value: { setItem() { throw new DOMException('full', 'QuotaExceededError') }, getItem() { return null }, removeItem() {} } }",
    ] {
        let _denied = Replaced::new("globalThis", "localStorage", denial);
        assert_eq!(store.remembered_accounts(CLIENT_ID), []);
        store.remember_account(CLIENT_ID, &alice(), Some(&full));
        assert_eq!(store.remembered_accounts(CLIENT_ID), slice::from_ref(&full));
        assert_eq!(ports().store.remembered_accounts(CLIENT_ID), []);
        store.remember_account(CLIENT_ID, &alice(), None);
        assert_eq!(store.remembered_accounts(CLIENT_ID), []);
    }
    store.remember_account(CLIENT_ID, &alice(), None);
    assert_eq!(ports().store.remembered_accounts(CLIENT_ID), []);
}

#[wasm_bindgen_test]
fn the_address_is_read_and_replaced_without_loading() {
    let page = ports().page;
    let before = page.location().expect("a page");
    let entries = js("return history.length").as_f64();
    let with_answer = before.join("?x=1#state=s&code=c").expect("URL");
    page.replace(with_answer.as_str());
    assert_eq!(page.location(), Some(with_answer));
    assert_eq!(js("return history.length").as_f64(), entries);
    page.replace(before.as_str());
    assert_eq!(page.location(), Some(before.clone()));
    // Another origin's address cannot be shown; that is no reason to throw.
    page.replace("https://elsewhere.example/");
    assert_eq!(page.location(), Some(before));
}

async fn is_pending(future: &mut Pin<Box<dyn Future<Output = ()> + '_>>) -> bool {
    sleep(10).await;
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

#[wasm_bindgen_test]
async fn leaving_ends_when_the_page_comes_back_out_of_the_cache() {
    let page = ports().page;
    let before = page.location().expect("a page");
    // A fragment is left for without unloading the page.
    let mut leaving = page.leave("#left");
    assert!(is_pending(&mut leaving).await);
    let left = page.location().expect("a page");
    assert_eq!(left.fragment(), Some("left"));
    js("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))");
    assert!(is_pending(&mut leaving).await);
    js("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
    assert!(!is_pending(&mut leaving).await);
    page.replace(before.as_str());
}

#[wasm_bindgen_test]
async fn leaving_takes_its_listener_along() {
    js("globalThis.listeners = 0");
    // A listener goes with its signal.
    let counted = "{ value: function (...args) {
        if (args[0] === 'pageshow') {
            globalThis.listeners += 1;
            args[2].signal.addEventListener('abort', () => (globalThis.listeners -= 1));
        }
        return old.apply(this, args)
    } }";
    let _adding = Replaced::new("globalThis", "addEventListener", counted);
    let page = ports().page;
    let before = page.location().expect("a page");
    let mut leaving = page.leave("#left");
    assert!(is_pending(&mut leaving).await);
    assert_eq!(js("return globalThis.listeners").as_f64(), Some(1.0));
    drop(leaving);
    assert_eq!(js("return globalThis.listeners").as_f64(), Some(0.0));
    page.replace(before.as_str());
}

#[wasm_bindgen_test]
async fn leaving_for_nowhere_ends_at_once() {
    ports().page.leave("http://").await;
}

#[wasm_bindgen_test]
async fn background_work_runs_to_its_end() {
    let done = Rc::new(Cell::new(false));
    let mark = done.clone();
    ports().spawn.spawn(Box::pin(async move {
        sleep(5).await;
        mark.set(true);
    }));
    until(|| done.get()).await;
}

#[wasm_bindgen_test]
fn the_clock_is_the_browsers() {
    let before = js_sys::Date::now() as u64;
    let now = ports().clock.now();
    assert!((before..before + 1000).contains(&now));
}

/// The official client's item, and one of each of our own clients beside it.
#[wasm_bindgen_test]
fn each_client_has_an_active_account_and_heeds_the_official_client() {
    const OTHER_ID: &str = "https://app.example/two.json";
    let common = || js1("return localStorage.getItem(a)", &POINTER.into()).as_string();
    let official = |did: &str| js2("localStorage.setItem(a, b)", &POINTER.into(), &did.into());
    let bob = Did::parse("did:web:bob.example").expect("a DID");
    let carol = "did:web:carol.example";
    js("localStorage.clear()");
    let (one, two) = (ports().store, ports().store);
    let both = || (one.active_account(CLIENT_ID), two.active_account(OTHER_ID));
    let are = |first: Option<&str>, second: Option<&str>| {
        let own = |did: Option<&str>| did.map(str::to_owned);
        assert_eq!(both(), (own(first), own(second)));
    };
    are(None, None);

    // The official client's, or of an earlier version of ours: whoever's is asked.
    official(ALICE);
    are(Some(ALICE), Some(ALICE));
    one.set_active_account(CLIENT_ID, Some(&alice()));
    are(Some(ALICE), None);
    two.set_active_account(OTHER_ID, Some(&bob));
    assert_eq!(common().as_deref(), Some(bob.as_str()));
    are(Some(ALICE), Some(bob.as_str()));
    // The app changed over to the official client and back.
    official(carol);
    are(Some(carol), Some(carol));
    one.set_active_account(CLIENT_ID, Some(&bob));
    two.set_active_account(OTHER_ID, Some(&bob));
    are(Some(bob.as_str()), Some(bob.as_str()));
    // Its end for one is none for the other.
    one.set_active_account(CLIENT_ID, None);
    are(None, Some(bob.as_str()));
    assert_eq!(common().as_deref(), Some(bob.as_str()));
    two.set_active_account(OTHER_ID, None);
    are(None, None);
    assert_eq!(common(), None);
    js("localStorage.clear()");
}

#[wasm_bindgen_test]
async fn a_name_of_the_app_s_own_is_shared_with_nobody() {
    no_database().await;
    js("localStorage.clear()");
    let own = || {
        let options = BrowserOptions {
            storage_name: Some("mine".to_owned()),
            ..BrowserOptions::default()
        };
        Browser::new(options).ports()
    };
    let ports = own();
    ports.store.set_active_account(CLIENT_ID, Some(&alice()));
    assert_eq!(
        crate::support::ports().store.active_account(CLIENT_ID),
        None
    );
    assert_eq!(
        own().store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE)
    );
    let stored = session(new_key().await);
    let put = ports.store.put_session(CLIENT_ID, &stored, None).await;
    assert_eq!(put, Ok(true));
    let common = crate::support::ports();
    let elsewhere = common.store.get_session(CLIENT_ID, &alice()).await;
    assert!(elsewhere.expect("reads").is_none());
    let here = own().store.get_session(CLIENT_ID, &alice()).await;
    assert!(here.expect("reads").is_some());
    let _held = ports.lock.acquire(ALICE).await;
    drop(common.lock.acquire(ALICE).await);
    ports.store.set_active_account(CLIENT_ID, None);
    ports
        .store
        .delete_session(CLIENT_ID, &alice(), None)
        .await
        .expect("deletes");
    let names = js("return Object.keys(localStorage).join()").as_string();
    assert_eq!(names.as_deref(), Some(""));
}
