//! A session refreshed by another client, a worker's: what the tab that asked does, and what it notifies the app of.

use crate::server::{ALICE, Fault, asked};
use crate::world::{CLIENT_ID, Event, Tab, World, did, ended, kind, options};
use atproto_oauth_wasm::ports::{Delegate, DelegatedRefresh, Local, Message, Ports, Thrown};
use atproto_oauth_wasm::{Did, ErrorKind, OAuthClient, Refresh, SessionEnd};
use futures::lock::Mutex;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// A worker: a client of its own over the same storage; or none.
struct Worker {
    client: Option<OAuthClient>,
    asked: RefCell<Vec<String>>,
    /// One after the other, so that each looks at what the one before has stored.
    turn: Mutex<()>,
}

impl Delegate for Worker {
    fn refreshes(&self) -> bool {
        true
    }

    fn refresh<'a>(&'a self, sub: &'a Did, seen: &'a str) -> Local<'a, DelegatedRefresh> {
        Box::pin(async move {
            self.asked.borrow_mut().push(seen.to_owned());
            let _turn = self.turn.lock().await;
            let Some(client) = &self.client else {
                return DelegatedRefresh::Stored;
            };
            let refreshed = async {
                let session = client.restore(sub.as_str(), Refresh::Never).await?;
                if session.token_id() == seen {
                    session.token_info(Refresh::Force).await?;
                }
                Ok::<_, atproto_oauth_wasm::Error>(())
            };
            match refreshed.await {
                Ok(()) => DelegatedRefresh::Stored,
                Err(error) => match error.kind() {
                    ErrorKind::Ended(_, end) => DelegatedRefresh::Ended(end.clone()),
                    _ => DelegatedRefresh::Failed(Thrown {
                        words: error.to_string(),
                        value: None,
                    }),
                },
            }
        })
    }
}

impl Worker {
    fn new(client: Option<OAuthClient>) -> Rc<Self> {
        Rc::new(Self {
            client,
            asked: RefCell::default(),
            turn: Mutex::default(),
        })
    }

    /// A tab that has its sessions refreshed here.
    fn tab(self: &Rc<Self>, world: &World) -> Tab {
        world.tab_with(options(), |ports| ports.delegate = self.clone())
    }
}

/// A worker, and a tab that uses it.
fn with_worker(world: &World) -> (Tab, Rc<Worker>) {
    let worker = Worker::new(Some(world.tab().client));
    (worker.tab(world), worker)
}

#[test]
fn a_worker_refreshes_once_and_every_tab_tells_once() {
    let world = World::new();
    let (here, worker) = with_worker(&world);
    let there = worker.tab(&world);
    let bystander = world.tab();
    let mine = world.sign_in(&here, &ALICE);
    let theirs = world.restore(&there, &ALICE, Refresh::Auto).expect("there");
    for tab in [&here, &there, &bystander] {
        tab.heard.take();
    }
    world.expire();
    let requests = [&mine, &mine, &theirs, &theirs].map(|one| world.get(one, "/xrpc/app.test"));
    for reply in world.run(futures::future::join_all(requests)) {
        assert_eq!(reply.expect("an answer").status, 200);
    }
    world.settle();
    assert_eq!(world.server.count(asked::REFRESH), 1);
    let token = world.stored(&ALICE).expect("a row").tokens.access_token;
    let told = [Event::Updated(token.expose().to_owned())];
    for (tab, who) in [
        (&here, "here"),
        (&there, "there"),
        (&bystander, "bystander"),
    ] {
        assert_eq!(tab.heard.take(), told, "{who}");
    }
}

#[test]
fn the_tab_that_asked_waits_for_its_hook() {
    let world = World::new();
    let (tab, _) = with_worker(&world);
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.fails.set(true);
    let refreshed = world.run(session.token_info(Refresh::Force));
    assert!(matches!(kind(refreshed), ErrorKind::Observer(_)));
}

#[test]
fn a_session_that_ends_in_the_worker_ends_here_with_its_reason() {
    let world = World::new();
    let (tab, _) = with_worker(&world);
    let bystander = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    for tab in [&tab, &bystander] {
        tab.heard.take();
        tab.heard.take_changes();
    }
    world.server.revoke_all(&ALICE);
    let end = SessionEnd::RefreshRefused(Some("No.".into()));
    let both = futures::future::join(
        session.token_info(Refresh::Force),
        session.token_info(Refresh::Force),
    );
    let (first, second) = world.run(both);
    assert_eq!(kind(first), ended(&ALICE, end.clone()));
    assert_eq!(kind(second), ended(&ALICE, end.clone()));
    world.settle();
    for tab in [&tab, &bystander] {
        assert_eq!(tab.heard.take(), [Event::Deleted(did(&ALICE), end.clone())]);
        assert_eq!(tab.heard.take_changes(), 1);
    }
    assert_eq!(tab.ports.store.active_account(CLIENT_ID), None);
}

/// A worker that another tab has forestalled: it finds nothing left of the session.
struct Forestalled(Rc<RefCell<Option<Ports>>>);

impl Delegate for Forestalled {
    fn refreshes(&self) -> bool {
        true
    }

