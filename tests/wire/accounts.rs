//! The list of accounts: who is signed in, who was, which is active, and who is told when that changes.

use crate::server::{ALICE, Account as Person, BOB, FOREIGN_PDS, Fault, PDS, asked};
use crate::store::forward;
use crate::world::{CLIENT_ID, Tab, World, did, ended, kind, options};
use atproto_oauth_wasm::ports::{AccountsChange, Channel, Guard, Message, PopupMessage, Store};
use atproto_oauth_wasm::{
    Account, AccountStatus, Did, ErrorKind, IdentityError, Issuer, Refresh, SessionEnd,
};
use std::cell::RefCell;
use std::rc::Rc;

const IN: AccountStatus = AccountStatus::SignedIn;
const OUT: AccountStatus = AccountStatus::SignedOut;

fn accounts(world: &World, tab: &Tab) -> Vec<Account> {
    world.run(tab.client.accounts()).expect("a list")
}

fn statuses(world: &World, tab: &Tab) -> Vec<(String, AccountStatus)> {
    let all = accounts(world, tab).into_iter();
    all.map(|account| (account.did.to_string(), account.status))
        .collect()
}

fn status(person: &Person, status: AccountStatus) -> (String, AccountStatus) {
    (person.did.to_owned(), status)
}

/// A sign-in begun with whatever the user typed.
fn sign_in_with(world: &World, tab: &Tab, person: &Person, input: &str) {
    let url = world.authorize(tab, input).expect("a sign-in begun");
    let params = world.server.consent(&url, person);
    let signed_in = world.run(tab.client.init_callback(Some(&params), None));
    signed_in.expect("a sign-in");
    world.settle();
}

/// How often each tab was told since this was last asked.
fn changes<const N: usize>(world: &World, tabs: [&Tab; N]) -> [usize; N] {
    world.settle();
    tabs.map(|tab| tab.heard.take_changes())
}

#[test]
fn a_new_browser_has_no_accounts() {
    let world = World::new();
    let tab = world.tab();
    assert_eq!(accounts(&world, &tab), []);
    assert_eq!(tab.client.active(), None);
}

#[test]
fn an_account_is_listed_with_all_that_is_known_of_it() {
    let world = World::new();
    let tab = world.tab();
    sign_in_with(&world, &tab, &ALICE, ALICE.handle);
    let signed_in_at = tab.ports.clock.now();
    let expected = Account {
        did: did(&ALICE),
        handle: atproto_oauth_wasm::Handle::parse(ALICE.handle).ok(),
        pds: Some(format!("{PDS}/")),
        issuer: Issuer::parse("https://issuer.example.com").ok(),
        status: IN,
        last_used: Some(signed_in_at),
    };
    assert_eq!(accounts(&world, &tab), [expected]);
    assert_eq!(tab.client.active(), Some(did(&ALICE)));
}

#[test]
fn the_account_that_was_used_last_comes_first() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    world.pass(1);
    world.sign_in(&tab, &BOB);
    assert_eq!(
        statuses(&world, &tab),
        [status(&BOB, IN), status(&ALICE, IN)]
    );
    world.pass(1);
    let switched = world.run(tab.client.switch_to(ALICE.did)).expect("alive");
    assert_eq!(*switched.did(), did(&ALICE));
    assert_eq!(
        statuses(&world, &tab),
        [status(&ALICE, IN), status(&BOB, IN)]
    );
    assert_eq!(tab.client.active(), Some(did(&ALICE)));
}

