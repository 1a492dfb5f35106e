//! The lock on one account's session, and what the app is told once it is given back.

use super::{Error, ErrorKind, Shared, Step};
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Guard, Message};
use std::cell::RefCell;

/// The lock that all clients of this origin, ours or not, hold while they change an account's session.
///
/// The app hears of a change only after the lock was given back: its hook may use the very account, and would wait for
/// itself for ever.
pub(super) struct Held {
    guard: Guard,
    news: RefCell<Vec<News>>,
}

enum News {
    Updated(TokenSet),
    Ended(Did, SessionEnd),
}

impl Held {
    /// New tokens are stored.
    pub(super) fn updated(&self, tokens: TokenSet) {
        self.news.borrow_mut().push(News::Updated(tokens));
    }
}

impl Shared {
    pub(super) async fn lock(&self, sub: &Did) -> Held {
        let name = format!("@atproto-oauth-client-{sub}");
        Held {
            guard: self.ports.lock.acquire(&name).await,
            news: RefCell::default(),
        }
    }

    /// Gives the lock back, then tells the app what happened while it was held, and everyone what became of the accounts.
    pub(super) async fn release(&self, held: Held) -> Result<(), Error> {
        drop(held.guard);
        self.announce();
        for news in held.news.take() {
            match news {
                News::Updated(tokens) => self.tell_updated(&tokens, By::ThisTab).await?,
                // Another tab, which found out at the same time, may have said it while this one held the lock.
                News::Ended(sub, end) if self.is_news(&sub, None) => {
                    self.tell_ended(&sub, &end).await?;
                }
                News::Ended(..) => {}
            }
        }
        Ok(())
    }

    /// As [`Shared::release`], for work that has an outcome of its own; its error comes first.
    pub(super) async fn release_with<T>(
        &self,
        held: Held,
        outcome: Result<T, Error>,
    ) -> Result<T, Error> {
        let told = self.release(held).await;
        let value = outcome?;
        told.map(|()| value)
    }

    /// Removes a session and tells everyone why: the other tabs now, the app when the lock is given back.
    pub(super) async fn end(&self, held: &Held, sub: &Did, end: SessionEnd) -> Result<(), Error> {
        let live = self.live(sub);
        if let Some(live) = &live {
            live.end(end.clone());
            self.remember(&live.last_grant().session.tokens, None, false);
        }
        self.ports.nonces.set(sub, None);
        let deleted = self.ports.sessions.delete(sub).await;
        if live.is_some() || end != SessionEnd::Vanished {
            self.accounts_changed.set(true);
        }
        if self.is_active(sub) {
            self.set_active(None);
        }
        self.ports
            .bus
            .post(&Message::Deleted(sub.clone(), end.clone()));
        held.news.borrow_mut().push(News::Ended(sub.clone(), end));
        deleted.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Ends a session and gives the error that says so, or the one that kept it from being removed.
    pub(super) async fn end_with(
        &self,
        held: &Held,
        sub: &Did,
        end: SessionEnd,
        step: Step,
    ) -> Error {
        match self.end(held, sub, end.clone()).await {
            Ok(()) => self.over(sub, end, step),
            Err(error) => error,
        }
    }

    /// The error that says that a session is over.
    pub(super) fn over(&self, sub: &Did, end: SessionEnd, step: Step) -> Error {
        Error::new(step, ErrorKind::Ended(sub.clone(), end)).hinting(self.login_hint(sub))
    }

    /// Whether the app was told something else of this account the last time; from now on it was told this. The same news
    /// can come twice: from the worker that was asked for it, and from the bus.
    pub(super) fn is_news(&self, sub: &Did, tokens: Option<&TokenSet>) -> bool {
        let mut told = self.told.borrow_mut();
        let news = (sub.clone(), tokens.cloned());
        if told.contains(&news) {
            return false;
        }
        told.retain(|(known, _)| known != sub);
        told.push(news);
        true
    }

    /// Whether the app was told that the account's session is over.
    pub(super) fn knows_of_end(&self, sub: &Did) -> bool {
        self.told.borrow().contains(&(sub.clone(), None))
    }

    pub(super) async fn tell_updated(&self, tokens: &TokenSet, by: By) -> Result<(), Error> {
        match &self.observer {
            Some(observer) if self.is_news(&tokens.sub, Some(tokens)) => {
                observer.updated(tokens, by).await.map_err(hook_failed)
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn tell_ended(&self, sub: &Did, end: &SessionEnd) -> Result<(), Error> {
        match &self.observer {
            None => Ok(()),
            Some(observer) => observer.deleted(sub, end).await.map_err(hook_failed),
        }
    }
}

fn hook_failed(why: String) -> Error {
    Error::new(Step::Storage, ErrorKind::Observer(why))
}
