//! A refresh that is not answered: nobody but its own session waits for it, and what comes of it too late is revoked.

use crate::server::{ALICE, Fault, asked, yield_now};
use crate::world::{CLIENT_ID, Tab, World, did, ended, kind};
use atproto_oauth_wasm::{ErrorKind, HttpError, OAuthSession, Refresh, SessionEnd};
use futures::FutureExt;
use futures::future::{join, select};
use std::future::Future;
use std::pin::pin;

/// Begins a refresh that hangs, then does something else with the time.
fn while_it_hangs<T>(
    world: &World,
    session: &OAuthSession,
    then: impl Future<Output = T>,
) -> (T, ErrorKind) {
    world.server.fault(asked::REFRESH, Fault::Held);
    let before = world.server.count(asked::REFRESH);
    let mut refresh = pin!(session.token_info(Refresh::Force));
    let sent = pin!(async {
        while world.server.count(asked::REFRESH) == before {
            yield_now().await;
        }
    });
    drop(world.run(select(&mut refresh, sent)));
    let done = world.run(then);
    (done, kind(world.run(refresh)))
}

/// The answer comes after all.
fn answered_late(world: &World) {
    world.server.heal();
    world.settle();
}

fn is_free(tab: &Tab) -> bool {
    tab.ports.lock.acquire(ALICE.did).now_or_never().is_some()
}

#[test]
fn a_sign_out_wins() {
    for (what, from_another_tab) in [("in its own tab", false), ("in another tab", true)] {
        let world = World::new();
        let (tab, other) = (world.tab(), world.tab());
        let session = world.sign_in(&tab, &ALICE);
        let theirs = world.restore(&other, &ALICE, Refresh::Never).expect(what);
        tab.heard.take();
        let leaving = if from_another_tab { &theirs } else { &session };
        let (left, failed) = while_it_hangs(&world, &session, leaving.sign_out());
        left.expect(what);
        assert_eq!(failed, ended(&ALICE, SessionEnd::SignedOut), "{what}");
        assert!(world.stored(&ALICE).is_none(), "{what}");
        assert!(is_free(&tab), "{what}");
        assert_eq!(world.server.sessions_of(&ALICE), 1, "{what}");

        answered_late(&world);
        assert_eq!(world.server.sessions_of(&ALICE), 0, "{what}");
        assert!(world.stored(&ALICE).is_none(), "{what}");
        for tab in [&tab, &other] {
            assert_eq!(tab.heard.take_ends(), [SessionEnd::SignedOut], "{what}");
        }
    }
}

#[test]
fn so_do_revoke_and_forget() {
    for forget in [false, true] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        let leaving = async {
            match forget {
                true => tab.client.forget(ALICE.did).await,
                false => tab.client.revoke(ALICE.did).await,
            }
        };
        let (left, _) = while_it_hangs(&world, &session, leaving);
        left.expect("signed out");
        let known = world.run(tab.client.accounts()).expect("accounts");
        assert_eq!(known.len(), usize::from(!forget));
        answered_late(&world);
        assert_eq!(world.server.sessions_of(&ALICE), 0);
    }
}

#[test]
fn a_new_sign_in_takes_its_place_within_seconds() {
    for (what, in_another_tab) in [("in its own tab", false), ("in another tab", true)] {
        let world = World::new();
        let (tab, other) = (world.tab(), world.tab());
        let session = world.sign_in(&tab, &ALICE);
        let place = if in_another_tab { &other } else { &tab };
        let params = world.consented(place, &ALICE);
        let seconds = async {
            for _ in 0..7 {
                for _ in 0..20 {
                    yield_now().await;
                }
                world.pass(1);
            }
        };
        let again = join(place.client.callback(&params, None), seconds);
        world.server.fault(asked::REFRESH, Fault::Held);
        let refresh = session.token_info(Refresh::Force);
        let (_, (again, ())) = world.run(join(refresh, again));
        again.expect(what);
        assert!(is_free(&tab), "{what}");

        answered_late(&world);
        assert_eq!(world.server.sessions_of(&ALICE), 1, "{what}");
        let fresh = world
            .restore(&world.tab(), &ALICE, Refresh::Auto)
            .expect(what);
        assert_eq!(world.status(&fresh), Ok(200), "{what}");
        world.run(fresh.token_info(Refresh::Force)).expect(what);
    }
}

#[test]
fn an_account_without_a_session_is_restored_in_vain_within_seconds() {
    let world = World::new();
    let tab = world.tab();
    let held = world.run(tab.ports.lock.acquire(ALICE.did));
    let time = async {
        yield_now().await;
        world.pass(5);
    };
    let other = world.tab();
    let (restored, ()) = world.run(join(other.client.restore(ALICE.did, Refresh::Auto), time));
    assert_eq!(kind(restored), ended(&ALICE, SessionEnd::Vanished));
    drop(held);
}

/// The refresh itself is not given up: it is only no longer waited for.
#[test]
fn who_waits_for_it_gives_up_in_time_and_gets_its_tokens_later() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let seen = session.token_id();
    let time = async {
        world.pass(30);
        yield_now().await;
    };
    let ((), failed) = while_it_hangs(&world, &session, time);
    assert_eq!(failed, ErrorKind::Http(HttpError::Timeout));
    answered_late(&world);
    assert_ne!(session.token_id(), seen);
    assert_eq!(world.status(&session), Ok(200));
    let stored = world.run(tab.ports.store.get_session(CLIENT_ID, &did(&ALICE)));
    assert!(stored.expect("storage").is_some());
}

/// A refresh that finds its row gone when it is answered, without having heard why.
#[test]
fn tokens_that_come_for_a_row_that_has_gone_are_revoked() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    let removed = async {
        let store = &tab.ports.store;
        store
            .delete_session(CLIENT_ID, &did(&ALICE), None)
            .await
            .expect("storage");
        world.server.heal();
    };
    let ((), failed) = while_it_hangs(&world, &session, removed);
    world.settle();
    assert_eq!(failed, ended(&ALICE, SessionEnd::Vanished));
    assert_eq!(world.server.sessions_of(&ALICE), 0);
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(tab.heard.take_ends(), [SessionEnd::Vanished]);
}
