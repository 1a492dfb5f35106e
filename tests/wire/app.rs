//! The face for apps in Rust, over the scripted network.

use crate::server::{ALICE, BOB, Fault, PDS, PLC};
use crate::world::{CLIENT_ID, Tab, World, did, kind, options};
use atproto_oauth_wasm::ports::{By, StorageError};
use atproto_oauth_wasm::{
    AuthorizeOptions, BrowserOAuthClient, ConfigError, ErrorKind, Event, Events, HostError,
    Initialized, PdsRequest, Persistence, Refresh, SessionEnd, Step, Timeouts,
};
use futures::FutureExt;
use futures::executor::block_on;
use std::cell::RefCell;
use std::error::Error as _;
use std::rc::Rc;

/// A client over a tab's ports.
pub(crate) fn client(tab: &Tab) -> BrowserOAuthClient {
    BrowserOAuthClient::builder()
        .client_metadata(options().metadata)
        .handle_resolver(PDS)
        .plc_directory(PLC)
        .ports(tab.ports.clone())
        .build()
        .expect("a client")
}

/// The events that are there by now.
fn heard(events: &mut Events) -> Vec<Event> {
    std::iter::from_fn(|| events.next().now_or_never().flatten()).collect()
}

/// What was begun goes on: a refresh has spent the only refresh token there was.
#[test]
fn a_closed_client_takes_no_more_work_and_finishes_what_was_begun() {
    let world = World::new();
    let tab = world.tab();
    let client = client(&tab);
    world.sign_in(&tab, &ALICE);
    let found = world.run(client.init()).expect("alive").expect("a session");
    let session = found.into_session();
    let refreshing = async {
        let refresh = session.token_info(Refresh::Force);
        let closing = async {
            crate::server::yield_now().await;
            client.close();
        };
        futures::future::join(refresh, closing).await.0
    };
    world.run(refreshing).expect("tokens");
    let disposed = ErrorKind::Storage(StorageError::Disposed);
    assert_eq!(kind(world.run(client.init())), disposed);
    assert_eq!(kind(world.run(client.revoke(&did(&ALICE)))), disposed);
    assert_eq!(world.status(&session), Ok(200));
    let again = world.restore(&world.tab(), &ALICE, Refresh::Force);
    assert!(again.is_ok(), "the tokens were stored");
}

#[test]
fn a_sign_in_from_the_first_click_to_the_last() {
    let world = World::new();
    let tab = world.tab();
    let client = client(&tab);
    let mut events = client.events();
    assert!(world.run(client.init()).expect("no failure").is_none());

    let steps = Rc::new(RefCell::new(Vec::new()));
    let told = steps.clone();
    let options = AuthorizeOptions::default().state("/inbox");
    let options = options.on_progress(move |step| told.borrow_mut().push(step));
    let url = world.run(client.authorize(ALICE.handle, options));
    let params = world.server.consent(&url.expect("a URL"), &ALICE);
    assert_eq!(
        *steps.borrow(),
        [
            Step::Handle,
            Step::Did,
            Step::Resource,
            Step::Issuer,
            Step::Par
        ]
    );

    tab.page.visit(
        tab.page
            .address()
            .join(&format!("#{params}"))
            .expect("a URL"),
    );
    let signed_in = world
        .run(client.init())
        .expect("no failure")
        .expect("a session");
    world.settle();
    assert!(matches!(signed_in, Initialized::SignedIn(_)));
    assert_eq!(signed_in.state(), Some("/inbox"));
    let session = signed_in.into_session();
    let (updated, ended) = (
        |by| Event::Updated {
            did: did(&ALICE),
            by,
        },
        Event::Ended {
            did: did(&ALICE),
            why: SessionEnd::SignedOut,
        },
    );
    assert_eq!(
        heard(&mut events),
        [updated(By::ThisTab), Event::AccountsChanged]
    );
    assert_eq!(client.active(), Some(did(&ALICE)));

    let post = PdsRequest::post("/xrpc/app.test")
        .query("a", "b")
        .json("{}");
    let answer = world.run(session.fetch(post)).expect("an answer");
    assert!(answer.ok());
    let answer = block_on(answer.json()).expect("JSON");
    assert_eq!(answer.str("method").as_deref(), Some("POST"));
    assert_eq!(answer.str("body").as_deref(), Some("{}"));

    let restored = world.run(client.restore(session.did(), Refresh::Force));
    assert_eq!(restored, Ok(session.clone()), "one session of one client");
    world.settle();
    assert_eq!(heard(&mut events), [updated(By::ThisTab)]);

    world.run(client.revoke(session.did())).expect("no failure");
    assert_eq!(heard(&mut events), [Event::AccountsChanged, ended]);
    let accounts = world.run(client.accounts()).expect("no failure");
    assert_eq!(accounts.len(), 1);
    world.run(client.forget(session.did())).expect("no failure");
    assert!(world.run(client.accounts()).expect("no failure").is_empty());
    assert_eq!(
        kind(world.run(client.switch_to(session.did()))),
        ErrorKind::Ended(did(&ALICE), SessionEnd::Vanished)
    );
}

