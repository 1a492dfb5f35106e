//! What other tabs did to our sessions.

use super::Sessions;
use crate::ports::{By, Message};
use std::rc::{Rc, Weak};

impl Sessions {
    /// Follows the messages of the other tabs, for as long as this lives or until it is closed.
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

    /// Stops following the other tabs.
    pub(in crate::client) fn unfollow_tabs(&self) {
        self.subscription.take();
    }

    /// Brings the session in memory up to date, then notifies the app. Nobody waits for the app's hook: the operation
    /// was another tab's.
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
        // The message says only that something changed; storage says what. If it cannot be read, nothing has ended.
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
                // The message of an ending can be late: a session that was stored since is another, and the app was
                // notified of it already.
                if notifies && matches!(message, Message::Updated(_)) {
                    let notified = self.notifications.session_updated(&tokens, By::AnotherTab);
                    drop(notified.await);
                }
            }
            (_, None) => {}
        }
    }

    /// Forgets which account is active if its session has ended where that could not be done: a worker has a memory of
    /// its own in `localStorage`'s place.
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
