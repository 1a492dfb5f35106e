//! Renewing tokens: when, and how often.

use crate::server::{ALICE, Fault, asked};
use crate::world::{Event, World, kind, options};
use atproto_oauth_wasm::{ClientOptions, ErrorKind, HttpError, Refresh, SessionEnd, Timeouts};
use serde_json::json;

#[test]
fn a_token_is_renewed_shortly_before_it_expires() {
    for (age, refreshes) in [(0, 0), (3555, 0), (3590, 1), (3601, 1)] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        tab.heard.take();
        world.pass(age);
        assert_eq!(world.status(&session), Ok(200), "{age}");
        assert_eq!(world.server.count(asked::REFRESH), refreshes, "{age}");
        assert_eq!(tab.heard.take().len(), refreshes, "{age}");
    }
}

#[test]
fn a_token_without_a_time_is_renewed_when_it_is_refused() {
    let world = World::new();
    world.server.set_lifetime(None);
    let session = world.sign_in(&world.tab(), &ALICE);
    let info = world.run(session.token_info(Refresh::Auto)).expect("alive");
    assert_eq!((info.expires_at, info.expired), (None, None));
    world.pass(3500);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 0);
    world.pass(200);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 1);
}

/// A slow answer must not make a token look younger than the server takes it to be.
#[test]
fn a_lifetime_counts_from_the_request() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let asked_at = tab.ports.clock.now();
    let slow = async |asked: &str| {
        while world.server.count(asked) == 0 {
            crate::server::yield_now().await;
        }
        world.pass(5);
    };
    let signed_in = tab.client.callback(&params, None);
    let (signed_in, ()) = world.run(futures::future::join(signed_in, slow(asked::TOKEN)));
    let session = signed_in.expect("a sign-in").session;
    let info = world.run(session.token_info(Refresh::Never));
    assert_eq!(info.expect("alive").expires_at, Some(asked_at + 3_600_000));

    let renewed = session.token_info(Refresh::Force);
    let (info, ()) = world.run(futures::future::join(renewed, slow(asked::REFRESH)));
    assert_eq!(info.expect("alive").expires_at, Some(asked_at + 3_605_000));
}

#[test]
fn many_requests_make_one_refresh() {
    for (what, spoil) in [
        ("expired here", World::expire as fn(&World)),
        ("refused there", |world| world.server.expire_access_tokens()),
    ] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        tab.heard.take();
        spoil(&world);
        let requests = (0..5).map(|_| world.get(&session, "/xrpc/app.test"));
        for reply in world.run(futures::future::join_all(requests)) {
            assert_eq!(reply.expect("an answer").status, 200, "{what}");
        }
        assert_eq!(world.server.count(asked::REFRESH), 1, "{what}");
        assert_eq!(tab.heard.take().len(), 1, "{what}");
    }
}

#[test]
fn many_forced_refreshes_at_once_make_one() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let forced = (0..5).map(|_| session.token_info(Refresh::Force));
    for info in world.run(futures::future::join_all(forced)) {
        assert_eq!(info.expect("tokens").expired, Some(false));
    }
    assert_eq!(world.server.count(asked::REFRESH), 1);
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert_eq!(
        world.server.count(asked::REFRESH),
        2,
        "one after another are two"
    );
}

#[test]
fn a_refreshed_session_is_stored_before_it_is_told() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    let before = world.stored(&ALICE).expect("a row").tokens;
    world.restore(&tab, &ALICE, Refresh::Force).expect("tokens");
    let after = world.stored(&ALICE).expect("a row").tokens;
    assert_ne!(before.access_token, after.access_token);
    assert_ne!(before.refresh_token, after.refresh_token);
    assert_eq!(
        tab.heard.take(),
        [Event::Updated(after.access_token.expose().into())]
    );
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 1);
}

#[test]
fn a_server_need_not_rotate_its_refresh_token() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let before = world.stored(&ALICE).expect("a row").tokens.refresh_token;
    let no_token = |body: &mut serde_json::Value| body["refresh_token"] = json!(null);
    world.server.fault(asked::REFRESH, Fault::lies(no_token));
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    let after = world.stored(&ALICE).expect("a row").tokens.refresh_token;
    assert_eq!(before, after);
}

#[test]
fn the_app_may_use_the_account_it_is_told_of() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    *tab.heard.restores_with.borrow_mut() = Some(tab.client.clone());
    assert!(world.run(session.token_info(Refresh::Force)).is_ok());
    assert_eq!(
        tab.heard.take().len(),
        2,
        "one refresh asked for, one by the hook"
    );
    *tab.heard.restores_with.borrow_mut() = Some(tab.client.clone());
    assert_eq!(world.run(session.sign_out()), Ok(()));
    assert_eq!(tab.heard.take_ends(), [SessionEnd::SignedOut]);
}

/// Whoever begins a refresh may not live to see its end.
#[test]
fn a_refresh_goes_on_when_nobody_waits_for_it() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let before = world.stored(&ALICE).expect("a row").tokens;
    let asked_for = async {
        while world.server.count(asked::REFRESH) == 0 {
            crate::server::yield_now().await;
        }
    };
    let waiting = Box::pin(session.token_info(Refresh::Force));
    let given_up = world.run(futures::future::select(Box::pin(asked_for), waiting));
    drop(given_up);
    world.settle();
    assert_ne!(world.stored(&ALICE).expect("a row").tokens, before);
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn a_slow_refresh_is_waited_for_within_the_limit_and_then_goes_on() {
    let world = World::new();
    let tab = world.tab_with(
        ClientOptions {
            timeouts: Timeouts {
                token_ms: 7_000,
                ..Timeouts::default()
            },
            ..options()
        },
        |_| (),
    );
    let session = world.sign_in(&tab, &ALICE);
    world.server.fault(asked::REFRESH, Fault::Held);
    let impatient = async {
        while world.server.count(asked::REFRESH) == 0 {
            crate::server::yield_now().await;
        }
        world.pass(7);
    };
    let renewed = session.token_info(Refresh::Force);
    let (renewed, ()) = world.run(futures::future::join(renewed, impatient));
    assert_eq!(kind(renewed), ErrorKind::Http(HttpError::Timeout));
    world.server.heal();
    world.settle();
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 1);
}

/// The next page cannot know whether the server has spent the refresh token: it does not tempt it while there is no need.
#[test]
fn after_a_refresh_that_was_cut_off_the_token_serves_until_it_expires() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    world.change_stored(&ALICE, |row| row.refresh_started_at = Some(1));
    let later = world.tab();
    let session = world.restore(&later, &ALICE, Refresh::Auto).expect("alive");
    world.pass(3599);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 0);
    world.pass(1);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 1);
    assert_eq!(
        world.stored(&ALICE).expect("a row").refresh_started_at,
        None
    );
}

#[test]
fn a_refresh_is_marked_before_it_is_sent() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    world.server.fault(asked::REFRESH, Fault::offline());
    let began = tab.ports.clock.now();
    kind(world.run(session.token_info(Refresh::Force)));
    let row = world.stored(&ALICE).expect("a row");
    assert_eq!(row.refresh_started_at, Some(began));
    world.server.heal();
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert_eq!(
        world.stored(&ALICE).expect("a row").refresh_started_at,
        None
    );
}
