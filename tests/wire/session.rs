//! Requests with a session, and its end.

use crate::server::{ALICE, BOB, Fault, asked};
use crate::world::{CLIENT_ID, Event, World, did, ended, kind};
use atproto_oauth_wasm::{
    ConfigError, Credentials, Error, ErrorKind, IdentityError, Refresh, ResourceResponse,
    SessionEnd, Step,
};
use serde_json::json;
use std::cell::Cell;

#[test]
fn a_request_costs_one_request() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.take_log();
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(
        world.server.take_log(),
        [asked::XRPC, asked::XRPC],
        "the server's nonce is learned from its refusal"
    );
    for _ in 0..3 {
        assert_eq!(world.status(&session), Ok(200));
    }
    assert_eq!(world.server.take_log(), [asked::XRPC; 3]);
    world.server.change_nonces();
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.take_log(), [asked::XRPC; 2]);
}

#[test]
fn many_requests_at_once_each_learn_the_nonce() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    let requests = (0..5).map(|_| world.get(&session, "/xrpc/app.test"));
    for reply in world.run(futures::future::join_all(requests)) {
        assert_eq!(reply.expect("an answer").status, 200);
    }
}

#[test]
fn a_body_that_is_gone_is_not_sent_again() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.take_log();
    let send = async |credentials: Credentials<'_>| {
        Ok::<_, Error>(world.server.xrpc("POST", credentials).await)
    };
    let once = || world.run(session.request("POST", "/xrpc/app.test", false, send));
    let reply = once().expect("an answer");
    assert_eq!(reply.challenge, Some(r#"DPoP error="use_dpop_nonce""#));
    assert_eq!(once().expect("an answer").status, 200, "the nonce was kept");
    world.server.expire_access_tokens();
    assert_eq!(once().expect("an answer").status, 401);
    assert_eq!(
        once().expect("an answer").status,
        200,
        "the token was renewed"
    );
}

#[test]
fn the_app_s_own_failure_comes_back_as_it_is() {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Aborted,
        Client(Error),
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Client(error)
        }
    }
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    let send = async |_: Credentials<'_>| Err::<crate::server::resource::Reply, _>(Mine::Aborted);
    let outcome = world.run(session.request("GET", "/xrpc/app.test", true, send));
    assert_eq!(outcome.expect_err("aborted"), Mine::Aborted);
}

#[test]
fn any_address_of_the_pds_will_do() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    for path in [
        "/xrpc/app.test",
        "xrpc/app.test",
        "/xrpc/app.test?limit=1&cursor=a%20b#there",
        "https://pds.example.com/xrpc/app.test",
        "https://PDS.example.com:443/xrpc/app.test",
    ] {
        let reply = world.run(world.get(&session, path));
        assert_eq!(reply.expect(path).status, 200);
    }
}

#[test]
fn a_token_does_not_leave_for_another_server() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.take_log();
    for path in [
        "https://evil.example.com/xrpc/app.test",
        "//evil.example.com/xrpc/app.test",
        "\\\\evil.example.com/xrpc/app.test",
        "http://pds.example.com/xrpc/app.test",
        "https://pds.example.com:8443/xrpc/app.test",
        "https://pds.example.com@evil.example.com/",
        "https://user:secret@pds.example.com/xrpc/app.test",
        "data:text/plain,x",
        "blob:https://pds.example.com/7c5e0b1a-5a8f-4b58-8d2f-1f2b3c4d5e6f",
        "BLOB:https://pds.example.com/x",
        "filesystem:https://pds.example.com/temporary/x",
        "ftp://pds.example.com/xrpc/app.test",
        "ws://pds.example.com/xrpc/app.test",
        "https://pds.example.com.:443/xrpc/app.test",
        "https://@evil.example.com/xrpc/app.test",
        "/\\evil.example.com/xrpc/app.test",
        "\t//evil.example.com/xrpc/app.test",
        "///evil.example.com/xrpc/app.test",
        "https:\\\\evil.example.com/xrpc/app.test",
        "https://",
    ] {
        let error = world.run(world.get(&session, path)).expect_err(path);
        let foreign = ConfigError::ForeignUrl(path.into());
        assert_eq!(error.kind(), &ErrorKind::Config(foreign));
        assert_eq!(error.step(), Step::Request);
    }
    assert_eq!(world.server.count(asked::ANYTHING), 0);
}