#[test]
fn every_listener_has_events_of_its_own_until_the_end() {
    let world = World::new();
    let tab = world.tab();
    let client = client(&world.tab());
    let (mut first, dropped) = (client.events(), client.events());
    world.sign_in(&tab, &ALICE);
    drop(dropped);
    let mut second = client.events();
    world.sign_in(&tab, &BOB);
    let updated = |account| Event::Updated {
        did: did(account),
        by: By::AnotherTab,
    };
    // The second change is the handle, which is found in the background.
    let (new, change) = (updated(&BOB), Event::AccountsChanged);
    let of_bob = [new, change.clone(), change];
    assert_eq!(heard(&mut second), of_bob, "nothing of what was before");
    assert_eq!(heard(&mut first).split_off(3), of_bob);

    client.close();
    assert_eq!(block_on(first.next()), None);
    assert_eq!(block_on(client.events().next()), None);
}

#[test]
fn events_end_with_the_last_who_could_cause_one() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    let client = client(&tab);
    let mut events = client.events();
    let session = world.run(client.restore(&did(&ALICE), Refresh::Never));
    let session = session.expect("a session");
    world.settle();
    drop(client);
    heard(&mut events);
    assert_eq!(events.next().now_or_never(), None, "a session is left");
    world.run(session.sign_out()).expect("no failure");
    assert!(!heard(&mut events).is_empty());
    drop(session);
    assert_eq!(events.next().now_or_never(), Some(None));
}

#[test]
fn clones_are_equal_and_others_are_not() {
    let world = World::new();
    let tab = world.tab();
    let (one, other) = (client(&tab), client(&tab));
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
}

#[test]
fn metadata_can_be_read_where_they_are_published() {
    let world = World::new();
    let builder = || {
        BrowserOAuthClient::builder()
            .handle_resolver(PDS)
            .ports(world.tab().ports)
    };
    let published = options().metadata;
    let text = published.raw.text();
    let place = "GET https://app.example.com/client.json";
    world
        .server
        .fault(place, Fault::answer(200, "application/json", &text));
    let client = world.run(builder().load(CLIENT_ID)).expect("a client");
    assert_eq!(client.client_metadata(), Some(&published));
    let error = world.run(builder().load("ftp://app.example.com/"));
    assert!(matches!(kind(error), ErrorKind::Config(_)));
}

