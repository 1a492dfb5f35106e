//! Times that come from outside: any number, in an answer or in a row, and a machine's clock that is set to anything.

use crate::server::{ALICE, BOB, Fault, asked};
use crate::world::World;
use atproto_oauth_wasm::Refresh;
use atproto_oauth_wasm::ports::StoredSession;
use serde_json::{Value, json};

/// The last moment that a JavaScript `Date` can hold.
const LAST_MOMENT: u64 = 8_640_000_000_000_000;

/// Held by `tests/package/expiry.test.mjs` as well.
#[test]
fn expired_means_what_the_table_says() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../spec/expiry.json")).expect("a table");
    assert!(!cases.is_empty());
    for case in cases {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        world.change_stored(&ALICE, |row| {
            row.tokens.expires_at = case["expiresAt"].as_u64();
        });
        world
            .origin
            .clock()
            .set(case["now"].as_u64().expect("a time"));
        let session = world.restore(&world.tab(), &ALICE, Refresh::Never);
        let session = session.expect("a session");
        let info = world.run(session.token_info(Refresh::Never));
        let info = info.expect("facts");
        assert_eq!(info.expires_at, case["expiresAt"].as_u64(), "{case}");
        assert_eq!(info.expired, case["expired"].as_bool(), "{case}");
    }
}

#[test]
fn a_lifetime_beyond_all_dates_is_only_long() {
    for lifetime in [
        json!(8.64e12),
        json!(9_007_199_254_740_991_u64),
        json!(u64::MAX),
        json!(1e300),
    ] {
        let world = World::new();
        let tab = world.tab();
        let lie = lifetime.clone();
        let change = move |body: &mut Value| body["expires_in"] = lie.clone();
        world
            .server
            .fault(asked::TOKEN, Fault::lies(change.clone()));
        world.server.fault(asked::REFRESH, Fault::lies(change));
        let session = world.sign_in(&tab, &ALICE);
        for refresh in [Refresh::Never, Refresh::Force, Refresh::Auto] {
            let info = world.run(session.token_info(refresh)).expect("alive");
            assert_eq!(info.expires_at, Some(LAST_MOMENT), "{lifetime}");
            assert_eq!(info.expired, Some(false), "{lifetime}");
            let row = world.stored(&ALICE).expect("a row");
            assert_eq!(row.tokens.expires_at, Some(LAST_MOMENT), "{lifetime}");
        }
        assert_eq!(world.server.count(asked::REFRESH), 1, "{lifetime}");
        assert_eq!(world.status(&session), Ok(200), "{lifetime}");
    }
}

#[test]
fn a_lifetime_of_nothing_ends_at_once() {
    for lifetime in [json!(0), json!(-0.0), json!(0.0001)] {
        let world = World::new();
        let tab = world.tab();
        let change = move |body: &mut Value| body["expires_in"] = lifetime.clone();
        world.server.fault(asked::TOKEN, Fault::lies(change));
        let session = world.sign_in(&tab, &ALICE);
        let info = world.run(session.token_info(Refresh::Never));
        assert_eq!(info.expect("alive").expires_at, Some(tab.ports.clock.now()));
        assert_eq!(world.status(&session), Ok(200));
        assert_eq!(world.server.count(asked::REFRESH), 1);
    }
}

/// What a row's times can be, and whether the account is then looked up anew when the session is restored.
type Row = (&'static str, fn(&mut StoredSession), bool);

const ROWS: [Row; 8] = [
    (
        "verified at the end of time",
        |row| row.verified_at = Some(u64::MAX),
        true,
    ),
    (
        "verified a little before",
        |row| row.verified_at = Some(u64::MAX - 600_000),
        true,
    ),
    (
        "verified at the last moment of a Date",
        |row| row.verified_at = Some(LAST_MOMENT),
        true,
    ),
    ("verified at no time", |row| row.verified_at = Some(0), true),
    (
        "a token for all time",
        |row| row.tokens.expires_at = Some(u64::MAX),
        false,
    ),
    (
        "a clock as far ahead as can be",
        |row| row.clock_offset = i64::MAX,
        // It seems to have expired, and is refreshed.
        true,
    ),
    (
        "a clock as far behind as can be",
        |row| row.clock_offset = i64::MIN,
        true,
    ),
    (
        "a refresh begun at the end of time",
        |row| row.refresh_started_at = Some(u64::MAX),
        false,
    ),
];

#[test]
fn a_row_s_times_can_be_anything() {
    for (what, change, is_looked_up) in ROWS {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        world.change_stored(&ALICE, change);
        // A proof of a wrong time is then no mistake of the client's.
        world.server.be_ahead(0, None);
        let tab = world.tab();
        world.server.take_log();
        let session = world.restore(&tab, &ALICE, Refresh::Auto).expect(what);
        world.settle();
        let looked_up = world.server.count(asked::ALICE_DID);
        assert_eq!(looked_up, usize::from(is_looked_up), "{what}");
        let info = world.run(session.token_info(Refresh::Never)).expect(what);
        assert!(info.expires_at <= Some(LAST_MOMENT), "{what}");
        assert_eq!(world.status(&session), Ok(200), "{what}");
        world.run(session.token_info(Refresh::Force)).expect(what);
        assert_eq!(world.status(&session), Ok(200), "{what}");
        let row = world.stored(&ALICE).expect(what);
        let expected = tab.ports.clock.now() + 3_600_000;
        assert_eq!(row.tokens.expires_at, Some(expected), "{what}");
        assert_eq!(row.clock_offset, 0, "{what}");
    }
}

/// From one end of time to the other, the server's clock with it.
#[test]
fn a_machine_s_clock_can_be_anything() {
    for now in [0, 1, LAST_MOMENT - 1, LAST_MOMENT] {
        let world = World::new();
        let tab = world.tab();
        let before = world.sign_in(&tab, &BOB);
        world.origin.clock().set(now);
        world.server.be_ahead(0, None);
        for tab in [&tab, &world.tab()] {
            let session = world.sign_in(tab, &ALICE);
            let info = world.run(session.token_info(Refresh::Never));
            assert!(info.expect("facts").expires_at <= Some(LAST_MOMENT));
        }
        let info = world.run(before.token_info(Refresh::Never));
        assert!(info.expect("facts").expires_at <= Some(LAST_MOMENT));
        world.run(tab.client.accounts()).expect("a list");
    }
    for now in [LAST_MOMENT + 200_000, u64::MAX - 1, u64::MAX] {
        let world = World::new();
        let tab = world.tab();
        world.origin.clock().set(now);
        world.server.be_ahead(0, None);
        let refused = world.authorize(&tab, ALICE.did).expect_err("no such time");
        assert_eq!(refused.code(), "CLOCK_SKEW");
    }
}
