//! What a page does when it loads, by its address.

use crate::server::{ALICE, BOB, Fault, asked, form, yield_now};
use crate::world::{CLIENT_ID, REDIRECT_URI, Tab, World, did, ended, kind, options, url};
use atproto_oauth_wasm::ports::PopupMessage;
use atproto_oauth_wasm::{
    CallbackError, ClientMetadata, ConfigError, ErrorKind, HttpError, Initialized, OAuthSession,
    Refresh, ResponseMode, SessionEnd,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

fn signed_in(outcome: Option<Initialized>) -> OAuthSession {
    match outcome.expect("somebody") {
        Initialized::SignedIn(signed_in) => signed_in.session,
        Initialized::Restored(session) => panic!("{session:?} was restored"),
    }
}

fn restored(outcome: Option<Initialized>) -> OAuthSession {
    match outcome.expect("somebody") {
        Initialized::Restored(session) => session,
        Initialized::SignedIn(signed_in) => panic!("{signed_in:?} has just signed in"),
    }
}

#[test]
fn a_page_with_nobody_stays_as_it_is() {
    let world = World::new();
    let tab = world.tab();
    assert!(world.init(&tab).expect("nothing to fail").is_none());
    assert_eq!(tab.page.address().as_str(), REDIRECT_URI);
    assert_eq!(world.server.count(asked::ANYTHING), 0);
}

#[test]
fn an_answer_in_the_address_is_taken_and_cleaned_away() {
    for (mode, address, cleaned) in [
        (
            ResponseMode::Fragment,
            "https://app.example.com/cb?lang=en#",
            "https://app.example.com/cb?lang=en",
        ),
        (
            ResponseMode::Query,
            "https://app.example.com/cb?",
            "https://app.example.com/cb",
        ),
    ] {
        let world = World::new();
        let mut options = options();
        options.response_mode = mode;
        let tab = world.tab_with(options, |_| ());
        let begun = world.authorize(&tab, ALICE.did).expect("begun");
        assert_eq!(world.server.pushed(&begun)["response_mode"], mode.as_str());
        let params = world.server.consent(&begun, &ALICE);
        tab.page.visit(url(&format!("{address}{params}")));
        let session = signed_in(world.init(&tab).expect("a sign-in"));
        assert_eq!(session.did(), &did(&ALICE));
        assert_eq!(tab.page.address().as_str(), cleaned);
        assert_eq!(
            tab.ports.store.active_account(CLIENT_ID).as_deref(),
            Some(ALICE.did)
        );

        // Reloaded, the page has a session and no answer.
        let again = World::tab(&world);
        assert_eq!(
            restored(world.init(&again).expect("a session")).did(),
            &did(&ALICE)
        );
    }
}

#[test]
fn the_address_is_cleaned_before_anything_is_sent_and_whatever_comes() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.server.fault(asked::TOKEN, Fault::offline());
    tab.page.visit(url(&format!("{REDIRECT_URI}#{params}")));
    let address = std::cell::RefCell::new(None);
    let seen_when_asked = async {
        while world.server.count(asked::TOKEN) == 0 {
            crate::server::yield_now().await;
        }
        *address.borrow_mut() = Some(tab.page.address());
    };
    let init = tab.client.init(Refresh::Auto);
    let (outcome, ()) = world.run(futures::future::join(init, seen_when_asked));
    assert_eq!(
        kind(outcome),
        ErrorKind::Http(HttpError::Unreachable("offline".into()))
    );
    assert_eq!(*address.borrow(), Some(url(REDIRECT_URI)));
    assert_eq!(tab.ports.store.active_account(CLIENT_ID), None);
}

#[test]
fn an_answer_is_read_only_where_the_server_sends_it() {
    for (what, address) in [
        ("another path", "https://app.example.com/elsewhere#"),
        ("another origin", "https://www.example.com/cb#"),
        ("the query", "https://app.example.com/cb?"),
    ] {
        let world = World::new();
        let tab = world.tab();
        let params = world.consented(&tab, &ALICE);
        let address = url(&format!("{address}{params}"));
        tab.page.visit(address.clone());
        assert!(world.init(&tab).expect(what).is_none(), "{what}");
        assert_eq!(tab.page.address(), address, "{what}");
        assert_eq!(world.origin.pending_logins(), 1, "{what}");
    }
}

