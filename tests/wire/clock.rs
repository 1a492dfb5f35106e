//! A machine whose clock is wrong: servers refuse proofs that are not of now.

use crate::server::{ALICE, Source, asked};
use crate::world::{REDIRECT_URI, Tab, World, kind, options};
use atproto_oauth_wasm::ports::{Clock, Local};
use atproto_oauth_wasm::{Credentials, Error, ErrorKind, Refresh, ResourceResponse, Step};
use std::cell::RefCell;
use std::rc::Rc;

const AN_HOUR: i64 = 3_600_000;
const SOURCES: [Source; 2] = [Source::Answers, Source::OwnServer];
const REFUSED: &str = r#"DPoP algs="ES256", error="invalid_dpop_proof""#;

/// The clock of a page, which has a server that it came from.
struct PageClock(Rc<dyn Clock>);

impl Clock for PageClock {
    fn now(&self) -> u64 {
        self.0.now()
    }

    fn reference(&self) -> Option<String> {
        Some(REDIRECT_URI.to_owned())
    }

    fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        self.0.sleep(milliseconds)
    }
}

fn page(world: &World) -> Tab {
    world.tab_with(options(), |ports| {
        ports.clock = Rc::new(PageClock(ports.clock.clone()));
    })
}

/// A machine behind (or, below 0, ahead of) the servers, and a page on it.
fn off_by(ahead: i64, shown_by: Option<Source>) -> (World, Tab) {
    let world = World::new();
    world.server.be_ahead(ahead, shown_by);
    let tab = page(&world);
    (world, tab)
}

/// The user, or the machine itself, sets its clock by the servers'.
fn set_right(world: &World, was_behind: i64, shown_by: Option<Source>) {
    let clock = world.origin.clock();
    clock.set(clock.now().saturating_add_signed(was_behind));
    world.server.be_ahead(0, shown_by);
}

