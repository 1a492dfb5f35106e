//! The lock on one account's session, and the notifications of the app that wait for its release.

use crate::client::accounts::Accounts;
use crate::client::environment::Environment;
use crate::client::error::Error;
use crate::client::notifications::Notifications;
use crate::client::policy;
use crate::client::share::share;
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Guard, Lock};
use crate::waiting::{First, race};
use std::cell::RefCell;
use std::rc::Rc;

/// Locks accounts' sessions.
pub(in crate::client) struct SessionLocks {
    env: Rc<Environment>,
    lock: Rc<dyn Lock>,
    accounts: Rc<Accounts>,
    notifications: Rc<Notifications>,
}

/// The lock on an account's session. All clients of this origin, including other client libraries, hold it while they
/// refresh.
///
/// The app is notified of a change only after the lock was released: its hook may use the same account, and would deadlock.
pub(in crate::client) struct SessionLock {
    /// `None` for a change that needs no lock: storage changes a row only if it is the expected one.
    guard: Option<Guard>,
    pending: RefCell<Vec<Notification>>,
}

enum Notification {
    Updated(TokenSet),
    Ended(Did, SessionEnd),
}

impl SessionLock {
    pub(in crate::client) fn unlocked() -> Self {
        Self::of(None)
    }

    fn of(guard: Option<Guard>) -> Self {
        Self {
            guard,
            pending: RefCell::default(),
        }
    }

    /// Queues a notification, sent on release, that new tokens are stored.
    pub(in crate::client) fn updated(&self, tokens: TokenSet) {
        self.pending
            .borrow_mut()
            .push(Notification::Updated(tokens));
    }

    /// Queues a notification, sent on release, that a session has ended.
    pub(super) fn ended(&self, sub: &Did, end: SessionEnd) {
        let ended = Notification::Ended(sub.clone(), end);
        self.pending.borrow_mut().push(ended);
    }
}

impl SessionLocks {
    pub(in crate::client) fn new(
        env: &Rc<Environment>,
        accounts: &Rc<Accounts>,
        notifications: &Rc<Notifications>,
        lock: Rc<dyn Lock>,
    ) -> Self {
        Self {
            env: share(env),
            lock,
            accounts: share(accounts),
            notifications: share(notifications),
        }
    }

    /// Whether the locks are shared between tabs.
    pub(in crate::client) fn span_tabs(&self) -> bool {
        self.lock.spans_tabs()
    }

    /// Waits for the lock without a time limit. Only for a refresh and for work in the background.
    pub(in crate::client) async fn acquire(&self, sub: &Did) -> SessionLock {
        SessionLock::of(Some(self.lock.acquire(sub.as_str()).await))
    }

    /// Waits for the lock for a limited time, then continues without it.
    pub(in crate::client) async fn acquire_soon(&self, sub: &Did) -> SessionLock {
        let patience = policy::lock_patience(self.env.options.timeouts.token_ms);
        let lock = self.lock.acquire(sub.as_str());
        SessionLock::of(match race(lock, self.env.sleep(patience)).await {
            First::Left(guard) => Some(guard),
            First::Right(()) => None,
        })
    }

    /// Releases the lock, announces the changes of accounts, and notifies the app of the queued changes. The error is that of
    /// the app's hook.
    pub(in crate::client) async fn release(&self, lock: SessionLock) -> Result<(), Error> {
        drop(lock.guard);
        self.accounts.announce();
        for notification in lock.pending.take() {
            match notification {
                Notification::Updated(tokens) => {
                    self.notifications
                        .session_updated(&tokens, By::ThisTab)
                        .await?;
                }
                // Another tab that found the end too may have notified this one while it held the lock.
                Notification::Ended(sub, end) => {
                    self.notifications.session_ended(&sub, &end).await?;
                }
            }
        }
        Ok(())
    }
}
