//! What other tabs did to our sessions.

use super::Shared;
use crate::ports::{By, Message};
use std::rc::{Rc, Weak};

/// Hears the other tabs for as long as the client lives.
pub(super) fn subscribe(shared: &Rc<Shared>) {
    let client: Weak<Shared> = Rc::downgrade(shared);
    let heard = Box::new(move |message| {
        if let Some(shared) = client.upgrade() {
            let spawn = shared.ports.spawn.clone();
            spawn.spawn(Box::pin(async move { shared.heed(message).await }));
        }
    });
    let guard = shared.ports.bus.listen(shared.client_id(), heard);
    *shared.subscription.borrow_mut() = Some(guard);
}

impl Shared {
    /// Brings the session in memory up to date, then tells the app. Nobody waits for the app's answer: the operation
    /// was another tab's.
    async fn heed(&self, message: Message) {
        let (Message::Updated(sub) | Message::Deleted(sub, _)) = &message else {
            self.drop_dead_pointer().await;
            return self.tell_accounts_changed();
        };
        let live = self.live(sub);
        // A tab that has asked a worker tells by itself what that did.
        let telling = !live.as_ref().is_some_and(|live| live.asking.get());
        // The message says only that something changed; what it is now, storage says. Where that cannot be told, nothing is over.
        let Ok(stored) = self.stored(sub).await else {
            return;
        };
        match (&message, stored) {
            (Message::Deleted(sub, end), stored)
                if stored.as_ref().is_none_or(|row| row.refused_at.is_some()) =>
            {
                if let Some(live) = live {
                    live.end(end.clone());
                }
                if telling && self.is_news(sub, None) {
                    drop(self.tell_ended(sub, end).await);
                }
            }
            (_, Some(stored)) => {
                let tokens = stored.tokens.clone();
                if live.is_some() {
                    drop(self.adopt(stored).await);
                }
                // News of an ending can be late: a session that was stored since is another, and the app heard of it already.
                if telling && matches!(message, Message::Updated(_)) {
                    drop(self.tell_updated(&tokens, By::AnotherTab).await);
                }
            }
            (_, None) => {}
        }
    }
}
