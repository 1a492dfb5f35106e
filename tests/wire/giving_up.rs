//! Grants that are given up: what the server is told to revoke.

use crate::server::{ALICE, BOB};
use crate::world::{Tab, World, options};
use atproto_oauth_wasm::ports::{Http, Local};
use atproto_oauth_wasm::{HttpError, Refresh, Request, Response};
use std::cell::RefCell;
use std::rc::Rc;

/// The tokens that were to be revoked.
type Revoked = Rc<RefCell<Vec<String>>>;

struct Watched {
    network: Rc<dyn Http>,
    revoked: Revoked,
}

impl Http for Watched {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        if request.url.ends_with("/oauth/revoke") {
            let form = request.body.clone().unwrap_or_default();
            let token = form.split(['=', '&']).nth(1).unwrap_or_default();
            let mut revoked = self.revoked.borrow_mut();
            // A nonce may be demanded first.
            if revoked.last().map(String::as_str) != Some(token) {
                revoked.push(token.to_owned());
            }
        }
        self.network.send(request)
    }
}

fn tab(world: &World) -> (Tab, Revoked) {
    let revoked = Revoked::default();
    let tab = world.tab_with(options(), |ports| {
        ports.http = Rc::new(Watched {
            network: ports.http.clone(),
            revoked: revoked.clone(),
        });
    });
    (tab, revoked)
}

/// RFC 7009 section 2.1: with the refresh token the whole grant goes; with an access token it need not.
#[test]
fn a_grant_is_given_up_by_its_refresh_token() {
    type Way = fn(&World, &Tab);
    let ways: [(&str, Way); 7] = [
        ("signed out", |world, tab| {
            let session = world.sign_in(tab, &ALICE);
            world.run(session.sign_out()).expect("signed out");
        }),
        ("revoked", |world, tab| {
            world.sign_in(tab, &ALICE);
            world.run(tab.client.revoke(ALICE.did)).expect("revoked");
        }),
        ("forgotten", |world, tab| {
            world.sign_in(tab, &ALICE);
            world.run(tab.client.forget(ALICE.did)).expect("forgotten");
        }),
        ("renewed, then signed out", |world, tab| {
            let session = world.sign_in(tab, &ALICE);
            world.restore(tab, &ALICE, Refresh::Force).expect("tokens");
            world.run(session.sign_out()).expect("signed out");
        }),
        ("replaced", |world, tab| {
            world.sign_in(tab, &ALICE);
            world.sign_in(tab, &ALICE);
        }),
        ("another account's", |world, tab| {
            let url = world.authorize(tab, ALICE.did).expect("a sign-in begun");
            let params = world.server.consent(&url, &BOB);
            world.callback(tab, &params).expect_err("another account");
        }),
        ("refused by the app", |world, tab| {
            tab.heard.fails.set(true);
            let params = world.consented(tab, &ALICE);
            world.callback(tab, &params).expect_err("the app's trouble");
        }),
    ];
    for (what, give_up) in ways {
        let world = World::new();
        let (tab, revoked) = tab(&world);
        give_up(&world, &tab);
        world.settle();
        let revoked = revoked.take();
        assert_eq!(revoked.len(), 1, "{what}");
        assert!(revoked[0].starts_with("refresh-"), "{what}: {revoked:?}");
        let left = usize::from(what == "replaced");
        assert_eq!(world.server.sessions_of(&ALICE), left, "{what}");
        assert_eq!(world.server.sessions_of(&BOB), 0, "{what}");
    }
}

#[test]
fn an_access_token_is_revoked_where_there_is_no_other() {
    let world = World::new();
    let (tab, revoked) = tab(&world);
    world.sign_in(&tab, &ALICE);
    world.change_stored(&ALICE, |row| row.tokens.refresh_token = None);
    world.run(tab.client.revoke(ALICE.did)).expect("revoked");
    let revoked = revoked.take();
    assert!(matches!(&revoked[..], [token] if token.starts_with("access-")));
}