/// One way in which a session ends, and whether the account was left for another server.
type Ending = (&'static str, fn(&World, &Tab));

const ENDINGS: [Ending; 4] = [
    ("signed out", |world, tab| {
        world.run(tab.client.revoke(ALICE.did)).expect("signed out");
    }),
    ("revoked", |world, tab| {
        world.server.revoke_all(&ALICE);
        drop(world.restore(tab, &ALICE, Refresh::Force));
    }),
    ("moved", |world, tab| {
        world.server.move_account(&ALICE, FOREIGN_PDS);
        drop(world.restore(tab, &ALICE, Refresh::Force));
    }),
    ("not refreshable", |world, tab| {
        world.change_stored(&ALICE, |row| row.tokens.refresh_token = None);
        world.expire();
        drop(world.restore(tab, &ALICE, Refresh::Auto));
    }),
];

#[test]
fn an_account_whose_session_has_ended_stays_and_can_sign_in_again() {
    for (what, end) in ENDINGS {
        let world = World::new();
        let (here, there) = (world.tab(), world.tab());
        sign_in_with(&world, &here, &ALICE, ALICE.handle);
        changes(&world, [&here, &there]);
        end(&world, &here);
        assert_eq!(changes(&world, [&here, &there]), [1, 1], "{what}");
        for tab in [&here, &there] {
            let [left] = &accounts(&world, tab)[..] else {
                panic!("one account: {what}");
            };
            assert_eq!(left.status, OUT, "{what}");
            assert_eq!(left.pds, Some(format!("{PDS}/")), "{what}");
            assert_eq!(
                left.handle.as_ref().map(ToString::to_string),
                Some(ALICE.handle.to_owned())
            );
            assert!(left.last_used.is_some(), "{what}");
            assert_eq!(tab.client.active(), None, "{what}");
        }
        here.heard.take();
        there.heard.take();

        let refused = world.run(there.client.switch_to(ALICE.did));
        let error = refused.expect_err("signed out");
        assert_eq!(*error.kind(), ended(&ALICE, SessionEnd::Vanished), "{what}");
        assert_eq!(error.login_hint(), Some(ALICE.handle), "{what}");
        assert_eq!(changes(&world, [&here, &there]), [0, 0], "{what}");
        assert_eq!(there.heard.take(), [], "its end was told before: {what}");
        assert_eq!(here.heard.take(), [], "{what}");

        if what != "moved" {
            let hint = error.login_hint().expect("a hint").to_owned();
            sign_in_with(&world, &there, &ALICE, &hint);
            assert_eq!(statuses(&world, &here), [status(&ALICE, IN)], "{what}");
            assert_eq!(changes(&world, [&here, &there]), [1, 1], "{what}");
        }
    }
}

#[test]
fn each_change_is_told_once_in_each_tab() {
    let world = World::new();
    let tabs = [&world.tab(), &world.tab(), &world.tab()];
    let [here, there, _] = tabs;

    sign_in_with(&world, here, &ALICE, ALICE.handle);
    assert_eq!(changes(&world, tabs), [1; 3], "a sign-in");
    sign_in_with(&world, there, &BOB, BOB.handle);
    assert_eq!(changes(&world, tabs), [1; 3], "another");
    sign_in_with(&world, there, &BOB, BOB.handle);
    assert_eq!(changes(&world, tabs), [0; 3], "the same again");

    let alice = world.run(here.client.switch_to(ALICE.did)).expect("alive");
    assert_eq!(changes(&world, tabs), [1; 3], "another is active");
    world.run(here.client.switch_to(ALICE.did)).expect("alive");
    assert_eq!(changes(&world, tabs), [0; 3], "the same is active");
    world.run(alice.token_info(Refresh::Force)).expect("tokens");
    assert_eq!(world.status(&alice), Ok(200));
    assert_eq!(changes(&world, tabs), [0; 3], "a refresh and a request");
    assert_eq!(accounts(&world, there).len(), 2);
    assert_eq!(changes(&world, tabs), [0; 3], "a look at the list");

    world.run(here.client.revoke(BOB.did)).expect("signed out");
    assert_eq!(changes(&world, tabs), [1; 3], "signed out, not active");
    world
        .run(here.client.revoke(BOB.did))
        .expect("nothing to do");
    assert_eq!(changes(&world, tabs), [0; 3], "signed out already");
    world.run(alice.sign_out()).expect("signed out");
    assert_eq!(changes(&world, tabs), [1; 3], "signed out and active");

    world.run(here.client.forget(BOB.did)).expect("forgotten");
    assert_eq!(changes(&world, tabs), [1; 3], "forgotten");
    world
        .run(here.client.forget(BOB.did))
        .expect("nothing to do");
    assert_eq!(changes(&world, tabs), [0; 3], "unknown");
}

type Heard = Rc<dyn Fn(Message)>;

/// A channel whose messages come late.
struct Late {
    channel: Rc<dyn Channel>,
    on_the_way: Rc<RefCell<Vec<Message>>>,
    heard: RefCell<Option<Heard>>,
}

impl Late {
    fn tab(world: &World) -> (Tab, Rc<Self>) {
        let mut late = None;
        let tab = world.tab_with(options(), |ports| {
            let channel = Rc::new(Self {
                channel: ports.channel.clone(),
                on_the_way: Rc::default(),
                heard: RefCell::default(),
            });
            ports.channel = channel.clone();
            late = Some(channel);
        });
        (tab, late.expect("a channel"))
    }

    /// Delivers what is on the way; how much that is.
    fn deliver(&self) -> usize {
        let messages = self.on_the_way.take();
        let heard = self.heard.borrow().clone().expect("a listener");
        messages.iter().cloned().for_each(|message| heard(message));
        messages.len()
    }
}

impl Channel for Late {
    fn post_to_tabs(&self, client_id: &str, message: &Message) {
        self.channel.post_to_tabs(client_id, message);
    }

    fn listen_to_tabs(&self, client_id: &str, handler: Box<dyn Fn(Message)>) -> Guard {
        *self.heard.borrow_mut() = Some(handler.into());
        let on_the_way = self.on_the_way.clone();
        let later = Box::new(move |message| on_the_way.borrow_mut().push(message));
        self.channel.listen_to_tabs(client_id, later)
    }

    fn post_to_popups(&self, message: &PopupMessage) {
        self.channel.post_to_popups(message);
    }

    fn listen_to_popups(&self, handler: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        self.channel.listen_to_popups(handler)
    }
}

#[test]
fn an_end_that_several_tabs_find_is_one_change_in_each() {
    let world = World::new();
    let all: [(Tab, Rc<Late>); 3] = std::array::from_fn(|_| Late::tab(&world));
    let tabs = all.each_ref().map(|(tab, _)| tab);
    let deliver_all = || {
        while all.iter().map(|(_, bus)| bus.deliver()).sum::<usize>() > 0 {
            world.settle();
        }
    };
    // The next session of the account ends as the first does.
    for round in 1..=2 {
        world.sign_in(tabs[0], &ALICE);
        let sessions = tabs.map(|tab| world.restore(tab, &ALICE, Refresh::Auto).expect("alive"));
        deliver_all();
        changes(&world, tabs);
        for tab in tabs {
            tab.heard.take();
        }
        world.server.revoke_all(&ALICE);
        for session in &sessions {
            assert!(world.run(session.token_info(Refresh::Force)).is_err());
        }
        deliver_all();
        assert_eq!(changes(&world, tabs), [1; 3], "round {round}");
        for tab in tabs {
            assert_eq!(tab.heard.take_ends().len(), 1, "round {round}");
        }
    }
}

#[test]
fn forgetting_signs_out_and_leaves_no_trace() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    world.sign_in(&here, &ALICE);
    world.sign_in(&here, &BOB);
    changes(&world, [&here, &there]);
    world.run(there.client.forget(BOB.did)).expect("forgotten");
    assert_eq!(changes(&world, [&here, &there]), [1, 1]);
    assert_eq!(statuses(&world, &here), [status(&ALICE, IN)]);
    assert_eq!(there.client.active(), None);
    assert_eq!(world.server.sessions_of(&BOB), 0, "revoked");
    assert!(world.stored(&BOB).is_none());
    let error = world.run(here.client.switch_to(BOB.did)).expect_err("gone");
    assert_eq!(error.login_hint(), Some(BOB.did));
    assert_eq!(statuses(&world, &here), [status(&ALICE, IN)]);
    let not_one = world.run(there.client.forget("bob"));
    assert!(matches!(
        kind(not_one),
        ErrorKind::Identity(IdentityError::InvalidDid(_))
    ));
}

