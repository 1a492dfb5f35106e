//! A server whose clock is its own, or that lies about its time: no other server's proofs, and no other account's session,
//! change with it.

use crate::server::{
    ALICE, Account, Apart, FOREIGN_ISSUER, FOREIGN_PDS, Fault, ISSUER, MALLORY, PDS, asked,
};
use crate::world::{REDIRECT_URI, Tab, World, options, url};
use atproto_oauth_wasm::{OAuthSession, Refresh, Response};

const A_DAY: i64 = 86_400_000;
const FOREIGN_XRPC: &str = "GET https://pds.elsewhere.com/xrpc/app.test";
const FOREIGN_PAR: &str = "POST https://issuer.elsewhere.com/oauth/par";
const FOREIGN_TOKEN: &str = "POST https://issuer.elsewhere.com/oauth/token authorization_code";

/// Shows a wrong time, and goes by the right one.
const fn lying(date: i64) -> Apart {
    Apart { ahead: 0, date }
}

/// Goes by the time it shows.
const fn ahead(ahead: i64) -> Apart {
    Apart { ahead, date: ahead }
}

fn expiry(world: &World, session: &OAuthSession) -> (Option<u64>, Option<bool>) {
    let info = world.run(session.token_info(Refresh::Auto)).expect("alive");
    (info.expires_at, info.expired)
}

/// By how many milliseconds the time in a session's proofs for its PDS is ahead of the tab's.
fn correction(world: &World, tab: &Tab, session: &OAuthSession) -> i64 {
    let issued_at = world.next_proof(session).issued_at as i64;
    issued_at * 1000 - (tab.ports.clock.now() / 1000 * 1000) as i64
}

/// The session of an account whose servers all keep the right time goes on as if there were no other.
fn is_untouched(world: &World, tab: &Tab, account: &Account, session: &OAuthSession) {
    let lifetime = Some(tab.ports.clock.now() + 3_600_000);
    world.settle();
    world.server.take_log();
    assert_eq!(expiry(world, session), (lifetime, Some(false)));
    assert_eq!(world.status(session), Ok(200));
    let log = world.server.take_log();
    assert_eq!(log, [asked::XRPC], "no refusal and no refresh");
    assert_eq!(correction(world, tab, session), 0);
    assert_eq!(world.stored(account).expect("a row").clock_offset, 0);
}

#[test]
fn a_date_on_a_good_answer_moves_nothing() {
    for date in [A_DAY, -A_DAY] {
        let world = World::new();
        let tab = world.tab();
        let alice = world.sign_in(&tab, &ALICE);
        assert_eq!(world.status(&alice), Ok(200));
        for origin in [FOREIGN_ISSUER, FOREIGN_PDS] {
            world.server.set_apart(origin, lying(date));
        }
        let mallory = world.sign_in(&tab, &MALLORY);
        assert_eq!(world.status(&mallory), Ok(200));
        assert_eq!(world.stored(&MALLORY).expect("a row").clock_offset, 0);
        let lifetime = Some(tab.ports.clock.now() + 3_600_000);
        assert_eq!(expiry(&world, &mallory), (lifetime, Some(false)));
        is_untouched(&world, &tab, &ALICE, &alice);

        // Nor the one's own.
        for origin in [ISSUER, PDS] {
            world.server.set_apart(origin, lying(date));
        }
        world.run(alice.token_info(Refresh::Force)).expect("tokens");
        world.settle();
        is_untouched(&world, &tab, &ALICE, &alice);
    }
}

#[test]
fn a_date_in_a_refusal_is_the_time_of_that_server_alone() {
    for off in [A_DAY, -A_DAY] {
        let world = World::new();
        let tab = world.tab();
        let alice = world.sign_in(&tab, &ALICE);
        assert_eq!(world.status(&alice), Ok(200));
        world.server.set_apart(FOREIGN_ISSUER, ahead(off));
        world.server.set_apart(FOREIGN_PDS, ahead(0));
        world.server.take_log();
        let mallory = world.sign_in(&tab, &MALLORY);
        assert_eq!(world.server.count(FOREIGN_PAR), 2, "one refusal");
        assert_eq!(world.server.count(FOREIGN_TOKEN), 1);
        assert_eq!(world.stored(&MALLORY).expect("a row").clock_offset, off);
        is_untouched(&world, &tab, &ALICE, &alice);

        // The PDS is taken to go by its issuer's time, until it says otherwise; which is no word on when tokens expire.
        let lifetime = Some(tab.ports.clock.now() + 3_600_000);
        assert_eq!(world.status(&mallory), Ok(200));
        assert_eq!(world.server.count(FOREIGN_XRPC), 2);
        assert_eq!(correction(&world, &tab, &mallory), 0);
        assert_eq!(expiry(&world, &mallory), (lifetime, Some(false)));
        assert_eq!(world.status(&mallory), Ok(200));
        assert_eq!(world.server.count(FOREIGN_XRPC), 3);

        // A page that knows only the rows finds the same.
        let tab = world.tab();
        world.server.take_log();
        let mallory = world.restore(&tab, &MALLORY, Refresh::Auto);
        let mallory = mallory.expect("a session");
        assert_eq!(expiry(&world, &mallory), (lifetime, Some(false)));
        let alice = world.restore(&tab, &ALICE, Refresh::Auto);
        let alice = alice.expect("a session");
        world.settle();
        is_untouched(&world, &tab, &ALICE, &alice);
        world
            .run(mallory.token_info(Refresh::Force))
            .expect("tokens");
        assert_eq!(world.stored(&MALLORY).expect("a row").clock_offset, off);
        is_untouched(&world, &tab, &ALICE, &alice);
    }
}