#[test]
fn options_that_are_wrong_are_named() {
    let builder = BrowserOAuthClient::builder;
    let loopback = || builder().client_id("http://localhost");
    let wrong = |name, text: &str| ConfigError::InvalidOption(name, text.to_owned());
    let resolver = "https://pds.example.com";
    let limits = |document_ms, token_ms| Timeouts {
        document_ms,
        token_ms,
    };
    for (builder, expected) in [
        (loopback(), ConfigError::NoHandleResolver),
        (
            loopback().handle_resolver("pds.example.com"),
            wrong("handleResolver", "pds.example.com"),
        ),
        (
            loopback().handle_resolver(resolver).plc_directory(""),
            wrong("plcDirectoryUrl", ""),
        ),
        (
            loopback().handle_resolver(resolver).storage_name(""),
            wrong("storageName", ""),
        ),
        (
            loopback().handle_resolver(resolver).timeouts(limits(0, 1)),
            wrong("timeouts", "0"),
        ),
        (
            // `setTimeout` takes what is longer for no time at all.
            loopback()
                .handle_resolver(resolver)
                .timeouts(limits(1, 1 << 31)),
            wrong("timeouts", "2147483648"),
        ),
        (
            builder()
                .client_id("https://localhost")
                .handle_resolver(resolver),
            ConfigError::InvalidClientId("https://localhost".to_owned()),
        ),
    ] {
        let error = builder.build().expect_err("an option is wrong");
        assert_eq!(error.kind(), &ErrorKind::Config(expected.clone()));
        assert_eq!(error.step(), Step::Configure);
        let source = error.source().and_then(|source| source.downcast_ref());
        assert_eq!(source, Some(&expected));
    }
}

#[test]
fn where_there_is_no_browser_nothing_panics() {
    let client = BrowserOAuthClient::builder().build().expect("a client");
    let alice = did(&ALICE);
    let failures = [
        block_on(client.init()).err(),
        block_on(client.sign_in("alice.example", AuthorizeOptions::default())).err(),
        block_on(client.sign_in_popup("alice.example", AuthorizeOptions::default())).err(),
        block_on(client.authorize("alice.example", AuthorizeOptions::default())).err(),
        block_on(client.callback("code=1&state=1")).err(),
        block_on(client.restore(&alice, Refresh::Auto)).err(),
        block_on(client.switch_to(&alice)).err(),
        block_on(client.revoke(&alice)).err(),
        block_on(client.forget(&alice)).err(),
        block_on(client.accounts()).err(),
        block_on(client.resolve_identity("alice.example")).err(),
        block_on(BrowserOAuthClient::builder().load(CLIENT_ID)).err(),
    ];
    for error in failures {
        let error = error.expect("a failure");
        assert_eq!(error.kind(), &ErrorKind::Host(HostError::BROWSER_ONLY));
        assert_eq!(error.code(), "BROWSER_ONLY");
        assert!(!error.is_retryable());
    }
    assert_eq!(client.active(), None);
    assert_eq!(client.persistence(), Persistence::Durable);
    assert_eq!(client.client_metadata(), None);
    assert_eq!(client.events().next().now_or_never(), None);
    client.close();
}

#[cfg(feature = "atrium")]
#[test]
fn calls_of_atrium_s_agent_are_requests_of_the_session() {
    use atproto_oauth_wasm::AtriumError;
    use atrium_api::xrpc::Error;

    let place = "GET https://pds.example.com/xrpc/com.atproto.server.getSession";
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    let agent = session.agent();
    assert_eq!(
        block_on(agent.did()).map(|did| did.to_string()),
        Some(ALICE.did.to_owned())
    );
    // Signed, or the server would not answer at all; it knows no lexicons, so its answer is made up.
    let account = || serde_json::json!({ "did": ALICE.did, "handle": ALICE.handle });
    world
        .server
        .fault(place, Fault::lies(move |body| *body = account()));
    let server = &agent.api.com.atproto.server;
    let found = world.run(server.get_session()).expect("an answer");
    assert_eq!(found.handle.as_str(), ALICE.handle);

    world.server.heal();
    world.server.fault(place, Fault::offline());
    match world.run(server.get_session()) {
        Err(Error::HttpClient(error)) => {
            let error = error.downcast_ref::<AtriumError>().expect("our error");
            assert_eq!(error.get().code(), "NETWORK_UNREACHABLE");
        }
        other => panic!("{other:?}"),
    }
}
