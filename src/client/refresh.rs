//! Renewing tokens: once, for everyone who finds them old at the same time.

use super::held::{Held, Row};
use super::live::{Grant, Live};
use super::policy;
use super::race::{First, race};
use super::{Error, ErrorKind, Refresh, Shared, Step};
use crate::http::{HttpError, Request, Response};
use crate::json::Json;
use crate::oauth::{
    ServerMetadata, SessionEnd, Verdict, endpoint_request, is_visible, judge_refreshed,
    judge_refusal, refresh_form,
};
use crate::ports::{Local, Message, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

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
                let seen = self.in_force(live)?.session.tokens.access_token.clone();
                self.renew(live, &seen).await?;
            }
        }
        self.in_force(live)
    }

    /// What is in force of a session; the error that says what to sign in with where it is over.
    fn in_force(&self, live: &Live) -> Result<Rc<Grant>, Error> {
        let hint = |error: Error| error.hinting(self.login_hint(&live.did));
        live.grant().map_err(hint)
    }

    /// Renews a session's tokens if they are about to expire. Where they cannot be renewed now, they will do as long
    /// as they last, and are not renewed before.
    pub(super) async fn freshen(self: &Rc<Self>, live: &Rc<Live>) -> Result<Rc<Grant>, Error> {
        if let Some(spent) = live.unreplaced() {
            drop(self.renew(live, &spent).await);
        }
        let grant = self.in_force(live)?;
        if !grant.is_stale(self.ports.clock.now()) {
            return Ok(grant);
        }
        let renewed = self.renew(live, &grant.session.tokens.access_token).await;
        let current = self.in_force(live)?;
        let now = self.ports.clock.now();
        if renewed.is_err() && Rc::ptr_eq(&current, &grant) && !grant.is_expired(now) {
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
            None => Err(self.found_gone(held, live, asked)),
            Some(stored) if stored.tokens.sub != live.did => {
                let token = &stored.tokens.access_token;
                self.lost(held, live, SessionEnd::SubMismatch, token).await
            }
            Some(stored) if live.has_newer_than(&stored) => {
                let grant = live.grant()?;
                let spent = &stored.tokens.access_token;
                self.keep(held, live, grant.session.clone(), spent).await?;
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
            // Another client has ended it, and is about to remove the row, or has kept it.
            Some(_) if live.ended().is_some() => Err(self.found_gone(held, live, asked)),
            Some(stored) => {
                let live = self.adopt(stored).await?;
                self.refresh(held, &live).await
            }
        }
    }

    /// A session that was in use has ended: its row is not there any more, or is kept for another try.
    fn found_gone(&self, held: &Held, live: &Live, asked: bool) -> Error {
        let ended = live.ended();
        if let Some(end) = &ended
            && (!asked || self.knows_of_end(&live.did))
        {
            return self.over(&live.did, end.clone(), Step::Request);
        }
        let end = ended.clone().unwrap_or(SessionEnd::Vanished);
        self.announce_end(held, &live.did, end.clone());
        if ended.is_some() {
            // Whoever ended it has announced that.
            self.accounts_changed.set(false);
        }
        self.over(&live.did, end, Step::Refresh)
    }

    /// Exchanges the refresh token, with what is stored in force.
    async fn refresh(self: &Rc<Self>, held: &Held, live: &Rc<Live>) -> Result<(), Error> {
        let grant = live.grant()?;
        let session = &grant.session;
        let token = &session.tokens.access_token;
        let refresh_token = session.tokens.refresh_token.as_ref();
        // What no server issued, none takes.
        let Some(refresh_token) = refresh_token.filter(|token| is_visible(token.expose())) else {
            let end = SessionEnd::NotRefreshable;
            return self.lost(held, live, end, token).await;
        };
        let seen_lately =
            |_: &Json| policy::stored_metadata_serves(session.verified_at, self.ports.clock.now());
        let stored = session.server.clone().filter(seen_lately);
        let server = self.known_server(&session.tokens.issuer, stored).await?;
        let form = refresh_form(refresh_token);
        let request = endpoint_request(&server.token_endpoint, self.client_id(), form);
        let requested_at = self.ports.clock.now();
        if !self.mark(session, requested_at).await? {
            return self.changed(held, live).await;
        }
        let Some(response) = self.exchange_grant(live, &grant, &server, request).await else {
            return self.in_force(live).map(drop);
        };
        let renewed = Renewed {
            server: &server,
            requested_at,
            response: response?,
        };
        self.settle(held, live, &grant, renewed).await
    }

    /// Sends a refresh, and waits for its answer unless the session is replaced or signed out meanwhile: then `None`, and the
    /// account is free for others. The request itself is not given up: tokens that come of it then are nobody's, and revoked.
    async fn exchange_grant(
        self: &Rc<Self>,
        live: &Rc<Live>,
        grant: &Rc<Grant>,
        server: &Rc<ServerMetadata>,
        request: Request,
    ) -> Option<Result<Rc<Response>, Error>> {
        let (shared, granted) = (self.clone(), grant.clone());
        let mut answer: Local<'static, _> = Box::pin(async move {
            shared
                .exchange(Step::Refresh, &granted.prover, request)
                .await
        });
        let superseded = live.superseded(&grant.session.tokens.access_token);
        if let First::Left(answer) = race(&mut answer, superseded).await {
            return Some(answer);
        }
        let (shared, granted, server) = (self.clone(), grant.clone(), server.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            if let Ok(response) = answer.await {
                let prover = &granted.prover;
                shared.revoke_unused(&server, prover, &response).await;
            }
        }));
        None
    }

    /// Judges the answer to a refresh, and stores what came of it.
    async fn settle(
        self: &Rc<Self>,
        held: &Held,
        live: &Rc<Live>,
        grant: &Rc<Grant>,
        renewed: Renewed<'_>,
    ) -> Result<(), Error> {
        let session = &grant.session;
        let response = &renewed.response;
        let endpoint = &renewed.server.token_endpoint;
        let refreshed = match judge_refreshed(response).map_err(ErrorKind::from) {
            Ok(refreshed) => refreshed,
            Err(error) => {
                return self
                    .refused_refresh(held, live, grant, error, endpoint)
                    .await;
            }
        };
        if refreshed.sub.as_ref().is_some_and(|sub| *sub != live.did) {
            let prover = &grant.prover;
            self.revoke_unused(renewed.server, prover, response).await;
            let token = &session.tokens.access_token;
            return self.lost(held, live, SessionEnd::SubMismatch, token).await;
        }
        let tokens = refreshed.applied_to(&session.tokens, renewed.requested_at);
        let kept = Rc::new(StoredSession {
            tokens,
            client_id: Some(self.client_id().to_owned()),
            server: Some(renewed.server.raw.clone()),
            refresh_started_at: None,
            refused_at: None,
            clock_offset: grant.prover.offsets.get(endpoint),
            ..StoredSession::clone(session)
        });
        if session.refused_at.is_some() {
            self.accounts_changed.set(true);
        }
        let spent = &session.tokens.access_token;
        if !self.keep(held, live, kept, spent).await? {
            let prover = &grant.prover;
            self.revoke_unused(renewed.server, prover, response).await;
            return self.changed(held, live).await;
        }
        // Not before: while a page writes anything else, it holds the only tokens there are.
        self.keep_nonces(&live.did, &grant.prover);
        self.watch_authority(live);
        match refreshed.access_token {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::new(Step::Refresh, error).at(endpoint)),
        }
    }

    /// What a refresh that was not granted means for the session.
    async fn refused_refresh(
        self: &Rc<Self>,
        held: &Held,
        live: &Rc<Live>,
        grant: &Grant,
        error: ErrorKind,
        endpoint: &str,
    ) -> Result<(), Error> {
        let session = &grant.session;
        let token = &session.tokens.access_token;
        match &error {
            // The one answer that means the session is over (RFC 6749 section 5.2).
            ErrorKind::Refused(refusal) if refusal.is("invalid_grant") => {
                if !self.ports.lock.spans_tabs() {
                    // Another tab may just have spent this token, and be storing what it got for it.
                    self.ports.timer.sleep(policy::OTHER_TAB_PATIENCE).await;
                    let stored = self.stored(&live.did).await?;
                    if stored.is_none_or(|stored| stored.tokens != session.tokens) {
                        return self.changed(held, live).await;
                    }
                }
                let end = SessionEnd::RefreshRefused(refusal.description.clone());
                self.lost(held, live, end, token).await
            }
            // Any other refusal may be the server's passing mistake. But while it lasts, the user is not signed in.
            _ if grant.is_expired(self.ports.clock.now()) && is_rejection(&error) => {
                let words = match error {
                    ErrorKind::Refused(refusal) => refusal.description.or(refusal.error),
                    _ => None,
                };
                self.reject(held, live, session, words).await
            }
            _ => Err(Error::new(Step::Refresh, error).at(endpoint)),
        }
    }

    /// Ends a session that the server does not refresh, but keeps its row: [`OAuthClient::restore`] tries again.
    async fn reject(
        self: &Rc<Self>,
        held: &Held,
        live: &Rc<Live>,
        session: &StoredSession,
        words: Option<String>,
    ) -> Result<(), Error> {
        let rejected = StoredSession {
            refused_at: Some(self.ports.clock.now()),
            refresh_started_at: None,
            ..session.clone()
        };
        let token = &session.tokens.access_token;
        if !self.store(&rejected, Some(token)).await? {
            return self.changed(held, live).await;
        }
        let end = SessionEnd::RefreshRejected(words);
        self.end_with(held, &live.did, end, Row::Kept, Step::Refresh)
            .await
    }

    /// The row is not the one that was to be refreshed any more: whoever replaced or removed it has the say.
    async fn changed(self: &Rc<Self>, held: &Held, live: &Rc<Live>) -> Result<(), Error> {
        match self.stored(&live.did).await? {
            Some(stored) => self.adopt(stored).await.map(drop),
            None => Err(self.found_gone(held, live, false)),
        }
    }

    /// Stores a session, where it is given in the place of a row with that access token only; whether it did.
    pub(super) async fn store(
        &self,
        session: &StoredSession,
        expected: Option<&Secret>,
    ) -> Result<bool, Error> {
        let sessions = &self.ports.sessions;
        let stored = sessions.put(self.client_id(), session, expected).await;
        stored.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Says in storage that the refresh token may be spent from now on. Where even that cannot be stored, the tokens to
    /// come could not be either, so they are not asked for. `false`: the row is another by now.
    async fn mark(&self, session: &StoredSession, now: u64) -> Result<bool, Error> {
        let marked = StoredSession {
            refresh_started_at: Some(now),
            ..session.clone()
        };
        self.store(&marked, Some(&session.tokens.access_token))
            .await
    }

    /// Stores new tokens, in the place of those that were spent for them, before anyone else uses them. `false`: the row is
    /// another by now, and stays.
    async fn keep(
        &self,
        held: &Held,
        live: &Live,
        session: Rc<StoredSession>,
        spent: &Secret,
    ) -> Result<bool, Error> {
        let tokens = session.tokens.clone();
        let stored = self.store(&session, Some(spent)).await;
        if stored == Ok(false) {
            live.set_unreplaced(None);
            return Ok(false);
        }
        // The old tokens are spent, so these are the only ones: they serve this page even if they could not be stored,
        // which is then tried again whenever the session is used.
        let live = self.adopt(session).await?;
        live.set_unreplaced(stored.is_err().then_some(spent));
        stored.map_err(|error| error.while_storing(&tokens.sub))?;
        self.tell_tabs(&Message::Updated(tokens.sub.clone()));
        held.updated(tokens);
        Ok(true)
    }

    async fn lost(
        self: &Rc<Self>,
        held: &Held,
        live: &Live,
        end: SessionEnd,
        token: &Secret,
    ) -> Result<(), Error> {
        let row = Row::Removed(token);
        self.end_with(held, &live.did, end, row, Step::Refresh)
            .await
    }
}

/// An answer to a refresh.
struct Renewed<'a> {
    server: &'a ServerMetadata,
    requested_at: u64,
    response: Rc<Response>,
}

/// Whether the server means the request, and not the proof or the moment.
fn is_rejection(error: &ErrorKind) -> bool {
    let status = match error {
        ErrorKind::Refused(refusal) if judge_refusal(refusal) == Verdict::Done => refusal.status,
        ErrorKind::Http(HttpError::Status(status)) => *status,
        _ => return false,
    };
    policy::is_rejection(status)
}
