//! Sessions taken up again from storage.

use crate::server::{ALICE, asked};
use crate::world::{World, did, ended, kind};
use atproto_oauth_wasm::{ErrorKind, IdentityError, Refresh, SessionEnd};

#[test]
fn restoring_needs_no_network_while_the_token_lives() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    let tab = world.tab();
    world.server.take_log();
    world.pass(3555);
    let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    world.expire();
    world
        .restore(&tab, &ALICE, Refresh::Never)
        .expect("as it is");
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(session.did(), &did(&ALICE));
    assert!(tab.heard.take().is_empty());
    assert_eq!(tab.ports.active.get().as_deref(), Some(ALICE.did));
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
            .run(there.ports.sessions.delete(&did(&ALICE)))
            .expect("storage");
        row
    };
    // The other tab holds the lock, as it does while it finishes a sign-in, and has not stored its session yet.
    let lock = format!("@atproto-oauth-client-{}", ALICE.did);
    let signing_in = async {
        let held = there.ports.lock.acquire(&lock).await;
        crate::server::yield_now().await;
        there.ports.sessions.put(row).await.expect("storage");
        drop(held);
    };
    let restoring = here.client.restore(ALICE.did, Refresh::Auto);
    let ((), restored) = world.run(futures::future::join(signing_in, restoring));
    assert_eq!(restored.expect("a session").did(), &did(&ALICE));
    assert!(world.stored(&ALICE).is_some());
    assert_eq!(here.heard.take_ends(), []);
}