fn skew(outcome: Result<impl std::fmt::Debug, Error>) -> (Error, Option<i64>) {
    let error = outcome.expect_err("a refusal");
    match error.kind() {
        ErrorKind::ClockSkew { seconds, .. } => (error.clone(), *seconds),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_works_after_one_refusal() {
    for source in SOURCES {
        for ahead in [AN_HOUR, -AN_HOUR] {
            let what = format!("{source:?}, {ahead}");
            let (world, tab) = off_by(ahead, Some(source));
            let params = world.consented(&tab, &ALICE);
            assert_eq!(
                world.server.count(asked::PAR),
                2,
                "{what}: the nonce comes with the refusal"
            );
            let asked_own = usize::from(source == Source::OwnServer);
            assert_eq!(world.server.count(asked::OWN_PAGE), asked_own, "{what}");

            // The page that the user comes back to is another.
            let tab = page(&world);
            world.server.take_log();
            let signed_in = world.run(tab.client.init_callback(Some(&params), None));
            let session = signed_in.expect("a sign-in").session;
            world.settle();
            assert_eq!(world.server.count(asked::TOKEN), 1, "{what}");
            let row = world.stored(&ALICE).expect("a row");
            assert_eq!(row.clock_offset, ahead, "{what}");

            assert_eq!(world.status(&session), Ok(200), "{what}");
            assert_eq!(world.server.count(asked::XRPC), 2, "{what}: for the nonce");
            world.expire();
            assert_eq!(world.status(&session), Ok(200), "{what}");
            assert_eq!(world.server.count(asked::REFRESH), 1, "{what}");
            world.run(session.sign_out()).expect("signed out");
            assert_eq!(world.server.sessions_of(&ALICE), 0, "{what}");
            assert_eq!(world.server.count(asked::OWN_PAGE), 0, "{what}");
        }
    }
}

#[test]
fn a_clock_that_goes_wrong_later_is_noticed() {
    for source in SOURCES {
        for ahead in [AN_HOUR, -AN_HOUR] {
            let what = format!("{source:?}, {ahead}");
            let (world, tab) = off_by(0, Some(source));
            let session = world.sign_in(&tab, &ALICE);
            assert_eq!(world.status(&session), Ok(200));
            assert_eq!(world.stored(&ALICE).expect("a row").clock_offset, 0);

            world.server.be_ahead(ahead, Some(source));
            world.server.take_log();
            // An hour ahead, the servers take the token for expired, once they take the proof.
            assert_eq!(world.status(&session), Ok(200), "{what}");
            let tries = if ahead > 0 { 3 } else { 2 };
            assert_eq!(world.server.count(asked::XRPC), tries, "{what}");
            assert_eq!(world.status(&session), Ok(200), "{what}");
            assert_eq!(world.server.count(asked::XRPC), tries + 1, "{what}");
            let renewed = world.run(session.token_info(Refresh::Force));
            assert_eq!(renewed.expect("tokens").expired, Some(false), "{what}");
            let row = world.stored(&ALICE).expect("a row");
            assert_eq!(row.clock_offset, ahead, "{what}");
        }
    }
}

#[test]
fn a_refresh_is_refused_for_its_time_once() {
    for source in SOURCES {
        let (world, tab) = off_by(0, Some(source));
        let session = world.sign_in(&tab, &ALICE);
        world.server.be_ahead(-AN_HOUR, Some(source));
        world.server.take_log();
        let renewed = world.run(session.token_info(Refresh::Force));
        assert_eq!(renewed.expect("tokens").expired, Some(false));
        assert_eq!(world.server.count(asked::REFRESH), 2);
        assert_eq!(
            world.server.count(asked::OWN_PAGE),
            usize::from(source == Source::OwnServer)
        );
    }
}

#[test]
fn expiry_is_judged_by_the_servers_time() {
    for ahead in [0, AN_HOUR, -AN_HOUR] {
        for (age, refreshes) in [(0, 0), (3555, 0), (3590, 1)] {
            let (world, tab) = off_by(ahead, Some(Source::OwnServer));
            let session = world.sign_in(&tab, &ALICE);
            let expires_at = tab.ports.clock.now() + 3_600_000;
            let info = world.run(session.token_info(Refresh::Auto)).expect("alive");
            assert_eq!(info.expires_at, Some(expires_at), "as this machine counts");
            world.pass(age);
            for tab in [tab, page(&world)] {
                world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
                let count = world.server.count(asked::REFRESH);
                assert_eq!(count, refreshes, "{ahead} {age}");
            }
        }
    }
}

/// What was stored by a wrong clock serves a right one, and is out of date afterwards.
#[test]
fn a_clock_that_was_set_right_between_two_visits_does_no_harm() {
    for source in [Some(Source::Answers), Some(Source::OwnServer), None] {
        for ahead in [AN_HOUR, -AN_HOUR] {
            let what = format!("{source:?}, {ahead}");
            let (world, tab) = off_by(ahead, Some(Source::OwnServer));
            world.sign_in(&tab, &ALICE);
            set_right(&world, ahead, source);
            let tab = page(&world);
            let session = world.restore(&tab, &ALICE, Refresh::Auto).expect(&what);
            assert_eq!(world.status(&session), Ok(200), "{what}");
            world.server.take_log();
            assert_eq!(world.status(&session), Ok(200), "{what}");
            assert_eq!(world.server.count(asked::ANYTHING), 1, "{what}");
            let info = world.run(session.token_info(Refresh::Force));
            assert_eq!(info.expect("tokens").expired, Some(false), "{what}");
            let row = world.stored(&ALICE).expect("a row");
            assert_eq!(row.clock_offset, 0, "{what}");
            assert_eq!(tab.heard.take_ends(), [], "{what}");
        }
    }
}

#[test]
fn without_a_source_the_error_says_that_it_is_the_clock() {
    for tab in [World::tab, page] {
        let world = World::new();
        let tab = tab(&world);
        world.server.be_ahead(AN_HOUR, None);
        let (error, seconds) = skew(world.authorize(&tab, ALICE.did));
        assert_eq!(seconds, None);
        assert_eq!(error.code(), "CLOCK_SKEW");
        assert_eq!(error.step(), Step::Par);
        assert!(error.url().is_some_and(|url| url.ends_with("/oauth/par")));
        assert!(error.help().contains("clock"), "{}", error.help());
        assert!(error.to_string().contains("clock is wrong"), "{error}");
        assert_eq!(world.server.count(asked::PAR), 1);
    }
}

#[test]
fn without_a_source_a_session_waits_for_the_clock() {
    for ahead in [AN_HOUR, -AN_HOUR] {
        let (world, tab) = off_by(0, None);
        let session = world.sign_in(&tab, &ALICE);
        world.server.be_ahead(ahead, None);
        tab.heard.take();
        let reply = world.run(world.get(&session, "/xrpc/app.test"));
        assert_eq!(reply.expect("an answer").challenge, Some(REFUSED));
        let (error, _) = skew(world.run(session.token_info(Refresh::Force)));
        assert_eq!(error.step(), Step::Refresh);
        assert!(world.stored(&ALICE).is_some());
        assert!(tab.heard.take().is_empty());

        set_right(&world, ahead, None);
        assert_eq!(world.status(&session), Ok(200));
        world
            .run(session.token_info(Refresh::Force))
            .expect("tokens");
    }
}

#[test]
fn a_server_that_lies_about_its_time_is_asked_twice() {
    for source in SOURCES {
        let (world, tab) = off_by(AN_HOUR, Some(source));
        world.server.lie_about_date(AN_HOUR);
        let (error, seconds) = skew(world.authorize(&tab, ALICE.did));
        assert_eq!(seconds, Some(-7200), "what it says");
        assert!(error.to_string().contains("7200 s behind"), "{error}");
        assert_eq!(world.server.count(asked::PAR), 2);
        let asked_own = usize::from(source == Source::OwnServer);
        assert_eq!(world.server.count(asked::OWN_PAGE), asked_own);

        world.server.lie_about_date(0);
        let session = world.sign_in(&tab, &ALICE);
        world.server.lie_about_date(AN_HOUR);
        world.server.be_ahead(2 * AN_HOUR, Some(source));
        tab.heard.take();
        world.server.take_log();
        let reply = world.run(world.get(&session, "/xrpc/app.test"));
        assert_eq!(reply.expect("an answer").challenge, Some(REFUSED));
        assert_eq!(world.server.count(asked::XRPC), 2);
        skew(world.run(session.token_info(Refresh::Force)));
        assert!(world.stored(&ALICE).is_some());
        assert_eq!(tab.heard.take_ends(), []);
    }
}

#[test]
fn a_proof_that_is_refused_for_another_reason_is_not_sent_again() {
    for source in SOURCES {
        let (world, tab) = off_by(0, Some(source));
        let refusal = serde_json::json!({
            "error": "invalid_dpop_proof",
            "error_description": "DPoP \"htu\" mismatch, associated with nothing",
        });
        let fault = crate::server::Fault::json(401, refusal);
        world.server.fault(asked::PAR, fault);
        match kind(world.authorize(&tab, ALICE.did)) {
            ErrorKind::Refused(refusal) => assert!(refusal.is("invalid_dpop_proof")),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.server.count(asked::PAR), 1);
    }
}

#[test]
fn a_body_that_is_gone_waits_for_the_next_request() {
    for source in SOURCES {
        let (world, tab) = off_by(0, Some(source));
        let session = world.sign_in(&tab, &ALICE);
        assert_eq!(world.status(&session), Ok(200));
        world.server.be_ahead(-AN_HOUR, Some(source));
        let send = async |credentials: Credentials<'_>| {
            Ok::<_, Error>(world.server.xrpc("POST", credentials).await)
        };
        let once = || world.run(session.request("POST", "/xrpc/app.test", false, send));
        assert_eq!(once().expect("an answer").challenge, Some(REFUSED));
        assert_eq!(once().expect("an answer").status, 200);
    }
}

#[test]
fn many_requests_with_a_wrong_time_are_all_sent_again() {
    for source in SOURCES {
        let (world, tab) = off_by(0, Some(source));
        let session = world.sign_in(&tab, &ALICE);
        assert_eq!(world.status(&session), Ok(200));
        world.server.be_ahead(-AN_HOUR, Some(source));
        world.server.take_log();
        let requests = (0..5).map(|_| world.get(&session, "/xrpc/app.test"));
        for reply in world.run(futures::future::join_all(requests)) {
            assert_eq!(reply.expect("an answer").status, 200);
        }
        assert_eq!(world.server.count(asked::XRPC), 10);
    }
}

/// A `Date` has whole seconds, and is a moment old when it is read.
#[test]
fn seconds_are_no_difference() {
    for ahead in [4_000, -4_000] {
        let (world, tab) = off_by(ahead, Some(Source::Answers));
        world.sign_in(&tab, &ALICE);
        assert_eq!(world.stored(&ALICE).expect("a row").clock_offset, 0);
    }
}

#[test]
fn a_machine_that_sleeps_during_a_request_keeps_its_time() {
    let (world, tab) = off_by(0, Some(Source::Answers));
    let session = world.sign_in(&tab, &ALICE);
    world.server.take_log();
    let asleep = async {
        while world.server.count(asked::REFRESH) == 0 {
            crate::server::yield_now().await;
        }
        world.pass(600);
    };
    let renewed = session.token_info(Refresh::Force);
    let (renewed, ()) = world.run(futures::future::join(renewed, asleep));
    renewed.expect("tokens");
    assert_eq!(world.stored(&ALICE).expect("a row").clock_offset, 0);
}

/// The hot path: what an answer that is no refusal is asked.
#[test]
fn an_answer_that_is_no_refusal_is_not_read_for_its_time() {
    struct Watched<A>(A, Rc<RefCell<Vec<String>>>);
    impl<A: ResourceResponse> ResourceResponse for Watched<A> {
        fn status(&self) -> u16 {
            self.0.status()
        }

        fn header(&self, name: &str) -> Option<String> {
            self.1.borrow_mut().push(name.to_owned());
            self.0.header(name)
        }
    }
    let (world, tab) = off_by(AN_HOUR, Some(Source::Answers));
    let session = world.sign_in(&tab, &ALICE);
    assert_eq!(world.status(&session), Ok(200));
    let read = Rc::new(RefCell::new(Vec::new()));
    let send = async |credentials: Credentials<'_>| {
        let reply = world.server.xrpc("GET", credentials).await;
        Ok::<_, Error>(Watched(reply, read.clone()))
    };
    let answer = world.run(session.request("GET", "/xrpc/app.test", true, send));
    assert_eq!(answer.expect("an answer").status(), 200);
    assert_eq!(read.take(), ["dpop-nonce"]);
}
