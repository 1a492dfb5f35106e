//! What an app shows, as it follows its client over the scripted network.

use crate::app::client;
use crate::server::{ALICE, Account, BOB, Fault, PLC, asked};
use crate::world::{Tab, World, did};
use atproto_oauth_wasm::{
    AccountStatus, AuthorizeOptions, BrowserOAuthClient, ClientState, Refresh, SessionState,
};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::rc::Rc;

/// An app in a tab that shows what it is told.
struct App {
    tab: Tab,
    client: BrowserOAuthClient,
    shown: Rc<RefCell<Vec<ClientState>>>,
    following: LocalBoxFuture<'static, ()>,
}

impl App {
    fn open(world: &World) -> Self {
        let tab = world.tab();
        Self::load(world, tab)
    }

    /// The page of a tab loads.
    fn load(world: &World, tab: Tab) -> Self {
        let client = client(&tab);
        let shown = Rc::new(RefCell::new(Vec::new()));
        let (following, told) = (client.clone(), shown.clone());
        let following = async move {
            let tell = |state: &ClientState| told.borrow_mut().push(state.clone());
            following.follow(tell).await;
        };
        let mut app = Self {
            tab,
            client,
            shown,
            following: following.boxed_local(),
        };
        app.see(world);
        app
    }

    /// Lets all that is under way happen.
    fn see(&mut self, world: &World) {
        for _ in 0..20 {
            assert_eq!((&mut self.following).now_or_never(), None, "it goes on");
            world.settle();
        }
    }

    /// What was shown since the last call: who is signed in, and which error.
    fn shown(&mut self, world: &World) -> Vec<String> {
        self.see(world);
        let mut all: Vec<String> = self.shown.borrow_mut().drain(..).map(described).collect();
        all.dedup();
        all
    }

    /// Leaves for the server, whose answer the page comes back with.
    fn leave(
        self,
        world: &World,
        account: &Account,
        answer: impl FnOnce(&atproto_oauth_wasm::Url) -> String,
    ) -> Self {
        let options = AuthorizeOptions::default();
        let url = world.run(self.client.authorize(account.handle, options));
        let address = self.tab.page.address();
        let params = answer(&url.expect("a sign-in begun"));
        self.client.close();
        let Self { tab, .. } = self;
        tab.page
            .visit(address.join(&format!("#{params}")).expect("a URL"));
        Self::load(world, tab)
    }

    fn sign_in(self, world: &World, account: &Account) -> Self {
        self.leave(world, account, |url| world.server.consent(url, account))
    }
}

fn described(state: ClientState) -> String {
    let mut text = match &state.session {
        SessionState::Loading => "loading".to_owned(),
        SessionState::SignedOut => "nobody".to_owned(),
        SessionState::SignedIn(session) => session.did().to_string(),
        SessionState::Offline { did, error } => format!("{did} offline, {}", error.code()),
    };
    if let Some(error) = &state.error {
        text.push_str(&format!(", {}", error.code()));
    }
    text
}

fn statuses(app: &App, world: &World) -> Vec<(String, AccountStatus)> {
    let accounts = world.run(app.client.accounts()).expect("a list");
    accounts
        .into_iter()
        .map(|account| (account.did.to_string(), account.status))
        .collect()
}

#[test]
fn a_visitor_signs_in_and_out() {
    let world = World::new();
    let mut app = App::open(&world);
    assert_eq!(app.shown(&world), ["nobody"]);
    let mut app = app.sign_in(&world, &ALICE);
    assert_eq!(app.shown(&world), [ALICE.did]);
    world
        .run(app.client.revoke(&did(&ALICE)))
        .expect("signed out");
    assert_eq!(
        app.shown(&world),
        ["nobody"],
        "who signs out needs no error"
    );
    assert_eq!(
        statuses(&app, &world),
        [(ALICE.did.to_owned(), AccountStatus::SignedOut)]
    );
}

#[test]
fn a_page_that_is_opened_again_shows_who_is_signed_in() {
    let world = World::new();
    App::open(&world).sign_in(&world, &ALICE);
    world.server.take_log();
    let mut again = App::open(&world);
    assert_eq!(again.shown(&world), [ALICE.did]);
    assert_eq!(world.server.count(asked::REFRESH), 0);
}

