//! Callers who give up: each future of the client is dropped after its first poll, after its second, and so on to its end.
//! Whatever was under way, no session is lost, no row is dead and no lock is held.

use crate::app::client;
use crate::server::{self, ALICE, Server, yield_now};
use crate::store::forward;
use crate::world::{Tab, World, options, url};
use atproto_oauth_wasm::ports::{
    Account, Local, PendingLogin, Popup, PopupMessage, PopupState, StorageError, Store,
    StoredSession,
};
use atproto_oauth_wasm::{AuthorizeOptions, Did, OAuthSession, PdsRequest, Refresh, Secret, Url};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::select;
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// A store as slow as a database: nothing is done at once, and what is done is not known at once.
struct Slow(Rc<dyn Store>);

/// Does something between two moments at which the caller may have gone.
fn slowly<'a, T: 'a>(work: Local<'a, T>) -> Local<'a, T> {
    Box::pin(async move {
        yield_now().await;
        let done = work.await;
        yield_now().await;
        done
    })
}

impl Store for Slow {
    forward!(0: settle, outlives_page, items);

    fn get_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>> {
        slowly(self.0.get_session(client_id, did))
    }

    fn put_session<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        slowly(self.0.put_session(client_id, session, expected))
    }

    fn delete_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>> {
        slowly(self.0.delete_session(client_id, did, expected))
    }

    fn list_sessions<'a>(
        &'a self,
        client_id: &'a str,
    ) -> Local<'a, Result<Vec<Account>, StorageError>> {
        slowly(self.0.list_sessions(client_id))
    }

    fn session_owner<'a>(
        &'a self,
        did: &'a Did,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        slowly(self.0.session_owner(did))
    }

    fn put_pending<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        slowly(self.0.put_pending(state, login))
    }

    fn get_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        slowly(self.0.get_pending(client_id, state))
    }

    fn take_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        slowly(self.0.take_pending(client_id, state))
    }

    fn pending_owner<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<String>, StorageError>> {
        slowly(self.0.pending_owner(state))
    }
}

fn slow_tab(world: &World) -> Tab {
    world.tab_with(options(), |ports| {
        ports.store = Rc::new(Slow(ports.store.clone()));
    })
}

/// Polls a future so many times, with the work in the background, and drops it. Whether it came to its end.
fn dropped_after(polls: usize, world: &World, future: impl Future) -> bool {
    let mut future = pin!(world.origin.run(future));
    let mut left = polls;
    block_on(poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    }))
}

/// Drops what `act` does at each of its moments, each time in a new world that `prepare` made ready. Then one session of
/// Alice is there where `keeps` says so; in any case, storage and server agree on whether one is.
fn at_every_moment<P>(
    keeps: bool,
    prepare: impl Fn(&World, &Tab) -> P,
    act: impl AsyncFn(&Tab, &P),
) {
    for polls in 1.. {
        assert!(polls < 200, "it comes to an end");
        let world = World::new();
        let tab = slow_tab(&world);
        let prepared = prepare(&world, &tab);
        let ended = dropped_after(polls, &world, act(&tab, &prepared));
        world.settle();

        let other = world.tab();
        let lock = other.ports.lock.acquire(ALICE.did).now_or_never();
        assert!(lock.is_some(), "no lock is held after {polls} polls");
        drop(lock);
        let is_stored = world.stored(&ALICE).is_some();
        assert_eq!(
            world.server.sessions_of(&ALICE),
            usize::from(is_stored),
            "storage and server agree after {polls} polls"
        );
        assert!(is_stored || !keeps, "a session after {polls} polls");
        if is_stored {
            let session = world.restore(&other, &ALICE, Refresh::Force);
            let session = session.unwrap_or_else(|error| panic!("{error} after {polls} polls"));
            assert_eq!(world.status(&session), Ok(200));
        }
        if ended {
            assert!(polls > 1, "there was something to give up");
            return;
        }
    }
}

fn signed_in(world: &World, tab: &Tab) -> OAuthSession {
    world.sign_in(tab, &ALICE)
}

/// A session whose token has expired.
fn expired(world: &World, tab: &Tab) -> OAuthSession {
    let session = signed_in(world, tab);
    world.expire();
    session
}

#[test]
fn a_callback() {
    let consented = |world: &World, tab: &Tab| world.consented(tab, &ALICE);
    at_every_moment(false, consented, async |tab, params| {
        drop(tab.client.callback(params, None).await);
    });
}

#[test]
fn a_callback_that_replaces_a_session() {
    let consented = |world: &World, tab: &Tab| {
        signed_in(world, tab);
        world.consented(tab, &ALICE)
    };
    at_every_moment(true, consented, async |tab, params| {
        drop(tab.client.init_callback(Some(params), None).await);
    });
}