#[test]
fn a_session_that_another_client_stored_is_listed_and_stays_when_it_ends() {
    let world = World::new();
    let tab = world.tab();
    world.sign_in(&tab, &ALICE);
    world.change_stored(&ALICE, |row| {
        row.client_id = None;
        row.server = None;
    });
    tab.ports
        .store
        .remember_account(CLIENT_ID, &did(&ALICE), None);
    let [account] = &accounts(&world, &tab)[..] else {
        panic!("one account");
    };
    assert_eq!((account.status, account.last_used), (IN, None));
    assert_eq!(account.pds, Some(format!("{PDS}/")));
    // Never used by this client, and signed out by it.
    let fresh = world.tab();
    world
        .run(fresh.client.revoke(ALICE.did))
        .expect("signed out");
    assert_eq!(statuses(&world, &fresh), [status(&ALICE, OUT)]);
}

#[test]
fn a_handle_that_nobody_typed_is_found_after_the_sign_in() {
    for input in [ALICE.did, PDS] {
        let world = World::new();
        let (here, there) = (world.tab(), world.tab());
        sign_in_with(&world, &here, &ALICE, input);
        let handle = accounts(&world, &there)[0].handle.clone();
        assert_eq!(
            handle.as_ref().map(ToString::to_string),
            Some(ALICE.handle.to_owned()),
            "{input}"
        );
        assert_eq!(
            changes(&world, [&here, &there]),
            [2, 2],
            "the account, and what it is called"
        );
    }
}

#[test]
fn a_handle_that_does_not_lead_back_is_not_shown() {
    let world = World::new();
    let tab = world.tab();
    let elsewhere = serde_json::json!({ "did": BOB.did });
    world
        .server
        .fault(asked::HANDLE, Fault::json(200, elsewhere));
    sign_in_with(&world, &tab, &ALICE, ALICE.did);
    assert_eq!(accounts(&world, &tab)[0].handle, None);
    assert_eq!(changes(&world, [&tab]), [1]);
    world.run(tab.client.revoke(ALICE.did)).expect("signed out");
    let error = world.run(tab.client.switch_to(ALICE.did)).expect_err("out");
    assert_eq!(error.login_hint(), Some(ALICE.did));
}