#[test]
fn all_tabs_show_the_same() {
    let world = World::new();
    let mut here = App::open(&world)
        .sign_in(&world, &ALICE)
        .sign_in(&world, &BOB);
    let mut there = App::open(&world);
    assert_eq!(here.shown(&world), [BOB.did]);
    assert_eq!(there.shown(&world), [BOB.did]);

    world
        .run(there.client.switch_to(&did(&ALICE)))
        .expect("a session");
    assert_eq!(here.shown(&world), [ALICE.did]);
    assert_eq!(there.shown(&world), [ALICE.did]);

    world
        .run(here.client.revoke(&did(&ALICE)))
        .expect("signed out");
    assert_eq!(there.shown(&world), ["nobody"]);
    assert_eq!(here.shown(&world), ["nobody"]);
    assert_eq!(statuses(&here, &world), statuses(&there, &world));

    world
        .run(here.client.switch_to(&did(&BOB)))
        .expect("a session");
    assert_eq!(there.shown(&world), [BOB.did]);
}

#[test]
fn new_tokens_show_nothing_new() {
    let world = World::new();
    let mut app = App::open(&world).sign_in(&world, &ALICE);
    let mut other = App::open(&world);
    app.shown(&world);
    other.shown(&world);
    world
        .run(app.client.restore(&did(&ALICE), Refresh::Force))
        .expect("a session");
    assert_eq!(world.server.count(asked::REFRESH), 1);
    assert_eq!(app.shown(&world), Vec::<String>::new());
    assert_eq!(other.shown(&world), Vec::<String>::new());
}

#[test]
fn a_session_that_the_server_ends_is_told_with_its_reason() {
    let world = World::new();
    let mut app = App::open(&world).sign_in(&world, &ALICE);
    let mut other = App::open(&world);
    app.shown(&world);
    other.shown(&world);
    world.server.revoke_all(&ALICE);
    world.expire();
    let restored = world.run(app.client.restore(&did(&ALICE), Refresh::Auto));
    restored.expect_err("a session that is over");
    assert_eq!(app.shown(&world), ["nobody, SESSION_REVOKED"]);
    assert_eq!(other.shown(&world), ["nobody, SESSION_REVOKED"]);
    // The next sign-in makes it history.
    let mut app = app.sign_in(&world, &BOB);
    assert_eq!(app.shown(&world), [BOB.did]);
    assert_eq!(other.shown(&world), [BOB.did]);
}

#[test]
fn a_sign_in_that_fails_leaves_who_was_signed_in() {
    let world = World::new();
    let app = App::open(&world).sign_in(&world, &ALICE);
    let mut app = app.leave(&world, &BOB, |url| world.server.deny(url, "access_denied"));
    assert_eq!(app.shown(&world), [format!("{}, ACCESS_DENIED", ALICE.did)]);
}

#[test]
fn who_cannot_be_refreshed_for_the_network_is_offline_until_that_is_back() {
    let world = World::new();
    App::open(&world).sign_in(&world, &ALICE);
    world.expire();
    world.server.fault(asked::ANYTHING, Fault::offline());
    let mut app = App::open(&world);
    assert_eq!(
        app.shown(&world),
        [format!("{} offline, NETWORK_UNREACHABLE", ALICE.did)]
    );
    world.server.heal();
    world
        .run(app.client.restore(&did(&ALICE), Refresh::Auto))
        .expect("a session");
    assert_eq!(app.shown(&world), [ALICE.did]);
}

#[test]
fn without_a_browser_nothing_is_told() {
    let client = BrowserOAuthClient::builder()
        .client_id("http://localhost")
        .handle_resolver(PLC)
        .build()
        .expect("a client");
    block_on(client.follow(|state| panic!("{state:?}")));
}

#[test]
fn following_ends_with_the_client() {
    let world = World::new();
    let App {
        client, following, ..
    } = App::open(&world);
    client.close();
    assert_eq!(following.now_or_never(), Some(()));
}
