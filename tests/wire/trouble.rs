//! Tokens that cannot be renewed now: trouble is no ending.

use crate::server::{ALICE, Fault, asked};
use crate::world::{World, ended, kind};
use atproto_oauth_wasm::{
    AccountStatus, ErrorKind, HttpError, PeerError, Refresh, SessionEnd, Step,
};
use serde_json::json;

/// What keeps a session, though it could not be renewed.
#[test]
fn trouble_is_no_ending() {
    let peer = |member| ErrorKind::Peer(PeerError::InvalidToken(member));
    for (what, at, fault, expected, retryable) in [
        (
            "offline",
            asked::REFRESH,
            Fault::offline(),
            Some(ErrorKind::Http(HttpError::Unreachable("offline".into()))),
            true,
        ),
        (
            "no answer in time",
            asked::REFRESH,
            Fault::Instead(Err(HttpError::Timeout)),
            Some(ErrorKind::Http(HttpError::Timeout)),
            true,
        ),
        (
            "a proxy in trouble",
            asked::REFRESH,
            Fault::html(502),
            Some(ErrorKind::Http(HttpError::Status(502))),
            true,
        ),
        (
            "a captive portal",
            asked::REFRESH,
            Fault::html(200),
            Some(ErrorKind::Http(HttpError::ContentType(Some(
                "text/html".into(),
            )))),
            false,
        ),
        (
            "a server in trouble",
            asked::REFRESH,
            Fault::json(500, json!({ "error": "server_error" })),
            None,
            true,
        ),
        (
            "too many requests",
            asked::REFRESH,
            Fault::json(429, json!({ "error": "slow_down" })),
            None,
            true,
        ),
        (
            "an answer without any token",
            asked::REFRESH,
            Fault::json(200, json!({ "token_type": "DPoP" })),
            Some(peer("access_token")),
            false,
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        tab.heard.take();
        world.expire();
        world.server.fault(at, fault);
        let failure = world
            .run(session.token_info(Refresh::Auto))
            .expect_err(what);
        if let Some(expected) = expected {
            assert_eq!(failure.kind(), &expected, "{what}");
        } else {
            assert_eq!(failure.code(), "OAUTH_REFUSED", "{what}");
        }
        assert_eq!(failure.is_retryable(), retryable, "{what}");
        assert!(tab.heard.take().is_empty(), "{what}");
        assert!(world.stored(&ALICE).is_some(), "{what}");
        world.server.heal();
        assert_eq!(world.status(&session), Ok(200), "{what}");
    }
}

/// Some servers say in words of their own that a refresh token is no good; others are wrong for an hour. Of an expired token either
/// leaves a user who has to sign in, and a row for another try.
#[test]
fn a_refresh_that_is_rejected_leaves_a_user_who_has_to_sign_in() {
    for (fault, words) in [
        (
            Fault::json(
                400,
                json!({ "error": "InvalidRequest", "message": "expired refresh token" }),
            ),
            Some("expired refresh token"),
        ),
        (
            Fault::json(
                401,
                json!({ "error": { "error": "ExpiredToken", "message": "Too old" } }),
            ),
            Some("Too old"),
        ),
        (
            Fault::json(400, json!({ "error": "invalid_client" })),
            Some("invalid_client"),
        ),
        (Fault::html(403), None),
        (Fault::html(404), None),
    ] {
        let world = World::new();
        let (tab, other) = (world.tab(), world.tab());
        world.sign_in(&tab, &ALICE);
        let theirs = world
            .restore(&other, &ALICE, Refresh::Never)
            .expect("alive");
        world.expire();
        world.server.fault(asked::REFRESH, fault);
        let end = SessionEnd::RefreshRejected(words.map(str::to_owned));
        let page = world.tab();
        assert!(world.init(&page).expect("nobody").is_none());
        world.settle();
        assert_eq!(page.client.active(), None);
        for tab in [&page, &other] {
            assert_eq!(tab.heard.take_ends(), std::slice::from_ref(&end));
        }
        assert_eq!(kind(world.status(&theirs)), ended(&ALICE, end.clone()));

        // Nobody is asked again, unless by the app.
        world.server.take_log();
        let later = world.tab();
        assert!(world.init(&later).expect("nobody").is_none());
        let [account] = &world.run(later.client.accounts()).expect("accounts")[..] else {
            panic!("one account");
        };
        assert_eq!(account.status, AccountStatus::SignedOut);
        assert_eq!(world.server.count(asked::ANYTHING), 0);
        let refused = world
            .restore(&later, &ALICE, Refresh::Auto)
            .expect_err("again");
        assert_eq!(refused.kind(), &ended(&ALICE, end.clone()));
        assert_eq!(refused.login_hint(), Some(ALICE.handle));
        assert_eq!(world.server.count(asked::REFRESH), 1);
        drop(world.restore(&page, &ALICE, Refresh::Auto));
        assert_eq!(page.heard.take_ends(), [], "told once");

        world.server.heal();
        let again = world.restore(&later, &ALICE, Refresh::Auto).expect("alive");
        assert_eq!(world.status(&again), Ok(200));
        let [account] = &world.run(later.client.accounts()).expect("accounts")[..] else {
            panic!("one account");
        };
        assert_eq!(account.status, AccountStatus::SignedIn);
        assert!(world.init(&world.tab()).expect("alive").is_some());
    }
}

/// A proof that is refused, or an answer for another moment, says nothing of the refresh token.
#[test]
fn other_refusals_of_an_expired_token_are_tried_again() {
    for (status, error) in [
        (408, "timeout"),
        (425, "too_early"),
        (429, "slow_down"),
        (400, "use_dpop_nonce"),
        (400, "invalid_dpop_proof"),
        (503, "InvalidRequest"),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.sign_in(&tab, &ALICE);
        tab.heard.take();
        world.expire();
        let refusal = Fault::json(status, json!({ "error": error }));
        world.server.fault(asked::REFRESH, refusal);
        assert!(world.init(&world.tab()).is_err(), "{error}");
        assert_eq!(tab.heard.take_ends(), [], "{error}");
        world.server.heal();
        assert!(world.init(&world.tab()).expect(error).is_some());
    }
}

/// A refresh goes by what is stored of the server, and reads it anew beside; after a long absence it asks first.
#[test]
fn old_metadata_is_read_anew_before_a_refresh() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.fault(asked::METADATA, Fault::offline());
    world.pass(23 * 3600);
    assert_eq!(world.status(&session), Ok(200));
    world.pass(2 * 3600);
    let offline = ErrorKind::Http(HttpError::Unreachable("offline".into()));
    assert_eq!(kind(world.status(&session)), offline);
    world.server.heal();
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn a_token_that_still_lives_serves_while_it_cannot_be_renewed() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.pass(3595);
    world.server.fault(asked::REFRESH, Fault::offline());
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 1);
    world.pass(6);
    assert_eq!(
        kind(world.status(&session)),
        ErrorKind::Http(HttpError::Unreachable("offline".into()))
    );
}

