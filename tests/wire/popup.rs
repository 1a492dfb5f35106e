//! A sign-in in a popup: two pages, of which one goes on.

use crate::server::{ALICE, Account, BOB, Fault, MALLORY, asked, yield_now};
use crate::store::forward;
use crate::world::{CLIENT_ID, REDIRECT_URI, Tab, World, did, kind, options, url};
use atproto_oauth_wasm::ports::{Channel, Guard, Message, Popup, PopupMessage, PopupState, Store};
use atproto_oauth_wasm::{
    AuthorizeOptions, CallbackError, Error, ErrorKind, OAuthSession, PopupError, Refresh, Secret,
    Step, Url,
};
use futures::future::join;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A popup, as the page that opened it sees it.
struct Window {
    address: RefCell<Option<Url>>,
    state: Cell<PopupState>,
    /// Its state once it shows the consent page.
    abroad: PopupState,
    closed: Cell<bool>,
}

impl Window {
    fn open() -> Rc<Self> {
        Self::that_is(PopupState::Foreign)
    }

    fn that_is(abroad: PopupState) -> Rc<Self> {
        Rc::new(Self {
            abroad,
            address: RefCell::default(),
            state: Cell::new(PopupState::Own),
            closed: Cell::new(false),
        })
    }

    /// The user waits until the consent page is shown.
    async fn shown(&self) -> Url {
        loop {
            if let Some(address) = self.address.borrow().clone() {
                return address;
            }
            yield_now().await;
        }
    }
}

impl Popup for Window {
    fn go(&self, address: &str) {
        *self.address.borrow_mut() = Some(url(address));
        self.state.set(self.abroad);
    }

    fn state(&self) -> PopupState {
        self.state.get()
    }

    fn close(&self) {
        self.closed.set(true);
    }
}

async fn sign_in(page: &Tab, window: &Rc<Window>) -> Result<OAuthSession, Error> {
    let options = AuthorizeOptions::default();
    let popup = window.clone();
    page.client
        .sign_in_popup(ALICE.handle, &options, popup, &|_| ())
        .await
}

/// The popup's page, once the server has sent it back.
async fn returned(popup: &Tab, params: &str) -> Result<(), Error> {
    popup.page.visit(url(&format!("{REDIRECT_URI}#{params}")));
    popup.client.init(Refresh::Auto).await.map(drop)
}

fn continued() -> ErrorKind {
    ErrorKind::Popup(PopupError::ContinuedInParent)
}

fn consent_as(account: &Account) -> (World, Tab, Tab, Result<OAuthSession, Error>) {
    let world = World::new();
    let (page, popup) = (world.tab(), world.tab());
    let window = Window::open();
    let user = async {
        let params = world.server.consent(&window.shown().await, account);
        // Another sign-in of the same origin is none of this page's.
        popup.ports.channel.post_to_popups(&PopupMessage::Result {
            key: "another's".into(),
            result: Ok(did(&MALLORY)),
        });
        returned(&popup, &params).await
    };
    let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
    assert_eq!(kind(in_popup), continued());
    assert!(window.closed.get());
    assert!(popup.window.is_closed());
    world.settle();
    (world, page, popup, outcome)
}

#[test]
fn the_page_that_opened_it_gets_the_session() {
    let (world, page, popup, outcome) = consent_as(&ALICE);
    let session = outcome.expect("a sign-in");
    assert_eq!(session.did(), &did(&ALICE));
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.sessions_of(&ALICE), 1);
    assert_eq!(popup.page.address().as_str(), REDIRECT_URI);
    assert_eq!(
        page.ports.store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE.did)
    );
    assert_eq!(page.heard.take().len(), 1);
    assert_eq!(page.heard.take_changes(), 1, "one new account, one event");
    // A popup that cannot close its window lives on.
    let nothing = world.run(popup.client.revoke(BOB.did));
    nothing.expect("nobody to sign out");
    world.settle();
    assert_eq!(page.heard.take_changes(), 0, "nor has the popup one left");
}

#[test]
fn what_fails_in_the_popup_is_told_by_the_page() {
    let (world, _, _, outcome) = consent_as(&BOB);
    let failure = outcome.expect_err("another account");
    assert_eq!(failure.code(), "POPUP_FAILED");
    assert_eq!(failure.to_string(), "Account mismatch");
    assert_eq!(failure.step(), Step::Callback);
    assert_eq!(world.server.sessions_of(&BOB), 0);
}