#[test]
fn a_pds_has_no_say_in_when_tokens_expire() {
    for off in [A_DAY, -A_DAY] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        world.server.set_apart(PDS, ahead(off));
        let lifetime = Some(tab.ports.clock.now() + 3_600_000);
        assert_eq!(world.status(&session), Ok(200));
        assert_eq!(correction(&world, &tab, &session), off);
        assert_eq!(expiry(&world, &session), (lifetime, Some(false)));
        assert_eq!(world.server.count(asked::REFRESH), 0);
        world
            .run(session.token_info(Refresh::Force))
            .expect("tokens");
        assert_eq!(world.server.count(asked::REFRESH), 1, "at its right time");
        assert_eq!(world.stored(&ALICE).expect("a row").clock_offset, 0);
        world.settle();
        world.server.take_log();
        assert_eq!(world.status(&session), Ok(200));
        assert_eq!(world.server.take_log(), [asked::XRPC], "still known");
    }
}

/// The server that resolves handles is asked ahead, with the same key.
#[test]
fn a_server_that_is_asked_ahead_has_no_say_in_the_sign_in() {
    let world = World::new();
    world.server.set_apart(FOREIGN_ISSUER, ahead(A_DAY));
    let mut options = options();
    options.handle_resolver = Some(url(FOREIGN_ISSUER));
    let tab = world.tab_with(options, |_| ());
    world.server.take_log();
    let consent = world.authorize(&tab, ALICE.did).expect("a sign-in begun");
    assert!(world.server.count(FOREIGN_PAR) > 0, "it was asked");
    let params = world.server.consent(&consent, &ALICE);
    let signed_in = world.run(tab.client.init_callback(Some(&params), None));
    let session = signed_in.expect("a sign-in").session;
    world.settle();
    assert_eq!(world.server.count(asked::TOKEN), 1);
    assert_eq!(world.status(&session), Ok(200));
    is_untouched(&world, &tab, &ALICE, &session);
}

/// A proof is refused for other reasons too, by a server whose `Date` is wrong.
#[test]
fn a_date_that_does_not_help_is_forgotten() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    let refusal = Response {
        status: 400,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("date", "Thu, 01 Jan 2026 12:00:00 GMT".to_owned()),
        ],
        body: r#"{"error":"invalid_dpop_proof"}"#.to_owned(),
    };
    world
        .server
        .fault(asked::REFRESH, Fault::Instead(Ok(refusal)));
    let refused = world.run(session.token_info(Refresh::Force));
    assert_eq!(refused.expect_err("a refusal").code(), "CLOCK_SKEW");
    assert_eq!(world.server.count(asked::REFRESH), 2);
    world.server.heal();
    world.settle();
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert_eq!(world.server.count(asked::REFRESH), 3, "no refusal");
    assert_eq!(world.stored(&ALICE).expect("a row").clock_offset, 0);
}

/// The page's own server speaks for the server that refused, and for no other.
#[test]
fn what_the_page_s_own_server_says_goes_for_the_server_that_refused() {
    use atproto_oauth_wasm::ports::{Clock, Local};
    use std::rc::Rc;

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
    let world = World::new();
    let tab = world.tab_with(options(), |ports| {
        ports.clock = Rc::new(PageClock(ports.clock.clone()));
    });
    let alice = world.sign_in(&tab, &ALICE);
    assert_eq!(world.status(&alice), Ok(200));
    world
        .server
        .be_ahead(A_DAY, Some(crate::server::Source::OwnServer));
    for origin in [ISSUER, PDS] {
        world.server.set_apart(origin, ahead(0));
    }
    let mallory = world.sign_in(&tab, &MALLORY);
    assert_eq!(world.stored(&MALLORY).expect("a row").clock_offset, A_DAY);
    assert_eq!(world.status(&mallory), Ok(200));
    is_untouched(&world, &tab, &ALICE, &alice);
}
