//! The session of one account in this page.

use super::credentials::RequestCredentials;
use crate::client::error::Error;
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::StoredSession;
use crate::secret::Secret;
use std::cell::{Cell, Ref, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// One account's session in use. All session objects of an account share it.
pub(in crate::client) struct SessionEntry {
    pub(in crate::client) did: Did,
    credentials: RefCell<Rc<RequestCredentials>>,
    /// Counts the credentials that have been in use.
    pub(in crate::client) generation: Cell<u32>,
    stage: RefCell<Stage>,
    /// Tasks that wait for other credentials or for the end of the session.
    waiting: RefCell<Vec<Waker>>,
    /// Whether this page has checked, or is checking, that the account still belongs to its server.
    pub(in crate::client) authority_checked: Cell<bool>,
    /// Whether this page waits for another client to refresh.
    pub(in crate::client) refreshing_elsewhere: Cell<bool>,
}

/// The stage of a session in use.
enum Stage {
    /// Its tokens are those in the row. Every session begins so.
    Stored,
    /// Its tokens are in memory only, because storing them failed: the row still has this access token, which is spent.
    Unstored(Secret),
    Ended(SessionEnd),
}

impl SessionEntry {
    pub(super) fn new(credentials: Rc<RequestCredentials>) -> Rc<Self> {
        Rc::new(Self {
            did: credentials.session.tokens.sub.clone(),
            credentials: RefCell::new(credentials),
            generation: Cell::new(1),
            stage: RefCell::new(Stage::Stored),
            waiting: RefCell::default(),
            authority_checked: Cell::default(),
            refreshing_elsewhere: Cell::default(),
        })
    }

    /// The current credentials; an error with the reason if the session has ended.
    pub(in crate::client) fn credentials(&self) -> Result<Rc<RequestCredentials>, Error> {
        match self.ended() {
            Some(end) => Err(Error::ended(&self.did, end)),
            None => Ok(self.credentials.borrow().clone()),
        }
    }

    /// The last credentials, even of a session that has ended.
    pub(in crate::client) fn last_credentials(&self) -> Ref<'_, Rc<RequestCredentials>> {
        self.credentials.borrow()
    }

    /// Notes that the credentials could not be stored in place of the row with this access token.
    pub(in crate::client) fn mark_unstored(&self, spent: &Secret) {
        self.set_stage(Stage::Unstored(spent.clone()));
    }

    /// Notes that the credentials are stored, or that another client has replaced their row.
    pub(in crate::client) fn mark_stored(&self) {
        self.set_stage(Stage::Stored);
    }

    fn set_stage(&self, stage: Stage) {
        let mut current = self.stage.borrow_mut();
        if !matches!(*current, Stage::Ended(_)) {
            *current = stage;
        }
    }

    /// The access token in the row that the credentials could not replace.
    pub(in crate::client) fn unreplaced_token(&self) -> Option<Secret> {
        match &*self.stage.borrow() {
            Stage::Unstored(spent) => Some(spent.clone()),
            _ => None,
        }
    }

    /// Whether the credentials come from refreshing this row, whose tokens are spent, and could not be stored.
    pub(in crate::client) fn has_newer_than(&self, stored: &StoredSession) -> bool {
        match &*self.stage.borrow() {
            Stage::Unstored(spent) => *spent == stored.tokens.access_token,
            _ => false,
        }
    }

    pub(in crate::client) fn ended(&self) -> Option<SessionEnd> {
        match &*self.stage.borrow() {
            Stage::Ended(end) => Some(end.clone()),
            _ => None,
        }
    }

    pub(in crate::client) fn end(&self, end: SessionEnd) {
        self.set_stage(Stage::Ended(end));
        self.wake();
    }

    pub(super) fn put(&self, credentials: Rc<RequestCredentials>) {
        *self.credentials.borrow_mut() = credentials;
        self.set_stage(Stage::Stored);
        let generation = self.generation.get().wrapping_add(1).max(1);
        self.generation.set(generation);
        self.wake();
    }

    fn wake(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    /// Waits until other tokens are in use, or the session has ended.
    pub(in crate::client) async fn superseded(&self, token: &Secret) {
        poll_fn(|context| {
            let is_current = self.credentials.borrow().session.tokens.access_token == *token;
            if !is_current || matches!(*self.stage.borrow(), Stage::Ended(_)) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
