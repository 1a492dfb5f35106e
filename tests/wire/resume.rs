//! Resume tickets: what a page may send with a stored session before it has loaded the core.

use crate::server::{ALICE, Fault, PDS, Source, asked, proof};
use crate::world::{World, options};
use atproto_oauth_wasm::ports::{ResumeTicket, StoredSession};
use atproto_oauth_wasm::{Credentials, Error, Refresh};

const A_MINUTE: u64 = 60_000;

fn stored(world: &World) -> StoredSession {
    world.stored(&ALICE).expect("a row")
}

fn ticket(world: &World) -> Option<ResumeTicket> {
    stored(world).resume
}

#[test]
fn a_sign_in_and_a_refresh_store_a_ticket_for_their_tokens() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    for _ in 0..2 {
        let row = stored(&world);
        let ticket = row.resume.expect("a ticket");
        assert_eq!(ticket.pds, PDS);
        assert_eq!(ticket.token_id, session.token_id());
        let token = row.tokens.access_token.expose();
        assert_eq!(ticket.token_id, proof::digest(token));
        assert_eq!(ticket.clock_offset, 0);
        let expires_at = row.tokens.expires_at.expect("an end");
        assert_eq!(ticket.until, expires_at - A_MINUTE);
        let send = async |credentials: Credentials<'_>| {
            assert!(credentials.dpop.starts_with(&ticket.proof_head));
            assert!(ticket.proof_head.ends_with('.'));
            Ok::<_, Error>(world.server.xrpc("GET", credentials).await)
        };
        let answer = world.run(session.request("GET", "/xrpc/app.test", true, send));
        assert_eq!(answer.expect("an answer").status, 200);
        world.pass(1);
        world
            .run(session.token_info(Refresh::Force))
            .expect("new tokens");
    }
}

#[test]
fn a_refresh_that_has_begun_removes_the_ticket() {
    for fault in [Fault::Lost, Fault::offline()] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        assert!(ticket(&world).is_some());
        world.server.fault(asked::REFRESH, fault);
        let refreshed = world.run(session.token_info(Refresh::Force));
        assert!(refreshed.is_err());
        assert_eq!(ticket(&world), None);
    }
}

#[test]
fn a_refused_session_has_no_ticket() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    world.expire();
    world.server.fault(asked::REFRESH, Fault::html(400));
    let refreshed = world.run(session.token_info(Refresh::Force));
    assert!(refreshed.is_err());
    assert!(stored(&world).refused_at.is_some());
    assert_eq!(ticket(&world), None);
}

#[test]
fn a_token_without_an_end_is_the_core_s_to_judge() {
    let world = World::new();
    world.server.set_lifetime(None);
    world.sign_in(&world.tab(), &ALICE);
    assert_eq!(stored(&world).tokens.expires_at, None);
    assert_eq!(ticket(&world), None);
}

#[test]
fn a_ticket_goes_by_the_server_s_time() {
    for off in [3_600_000_i64, -3_600_000] {
        let world = World::new();
        let tab = world.tab();
        world.server.be_ahead(off, Some(Source::Answers));
        world.sign_in(&tab, &ALICE);
        let row = stored(&world);
        let ticket = row.resume.expect("a ticket");
        assert_eq!(ticket.clock_offset, row.clock_offset);
        let by_the_server = tab
            .ports
            .clock
            .now()
            .saturating_add_signed(ticket.clock_offset);
        let left = ticket.until - by_the_server;
        assert_eq!(left, 3_600_000 - A_MINUTE, "{off}");
    }
}

#[test]
fn a_row_for_no_web_address_or_of_no_client_gets_no_ticket() {
    let spoilt: [fn(&mut StoredSession); 3] = [
        |row| row.tokens.audience = "data:,pds".to_owned(),
        |row| row.client_id = None,
        |row| row.server = None,
    ];
    for spoil in spoilt {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        world.change_stored(&ALICE, |row| {
            spoil(row);
            row.resume = None;
            row.verified_at = None;
        });
        // The account is verified anew, which stores the row anew.
        let tab = world.tab_with(options(), |_| ());
        let restored = world.restore(&tab, &ALICE, Refresh::Auto);
        assert!(restored.is_ok());
        world.settle();
        let row = stored(&world);
        assert!(row.verified_at.is_some(), "stored anew");
        let is_whole = row.tokens.audience.starts_with("https:") && row.client_id.is_some();
        assert_eq!(row.resume.is_some(), is_whole);
    }
}