/// Runs what may wait for another page to take an answer over, which none does.
pub(crate) fn unheard<T>(world: &World, work: impl Future<Output = T>) -> T {
    let patience = async {
        for _ in 0..100 {
            yield_now().await;
        }
        world.origin.clock().advance(500);
    };
    world.run(futures::future::join(work, patience)).0
}

/// `spec/callback.json`, which `tests/package/callback.test.mjs` reads too: Rust and TypeScript find the same answers.
#[test]
fn an_answer_is_read_from_a_router_s_address_which_keeps_its_route() {
    let table: Vec<Value> =
        serde_json::from_str(include_str!("../../spec/callback.json")).expect("JSON");
    for row in table {
        let text = |name: &str| row[name].as_str().expect("a text");
        let address = |behind| format!("{REDIRECT_URI}{}", text(behind));
        let world = World::new();
        let mut options = options();
        options.response_mode = match text("mode") {
            "query" => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        };
        let tab = world.tab_with(options, |_| ());
        tab.page.visit(url(&address("at")));
        // What belongs to no sign-in here is offered to the page that may have opened this one.
        let heard = Rc::new(RefCell::new(None));
        let offered = heard.clone();
        let listener = world.tab();
        let _listening = listener
            .ports
            .channel
            .listen_to_popups(Box::new(move |message| match message {
                PopupMessage::Answer { params, .. } => *offered.borrow_mut() = Some(params),
                _ => panic!("{message:?}"),
            }));
        let found = kind(unheard(&world, tab.client.init_callback(None, None)));
        world.settle();
        let params = heard.take().map(|params| form(params.expose()));
        let expected: Option<BTreeMap<String, String>> =
            serde_json::from_value(row["params"].clone()).expect("texts");
        assert_eq!(params, expected, "{row}");
        let error = match &expected {
            Some(params) => CallbackError::UnknownState(params["state"].clone()),
            None => CallbackError::NoParameters,
        };
        assert_eq!(found, ErrorKind::Callback(error), "{row}");
        assert_eq!(
            tab.page.address().as_str(),
            url(&address("left")).as_str(),
            "{row}"
        );
    }
}

#[test]
fn a_hash_router_s_page_signs_in() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    tab.page
        .visit(url(&format!("{REDIRECT_URI}#/callback?{params}")));
    let session = signed_in(world.init(&tab).expect("a sign-in"));
    assert_eq!(session.did(), &did(&ALICE));
    let shown = tab.page.address();
    assert_eq!(shown.as_str(), format!("{REDIRECT_URI}#/callback"));
}

/// Answers that belong to no sign-in that waits here, whoever made them.
const STRAY: [&str; 4] = [
    "state=other&code=x&iss=https%3A%2F%2Fissuer.example.com",
    "state=other&error=access_denied",
    "state=other&state=another&code=x",
    "state=other&code=x&response=ey.ey.s",
];

#[test]
fn a_stray_answer_does_not_keep_a_returning_user_out() {
    for params in STRAY {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        world.server.take_log();
        for address in [format!("#{params}"), format!("#/{params}")] {
            let tab = world.tab();
            tab.page.visit(url(&format!("{REDIRECT_URI}{address}")));
            let session = restored(unheard(&world, tab.client.init(Refresh::Auto)).expect(params));
            assert_eq!(session.did(), &did(&ALICE));
            let left = tab.page.address();
            assert!(!left.as_str().contains("state"), "{left}");
            // Who asks for the sign-in itself is told.
            tab.page.visit(url(&format!("{REDIRECT_URI}{address}")));
            let failure = unheard(&world, tab.client.init_callback(None, None)).expect_err(params);
            assert!(failure.code().starts_with("CALLBACK_"), "{failure}");
        }
        assert_eq!(world.server.take_log(), Vec::<String>::new());
    }
}