#[test]
fn a_refusal_in_the_popup_is_a_refusal() {
    let world = World::new();
    let (page, popup) = (world.tab(), world.tab());
    let window = Window::open();
    let user = async {
        let address = window.shown().await;
        returned(&popup, &world.server.deny(&address, "access_denied")).await
    };
    let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
    assert_eq!(outcome.expect_err("denied").code(), "ACCESS_DENIED");
    assert_eq!(kind(in_popup), continued());
}

#[test]
fn a_popup_that_the_user_closes_ends_the_wait() {
    for early in [true, false] {
        let world = World::new();
        let page = world.tab();
        let window = Window::open();
        let user = async {
            if !early {
                window.shown().await;
            }
            for _ in 0..3 {
                yield_now().await;
                world.origin.clock().advance(500);
            }
            window.state.set(PopupState::Gone);
            world.server.fault(asked::ANYTHING, Fault::offline());
            for _ in 0..3 {
                yield_now().await;
                world.origin.clock().advance(500);
            }
        };
        let (outcome, ()) = world.run(join(sign_in(&page, &window), user));
        assert_eq!(
            kind(outcome),
            ErrorKind::Popup(PopupError::Closed),
            "{early}"
        );
    }
}

/// A consent page's opener policy makes its window look closed to everyone else: from the start, or later, where a page
/// without such a policy led to it. The user may look at our page meanwhile.
#[test]
fn a_popup_that_hides_behind_a_policy_is_waited_for() {
    let from_the_start = [PopupState::Gone; 3];
    let later = [PopupState::Foreign, PopupState::Hidden, PopupState::Gone];
    for states in [from_the_start, later] {
        let world = World::new();
        let (page, popup) = (world.tab(), world.tab());
        let window = Window::that_is(states[0]);
        let user = async {
            let address = window.shown().await;
            for state in states {
                window.state.set(state);
                for _ in 0..5 {
                    world.origin.clock().advance(500);
                    yield_now().await;
                }
            }
            let params = world.server.consent(&address, &ALICE);
            returned(&popup, &params).await
        };
        let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
        assert_eq!(
            outcome.expect("a sign-in").did(),
            &did(&ALICE),
            "{states:?}"
        );
        assert_eq!(kind(in_popup), continued());
    }
}

#[test]
fn a_popup_that_is_never_heard_of_is_given_up_after_five_minutes() {
    let world = World::new();
    let page = world.tab();
    let window = Window::open();
    let user = async {
        window.shown().await;
        yield_now().await;
        world.pass(299);
        yield_now().await;
        assert!(!window.closed.get());
        world.pass(1);
    };
    let (outcome, ()) = world.run(join(sign_in(&page, &window), user));
    assert_eq!(kind(outcome), ErrorKind::Popup(PopupError::TimedOut));
    assert!(window.closed.get());
}

/// A store whose pending sign-ins no other tab finds.
struct OwnPending {
    own: Rc<dyn Store>,
    shared: Rc<dyn Store>,
}

impl Store for OwnPending {
    forward!(own: pending);
    forward!(shared: settle, outlives_page, sessions, items);
}

fn page_with_its_own_storage(world: &World) -> Tab {
    world.tab_with(options(), |ports| {
        ports.store = Rc::new(OwnPending {
            own: World::new().tab().ports.store,
            shared: ports.store.clone(),
        });
    })
}

#[test]
fn a_sign_in_that_only_the_page_has_is_finished_by_the_page() {
    let world = World::new();
    let (page, popup) = (page_with_its_own_storage(&world), world.tab());
    let window = Window::open();
    let user = async {
        let params = world.server.consent(&window.shown().await, &ALICE);
        // An answer to another sign-in is none of this page's.
        popup.ports.channel.post_to_popups(&PopupMessage::Answer {
            key: "another's".into(),
            params: Secret::new("state=another's&code=x".into()),
        });
        returned(&popup, &params).await
    };
    let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
    assert_eq!(kind(in_popup), continued());
    assert!(popup.window.is_closed());
    let session = outcome.expect("a sign-in");
    assert_eq!(session.did(), &did(&ALICE));
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(world.server.sessions_of(&ALICE), 1);
    assert_eq!(
        page.ports.store.active_account(CLIENT_ID).as_deref(),
        Some(ALICE.did)
    );
    assert_eq!(page.heard.take().len(), 1);
}

