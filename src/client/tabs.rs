//! What other tabs did to our sessions.

use super::Shared;
use crate::ports::{By, Message};
use std::rc::{Rc, Weak};

/// Hears the other tabs for as long as the client lives.
pub(super) fn subscribe(shared: &Rc<Shared>) {
    let client: Weak<Shared> = Rc::downgrade(shared);
    let guard = shared.ports.bus.listen(Box::new(move |message| {
        if let Some(shared) = client.upgrade() {
            let spawn = shared.ports.spawn.clone();
            spawn.spawn(Box::pin(async move { shared.heed(message).await }));
        }
    }));
    *shared.subscription.borrow_mut() = Some(guard);
}

impl Shared {
    /// Brings the session in memory up to date, then tells the app. Nobody waits for the app's answer: the operation
    /// was another tab's.
    async fn heed(&self, message: Message) {
        match message {
            Message::Updated(sub) => {
                // The message says only that something changed; what it is now, storage says.
                let Ok(Some(stored)) = self.ports.sessions.get(&sub).await else {
                    return;
                };
                let tokens = stored.tokens.clone();
                if self.live(&sub).is_some() {
                    drop(self.adopt(stored).await);
                }
                drop(self.tell_updated(&tokens, By::AnotherTab).await);
            }
            Message::Deleted(sub, end) => {
                // News can be late: a session that was stored since is another, and lives. The app heard of it already.
                if let Ok(Some(stored)) = self.ports.sessions.get(&sub).await {
                    if self.live(&sub).is_some() {
                        drop(self.adopt(stored).await);
                    }
                    return;
                }
                if let Some(live) = self.live(&sub) {
                    live.end(end.clone());
                }
                drop(self.tell_ended(&sub, &end).await);
            }
        }
    }
}