#[test]
fn a_stray_answer_without_a_session_is_an_error() {
    for (params, code) in STRAY.into_iter().zip([
        "CALLBACK_UNKNOWN_STATE",
        "CALLBACK_UNKNOWN_STATE",
        "CALLBACK_PARAMETER_REPEATED",
        "CALLBACK_JARM",
    ]) {
        let world = World::new();
        let tab = world.tab();
        tab.page.visit(url(&format!("{REDIRECT_URI}#{params}")));
        let failure = unheard(&world, tab.client.init(Refresh::Auto)).expect_err(params);
        assert_eq!(failure.code(), code);
        assert_eq!(tab.page.address().as_str(), REDIRECT_URI);
    }
}

/// The user has just tried to sign in, and shall know what came of it.
#[test]
fn a_refused_answer_to_a_sign_in_that_waits_is_an_error_for_a_returning_user_too() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    let begun = world.authorize(&tab, BOB.did).expect("begun");
    let denied = world.server.deny(&begun, "access_denied");
    let state = form(&denied)["state"].clone();
    for (params, code) in [
        (
            format!("state=x&state={state}&code=x"),
            "CALLBACK_PARAMETER_REPEATED",
        ),
        (
            format!("state={state}&code=x&response=ey.ey.s"),
            "CALLBACK_JARM",
        ),
        (format!("state={state}&error=x"), "CALLBACK_NO_ISSUER"),
        (denied, "ACCESS_DENIED"),
    ] {
        tab.page.visit(url(&format!("{REDIRECT_URI}#{params}")));
        assert_eq!(world.init(&tab).expect_err(&params).code(), code);
    }
}

#[test]
fn a_stray_answer_offline_says_offline() {
    let world = World::new();
    let tab = later(&world);
    world.server.fault(asked::ANYTHING, Fault::offline());
    tab.page.visit(url(&format!("{REDIRECT_URI}#{}", STRAY[0])));
    assert_eq!(
        kind(unheard(&world, tab.client.init(Refresh::Auto))),
        ErrorKind::Http(HttpError::Unreachable("offline".into()))
    );
    world.server.heal();
    assert_eq!(
        restored(world.init(&tab).expect("a session")).did(),
        &did(&ALICE)
    );
}

#[test]
fn an_error_in_the_address_is_told_to_the_page() {
    let world = World::new();
    let tab = world.tab();
    let begun = world.authorize(&tab, ALICE.did).expect("begun");
    let params = world.server.deny(&begun, "access_denied");
    tab.page.visit(url(&format!("{REDIRECT_URI}#{params}")));
    let failure = world.init(&tab).expect_err("denied");
    assert_eq!(failure.code(), "ACCESS_DENIED");
    assert_eq!(tab.page.address().as_str(), REDIRECT_URI);
}

#[test]
fn a_page_without_an_answer_has_none_to_finish() {
    let world = World::new();
    let tab = world.tab();
    let none = ErrorKind::Callback(CallbackError::NoParameters);
    for address in [
        REDIRECT_URI,
        "https://app.example.com/cb#code=x",
        "https://app.example.com/cb#state=x",
    ] {
        tab.page.visit(url(address));
        let outcome = world.run(tab.client.init_callback(None, None));
        assert_eq!(kind(outcome), none);
        assert_eq!(tab.page.address().as_str(), address);
    }
}

#[test]
fn the_last_account_comes_back() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    world.sign_in(&tab, &BOB);
    let next = world.tab();
    assert_eq!(
        restored(world.init(&next).expect("a session")).did(),
        &did(&BOB)
    );
    world
        .restore(&tab, &ALICE, Refresh::Auto)
        .expect("a session");
    let next = world.tab();
    assert_eq!(
        restored(world.init(&next).expect("a session")).did(),
        &did(&ALICE)
    );
}

/// A tab that was opened anew, long after Alice signed in.
fn later(world: &World) -> Tab {
    world.sign_in(&world.tab(), &ALICE);
    world.expire();
    world.tab()
}

