//! Rows as another client of the same origin stores them: without what only this one adds.

use crate::server::{ALICE, BOB, asked, form};
use crate::world::{World, did, kind};
use atproto_oauth_wasm::{ConfigError, ErrorKind, Refresh};

#[test]
fn a_pending_sign_in_of_another_client_is_finished() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.change_pending(&form(&params)["state"], |login| {
        login.account = None;
        login.pds = None;
        login.redirect_uri = None;
        login.server = None;
        login.nonce = None;
    });
    world.pass(61);
    world.server.take_log();
    let signed_in = world.callback(&tab, &params).expect("a sign-in");
    assert_eq!(
        world.server.take_log()[..5],
        [
            asked::METADATA,
            asked::TOKEN,
            asked::TOKEN,
            asked::ALICE_DID,
            asked::RESOURCE,
        ],
        "what the row does not say is asked, and the account verified"
    );
    assert_eq!(world.status(&signed_in.session), Ok(200));
}

/// Behind the "origin" of such a URL, a path would be one of the page's own server.
#[test]
fn a_token_for_no_web_address_goes_nowhere() {
    for audience in ["", "data:,pds", "urn:pds", "blob:null/x"] {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        world.change_stored(&ALICE, |row| audience.clone_into(&mut row.tokens.audience));
        let session = world
            .restore(&world.tab(), &ALICE, Refresh::Auto)
            .expect("a session");
        world.server.take_log();
        let foreign = ErrorKind::Config(ConfigError::ForeignUrl("/xrpc/app.test".to_owned()));
        assert_eq!(kind(world.status(&session)), foreign, "{audience}");
        assert_eq!(world.server.count(asked::ANYTHING), 0);
    }
}

#[test]
fn a_session_of_another_client_is_used_refreshed_and_revoked() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    world.change_stored(&ALICE, |row| {
        row.client_id = None;
        row.server = None;
    });
    let tab = world.tab();
    world.server.take_log();
    let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert!(session.server_metadata().is_none());
    assert_eq!(world.status(&session), Ok(200));

    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert!(session.server_metadata().is_some());
    assert!(world.stored(&ALICE).expect("a row").server.is_some());

    world.change_stored(&ALICE, |row| row.server = None);
    world.run(session.sign_out()).expect("signed out");
    assert_eq!(world.server.sessions_of(&ALICE), 0);
}

#[test]
fn a_session_of_another_client_is_replaced_by_a_sign_in() {
    let world = World::new();
    world.sign_in(&world.tab(), &BOB);
    world.change_stored(&BOB, |row| row.server = None);
    let session = world.sign_in(&world.tab(), &BOB);
    assert_eq!(world.server.sessions_of(&BOB), 1);
    assert_eq!(session.did(), &did(&BOB));
}
