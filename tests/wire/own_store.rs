//! A store of an app's own: it implements the trait and nothing else of a host, and a client signs in, restores and refreshes
//! with it.

use crate::server::ALICE;
use crate::store::{Account, Did, Local, PendingLogin, Rc, Secret, Stored, StoredSession};
use crate::world::{CLIENT_ID, Tab, World, options};
use atproto_oauth_wasm::ports::Store;
use atproto_oauth_wasm::{AccountStatus, Refresh};
use std::cell::RefCell;
use std::future::ready;

/// Lists, as an app with one client and a few accounts would write it. It remembers no accounts and no nonces, which it need not.
#[derive(Default)]
struct Lists {
    pending: RefCell<Vec<(String, PendingLogin)>>,
    sessions: RefCell<Vec<Rc<StoredSession>>>,
    active: RefCell<Option<String>>,
}

impl Lists {
    fn find(&self, did: &Did) -> Option<Rc<StoredSession>> {
        let all = self.sessions.borrow();
        all.iter().find(|row| row.tokens.sub == *did).cloned()
    }

    /// Replaces the session of an account, if it has the expected token; whether it did.
    fn change(&self, did: &Did, expected: Option<&Secret>, row: Option<&StoredSession>) -> bool {
        let found = self.find(did);
        let token = found.as_ref().map(|found| &found.tokens.access_token);
        if expected.is_some() && token != expected {
            return false;
        }
        let mut all = self.sessions.borrow_mut();
        all.retain(|row| row.tokens.sub != *did);
        all.extend(row.map(|row| Rc::new(row.clone())));
        row.is_some() || found.is_some()
    }

    fn find_pending(&self, state: &str) -> Option<Box<PendingLogin>> {
        let all = self.pending.borrow();
        let found = all.iter().find(|(known, _)| known == state);
        found.map(|(_, login)| Box::new(login.clone()))
    }
}

impl Store for Lists {
    fn settle(&self) -> Local<'_, ()> {
        Box::pin(ready(()))
    }

    fn outlives_page(&self) -> bool {
        true
    }

    fn put_pending<'a>(&'a self, state: &'a str, login: &'a PendingLogin) -> Stored<'a, ()> {
        let row = (state.to_owned(), login.clone());
        self.pending.borrow_mut().push(row);
        Box::pin(ready(Ok(())))
    }

    fn get_pending<'a>(
        &'a self,
        _: &'a str,
        state: &'a str,
    ) -> Stored<'a, Option<Box<PendingLogin>>> {
        Box::pin(ready(Ok(self.find_pending(state))))
    }

    fn take_pending<'a>(
        &'a self,
        _: &'a str,
        state: &'a str,
    ) -> Stored<'a, Option<Box<PendingLogin>>> {
        let found = self.find_pending(state);
        self.pending
            .borrow_mut()
            .retain(|(known, _)| known != state);
        Box::pin(ready(Ok(found)))
    }

    fn pending_owner<'a>(&'a self, state: &'a str) -> Stored<'a, Option<String>> {
        let found = self.find_pending(state);
        Box::pin(ready(Ok(found.and_then(|login| login.client_id))))
    }

    fn get_session<'a>(
        &'a self,
        _: &'a str,
        did: &'a Did,
    ) -> Stored<'a, Option<Rc<StoredSession>>> {
        Box::pin(ready(Ok(self.find(did))))
    }

    fn put_session<'a>(
        &'a self,
        _: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Stored<'a, bool> {
        let done = self.change(&session.tokens.sub, expected, Some(session));
        Box::pin(ready(Ok(done)))
    }

    fn delete_session<'a>(
        &'a self,
        _: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Stored<'a, bool> {
        Box::pin(ready(Ok(self.change(did, expected, None))))
    }

    fn list_sessions<'a>(&'a self, _: &'a str) -> Stored<'a, Vec<Account>> {
        let all = self.sessions.borrow();
        let accounts = all.iter().map(|row| Account {
            did: row.tokens.sub.clone(),
            handle: None,
            pds: Some(row.tokens.audience.clone()),
            issuer: None,
            status: AccountStatus::SignedIn,
            last_used: None,
        });
        Box::pin(ready(Ok(accounts.collect())))
    }

    fn session_owner<'a>(&'a self, did: &'a Did) -> Stored<'a, Option<String>> {
        let found = self.find(did);
        Box::pin(ready(Ok(found.and_then(|row| row.client_id.clone()))))
    }

    fn active_account(&self, _: &str) -> Option<String> {
        self.active.borrow().clone()
    }

    fn set_active_account(&self, _: &str, did: Option<&Did>) -> bool {
        *self.active.borrow_mut() = did.map(Did::to_string);
        true
    }

    fn remembered_accounts(&self, _: &str) -> Vec<Account> {
        Vec::new()
    }

    fn remember_account(&self, _: &str, _: &Did, _: Option<&Account>) {}

    fn nonces(&self, _: &Did) -> Option<String> {
        None
    }

    fn set_nonces(&self, _: &Did, _: Option<&str>) {}
}

fn tab_over(world: &World, store: &Rc<Lists>) -> Tab {
    world.tab_with(options(), |ports| ports.store = store.clone())
}

#[test]
fn a_session_lives_in_it_and_nowhere_else() {
    let (world, store) = (World::new(), Rc::new(Lists::default()));
    world.sign_in(&tab_over(&world, &store), &ALICE);
    assert!(store.pending.borrow().is_empty());
    assert!(world.stored(&ALICE).is_none(), "not in the host's store");
    let first = store.sessions.borrow()[0].tokens.access_token.clone();

    let next = tab_over(&world, &store);
    assert!(world.init(&next).expect("storage").is_some());
    let session = world
        .restore(&next, &ALICE, Refresh::Force)
        .expect("a session");
    assert_ne!(store.sessions.borrow()[0].tokens.access_token, first);
    assert_eq!(world.status(&session), Ok(200));
    let accounts = world.run(next.client.accounts()).expect("storage");
    assert_eq!(accounts.len(), 1);

    world.run(session.sign_out()).expect("signed out");
    assert!(store.sessions.borrow().is_empty());
    assert_eq!(store.active_account(CLIENT_ID), None);
    assert_eq!(world.server.sessions_of(&ALICE), 0);
}