#[test]
fn a_page_that_starts_with_an_answer() {
    let answered = |world: &World, tab: &Tab| {
        let params = world.consented(tab, &ALICE);
        let page = tab.page.address().as_str().to_owned();
        tab.page.visit(url(&format!("{page}#{params}")));
    };
    at_every_moment(false, answered, async |tab, ()| {
        drop(tab.client.init(Refresh::Auto).await);
    });
}

/// What an app in Rust begins goes on as a whole: a page that was given up on finds its user signed in the next time.
#[test]
fn an_app_that_starts_with_an_answer() {
    let answered = |world: &World, tab: &Tab| {
        let params = world.consented(tab, &ALICE);
        let page = tab.page.address().as_str().to_owned();
        tab.page.visit(url(&format!("{page}#{params}")));
    };
    at_every_moment(true, answered, async |tab, ()| {
        drop(client(tab).init().await)
    });
}

#[test]
fn an_app_that_hands_over_an_answer() {
    let consented = |world: &World, tab: &Tab| world.consented(tab, &ALICE);
    at_every_moment(true, consented, async |tab, params| {
        drop(client(tab).callback(params).await);
    });
}

#[test]
fn a_page_that_starts_with_an_old_token() {
    at_every_moment(true, expired, async |tab, _| {
        drop(tab.client.init(Refresh::Auto).await);
    });
}

#[test]
fn a_switch_to_an_account_with_an_old_token() {
    at_every_moment(true, expired, async |tab, _| {
        drop(tab.client.switch_to(ALICE.did).await);
    });
}

#[test]
fn a_forced_refresh() {
    at_every_moment(true, signed_in, async |_, session| {
        drop(session.token_info(Refresh::Force).await);
    });
}

#[test]
fn a_request_with_an_old_token() {
    at_every_moment(true, expired, async |_, session| {
        drop(session.fetch(PdsRequest::get("/xrpc/app.test")).await);
    });
}

#[test]
fn a_request_with_a_token_that_the_server_no_longer_takes() {
    let refused = |world: &World, tab: &Tab| {
        let session = signed_in(world, tab);
        world.server.expire_access_tokens();
        session
    };
    at_every_moment(true, refused, async |_, session| {
        drop(session.fetch(PdsRequest::get("/xrpc/app.test")).await);
    });
}

#[test]
fn a_sign_out() {
    at_every_moment(false, signed_in, async |_, session| {
        drop(session.sign_out().await);
    });
}

#[test]
fn an_account_that_is_forgotten() {
    at_every_moment(false, signed_in, async |tab, _| {
        drop(tab.client.forget(ALICE.did).await);
    });
}

#[test]
fn a_list_of_accounts() {
    at_every_moment(true, signed_in, async |tab, _| {
        drop(tab.client.accounts().await);
    });
}

#[test]
fn the_beginning_of_a_sign_in() {
    at_every_moment(true, signed_in, async |tab, _| {
        let options = AuthorizeOptions::default();
        drop(tab.client.authorize(ALICE.handle, &options, &|_| ()).await);
    });
}

/// A popup without storage, whose page hands over the answer.
#[derive(Default)]
struct Window(RefCell<Option<Url>>);

impl Popup for Window {
    fn go(&self, address: &str) {
        *self.0.borrow_mut() = Some(url(address));
    }

    fn state(&self) -> PopupState {
        PopupState::Foreign
    }

    fn close(&self) {}
}

/// The popup's user, as soon as the consent page is shown, and its page.
async fn consent(window: &Window, popup: &Tab, server: &Server) {
    let address = loop {
        yield_now().await;
        if let Some(address) = window.0.take() {
            break address;
        }
    };
    let params = server.consent(&address, &ALICE);
    let key = server::form(&params)["state"].clone();
    let params = Secret::new(params);
    let message = PopupMessage::Answer { key, params };
    popup.ports.channel.post_to_popups(&message);
    pending::<()>().await;
}

#[test]
fn a_popup_whose_answer_this_page_must_use() {
    let other = |world: &World, _: &Tab| (world.tab(), world.server.clone());
    at_every_moment(false, other, async |tab, (popup, server)| {
        let (window, options) = (Rc::new(Window::default()), AuthorizeOptions::default());
        let told = |_| ();
        let opened = window.clone();
        let page = tab
            .client
            .sign_in_popup(ALICE.handle, &options, opened, &told);
        drop(select(pin!(page), pin!(consent(&window, popup, server))).await);
    });
}