#[test]
fn a_page_that_loads_offline_remembers_the_account() {
    let world = World::new();
    let tab = later(&world);
    world.server.fault(asked::ANYTHING, Fault::offline());
    assert_eq!(
        kind(world.init(&tab)),
        ErrorKind::Http(HttpError::Unreachable("offline".into()))
    );
    assert_eq!(
        tab.ports.store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE.did)
    );
    assert!(tab.heard.take().is_empty());
    world.server.heal();
    assert_eq!(
        restored(world.init(&tab).expect("a session")).did(),
        &did(&ALICE)
    );
}

#[test]
fn a_page_that_loads_after_the_session_ended_forgets_the_account() {
    let world = World::new();
    let tab = later(&world);
    world.server.revoke_all(&ALICE);
    let refused = SessionEnd::RefreshRefused(Some("No.".into()));
    assert_eq!(kind(world.init(&tab)), ended(&ALICE, refused.clone()));
    assert_eq!(tab.ports.store.active_account(CLIENT_ID), None);
    assert_eq!(tab.heard.take_ends(), [refused]);
    assert!(world.init(&tab).expect("nobody").is_none());
}

#[test]
fn an_account_that_was_lost_from_storage_is_forgotten() {
    let world = World::new();
    let tab = world.tab();
    tab.ports
        .store
        .set_active_account(CLIENT_ID, Some(&did(&ALICE)));
    assert_eq!(kind(world.init(&tab)), ended(&ALICE, SessionEnd::Vanished));
    assert!(world.init(&tab).expect("nobody").is_none());
}

/// A tab at an address, of an app under development whose redirect URI is this.
fn developing(world: &World, address: &str, redirect_uri: &str) -> Tab {
    let mut id = String::from("http://localhost?redirect_uri=");
    id.extend(url::form_urlencoded::byte_serialize(
        redirect_uri.as_bytes(),
    ));
    let mut options = options();
    options.metadata = ClientMetadata::of_loopback_id(&id).expect("a loopback id");
    let tab = world.tab_with(options, |_| ());
    tab.page.visit(url(address));
    tab
}

#[test]
fn a_page_on_localhost_goes_where_its_sessions_will_be() {
    for (address, redirect_uri, expected) in [
        (
            "http://localhost:8080/?a=1#b",
            "http://127.0.0.1:8080/",
            Some("http://127.0.0.1:8080/?a=1#b"),
        ),
        (
            "http://localhost:8080/app",
            "http://127.0.0.1/app",
            Some("http://127.0.0.1:8080/app"),
        ),
        (
            "http://localhost:8080/",
            "http://[::1]:8080/",
            Some("http://[::1]:8080/"),
        ),
        (
            "http://localhost:8080/other",
            "http://127.0.0.1:8080/",
            None,
        ),
        ("http://localhost:9090/", "http://127.0.0.1:8080/", None),
    ] {
        let world = World::new();
        let tab = developing(&world, address, redirect_uri);
        let error = match expected {
            Some(_) => ConfigError::RedirectingToLoopbackIp,
            None => ConfigError::UseLoopbackIp(address.into()),
        };
        assert_eq!(
            kind(world.init(&tab)),
            ErrorKind::Config(error),
            "{address}"
        );
        assert_eq!(tab.page.left_for().as_deref(), expected, "{address}");
    }
}

#[test]
fn a_page_on_the_loopback_address_stays() {
    let world = World::new();
    let tab = developing(&world, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/");
    assert!(world.init(&tab).expect("nobody").is_none());
    assert_eq!(tab.page.left_for(), None);
    // So does a published app that someone serves on localhost.
    let tab = world.tab();
    tab.page.visit(url("http://localhost:8080/"));
    assert!(world.init(&tab).expect("nobody").is_none());
}

#[test]
fn a_router_can_hand_the_answer_over() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    tab.page
        .visit(url("https://app.example.com/cb?route=1#left"));
    let outcome = world.run(tab.client.init_callback(Some(&params), None));
    assert_eq!(outcome.expect("a sign-in").session.did(), &did(&ALICE));
    let shown = tab.ports.page.location().expect("a page");
    assert_eq!(shown.as_str(), "https://app.example.com/cb?route=1");
}
