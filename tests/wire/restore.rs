//! Sessions taken up again from storage.

use crate::server::{ALICE, FOREIGN_ISSUER, FOREIGN_PDS, Fault, asked};
use crate::world::{CLIENT_ID, World, did, ended, kind};
use atproto_oauth_wasm::{ErrorKind, IdentityError, Refresh, SessionEnd};
use std::slice;

#[test]
fn restoring_needs_no_network_while_the_token_lives() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    let tab = world.tab();
    world.server.take_log();
    world.pass(599);
    let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    world.settle();
    world.expire();
    world
        .restore(&tab, &ALICE, Refresh::Never)
        .expect("as it is");
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(session.did(), &did(&ALICE));
    assert!(tab.heard.take().is_empty());
    assert_eq!(
        tab.ports.store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE.did)
    );
}

/// The session is there at once; what the check finds comes after.
#[test]
fn restoring_a_session_of_some_age_checks_the_account_beside() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    world.pass(600);
    let tab = world.tab();
    world.server.take_log();
    world
        .restore(&tab, &ALICE, Refresh::Never)
        .expect("as it is");
    world.settle();
    assert_eq!(world.server.count(asked::ANYTHING), 0, "not asked to");

    let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    world.restore(&tab, &ALICE, Refresh::Auto).expect("again");
    world.settle();
    assert_eq!(world.server.count(asked::ALICE_DID), 1, "once for a page");
    assert_eq!(world.server.count(asked::REFRESH), 0);
    let verified_at = world.stored(&ALICE).expect("a row").verified_at;
    assert_eq!(verified_at, Some(tab.ports.clock.now()));
    assert!(tab.heard.take().is_empty());

    world.server.move_account(&ALICE, FOREIGN_PDS);
    world.pass(600);
    let later = world.tab();
    world.restore(&later, &ALICE, Refresh::Auto).expect("alive");
    world.settle();
    let moved = SessionEnd::Migrated(Some(FOREIGN_ISSUER.to_owned()));
    assert_eq!(later.heard.take_ends(), slice::from_ref(&moved));
    assert_eq!(tab.heard.take_ends(), slice::from_ref(&moved));
    assert_eq!(kind(world.status(&session)), ended(&ALICE, moved));
    let again = world.authorize(&later, ALICE.did).expect("a sign-in begun");
    assert_eq!(again.origin(), FOREIGN_ISSUER, "where the account is now");
}

#[test]
fn restoring_offline_gives_the_session_and_keeps_it() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    world.pass(3500);
    world.server.fault(asked::ANYTHING, Fault::offline());
    let tab = world.tab();
    world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    world.settle();
    assert!(world.stored(&ALICE).is_some());
    assert!(tab.heard.take().is_empty());
}

#[test]
fn restoring_what_is_not_there_says_so() {
    let world = World::new();
    let tab = world.tab();
    assert_eq!(
        kind(world.restore(&tab, &ALICE, Refresh::Auto)),
        ended(&ALICE, SessionEnd::Vanished)
    );
    assert_eq!(tab.heard.take_ends(), [SessionEnd::Vanished]);
    let by_handle = world.run(tab.client.restore(ALICE.handle, Refresh::Auto));
    assert_eq!(
        kind(by_handle),
        ErrorKind::Identity(IdentityError::InvalidDid(ALICE.handle.into()))
    );
}

#[test]
fn restoring_while_another_tab_signs_in_does_not_undo_it() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let row = {
        world.sign_in(&there, &ALICE);
        let row = world.stored(&ALICE).expect("a row");
        world
            .run(
                there
                    .ports
                    .store
                    .delete_session(CLIENT_ID, &did(&ALICE), None),
            )
            .expect("storage");
        row
    };
    // The other tab holds the lock, as it does while it finishes a sign-in, and has not stored its session yet.
    let signing_in = async {
        let held = there.ports.lock.acquire(ALICE.did).await;
        crate::server::yield_now().await;
        there
            .ports
            .store
            .put_session(CLIENT_ID, &row, None)
            .await
            .expect("storage");
        drop(held);
    };
    let restoring = here.client.restore(ALICE.did, Refresh::Auto);
    let ((), restored) = world.run(futures::future::join(signing_in, restoring));
    assert_eq!(restored.expect("a session").did(), &did(&ALICE));
    assert!(world.stored(&ALICE).is_some());
    assert_eq!(here.heard.take_ends(), []);
}
