//! Two tabs over one storage: two clients, one session.

use crate::server::{ALICE, FOREIGN_ISSUER, FOREIGN_PDS, SECOND_PDS, asked};
use crate::world::{CLIENT_ID, Event, World, did, ended, kind};
use atproto_oauth_wasm::ports::{Channel, Guard, Message, PopupMessage};
use atproto_oauth_wasm::{ErrorKind, Refresh, SessionEnd};
use std::rc::Rc;
use std::slice;

#[test]
fn two_tabs_that_find_a_token_old_refresh_it_once() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    here.heard.take();
    there.heard.take();
    world.expire();
    let both = futures::future::join(
        world.get(&mine, "/xrpc/app.test"),
        world.get(&theirs, "/xrpc/app.test"),
    );
    let (first, second) = world.run(both);
    assert_eq!(first.expect("an answer").status, 200);
    assert_eq!(second.expect("an answer").status, 200);
    assert_eq!(world.server.count(asked::REFRESH), 1);
    world.settle();
    let token = world.stored(&ALICE).expect("a row").tokens.access_token;
    let told = [Event::Updated(token.expose().to_owned())];
    assert_eq!(here.heard.take(), told);
    assert_eq!(there.heard.take(), told);
}

#[test]
fn two_tabs_that_force_a_refresh_refresh_once() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    let both = futures::future::join(
        mine.token_info(Refresh::Force),
        theirs.token_info(Refresh::Force),
    );
    let (first, second) = world.run(both);
    assert_eq!(first.expect("tokens"), second.expect("tokens"));
    assert_eq!(world.server.count(asked::REFRESH), 1);
}

#[test]
fn a_refresh_in_one_tab_is_used_in_the_other() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    world.run(mine.token_info(Refresh::Force)).expect("tokens");
    world.settle();
    world.server.take_log();
    assert_eq!(world.status(&theirs), Ok(200));
    assert_eq!(
        world.server.take_log(),
        [asked::XRPC; 2],
        "no token was refused"
    );
}

/// A channel that loses every message.
struct Deaf;

impl Channel for Deaf {
    fn post_to_tabs(&self, _: &str, _: &Message) {}

    fn listen_to_tabs(&self, _: &str, _: Box<dyn Fn(Message)>) -> Guard {
        Guard::new(|| ())
    }

    fn post_to_popups(&self, _: &PopupMessage) {}

    fn listen_to_popups(&self, _: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        None
    }
}

#[test]
fn a_tab_that_missed_the_news_reads_them_from_storage() {
    let world = World::new();
    let here = world.tab();
    let there = world.tab_with(crate::world::options(), |ports| {
        ports.channel = Rc::new(Deaf)
    });
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    world.run(mine.token_info(Refresh::Force)).expect("tokens");
    assert_eq!(
        world.status(&theirs),
        Ok(200),
        "the new token, after a refusal"
    );
    assert_eq!(world.server.count(asked::REFRESH), 1);

    world.run(mine.sign_out()).expect("signed out");
    assert_eq!(world.status(&theirs), Ok(401));
    assert_eq!(
        kind(world.status(&theirs)),
        ended(&ALICE, SessionEnd::Vanished)
    );
    assert_eq!(there.heard.take_ends(), [SessionEnd::Vanished]);
}

#[test]
fn signing_out_here_ends_the_session_there() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    here.heard.take();
    there.heard.take();
    world.run(mine.sign_out()).expect("signed out");
    world.settle();
    for tab in [&here, &there] {
        assert_eq!(
            tab.heard.take(),
            [Event::Deleted(did(&ALICE), SessionEnd::SignedOut)]
        );
    }
    world.server.take_log();
    assert_eq!(
        kind(world.status(&theirs)),
        ended(&ALICE, SessionEnd::SignedOut)
    );
    world.run(theirs.sign_out()).expect("nothing left to do");
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert!(there.heard.take().is_empty());
}

#[test]
fn every_kind_of_ending_is_told_in_both_tabs() {
    for (what, spoil, expected) in [
        (
            "revoked",
            (|world: &World| world.server.revoke_all(&ALICE)) as fn(&World),
            SessionEnd::RefreshRefused(Some("No.".into())),
        ),
        (
            "moved",
            |world| world.server.move_account(&ALICE, FOREIGN_PDS),
            SessionEnd::Migrated(Some(FOREIGN_ISSUER.to_owned())),
        ),
        (
            "not refreshable",
            |world| world.change_stored(&ALICE, |row| row.tokens.refresh_token = None),
            SessionEnd::NotRefreshable,
        ),
        (
            "refused",
            |world| {
                world.server.set_lifetime(Some(0));
                world.server.expire_access_tokens();
            },
            SessionEnd::TokenRefused,
        ),
    ] {
        let world = World::new();
        let (here, there) = (world.tab(), world.tab());
        let mine = world.sign_in(&here, &ALICE);
        let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
        here.heard.take();
        there.heard.take();
        spoil(&world);
        if what == "refused" {
            assert_eq!(world.status(&mine), Ok(401));
        } else {
            world.expire();
            // Whether this one request still gets an answer is not what is looked at here.
            drop(world.status(&mine));
        }
        for tab in [&here, &there] {
            assert_eq!(tab.heard.take_ends(), slice::from_ref(&expected), "{what}");
        }
        assert_eq!(
            kind(world.status(&theirs)),
            ended(&ALICE, expected),
            "{what}"
        );
        assert!(world.stored(&ALICE).is_none(), "{what}");
    }
}

#[test]
fn a_new_sign_in_here_serves_the_session_there() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    world.sign_in(&here, &ALICE);
    assert_eq!(world.server.sessions_of(&ALICE), 1, "the older was revoked");
    world.server.take_log();
    assert_eq!(world.status(&theirs), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 0);
    assert_eq!(there.heard.take_ends(), []);
}

#[test]
fn a_move_noticed_here_is_followed_there() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    world.server.move_account(&ALICE, SECOND_PDS);
    world.run(mine.token_info(Refresh::Force)).expect("tokens");
    world.settle();
    let info = world.run(theirs.token_info(Refresh::Never)).expect("alive");
    assert_eq!(info.audience, format!("{SECOND_PDS}/"));
}

#[test]
fn late_news_of_an_ending_do_not_end_what_began_since() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    world.run(mine.sign_out()).expect("signed out");
    let anew = world.sign_in(&here, &ALICE);
    here.heard.take();
    // What another tab told before it could know of the new session, and what comes through only now.
    let late = Message::Deleted(did(&ALICE), SessionEnd::SignedOut);
    there.ports.channel.post_to_tabs(CLIENT_ID, &late);
    world.settle();
    assert_eq!(
        here.heard.take(),
        [],
        "the app would take the user for signed out"
    );
    assert_eq!(world.status(&anew), Ok(200));
}

#[test]
fn a_closed_client_hears_nothing_and_works_on() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    there.client.close();
    there.heard.take();
    world.run(mine.token_info(Refresh::Force)).expect("tokens");
    world.settle();
    assert!(there.heard.take().is_empty());
    assert_eq!(world.status(&theirs), Ok(200));
}

#[test]
fn a_callback_belongs_to_any_tab_of_the_browser_and_to_one_only() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let params = world.consented(&here, &ALICE);
    let both = futures::future::join(
        here.client.callback(&params, None),
        there.client.callback(&params, None),
    );
    let (first, second) = world.run(both);
    assert!(first.is_ok());
    assert!(matches!(kind(second), ErrorKind::Callback(_)));
    assert_eq!(world.server.count(asked::TOKEN), 1);
}