#[test]
fn an_account_forgotten_while_its_handle_is_looked_for_stays_forgotten() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let forgotten_at_once = async {
        tab.client
            .init_callback(Some(&params), None)
            .await
            .expect("a sign-in");
        tab.client.forget(ALICE.did).await.expect("forgotten");
    };
    world.run(forgotten_at_once);
    world.settle();
    assert_eq!(accounts(&world, &tab), []);
}

#[test]
fn a_move_to_another_pds_is_a_change() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    world.sign_in(&here, &ALICE);
    changes(&world, [&here, &there]);
    world.server.move_account(&ALICE, crate::server::SECOND_PDS);
    world.restore(&here, &ALICE, Refresh::Force).expect("alive");
    assert_eq!(changes(&world, [&here, &there]), [1, 1]);
    let pds = accounts(&world, &there)[0].pds.clone();
    assert_eq!(pds, Some(format!("{}/", crate::server::SECOND_PDS)));
}

#[test]
fn a_sign_in_that_the_app_undoes_changes_nothing() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    here.heard.fails.set(true);
    let params = world.consented(&here, &ALICE);
    assert!(world.callback(&here, &params).is_err());
    assert_eq!(accounts(&world, &here), []);
    assert_eq!(changes(&world, [&here, &there]), [0, 0]);
}

#[test]
fn an_active_account_whose_session_has_gone_is_told_once() {
    let world = World::new();
    let here = world.tab();
    world.sign_in(&here, &ALICE);
    world
        .run(
            here.ports
                .store
                .delete_session(CLIENT_ID, &did(&ALICE), None),
        )
        .expect("storage");
    let (first, second) = (world.tab(), world.tab());
    changes(&world, [&first, &second]);
    assert!(world.init(&first).is_err());
    assert_eq!(first.heard.take_ends(), [SessionEnd::Vanished]);
    assert_eq!(changes(&world, [&first, &second]), [1, 1]);
    assert!(matches!(world.init(&second), Ok(None)));
    assert_eq!(statuses(&world, &second), [status(&ALICE, OUT)]);
}

#[test]
fn another_tab_s_news_are_passed_on_and_a_closed_client_hears_none() {
    let world = World::new();
    let (here, there) = (world.tab(), world.tab());
    let change = Message::Accounts(AccountsChange::Other);
    here.ports.channel.post_to_tabs(CLIENT_ID, &change);
    assert_eq!(changes(&world, [&here, &there]), [0, 1]);
    there.client.close();
    here.ports.channel.post_to_tabs(CLIENT_ID, &change);
    assert_eq!(changes(&world, [&here, &there]), [0, 0]);
}

/// What a worker has in the place of a pointer that all tabs see.
/// The store of a worker, which has no `localStorage`.
struct OwnItems {
    own: Rc<dyn Store>,
    shared: Rc<dyn Store>,
}

impl Store for OwnItems {
    forward!(shared: settle, outlives_page, pending, sessions);
    forward!(own: active_account, remembered_accounts, remember_account, nonces, set_nonces);

    fn set_active_account(&self, client_id: &str, did: Option<&Did>) -> bool {
        self.own.set_active_account(client_id, did);
        false
    }
}

/// A client that shares the sessions and the channel with the tabs, and not what they keep in `localStorage`.
fn worker(world: &World) -> Tab {
    world.tab_with(options(), |ports| {
        ports.store = Rc::new(OwnItems {
            own: World::new().tab().ports.store,
            shared: ports.store.clone(),
        });
    })
}

#[test]
fn what_a_worker_alone_remembers_changes_nothing_elsewhere() {
    let world = World::new();
    let (here, worker) = (world.tab(), worker(&world));
    world.sign_in(&here, &ALICE);
    changes(&world, [&here, &worker]);
    world
        .restore(&worker, &ALICE, Refresh::Force)
        .expect("alive");
    assert_eq!(changes(&world, [&here, &worker]), [0, 1]);
    assert_eq!(worker.client.active(), Some(did(&ALICE)));
}

#[test]
fn a_session_that_a_worker_found_ended_is_no_longer_active_in_any_tab() {
    let world = World::new();
    let (here, there, worker) = (world.tab(), world.tab(), worker(&world));
    world.sign_in(&here, &ALICE);
    world.server.revoke_all(&ALICE);
    changes(&world, [&here, &there]);
    let refused = world.restore(&worker, &ALICE, Refresh::Force);
    assert!(refused.is_err());
    assert_eq!(changes(&world, [&here, &there]), [1, 1]);
    for tab in [&here, &there] {
        assert_eq!(statuses(&world, tab), [status(&ALICE, OUT)]);
        assert_eq!(tab.client.active(), None);
    }
}
