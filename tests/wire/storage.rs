//! Storage of sessions that fails, or that lies.

use crate::server::{ALICE, BOB, asked};
use crate::store::forward;
use crate::world::{Tab, World, did, ended, kind, options};
use atproto_oauth_wasm::ports::{Local, StorageError, Store, StoredSession};
use atproto_oauth_wasm::{
    Account, AuthorizeOptions, Did, ErrorKind, OAuthSession, Persistence, Refresh, Secret,
    SessionEnd,
};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Storage whose reads or writes can be made to fail, or changed.
struct Faulty {
    inner: Rc<dyn Store>,
    /// How many more writes there is space for.
    space: Cell<usize>,
    instead: RefCell<Option<Rc<StoredSession>>>,
}

impl Store for Faulty {
    forward!(inner: settle, outlives_page, pending, items);
    forward!(inner: delete_session, list_sessions, session_owner);

    fn get_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        let instead = self.instead.borrow().clone();
        Box::pin(async move {
            match instead {
                None => self.inner.get_session(client_id, did).await,
                instead => Ok(instead),
            }
        })
    }

    fn put_session<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        let Some(space) = self.space.get().checked_sub(1) else {
            return Box::pin(async { Err(StorageError::Full) });
        };
        self.space.set(space);
        self.inner.put_session(client_id, session, expected)
    }
}

fn faulty_tab(world: &World) -> (Tab, Rc<Faulty>) {
    let mut store = None;
    let tab = world.tab_with(options(), |ports| {
        let faulty = Rc::new(Faulty {
            inner: ports.store.clone(),
            space: Cell::new(usize::MAX),
            instead: RefCell::default(),
        });
        ports.store = faulty.clone();
        store = Some(faulty);
    });
    (tab, store.expect("made above"))
}

/// A refresh for which there is no space; it may be tried again.
fn refresh_in_vain(world: &World, session: &OAuthSession) {
    let failure = world
        .run(session.token_info(Refresh::Force))
        .expect_err("no space");
    assert_eq!(failure.kind(), &ErrorKind::Storage(StorageError::Full));
    assert!(failure.is_retryable());
}

#[test]
fn tokens_that_cannot_be_stored_are_revoked() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let params = world.consented(&tab, &ALICE);
    store.space.set(0);
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Storage(StorageError::Full)
    );
    assert_eq!(world.server.sessions_of(&ALICE), 0);
    assert!(tab.heard.take().is_empty());
}

#[test]
fn new_tokens_that_cannot_be_stored_serve_this_page() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    store.space.set(1);
    refresh_in_vain(&world, &session);
    assert_eq!(world.status(&session), Ok(200));
}

#[test]
fn new_tokens_that_could_not_be_stored_are_as_soon_as_they_can_be() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    let spent = world.stored(&ALICE).expect("a row").tokens;
    store.space.set(1);
    let info = world.run(session.token_info(Refresh::Force));
    assert_eq!(info.expect_err("no space").code(), "STORAGE_FULL");
    tab.heard.take();
    // Neither use takes the spent tokens from the row.
    for refresh in [Refresh::Never, Refresh::Auto] {
        let restored = world.restore(&tab, &ALICE, refresh).expect("a session");
        assert_eq!(world.status(&restored), Ok(200));
    }
    assert_eq!(world.stored(&ALICE).expect("a row").tokens, spent);
    assert!(tab.heard.take().is_empty());

    store.space.set(usize::MAX);
    assert_eq!(world.status(&session), Ok(200));
    assert_ne!(world.stored(&ALICE).expect("a row").tokens, spent);
    assert_eq!(tab.heard.take().len(), 1);
    assert_eq!(world.status(&session), Ok(200));
    assert!(tab.heard.take().is_empty(), "once");
    assert_eq!(world.server.count(asked::REFRESH), 1);
    let other = world.tab();
    let restored = world.restore(&other, &ALICE, Refresh::Force);
    assert_eq!(world.status(&restored.expect("a session")), Ok(200));
    assert_eq!(world.server.sessions_of(&ALICE), 1);
}

#[test]
fn new_tokens_that_could_not_be_stored_are_renewed_once_they_are() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    store.space.set(1);
    let info = world.run(session.token_info(Refresh::Force));
    assert_eq!(info.expect_err("no space").code(), "STORAGE_FULL");
    world.expire();
    let refused = world.status(&session).expect_err("no space, and too old");
    assert_eq!(refused.code(), "STORAGE_FULL");
    store.space.set(usize::MAX);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.count(asked::REFRESH), 2);
}

#[test]
fn new_tokens_that_could_not_be_stored_replace_no_others() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    store.space.set(1);
    let info = world.run(session.token_info(Refresh::Force));
    assert_eq!(info.expect_err("no space").code(), "STORAGE_FULL");
    let newer = world.sign_in(&world.tab(), &ALICE);
    let row = world.stored(&ALICE).expect("a row").tokens;
    store.space.set(usize::MAX);
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.stored(&ALICE).expect("a row").tokens, row);
    assert_eq!(world.status(&newer), Ok(200));
}

