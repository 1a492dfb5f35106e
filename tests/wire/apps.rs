//! Two apps on one origin: the sessions of either are the other's neither to see, nor to use, nor to end.

use crate::server::{ALICE, BOB, asked};
use crate::world::{CLIENT_ID, REDIRECT_URI, Tab, World, did, ended, kind, options};
use atproto_oauth_wasm::ports::Page;
use atproto_oauth_wasm::{
    CallbackError, ClientMetadata, ClientOptions, ConfigError, ErrorKind, Json, Refresh, SessionEnd,
};

const OTHER_ID: &str = "https://app.example.com/two/client.json";

fn other_options() -> ClientOptions {
    with_id(OTHER_ID)
}

fn with_id(client_id: &str) -> ClientOptions {
    let text = options().metadata.raw.text();
    let text = text.replace(CLIENT_ID, client_id);
    let metadata = Json::parse(&text).expect("JSON");
    ClientOptions {
        metadata: ClientMetadata::judge(metadata).expect("client metadata"),
        ..options()
    }
}

fn two_apps(world: &World) -> (Tab, Tab) {
    (world.tab(), world.tab_with(other_options(), |_| ()))
}

#[test]
fn what_one_app_has_the_other_does_not_see() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    world.sign_in(&one, &ALICE);
    one.heard.take();
    one.heard.take_changes();
    world.server.take_log();

    assert!(world.init(&two).expect("nobody").is_none());
    assert_eq!(two.client.active(), None);
    assert_eq!(world.run(two.client.accounts()), Ok(vec![]));
    assert_eq!(
        kind(world.restore(&two, &ALICE, Refresh::Force)),
        ended(&ALICE, SessionEnd::Vanished)
    );
    world
        .run(two.client.revoke(ALICE.did))
        .expect("nothing to do");
    world
        .run(two.client.forget(ALICE.did))
        .expect("nothing to do");
    world.settle();
    assert_eq!(world.server.count(asked::ANYTHING), 0);

    assert_eq!(one.heard.take(), []);
    assert_eq!(one.heard.take_changes(), 0);
    assert!(world.init(&world.tab()).expect("alive").is_some());
}

#[test]
fn both_hold_the_same_account_for_as_long_as_they_like() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    let first = world.sign_in(&one, &ALICE);
    let second = world.sign_in(&two, &ALICE);
    assert_eq!(
        world.server.sessions_of(&ALICE),
        2,
        "neither replaced the other"
    );
    for _ in 0..3 {
        world.expire();
        for session in [&first, &second] {
            assert_eq!(world.status(session), Ok(200));
        }
        for tab in [world.tab(), world.tab_with(other_options(), |_| ())] {
            let again = world.init(&tab).expect("alive").expect("a session");
            assert_eq!(world.status(again.session()), Ok(200));
        }
    }
    for tab in [&one, &two] {
        assert_eq!(tab.heard.take_ends(), []);
        assert_eq!(world.run(tab.client.accounts()).expect("accounts").len(), 1);
    }

    world.run(first.sign_out()).expect("signed out");
    world.settle();
    assert_eq!(two.heard.take_ends(), []);
    assert_eq!(world.status(&second), Ok(200));
    world.run(second.token_info(Refresh::Force)).expect("alive");
    // Its row does not move to the place of the first: a new one of the first app is beside it again.
    world.sign_in(&one, &ALICE);
    world.run(second.token_info(Refresh::Force)).expect("alive");
    assert_eq!(world.server.sessions_of(&ALICE), 2);
}

#[test]
fn each_remembers_its_own_active_account() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    world.sign_in(&one, &ALICE);
    world.sign_in(&two, &BOB);
    for (options, account) in [(options(), &ALICE), (other_options(), &BOB)] {
        let tab = world.tab_with(options, |_| ());
        assert_eq!(tab.client.active(), Some(did(account)));
        let found = world.init(&tab).expect("alive").expect("a session");
        assert_eq!(found.session().did(), &did(account));
    }
}

#[test]
fn a_wrong_app_does_not_burn_the_code() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    let params = world.consented(&one, &ALICE);
    world.server.take_log();
    assert!(matches!(
        kind(world.callback(&two, &params)),
        ErrorKind::Callback(CallbackError::UnknownState(_))
    ));
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    let signed_in = world.callback(&one, &params).expect("a sign-in");
    assert_eq!(world.status(&signed_in.session), Ok(200));
}

/// Two clients in one page: the answer stays in the address until the client has seen it that it is for.
#[test]
fn an_answer_in_the_address_is_left_to_the_client_that_it_is_for() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    world.sign_in(&two, &BOB);
    let params = world.consented(&one, &ALICE);
    for tab in [&one, &two] {
        tab.page.replace(&format!("{REDIRECT_URI}#{params}"));
    }
    let there = world.init(&two).expect("alive").expect("a session");
    assert_eq!(there.session().did(), &did(&BOB));
    let address = two.page.location().expect("a page");
    assert_eq!(address.fragment(), Some(&*params));
    let here = world.init(&one).expect("alive").expect("a session");
    assert_eq!(here.session().did(), &did(&ALICE));
    assert_eq!(
        one.page
            .location()
            .and_then(|page| page.fragment().map(str::to_owned)),
        None
    );
}

/// The official client's rows name no client.
#[test]
fn a_row_of_no_client_is_the_first_one_s_who_refreshes_it() {
    let world = World::new();
    let (one, two) = two_apps(&world);
    world.sign_in(&one, &ALICE);
    world.change_stored(&ALICE, |row| row.client_id = None);
    let session = world.restore(&one, &ALICE, Refresh::Force).expect("alive");
    assert_eq!(
        kind(world.restore(&two, &ALICE, Refresh::Auto)),
        ended(&ALICE, SessionEnd::Vanished)
    );
    assert_eq!(world.status(&session), Ok(200));
}

/// A developer's client id changes with its scope, and no server takes a refresh token of the one for the other.
#[test]
fn a_loopback_id_that_changed_is_explained_and_costs_nothing() {
    let world = World::new();
    let session = world.sign_in(&world.tab(), &ALICE);
    let was = "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2F".to_owned();
    world.change_stored(&ALICE, |row| row.client_id = Some(was.clone()));
    let is = format!("{was}&scope=atproto%20transition%3Ageneric");
    let metadata = ClientMetadata::of_loopback_id(&is).expect("an id");
    let tab = world.tab_with(
        ClientOptions {
            metadata,
            ..options()
        },
        |_| (),
    );
    world.server.take_log();
    assert!(world.init(&tab).expect("nobody").is_none());
    assert_eq!(
        kind(world.restore(&tab, &ALICE, Refresh::Auto)),
        ErrorKind::Config(ConfigError::ClientIdChanged(was))
    );
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(world.status(&session), Ok(200), "the session is as it was");
}