#[test]
fn answers_of_the_app_s_concern_are_untouched() {
    for status in [403, 404, 429, 500] {
        let world = World::new();
        let session = world.sign_in(&world.tab(), &ALICE);
        world.server.take_log();
        world
            .server
            .fault(asked::XRPC, Fault::json(status, json!({})));
        assert_eq!(world.status(&session), Ok(status));
        assert_eq!(world.server.take_log(), [asked::XRPC]);
    }
}

#[test]
fn signing_out_revokes_forgets_and_tells_once() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.run(session.sign_out()).expect("signed out");
    assert_eq!(
        tab.heard.take(),
        [Event::Deleted(did(&ALICE), SessionEnd::SignedOut)]
    );
    assert_eq!(world.server.sessions_of(&ALICE), 0);
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(tab.ports.store.active_account(CLIENT_ID), None);

    world.server.take_log();
    world.run(session.sign_out()).expect("once is enough");
    assert!(tab.heard.take().is_empty());
    assert_eq!(
        kind(world.status(&session)),
        ended(&ALICE, SessionEnd::SignedOut)
    );
    assert_eq!(
        kind(world.run(session.token_info(Refresh::Never))),
        ended(&ALICE, SessionEnd::SignedOut)
    );
    assert_eq!(world.server.count(asked::ANYTHING), 0);
}

#[test]
fn signing_out_works_whatever_the_server_does() {
    for fault in [Fault::offline(), Fault::html(500), Fault::Lost] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        world.server.fault(asked::REVOKE, fault);
        world.run(session.sign_out()).expect("signed out");
        assert_eq!(tab.heard.take_ends(), [SessionEnd::SignedOut]);
        assert!(world.stored(&ALICE).is_none());
    }
}

#[test]
fn one_account_s_end_is_not_another_s() {
    let world = World::new();
    let tab = world.tab();
    let (alice, bob) = (world.sign_in(&tab, &ALICE), world.sign_in(&tab, &BOB));
    world.run(alice.sign_out()).expect("signed out");
    assert_eq!(
        tab.ports.store.active_account(CLIENT_ID).as_deref(),
        Some(BOB.did)
    );
    assert_eq!(world.status(&bob), Ok(200));
    world.run(tab.client.revoke(BOB.did)).expect("signed out");
    assert_eq!(kind(world.status(&bob)), ended(&BOB, SessionEnd::SignedOut));
}

#[test]
fn revoking_what_is_not_there_is_no_error() {
    let world = World::new();
    let tab = world.tab();
    world
        .run(tab.client.revoke(ALICE.did))
        .expect("nothing to do");
    assert!(tab.heard.take().is_empty());
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(
        kind(world.run(tab.client.revoke(ALICE.handle))),
        ErrorKind::Identity(IdentityError::InvalidDid(ALICE.handle.into()))
    );
}

#[test]
fn a_new_sign_in_does_not_wake_a_session_that_ended() {
    let world = World::new();
    let tab = world.tab();
    let old = world.sign_in(&tab, &ALICE);
    world.run(old.sign_out()).expect("signed out");
    let new = world.sign_in(&tab, &ALICE);
    assert_eq!(
        kind(world.status(&old)),
        ended(&ALICE, SessionEnd::SignedOut)
    );
    assert_eq!(world.status(&new), Ok(200));
}