    fn refresh<'a>(&'a self, sub: &'a Did, _seen: &'a str) -> Local<'a, DelegatedRefresh> {
        Box::pin(async move {
            let ports = self.0.borrow().clone().expect("ports");
            ports
                .store
                .delete_session(CLIENT_ID, sub, None)
                .await
                .expect("deleted");
            ports.store.set_active_account(CLIENT_ID, None);
            DelegatedRefresh::Ended(SessionEnd::Vanished)
        })
    }
}

/// The other tab's word of it can come later than the worker's.
#[test]
fn an_end_that_a_worker_only_finds_is_told_by_the_tab_that_asked() {
    let world = World::new();
    let ports: Rc<RefCell<Option<Ports>>> = Rc::default();
    let worker = Rc::new(Forestalled(ports.clone()));
    let tab = world.tab_with(options(), |ports| ports.delegate = worker);
    *ports.borrow_mut() = Some(tab.ports.clone());
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    let refreshed = world.run(session.token_info(Refresh::Force));
    assert_eq!(kind(refreshed), ended(&ALICE, SessionEnd::Vanished));
    let told = [Event::Deleted(did(&ALICE), SessionEnd::Vanished)];
    assert_eq!(tab.heard.take(), told);
    // Asking for it again is no news.
    drop(world.restore(&tab, &ALICE, Refresh::Auto));
    assert_eq!(tab.heard.take(), []);
}

/// The row stays, for another try; the user has to sign in.
#[test]
fn a_refresh_that_a_worker_has_rejected_is_told_once_in_every_tab() {
    let world = World::new();
    let (tab, _worker) = with_worker(&world);
    let bystander = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let theirs = world
        .restore(&bystander, &ALICE, Refresh::Never)
        .expect("alive");
    tab.heard.take();
    world.expire();
    let rejection = json!({ "error": "InvalidRequest", "message": "expired" });
    world
        .server
        .fault(asked::REFRESH, Fault::json(400, rejection));
    let end = SessionEnd::RefreshRejected(Some("expired".to_owned()));
    assert_eq!(kind(world.status(&session)), ended(&ALICE, end.clone()));
    world.settle();
    assert_eq!(kind(world.status(&theirs)), ended(&ALICE, end.clone()));
    for tab in [&tab, &bystander] {
        assert_eq!(tab.heard.take_ends(), std::slice::from_ref(&end));
        assert_eq!(tab.client.active(), None);
    }
    world.server.heal();
    let again = world.restore(&tab, &ALICE, Refresh::Auto).expect("alive");
    assert_eq!(world.status(&again), Ok(200));
}

/// A worker that says so of a session which is there: it cannot read what the page can.
struct Blind;

impl Delegate for Blind {
    fn refreshes(&self) -> bool {
        true
    }

    fn refresh<'a>(&'a self, _sub: &'a Did, _seen: &'a str) -> Local<'a, DelegatedRefresh> {
        Box::pin(async { DelegatedRefresh::Ended(SessionEnd::Vanished) })
    }
}

#[test]
fn a_worker_s_word_that_a_session_is_over_is_checked() {
    let world = World::new();
    let tab = world.tab_with(options(), |ports| ports.delegate = Rc::new(Blind));
    let bystander = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let theirs = world
        .restore(&bystander, &ALICE, Refresh::Never)
        .expect("alive");
    tab.heard.take();
    let seen = session.token_id();
    world
        .run(session.token_info(Refresh::Force))
        .expect("refreshed here");
    assert_ne!(session.token_id(), seen);
    // The same from a worker of an earlier version, which tells all tabs.
    let lie = Message::Deleted(did(&ALICE), SessionEnd::Vanished);
    world.tab().ports.channel.post_to_tabs(CLIENT_ID, &lie);
    world.settle();
    for (tab, session) in [(&tab, &session), (&bystander, &theirs)] {
        assert_eq!(tab.heard.take_ends(), []);
        assert_eq!(world.status(session), Ok(200));
    }
    assert!(world.stored(&ALICE).is_some());
}

#[test]
fn a_failure_of_the_worker_costs_nothing() {
    let world = World::new();
    let (tab, worker) = with_worker(&world);
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    world.server.fault(asked::REFRESH, Fault::offline());
    world.pass(3590);
    assert_eq!(world.status(&session), Ok(200), "the token still serves");
    assert_eq!(worker.asked.borrow().len(), 1);
    world.expire();
    assert!(matches!(
        kind(world.status(&session)),
        ErrorKind::Renewer(_)
    ));
    assert_eq!(tab.heard.take(), []);
    assert!(world.stored(&ALICE).is_some());
}

#[test]
fn what_no_worker_does_is_done_here() {
    let world = World::new();
    let worker = Worker::new(None);
    let tab = worker.tab(&world);
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    let seen = session.token_id();
    world
        .run(session.token_info(Refresh::Force))
        .expect("tokens");
    assert_eq!(*worker.asked.borrow(), [seen]);
    assert_eq!(world.server.count(asked::REFRESH), 1);
    assert_eq!(tab.heard.take().len(), 1);
}