#[test]
fn what_fails_in_a_sign_in_that_only_the_page_has_is_told_by_the_page() {
    for (account, code) in [(&ALICE, "ACCESS_DENIED"), (&BOB, "ACCOUNT_MISMATCH")] {
        let world = World::new();
        let (page, popup) = (page_with_its_own_storage(&world), world.tab());
        let window = Window::open();
        let user = async {
            let address = window.shown().await;
            let params = match code {
                "ACCESS_DENIED" => world.server.deny(&address, "access_denied"),
                _ => world.server.consent(&address, account),
            };
            returned(&popup, &params).await
        };
        let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
        assert_eq!(kind(in_popup), continued());
        let failure = outcome.expect_err(code);
        assert_eq!(failure.code(), code);
        assert_eq!(failure.callback().expect("a context").state, None);
        assert_eq!(world.server.sessions_of(&BOB), 0);
    }
}

/// Somebody is signed in where the popup keeps its sessions, and is not restored in its place.
#[test]
fn a_popup_hands_an_answer_over_before_anyone_is_restored() {
    let world = World::new();
    let (page, popup) = (page_with_its_own_storage(&world), world.tab());
    world.sign_in(&popup, &BOB);
    let window = Window::open();
    let user = async {
        let params = world.server.consent(&window.shown().await, &ALICE);
        returned(&popup, &params).await
    };
    let (outcome, in_popup) = world.run(join(sign_in(&page, &window), user));
    assert_eq!(kind(in_popup), continued());
    assert_eq!(outcome.expect("a sign-in").did(), &did(&ALICE));
}

#[test]
fn an_answer_that_no_page_waits_for_is_an_error_of_its_own() {
    let world = World::new();
    let tab = world.tab();
    let patience = async {
        for _ in 0..100 {
            yield_now().await;
        }
        world.origin.clock().advance(500);
    };
    let (outcome, ()) = world.run(join(returned(&tab, "state=unknown&code=x&iss=y"), patience));
    let unknown = CallbackError::UnknownState("unknown".into());
    assert_eq!(kind(outcome), ErrorKind::Callback(unknown));
    assert!(!tab.window.is_closed());
}

/// A channel that does not reach popups.
struct NoPopups(Rc<dyn Channel>);

impl Channel for NoPopups {
    fn post_to_tabs(&self, client_id: &str, message: &Message) {
        self.0.post_to_tabs(client_id, message);
    }

    fn listen_to_tabs(&self, client_id: &str, handler: Box<dyn Fn(Message)>) -> Guard {
        self.0.listen_to_tabs(client_id, handler)
    }

    fn post_to_popups(&self, _: &PopupMessage) {}

    fn listen_to_popups(&self, _: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        None
    }
}

#[test]
fn without_a_way_to_the_popup_none_is_sent_anywhere() {
    let world = World::new();
    let page = world.tab_with(options(), |ports| {
        ports.channel = Rc::new(NoPopups(ports.channel.clone()));
    });
    let window = Window::open();
    let outcome = world.run(sign_in(&page, &window));
    assert_eq!(kind(outcome), ErrorKind::Popup(PopupError::Unsupported));
    assert!(window.closed.get());
    assert_eq!(world.server.count(asked::ANYTHING), 0);
}

#[test]
fn a_popup_that_nobody_waits_for_ends_the_session_it_got() {
    let world = World::new();
    let (page, popup) = (world.tab(), world.tab());
    let window = Window::open();
    let params = {
        let user = async { world.server.consent(&window.shown().await, &ALICE) };
        let page_closed =
            futures::future::select(Box::pin(sign_in(&page, &window)), Box::pin(user));
        match world.run(page_closed) {
            futures::future::Either::Right((params, _)) => params,
            futures::future::Either::Left(_) => panic!("nobody has consented yet"),
        }
    };
    assert!(window.closed.get(), "the page's future was dropped");
    let patience = async {
        for _ in 0..100 {
            yield_now().await;
        }
        world.origin.clock().advance(500);
    };
    let (in_popup, ()) = world.run(join(returned(&popup, &params), patience));
    assert_eq!(kind(in_popup), continued());
    assert!(popup.window.is_closed());
    assert_eq!(world.server.sessions_of(&ALICE), 0);
    assert!(world.stored(&ALICE).is_none());
}
