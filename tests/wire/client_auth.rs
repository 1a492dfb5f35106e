//! The method of client authentication that a sign-in and a session are begun with, and rows of another.

use crate::server::{ALICE, asked, form};
use crate::world::{Event, Tab, World, did, ended, kind};
use atproto_oauth_wasm::{AuthMethod, ConfigError, ErrorKind, Json, Refresh, SessionEnd, Step};

const ANOTHER: &str = r#"{"method":"private_key_jwt","kid":"key"}"#;

fn another() -> AuthMethod {
    AuthMethod::read(Json::parse(ANOTHER).expect("JSON"))
}

/// A world with a session that was granted to a client with keys.
fn of_another() -> (World, Tab) {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    world.change_stored(&ALICE, |row| row.auth_method = another());
    (world, tab)
}

#[test]
fn what_is_stored_is_a_method() {
    let read = |stored| AuthMethod::read(Json::parse(stored).expect("JSON"));
    assert_eq!(read(r#"{"method":"none"}"#), AuthMethod::None);
    for other in [ANOTHER, r#"{"method":""}"#, r#"{"method":"None"}"#, "{}"] {
        let stored = Json::parse(other).expect("JSON");
        assert_eq!(read(other), AuthMethod::Other(stored));
    }
}

#[test]
fn a_sign_in_and_its_session_keep_the_client_s_method() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.change_pending(&form(&params)["state"], |login| {
        assert_eq!(login.auth_method, AuthMethod::None);
    });
    let session = world.callback(&tab, &params).expect("a sign-in").session;
    let method = || world.stored(&ALICE).expect("a row").auth_method;
    assert_eq!(method(), AuthMethod::None);
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert_eq!(method(), AuthMethod::None);
}

/// The row says the method, not the client's metadata of today: so it is with a sign-in that was under way when they changed.
#[test]
fn a_sign_in_of_another_method_is_not_finished() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.change_pending(&form(&params)["state"], |login| {
        login.auth_method = another();
    });
    let error = world.callback(&tab, &params).expect_err("a failure");
    let unsatisfiable = ConfigError::AuthMethodUnsatisfiable;
    assert_eq!(error.kind(), &ErrorKind::Config(unsatisfiable));
    assert_eq!(error.code(), "AUTH_METHOD_UNSATISFIABLE");
    assert_eq!(error.step(), Step::Token);
    assert!(error.callback().is_some());
    assert_eq!(world.server.count(asked::TOKEN), 0);
    assert!(world.stored(&ALICE).is_none());
}

#[test]
fn a_session_of_another_method_ends_when_it_is_restored() {
    // Even where its access token would still serve: as in the official client.
    for refresh in [Refresh::Auto, Refresh::Force, Refresh::Never] {
        let (world, tab) = of_another();
        tab.heard.take();
        world.server.take_log();
        let end = SessionEnd::AuthMethodUnsatisfiable;
        let error = world.restore(&world.tab(), &ALICE, refresh);
        let error = error.expect_err("a failure");
        assert_eq!(error.kind(), &ended(&ALICE, end.clone()), "{refresh:?}");
        assert_eq!(error.code(), "AUTH_METHOD_UNSATISFIABLE");
        assert_eq!(error.login_hint(), Some(ALICE.handle));
        assert!(world.stored(&ALICE).is_none(), "{refresh:?}");
        world.settle();
        assert_eq!(tab.heard.take_ends(), [end], "the other tab is told");
        assert_eq!(world.server.count(asked::ANYTHING), 0);
    }
}

#[test]
fn the_active_session_ends_so_when_a_page_loads() {
    let (world, tab) = of_another();
    tab.heard.take();
    let page = world.tab();
    let end = SessionEnd::AuthMethodUnsatisfiable;
    assert_eq!(kind(world.init(&page)), ended(&ALICE, end.clone()));
    assert_eq!(page.heard.take(), [Event::Deleted(did(&ALICE), end)]);
    assert!(world.stored(&ALICE).is_none());
}

#[test]
fn a_session_in_use_ends_when_another_method_is_met_at_its_refresh() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    // A row that this tab has not read yet.
    world.change_stored(&ALICE, |row| {
        row.auth_method = another();
        row.tokens.scope.push_str(" transition:generic");
    });
    world.server.take_log();
    world.expire();
    let end = SessionEnd::AuthMethodUnsatisfiable;
    assert_eq!(kind(world.status(&session)), ended(&ALICE, end.clone()));
    assert_eq!(tab.heard.take_ends(), [end]);
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(world.server.count(asked::REFRESH), 0);
}

#[test]
fn a_session_of_another_method_is_signed_out_here_and_revoked_by_nobody() {
    let (world, tab) = of_another();
    world.server.take_log();
    world.run(tab.client.revoke(ALICE.did)).expect("signed out");
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(world.server.count(asked::REVOKE), 0);
}

#[test]
fn a_session_of_another_method_is_replaced_by_a_sign_in() {
    let (world, tab) = of_another();
    world.server.take_log();
    let session = world.sign_in(&tab, &ALICE);
    let row = world.stored(&ALICE).expect("a row");
    assert_eq!(row.auth_method, AuthMethod::None);
    assert_eq!(world.server.count(asked::REVOKE), 0);
    assert_eq!(world.status(&session), Ok(200));
}
