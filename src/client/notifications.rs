//! Notifications of the app and of the other tabs.

use super::environment::Environment;
use super::error::{Error, ErrorKind, Step};
use super::share::share;
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{AccountsChange, By, Channel, Guard, Message, Observer};
use std::cell::RefCell;
use std::rc::Rc;

/// Notifies the app and the other tabs. It never notifies the app twice of the same change.
pub(super) struct Notifications {
    env: Rc<Environment>,
    channel: Rc<dyn Channel>,
    observer: Option<Rc<dyn Observer>>,
    /// The last notification of each account: its tokens, or that its session has ended.
    last: RefCell<Vec<(Did, Option<TokenSet>)>>,
    /// The accounts for which the app was notified that the end of a session has changed the accounts.
    changed_by_end: RefCell<Vec<Did>>,
}

impl Notifications {
    pub(super) fn new(
        env: &Rc<Environment>,
        channel: Rc<dyn Channel>,
        observer: Option<Rc<dyn Observer>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            channel,
            observer,
            last: RefCell::default(),
            changed_by_end: RefCell::default(),
        })
    }

    /// Calls `on_message` with each message of another tab, until the guard is dropped.
    pub(super) fn listen(&self, on_message: Box<dyn Fn(Message)>) -> Guard {
        self.channel
            .listen_to_tabs(self.env.client_id(), on_message)
    }

    pub(super) fn post_to_tabs(&self, message: &Message) {
        self.channel.post_to_tabs(self.env.client_id(), message);
    }

    /// Records a notification for an account; `false` if it is the same as the last. A duplicate can come from the worker
    /// that refreshed and from the channel.
    pub(super) fn mark_notified(&self, sub: &Did, tokens: Option<&TokenSet>) -> bool {
        let mut last = self.last.borrow_mut();
        let notified = (sub.clone(), tokens.cloned());
        if last.contains(&notified) {
            return false;
        }
        last.retain(|(known, _)| known != sub);
        last.push(notified);
        if tokens.is_some() {
            self.forget_change(sub);
        }
        true
    }

    /// Whether the app was notified of the end of the account's session.
    pub(super) fn has_notified_end(&self, sub: &Did) -> bool {
        self.last.borrow().contains(&(sub.clone(), None))
    }

    /// Forgets the last end, so that the end of the account's next session is notified.
    pub(super) fn forget_end(&self, sub: &Did) {
        let mut last = self.last.borrow_mut();
        last.retain(|(known, tokens)| known != sub || tokens.is_some());
        self.forget_change(sub);
    }

    /// Records that the end of a session has changed the accounts; `false` if the app was notified of it already. Each tab
    /// that finds the end notifies all others.
    pub(super) fn mark_changed_by_end(&self, sub: &Did) -> bool {
        let mut ends = self.changed_by_end.borrow_mut();
        let is_new = !ends.contains(sub);
        if is_new {
            ends.push(sub.clone());
        }
        is_new
    }

    fn forget_change(&self, sub: &Did) {
        self.changed_by_end
            .borrow_mut()
            .retain(|known| known != sub);
    }

    pub(super) async fn session_updated(&self, tokens: &TokenSet, by: By) -> Result<(), Error> {
        match &self.observer {
            Some(observer) if self.mark_notified(&tokens.sub, Some(tokens)) => {
                observer.updated(tokens, by).await.map_err(hook_failed)
            }
            _ => Ok(()),
        }
    }

    /// Notifies the app that a session has ended, unless it was notified already.
    pub(super) async fn session_ended(&self, sub: &Did, end: &SessionEnd) -> Result<(), Error> {
        if !self.mark_notified(sub, None) {
            return Ok(());
        }
        match &self.observer {
            None => Ok(()),
            Some(observer) => observer.deleted(sub, end).await.map_err(hook_failed),
        }
    }

    pub(super) fn accounts_changed(&self, change: &AccountsChange) {
        let is_new = match change {
            AccountsChange::End(sub) => self.mark_changed_by_end(sub),
            AccountsChange::Other => true,
        };
        if let Some(observer) = self.observer.as_ref().filter(|_| is_new) {
            observer.accounts_changed();
        }
    }
}

fn hook_failed(message: String) -> Error {
    Error::new(Step::Storage, ErrorKind::Observer(message))
}