#[test]
fn where_nothing_can_be_stored_no_refresh_token_is_spent() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    store.space.set(0);
    refresh_in_vain(&world, &session);
    assert_eq!(world.server.count(asked::REFRESH), 0);
    world.pass(3595);
    assert_eq!(world.status(&session), Ok(200), "as long as it lives");
    store.space.set(usize::MAX);
    world.expire();
    assert_eq!(world.status(&session), Ok(200));
}

/// Storage that ends with the page, and that does not know what a page before it has stored.
struct InThisPage(Rc<dyn Store>);

impl InThisPage {
    fn tab(world: &World) -> Tab {
        world.tab_with(options(), |ports| {
            ports.store = Rc::new(Self(ports.store.clone()));
        })
    }
}

impl Store for InThisPage {
    forward!(0: settle, pending, items);

    fn outlives_page(&self) -> bool {
        false
    }

    fn get_session<'a>(
        &'a self,
        _: &'a str,
        _: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        Box::pin(async { Err(StorageError::Denied("no".into())) })
    }

    fn put_session<'a>(
        &'a self,
        _: &'a str,
        _: &'a StoredSession,
        _: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async { Ok(true) })
    }

    fn delete_session<'a>(
        &'a self,
        _: &'a str,
        _: &'a Did,
        _: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        Box::pin(async { Ok(true) })
    }

    fn list_sessions<'a>(&'a self, _: &'a str) -> Local<'a, Result<Vec<Account>, StorageError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn session_owner<'a>(&'a self, _: &'a Did) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async { Ok(None) })
    }
}

#[test]
fn without_storage_a_redirect_is_refused_before_anything_is_asked() {
    let world = World::new();
    let tab = InThisPage::tab(&world);
    assert_eq!(tab.client.persistence(), Persistence::Memory);
    let options = AuthorizeOptions::default();
    let sign_in = tab.client.sign_in(ALICE.handle, &options, &|_| ());
    let failure = world.run(sign_in).expect_err("no storage");
    assert_eq!(failure.code(), "STORAGE_DENIED");
    assert!(failure.help().contains("popup"));
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(tab.page.left_for(), None);
}

#[test]
fn without_storage_a_session_is_not_taken_for_ended() {
    let world = World::new();
    world.sign_in(&world.tab(), &ALICE);
    let tab = InThisPage::tab(&world);
    assert!(world.init(&tab).expect("nobody").is_none());
    let asked_for = world.restore(&tab, &ALICE, Refresh::Auto);
    assert_eq!(asked_for.expect_err("unknown").code(), "STORAGE_DENIED");
    assert!(tab.heard.take().is_empty());
    let later = world.tab();
    assert_eq!(later.client.persistence(), Persistence::Durable);
    assert!(world.init(&later).expect("a session").is_some());
}

/// They are not in storage, and yet the ones that are alive at the server.
#[test]
fn a_sign_out_revokes_tokens_that_could_not_be_stored() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    // Enough to say that the refresh has begun.
    store.space.set(1);
    refresh_in_vain(&world, &session);
    world.run(session.sign_out()).expect("signed out");
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(world.server.sessions_of(&ALICE), 0);
}

#[test]
fn a_row_of_another_account_is_not_used() {
    let world = World::new();
    let (tab, store) = faulty_tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    world.sign_in(&tab, &BOB);
    *store.instead.borrow_mut() = world.stored(&BOB).map(Rc::new);
    assert_eq!(
        kind(world.restore(&tab, &ALICE, Refresh::Auto)),
        ended(&ALICE, SessionEnd::SubMismatch)
    );
    *store.instead.borrow_mut() = None;
    assert_eq!(world.status(&session), Ok(200));
    assert!(
        world.stored(&ALICE).is_some(),
        "a row that was not read is not deleted"
    );
    assert!(world.stored(&BOB).is_some());
}

/// Whoever shares the origin can write into its storage. By the table `spec/nonces.json`, which `tests/package/nonces.test.mjs`
/// reads too.
#[test]
fn a_nonce_from_storage_that_no_server_gave_is_not_sent() {
    let table: Value = serde_json::from_str(include_str!("../../spec/nonces.json")).expect("JSON");
    for case in table["cases"].as_array().expect("cases") {
        let times = case["repeat"].as_u64().unwrap_or(0) as usize;
        let kept = case["kept"].as_str().expect("a text").to_owned() + &"n".repeat(times);
        let expected = case["nonce"].as_str();
        let expected = expected.map(|nonce| nonce.repeat(times.max(1)));
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        let tab = world.tab();
        tab.ports.store.set_nonces(&did(&ALICE), Some(&kept));
        let session = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
        let nonce = world.next_proof(&session).nonce;
        assert_eq!(nonce, expected, "{case}");
        assert_eq!(world.status(&session), Ok(200));
    }
}
