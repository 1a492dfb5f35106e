//! The lock on one account's session, and what the app is told once it is given back.

use super::policy;
use super::race::{First, race};
use super::{Error, ErrorKind, Shared, Step};
use crate::identity::Did;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Guard, Message, StorageError};
use crate::secret::Secret;
use std::cell::RefCell;
use std::rc::Rc;

/// The lock that all clients of this origin, ours or not, hold while they refresh an account's session.
///
/// The app hears of a change only after the lock was given back: its hook may use the very account, and would wait for
/// itself for ever.
pub(super) struct Held {
    /// `None` for what does not need it: storage changes a row only if it is the expected one.
    guard: Option<Guard>,
    news: RefCell<Vec<News>>,
}

/// What becomes of the row of a session that ends.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    /// There is none.
    Absent,
    /// It is removed, if it still has this access token.
    Removed(&'a Secret),
    /// It stays, for another try.
    Kept,
}

enum News {
    Updated(TokenSet),
    Ended(Did, SessionEnd),
}

impl Held {
    pub(super) fn unlocked() -> Self {
        Self {
            guard: None,
            news: RefCell::default(),
        }
    }

    /// New tokens are stored.
    pub(super) fn updated(&self, tokens: TokenSet) {
        self.news.borrow_mut().push(News::Updated(tokens));
    }
}

impl Shared {
    /// Waits for the lock for as long as that takes. Only a refresh, and what nobody waits for, can afford that.
    pub(super) async fn lock(&self, sub: &Did) -> Held {
        Held {
            guard: Some(self.ports.lock.acquire(sub.as_str()).await),
            ..Held::unlocked()
        }
    }

    /// Waits for the lock for a while, then goes on without it.
    pub(super) async fn lock_soon(&self, sub: &Did) -> Held {
        let patience = policy::lock_patience(self.options.timeouts.token_ms);
        let lock = self.ports.lock.acquire(sub.as_str());
        match race(lock, self.ports.timer.sleep(patience)).await {
            First::Left(guard) => Held {
                guard: Some(guard),
                ..Held::unlocked()
            },
            First::Right(()) => Held::unlocked(),
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

    /// Ends a session and tells everyone why: the other tabs now, the app when the lock is given back. `false`: its row has been
    /// replaced meanwhile, so that it is not over.
    pub(super) async fn end(
        &self,
        held: &Held,
        sub: &Did,
        end: SessionEnd,
        row: Row<'_>,
    ) -> Result<bool, Error> {
        let removed = match row {
            Row::Removed(token) => self.remove(sub, Some(token)).await,
            Row::Absent | Row::Kept => Ok(true),
        };
        if removed == Ok(false) && self.stored(sub).await?.is_some() {
            return Ok(false);
        }
        self.announce_end(held, sub, end);
        removed.map_err(|error| Error::new(Step::Storage, error))?;
        Ok(true)
    }

    /// Removes the row of a session; whether there was one, and with the expected access token.
    pub(super) async fn remove(
        &self,
        sub: &Did,
        expected: Option<&Secret>,
    ) -> Result<bool, StorageError> {
        let sessions = &self.ports.sessions;
        sessions.delete(self.client_id(), sub, expected).await
    }

    pub(super) fn announce_end(&self, held: &Held, sub: &Did, end: SessionEnd) {
        let live = self.live(sub);
        if let Some(live) = &live {
            live.end(end.clone());
            self.remember(&live.last_grant().session.tokens, None, false);
        }
        self.ports.nonces.set(sub, None);
        if live.is_some() || end != SessionEnd::Vanished {
            self.accounts_changed.set(true);
        }
        if self.is_active(sub) {
            self.set_active(None);
        }
        self.tell_tabs(&Message::Deleted(sub.clone(), end.clone()));
        held.news.borrow_mut().push(News::Ended(sub.clone(), end));
    }

    /// Ends a session and gives the error that says so, or the one that kept it from being removed. `Ok`: its row has been replaced
    /// meanwhile, by one that is now in force.
    pub(super) async fn end_with(
        self: &Rc<Self>,
        held: &Held,
        sub: &Did,
        end: SessionEnd,
        row: Row<'_>,
        step: Step,
    ) -> Result<(), Error> {
        if self.end(held, sub, end.clone(), row).await? {
            return Err(self.over(sub, end, step));
        }
        match self.stored(sub).await? {
            Some(newer) => self.adopt(newer).await.map(drop),
            None => Err(self.over(sub, SessionEnd::Vanished, step)),
        }
    }

    pub(super) fn tell_tabs(&self, message: &Message) {
        self.ports.bus.post(self.client_id(), message);
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
