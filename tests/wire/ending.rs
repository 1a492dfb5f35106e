//! What ends a session, and what does not.

use crate::server::{ALICE, BOB, FOREIGN_ISSUER, FOREIGN_PDS, Fault, SECOND_PDS, asked};
use crate::world::{CLIENT_ID, World, ended, kind};
use atproto_oauth_wasm::{ErrorKind, HttpError, Refresh, SessionEnd};
use serde_json::json;
use std::slice;

#[test]
fn a_lost_answer_costs_the_session_and_says_so() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.expire();
    world.server.fault(asked::REFRESH, Fault::Lost);
    let lost = HttpError::Unreachable("connection lost".into());
    assert_eq!(kind(world.status(&session)), ErrorKind::Http(lost));
    world.server.heal();
    let refused = SessionEnd::RefreshRefused(Some("No.".into()));
    assert_eq!(kind(world.status(&session)), ended(&ALICE, refused.clone()));
    assert_eq!(tab.heard.take_ends(), [refused]);
}

#[test]
fn a_revoked_session_ends_once_for_all_who_ask() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.revoke_all(&ALICE);
    world.expire();
    let refused = SessionEnd::RefreshRefused(Some("No.".into()));
    let requests = (0..3).map(|_| world.get(&session, "/xrpc/app.test"));
    for reply in world.run(futures::future::join_all(requests)) {
        assert_eq!(kind(reply), ended(&ALICE, refused.clone()));
    }
    assert_eq!(tab.heard.take_ends(), [refused]);
    assert_eq!(world.server.count(asked::REFRESH), 1);
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(tab.ports.store.active_account(CLIENT_ID), None);
}

#[test]
fn a_revoked_session_met_by_a_request_gives_the_pds_s_answer_and_ends() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.revoke_all(&ALICE);
    assert_eq!(world.status(&session), Ok(401));
    let refused = SessionEnd::RefreshRefused(Some("No.".into()));
    assert_eq!(tab.heard.take_ends(), slice::from_ref(&refused));
    assert_eq!(kind(world.status(&session)), ended(&ALICE, refused));
}

#[test]
fn a_pds_that_refuses_new_tokens_too_ends_the_session() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.set_lifetime(Some(0));
    world.server.expire_access_tokens();
    assert_eq!(world.status(&session), Ok(401));
    assert_eq!(tab.heard.take_ends(), [SessionEnd::TokenRefused]);
    assert_eq!(
        kind(world.status(&session)),
        ended(&ALICE, SessionEnd::TokenRefused)
    );
    assert!(world.stored(&ALICE).is_none());
}

#[test]
fn a_session_without_refresh_token_ends_with_its_token() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.change_stored(&ALICE, |row| row.tokens.refresh_token = None);
    world.expire();
    assert_eq!(
        kind(world.status(&session)),
        ended(&ALICE, SessionEnd::NotRefreshable)
    );
    assert_eq!(tab.heard.take_ends(), [SessionEnd::NotRefreshable]);
    assert_eq!(world.server.count(asked::REFRESH), 0);
}

#[test]
fn tokens_of_another_account_end_the_session() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let lie = |body: &mut serde_json::Value| body["sub"] = json!(BOB.did);
    world.server.fault(asked::REFRESH, Fault::lies(lie));
    assert_eq!(
        kind(world.run(session.token_info(Refresh::Force))),
        ended(&ALICE, SessionEnd::SubMismatch)
    );
    assert!(world.stored(&ALICE).is_none());
    assert!(world.stored(&BOB).is_none());
}

#[test]
fn a_move_to_another_pds_of_the_same_server_is_followed() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.move_account(&ALICE, SECOND_PDS);
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    world.settle();
    let info = world
        .run(session.token_info(Refresh::Never))
        .expect("alive");
    assert_eq!(info.audience, format!("{SECOND_PDS}/"));
    assert_eq!(tab.heard.take().len(), 2, "new tokens, then a new audience");
    let row = world.stored(&ALICE).expect("a row");
    assert_eq!(row.tokens.audience, info.audience);
    world.server.take_log();
    assert_eq!(world.status(&session), Ok(200));
    let second = format!("GET {SECOND_PDS}/xrpc/app.test");
    assert_eq!(world.server.take_log(), [second.clone(), second]);
}

#[test]
fn a_move_to_another_server_ends_the_session() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.move_account(&ALICE, FOREIGN_PDS);
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    world.settle();
    let moved = SessionEnd::Migrated(Some(FOREIGN_ISSUER.to_owned()));
    assert_eq!(tab.heard.take_ends(), slice::from_ref(&moved));
    assert_eq!(kind(world.status(&session)), ended(&ALICE, moved));
    assert!(world.stored(&ALICE).is_none());
}

/// The check of the account runs beside what the user does, so what it finds may be about a session that is gone.
#[test]
fn a_verdict_on_a_session_that_is_gone_is_not_passed_on_the_next() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    world.server.move_account(&ALICE, FOREIGN_PDS);
    world.server.take_log();
    let refreshed_then_out = async {
        session.token_info(Refresh::Force).await.expect("tokens");
        // The check is under way, and not done, when the user signs out.
        while world.server.count(asked::ALICE_DID) == 0 {
            crate::server::yield_now().await;
        }
        session.sign_out().await.expect("signed out");
    };
    world.run(refreshed_then_out);
    world.settle();
    assert_eq!(tab.heard.take_ends(), [SessionEnd::SignedOut]);
}
