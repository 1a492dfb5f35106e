//! Renewing tokens: once, for everyone who finds them old at the same time.

use super::held::Held;
use super::live::{Grant, Live};
use super::race::{First, race};
use super::{Error, ErrorKind, Refresh, Shared, Step};
use crate::http::HttpError;
use crate::json::Json;
use crate::oauth::{ConfigError, SessionEnd, endpoint_request, judge_token, refresh_form};
use crate::ports::{Message, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

/// How long to wait for another tab where no lock keeps tabs apart, in milliseconds.
const SECOND_LOOK: u32 = 1000;

/// How long the stored metadata of a server serves, in milliseconds. It is read anew beside every refresh.
const METADATA_LIFETIME: u64 = 24 * 60 * 60 * 1000;

impl Shared {
    /// A session's tokens, renewed as asked.
    pub(super) async fn granted(
        self: &Rc<Self>,
        live: &Rc<Live>,
        refresh: Refresh,
    ) -> Result<Rc<Grant>, Error> {
        match refresh {
            Refresh::Never => {}
            Refresh::Auto => return self.freshen(live).await,
            Refresh::Force => {
                let seen = live.grant()?.session.tokens.access_token.clone();
                self.renew(live, &seen).await?;
            }
        }
        live.grant()
    }

    /// Renews a session's tokens if they are about to expire. Where they cannot be renewed now, they will do as long
    /// as they last, and are not renewed before.
    pub(super) async fn freshen(self: &Rc<Self>, live: &Rc<Live>) -> Result<Rc<Grant>, Error> {
        if let Some(spent) = live.unreplaced() {
            drop(self.renew(live, &spent).await);
        }
        let grant = live.grant()?;
        if !grant.is_stale(self.time()) {
            return Ok(grant);
        }
        let renewed = self.renew(live, &grant.session.tokens.access_token).await;
        let current = live.grant()?;
        if renewed.is_err() && Rc::ptr_eq(&current, &grant) && !grant.is_expired(self.time()) {
            grant.use_up();
            return Ok(grant);
        }
        renewed.map(|()| current)
    }

    /// Replaces the tokens that the caller has seen by newer ones. Who waited for another's refresh gets its result.
    ///
    /// The work is not the caller's own: it goes on, and keeps the lock, when the caller no longer waits. An answer that
    /// nobody takes is a session lost.
    pub(super) async fn renew(
        self: &Rc<Self>,
        live: &Rc<Live>,
        seen: &Secret,
    ) -> Result<(), Error> {
        let (shared, live, seen) = (self.clone(), live.clone(), seen.clone());
        let outcome = self.detached(Box::pin(async move {
            shared.renew_anywhere(&live, &seen).await
        }));
        let patience = self.ports.timer.sleep(self.options.timeouts.token_ms);
        match race(outcome, patience).await {
            First::Left(outcome) => outcome,
            First::Right(()) => Err(Error::new(Step::Refresh, HttpError::Timeout)),
        }
    }

    /// `asked`: this tab has asked another client for it. What that did is for this tab to tell the app.
    pub(super) async fn renew_here(
        self: &Rc<Self>,
        live: &Rc<Live>,
        seen: &Secret,
        asked: bool,
    ) -> Result<(), Error> {
        let held = self.lock(&live.did).await;
        let renewed = self.renew_held(&held, live, seen, asked).await;
        self.release_with(held, renewed).await
    }

    async fn renew_held(
        self: &Rc<Self>,
        held: &Held,
        live: &Rc<Live>,
        seen: &Secret,
        asked: bool,
    ) -> Result<(), Error> {
        match self.stored(&live.did).await? {
            None => match live.ended() {
                Some(end) if !asked || self.knows_of_end(&live.did) => {
                    Err(Error::ended(&live.did, end).hinting(self.login_hint(&live.did)))
                }
                end => {
                    let ended_elsewhere = end.is_some();
                    let end = end.unwrap_or(SessionEnd::Vanished);
                    let error = self.lost(held, live, end).await;
                    if ended_elsewhere {
                        // Whoever ended it has announced that.
                        self.accounts_changed.set(false);
                    }
                    Err(error)
                }
            },
            Some(stored) if stored.tokens.sub != live.did => {
                Err(self.lost(held, live, SessionEnd::SubMismatch).await)
            }
            Some(stored) if live.has_newer_than(&stored) => {
                let grant = live.grant()?;
                let spent = &stored.tokens.access_token;
                self.keep(held, grant.session.clone(), spent).await?;
                match grant.session.tokens.access_token == *seen {
                    true => self.refresh(held, live).await,
                    false => Ok(()),
                }
            }
            Some(stored) if stored.tokens.access_token != *seen => {
                if asked {
                    held.updated(stored.tokens.clone());
                }
                self.adopt(stored).await.map(drop)
            }
            Some(stored) => {
                let live = self.adopt(stored).await?;
                self.refresh(held, &live).await
            }
        }
    }

    /// Exchanges the refresh token, with what is stored in force.
    async fn refresh(self: &Rc<Self>, held: &Held, live: &Rc<Live>) -> Result<(), Error> {
        let grant = live.grant()?;
        let session = &grant.session;
        let Some(refresh_token) = &session.tokens.refresh_token else {
            return Err(self.lost(held, live, SessionEnd::NotRefreshable).await);
        };
        let client_id = &self.options.metadata.client_id;
        if let Some(granted_to) = session.client_id.as_ref().filter(|id| *id != client_id) {
            let error = ConfigError::ClientIdChanged(granted_to.clone());
            return Err(Error::new(Step::Refresh, error));
        }
        let seen_lately = |_: &Json| {
            let seen_at = session.verified_at.unwrap_or_default();
            self.ports.clock.now() < seen_at.saturating_add(METADATA_LIFETIME)
        };
        let stored = session.server.clone().filter(seen_lately);
        let server = self.known_server(&session.tokens.issuer, stored).await?;
        let endpoint = &server.token_endpoint;
        let form = refresh_form(refresh_token);
        let request = endpoint_request(endpoint, client_id, form);
        let requested_at = self.ports.clock.now();
        self.mark(session, requested_at).await?;
        let response = self.exchange(Step::Refresh, &grant.prover, request).await?;
        let granted = match judge_token(&response).map_err(ErrorKind::from) {
            Ok(granted) => granted,
            // The one answer that means the session is over (RFC 6749 section 5.2).
            Err(ErrorKind::Refused(refusal)) if refusal.is("invalid_grant") => {
                if !self.ports.lock.spans_tabs() {
                    // Another tab may just have spent this token, and be storing what it got for it.
                    self.ports.timer.sleep(SECOND_LOOK).await;
                    match self.stored(&live.did).await? {
                        None => return Err(self.lost(held, live, SessionEnd::Vanished).await),
                        Some(stored) if stored.tokens != session.tokens => {
                            return self.adopt(stored).await.map(drop);
                        }
                        Some(_) => {}
                    }
                }
                let end = SessionEnd::RefreshRefused(refusal.description);
                return Err(self.lost(held, live, end).await);
            }
            Err(error) => return Err(Error::new(Step::Refresh, error).at(endpoint)),
        };
        if granted.sub != live.did {
            return Err(self.lost(held, live, SessionEnd::SubMismatch).await);
        }
        let refresh_token = granted.refresh_token.clone();
        let mut tokens =
            granted.into_token_set(&server.issuer, &session.tokens.audience, requested_at);
        // A server that does not rotate its refresh tokens need not send one (RFC 6749 section 6).
        tokens.refresh_token = refresh_token.or_else(|| session.tokens.refresh_token.clone());
        let renewed = Rc::new(StoredSession {
            tokens,
            server: Some(server.raw.clone()),
            refresh_started_at: None,
            clock_offset: self.offset.get(),
            ..StoredSession::clone(session)
        });
        self.keep(held, renewed, &session.tokens.access_token)
            .await?;
        // Not before: while a page writes anything else, it holds the only tokens there are.
        self.keep_nonces(&live.did, &grant.prover);
        self.watch_authority(live);
        Ok(())
    }

    /// Says in storage that the refresh token may be spent from now on. Where even that cannot be stored, the tokens to
    /// come could not be either, so they are not asked for.
    async fn mark(&self, session: &StoredSession, now: u64) -> Result<(), Error> {
        let marked = StoredSession {
            refresh_started_at: Some(now),
            ..session.clone()
        };
        let stored = self.ports.sessions.put(&marked).await;
        stored.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Stores new tokens, in the place of those that were spent for them, before anyone else uses them.
    async fn keep(
        &self,
        held: &Held,
        session: Rc<StoredSession>,
        spent: &Secret,
    ) -> Result<(), Error> {
        let tokens = session.tokens.clone();
        let stored = self.ports.sessions.put(&session).await;
        // The old tokens are spent, so these are the only ones: they serve this page even if they could not be stored,
        // which is then tried again whenever the session is used.
        let live = self.adopt(session).await?;
        live.set_unreplaced(stored.as_ref().err().map(|_| spent));
        stored.map_err(|error| Error::new(Step::Storage, error).while_storing(&tokens.sub))?;
        self.ports.bus.post(&Message::Updated(tokens.sub.clone()));
        held.updated(tokens);
        Ok(())
    }

    async fn lost(&self, held: &Held, live: &Live, end: SessionEnd) -> Error {
        self.end_with(held, &live.did, end, Step::Refresh).await
    }
}