#[test]
fn nothing_secret_is_printed() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let row = world.stored(&ALICE).expect("a row");
    let token = row.tokens.access_token.expose();
    let printed = format!("{session:?} {row:?} {:?} {:?}", tab.client, tab.ports);
    assert!(!printed.contains(token), "{printed}");
    let refresh_token = row.tokens.refresh_token.expect("a refresh token");
    assert!(!printed.contains(refresh_token.expose()), "{printed}");
}

/// Nonces are no secrets and are short-lived: they are in storage so that a reload does not cost every server a refusal.
#[test]
fn a_new_page_knows_the_nonces_of_the_last() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    assert_eq!(world.status(&session), Ok(200));
    world.pass(61);
    assert_eq!(world.status(&session), Ok(200));
    let later = world.tab();
    let session = world.restore(&later, &ALICE, Refresh::Auto).expect("alive");
    world.server.take_log();
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.take_log(), [asked::XRPC]);
    world
        .restore(&later, &ALICE, Refresh::Force)
        .expect("tokens");
    assert_eq!(world.server.count(asked::REFRESH), 1);

    world
        .run(later.client.revoke(ALICE.did))
        .expect("signed out");
    assert_eq!(later.ports.store.nonces(&did(&ALICE)), None);
}

#[test]
fn kept_nonces_that_are_wrong_or_nonsense_cost_one_refusal() {
    for kept in ["", "x", "https://pds.example.com stale\n", "\n \n  \u{0}"] {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        let later = world.tab();
        later.ports.store.set_nonces(&did(&ALICE), Some(kept));
        let session = world.restore(&later, &ALICE, Refresh::Auto).expect("alive");
        world.server.take_log();
        assert_eq!(world.status(&session), Ok(200), "{kept:?}");
        assert_eq!(world.server.take_log(), [asked::XRPC, asked::XRPC]);
    }
}

#[test]
fn a_refused_token_that_another_request_renewed_meanwhile_is_not_renewed_again() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    assert_eq!(world.status(&session), Ok(200));
    world.server.take_log();
    let is_first = Cell::new(true);
    let send = async |credentials: Credentials<'_>| {
        if is_first.take() {
            world.server.expire_access_tokens();
            session.token_info(Refresh::Force).await?;
        }
        Ok::<_, Error>(world.server.xrpc("GET", credentials).await)
    };
    let answer = world.run(session.request("GET", "/xrpc/app.test", true, send));
    assert_eq!(answer.expect("an answer").status, 200);
    assert_eq!(world.server.count(asked::XRPC), 2);
    assert_eq!(world.server.count(asked::REFRESH), 1);
}

#[test]
fn a_refusal_that_comes_when_the_session_is_over_changes_nothing() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let send = async |_: Credentials<'_>| {
        session.sign_out().await?;
        Ok::<_, Error>(TokenRefused)
    };
    let answer = world.run(session.request("GET", "/xrpc/app.test", true, send));
    assert_eq!(answer.expect("the refusal").status(), 401);
    assert_eq!(world.server.count(asked::REFRESH), 0);
    assert_eq!(tab.ports.store.nonces(&did(&ALICE)), None);
}

/// The answer to a token that has expired.
struct TokenRefused;

impl ResourceResponse for TokenRefused {
    fn status(&self) -> u16 {
        401
    }

    fn header(&self, name: &str) -> Option<String> {
        match name {
            "www-authenticate" => Some(r#"DPoP error="invalid_token""#.to_owned()),
            "dpop-nonce" => Some("late".to_owned()),
            _ => None,
        }
    }
}

#[test]
fn a_token_is_renewed_once_for_one_request() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    world.server.set_lifetime(Some(0));
    world.server.expire_access_tokens();
    let status = world.status(&session);
    assert_eq!(status, Ok(401));
    assert_eq!(world.server.count(asked::REFRESH), 1);
    let over = ended(&ALICE, SessionEnd::TokenRefused);
    assert_eq!(
        kind(world.run(session.token_info(Refresh::Never)).map(drop)),
        over
    );
}