#[test]
fn a_refused_token_that_cannot_be_renewed_leaves_the_answer_as_it_was() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.expire_access_tokens();
    world.server.fault(asked::REFRESH, Fault::offline());
    assert_eq!(world.status(&session), Ok(401));
    world.server.heal();
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn an_identity_out_of_reach_changes_nothing() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.fault(asked::ALICE_DID, Fault::offline());
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    world.settle();
    assert_eq!(tab.heard.take_ends(), []);
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn an_app_that_fails_while_it_is_told_fails_the_refresh_and_keeps_the_tokens() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.fails.set(true);
    let failure = world
        .run(session.token_info(Refresh::Force))
        .expect_err("the observer's");
    assert_eq!(
        failure.kind(),
        &ErrorKind::Observer("the app's own trouble".into())
    );
    assert_eq!(failure.code(), "HOOK_FAILED");
    tab.heard.fails.set(false);
    world.expire();
    assert_eq!(
        world.status(&session),
        Ok(200),
        "the new refresh token was kept"
    );
}

#[test]
fn errors_say_where_they_happened() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.server.fault(asked::REFRESH, Fault::html(503));
    let failure = world
        .run(session.token_info(Refresh::Force))
        .expect_err("503");
    assert_eq!(failure.step(), Step::Refresh);
    assert_eq!(
        failure.url(),
        Some("https://issuer.example.com/oauth/token")
    );
}
