//! Applies changes by other tabs to the sessions of this one.

use super::Sessions;
use crate::ports::{By, Message};
use std::rc::{Rc, Weak};

impl Sessions {
    /// Listens to the messages of the other tabs, until this is dropped or closed.
    pub(in crate::client) fn follow_tabs(self: &Rc<Self>) {
        let sessions: Weak<Self> = Rc::downgrade(self);
        let on_message = Box::new(move |message| {
            if let Some(sessions) = sessions.upgrade() {
                let env = sessions.env.clone();
                env.spawn(Box::pin(async move { sessions.apply(message).await }));
            }
        });
        let guard = self.notifications.listen(on_message);
        *self.subscription.borrow_mut() = Some(guard);
    }

    /// Stops listening to the other tabs.
    pub(in crate::client) fn unfollow_tabs(&self) {
        self.subscription.take();
    }

    /// Updates the session in memory, then notifies the app. Errors of the app's hook are ignored: the operation was another
    /// tab's.
    async fn apply(&self, message: Message) {
        let sub = match &message {
            Message::Updated(sub) | Message::Deleted(sub, _) => sub,
            Message::Accounts(change) => {
                self.forget_ended_active().await;
                return self.notifications.accounts_changed(change);
            }
        };
        let entry = self.find(sub);
        // A tab that has asked a worker for a refresh notifies its app by itself.
        let notifies = !entry
            .as_ref()
            .is_some_and(|entry| entry.refreshing_elsewhere.get());
        // The message is only a hint to read storage. If storage cannot be read, no session has ended.
        let Ok(stored) = self.rows.read(sub).await else {
            return;
        };
        match (&message, stored) {
            (Message::Deleted(sub, end), stored)
                if stored.as_ref().is_none_or(|row| row.refused_at.is_some()) =>
            {
                if let Some(entry) = entry {
                    entry.end(end.clone());
                }
                if notifies {
                    drop(self.notifications.session_ended(sub, end).await);
                }
            }
            (_, Some(stored)) => {
                let tokens = stored.tokens.clone();
                if entry.is_some() {
                    drop(self.adopt(stored).await);
                }
                // A message about an end can be late. A session that was stored since is a new one, of which the app was
                // notified already.
                if notifies && matches!(message, Message::Updated(_)) {
                    let notified = self.notifications.session_updated(&tokens, By::AnotherTab);
                    drop(notified.await);
                }
            }
            (_, None) => {}
        }
    }

    /// Forgets which account is active if its session has ended in a worker. A worker has no `localStorage`, so it cannot do
    /// this itself.
    async fn forget_ended_active(&self) {
        if let Some(did) = self.accounts.active()
            && let Ok(found) = self.rows.read(&did).await
            && found.is_none_or(|session| session.refused_at.is_some())
            && self.accounts.is_active(&did)
        {
            self.accounts.forget_active();
        }
    }
}
