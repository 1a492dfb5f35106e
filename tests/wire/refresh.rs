//! Renewing tokens: when, how often, and what a failure means.

use crate::server::{ALICE, BOB, FOREIGN_PDS, Fault, SECOND_PDS, asked};
use crate::world::{Event, World, did, ended, kind, options};
use atproto_oauth_wasm::ports::{Local, SessionStore, StorageError, StoredSession};
use atproto_oauth_wasm::{
    Did, ErrorKind, HttpError, IdentityError, PeerError, Refresh, SessionEnd, Step,
};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::slice;

/// Past the time at which a token is renewed for certain, and before it expires.
const STALE: u64 = 3595;
/// Past the token's time.
const EXPIRED: u64 = 3601;

#[test]
fn a_token_is_renewed_shortly_before_it_expires() {
    for (age, refreshes) in [(0, 0), (3555, 0), (STALE, 1), (EXPIRED, 1)] {
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
            "a client the server does not like now",
            asked::REFRESH,
            Fault::json(400, json!({ "error": "invalid_client" })),
            None,
            false,
        ),
        (
            "tokens that break the profile",
            asked::REFRESH,
            Fault::lies(|body| body["scope"] = json!("other")),
            Some(peer("scope")),
            false,
        ),
        (
            "metadata out of reach",
            asked::METADATA,
            Fault::offline(),
            Some(ErrorKind::Http(HttpError::Unreachable("offline".into()))),
            true,
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        tab.heard.take();
        world.pass(EXPIRED);
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
        if what != "tokens that break the profile" {
            assert_eq!(world.status(&session), Ok(200), "{what}");
        }
    }
}

#[test]
fn a_token_that_still_lives_serves_while_it_cannot_be_renewed() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    world.pass(STALE);
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
fn a_lost_answer_costs_the_session_and_says_so() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.pass(EXPIRED);
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
    world.pass(EXPIRED);
    let refused = SessionEnd::RefreshRefused(Some("No.".into()));
    let requests = (0..3).map(|_| world.get(&session, "/xrpc/app.test"));
    for reply in world.run(futures::future::join_all(requests)) {
        assert_eq!(kind(reply), ended(&ALICE, refused.clone()));
    }
    assert_eq!(tab.heard.take_ends(), [refused]);
    assert_eq!(world.server.count(asked::REFRESH), 1);
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(tab.ports.active.get(), None);
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
    world.pass(EXPIRED);
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
    assert_eq!(tab.heard.take_ends(), [SessionEnd::Migrated]);
    assert_eq!(
        kind(world.status(&session)),
        ended(&ALICE, SessionEnd::Migrated)
    );
    assert!(world.stored(&ALICE).is_none());
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
    world.pass(EXPIRED);
    assert_eq!(
        world.status(&session),
        Ok(200),
        "the new refresh token was kept"
    );
}

/// Storage whose reads or writes can be made to fail, or changed.
struct Faulty {
    inner: Rc<dyn SessionStore>,
    full: Cell<bool>,
    instead: RefCell<Option<StoredSession>>,
}

impl SessionStore for Faulty {
    fn get<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<StoredSession>, StorageError>> {
        let instead = self.instead.borrow().clone();
        Box::pin(async move {
            match instead {
                None => self.inner.get(did).await,
                instead => Ok(instead),
            }
        })
    }

    fn put<'a>(&'a self, session: StoredSession) -> Local<'a, Result<(), StorageError>> {
        match self.full.get() {
            true => Box::pin(async { Err(StorageError::Full) }),
            false => self.inner.put(session),
        }
    }

    fn delete<'a>(&'a self, did: &'a Did) -> Local<'a, Result<(), StorageError>> {
        self.inner.delete(did)
    }
}

fn faulty_tab(world: &World) -> (crate::world::Tab, Rc<Faulty>) {
    let mut store = None;
    let tab = world.tab_with(options(), |ports| {
        let faulty = Rc::new(Faulty {
            inner: ports.sessions.clone(),
            full: Cell::new(false),
            instead: RefCell::default(),
        });
        ports.sessions = faulty.clone();
        store = Some(faulty);
    });
    (tab, store.expect("made above"))
}

#[test]
fn new_tokens_that_cannot_be_stored_serve_this_page() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    store.full.set(true);
    let failure = world
        .run(session.token_info(Refresh::Force))
        .expect_err("no space");
    assert_eq!(failure.kind(), &ErrorKind::Storage(StorageError::Full));
    assert!(failure.is_retryable());
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn a_row_of_another_account_is_not_used() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    world.sign_in(&tab, &BOB);
    *store.instead.borrow_mut() = world.stored(&BOB);
    assert_eq!(
        kind(world.restore(&tab, &ALICE, Refresh::Auto)),
        ended(&ALICE, SessionEnd::SubMismatch)
    );
    assert_eq!(
        kind(world.status(&session)),
        ended(&ALICE, SessionEnd::SubMismatch)
    );
    *store.instead.borrow_mut() = None;
    assert!(world.stored(&ALICE).is_none());
    assert!(world.stored(&BOB).is_some());
}

#[test]
fn restoring_needs_no_network_while_the_token_lives() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    let tab = world.tab();
    world.server.take_log();
    world.pass(3555);
    let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    world.pass(EXPIRED);
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
