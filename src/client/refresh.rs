//! Renewing tokens: once, for everyone who finds them old at the same time.

use super::held::Held;
use super::live::{Grant, Live};
use super::network::Freshness;
use super::{Error, ErrorKind, Refresh, Shared, Step};
use crate::oauth::{
    ConfigError, ServerMetadata, SessionEnd, endpoint_request, judge_token, refresh_form,
};
use crate::ports::{Message, StoredSession};
use crate::secret::Secret;
use crate::url::Url;
use std::rc::Rc;

/// How long to wait for another tab where no lock keeps tabs apart, in milliseconds.
const SECOND_LOOK: u32 = 1000;

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
                let seen = live.grant()?.tokens.access_token.clone();
                self.renew(live, &seen).await?;
            }
        }
        live.grant()
    }

    /// Renews a session's tokens if they are about to expire. Where they cannot be renewed now, they will do as long
    /// as they last.
    pub(super) async fn freshen(self: &Rc<Self>, live: &Rc<Live>) -> Result<Rc<Grant>, Error> {
        let grant = live.grant()?;
        let now = self.ports.clock.now();
        if !grant.is_stale(now) {
            return Ok(grant);
        }
        match self.renew(live, &grant.tokens.access_token).await {
            Err(error) if error.is_retryable() && !grant.is_expired(now) => Ok(grant),
            Err(error) => Err(error),
            Ok(()) => live.grant(),
        }
    }

    /// Replaces the tokens that the caller has seen by newer ones. Who waited for another's refresh gets its result.
    pub(super) async fn renew(
        self: &Rc<Self>,
        live: &Rc<Live>,
        seen: &Secret,
    ) -> Result<(), Error> {
        let held = self.lock(&live.did).await;
        let renewed = self.renew_held(&held, live, seen).await;
        self.release_with(held, renewed).await
    }

    async fn renew_held(
        self: &Rc<Self>,
        held: &Held,
        live: &Rc<Live>,
        seen: &Secret,
    ) -> Result<(), Error> {
        match self.stored(&live.did).await? {
            None => match live.ended() {
                Some(end) => Err(Error::ended(&live.did, end)),
                None => Err(self.lost(held, live, SessionEnd::Vanished).await),
            },
            Some(stored) if stored.tokens.sub != live.did => {
                Err(self.lost(held, live, SessionEnd::SubMismatch).await)
            }
            Some(stored) if stored.tokens.access_token != *seen => {
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
        let Some(refresh_token) = &grant.tokens.refresh_token else {
            return Err(self.lost(held, live, SessionEnd::NotRefreshable).await);
        };
        let client_id = &self.options.metadata.client_id;
        if let Some(granted_to) = grant.client_id.as_ref().filter(|id| *id != client_id) {
            let error = ConfigError::ClientIdChanged(granted_to.clone());
            return Err(Error::new(Step::Refresh, error));
        }
        let server = self.server(&grant.tokens.issuer, Freshness::Recent).await?;
        let endpoint = &server.token_endpoint;
        let form = refresh_form(refresh_token);
        let request = endpoint_request(endpoint, client_id, form);
        let requested_at = self.ports.clock.now();
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
                        Some(stored) if stored.tokens != grant.tokens => {
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
            granted.into_token_set(&server.issuer, &grant.tokens.audience, requested_at);
        // A server that does not rotate its refresh tokens need not send one (RFC 6749 section 6).
        tokens.refresh_token = refresh_token.or_else(|| grant.tokens.refresh_token.clone());
        self.keep(held, grant.stored(tokens), &server).await?;
        self.watch_authority(live);
        Ok(())
    }

    /// Stores new tokens before anyone else uses them.
    async fn keep(
        &self,
        held: &Held,
        mut session: StoredSession,
        server: &ServerMetadata,
    ) -> Result<(), Error> {
        session.server = Some(server.raw.clone());
        let tokens = session.tokens.clone();
        let stored = self.ports.sessions.put(session.clone()).await;
        // The old tokens are spent, so these are the only ones: they serve this page even if they could not be stored.
        self.adopt(session).await?;
        stored.map_err(|error| Error::new(Step::Storage, error).while_storing(&tokens.sub))?;
        self.ports.bus.post(&Message::Updated(tokens.sub.clone()));
        held.updated(tokens);
        Ok(())
    }

    async fn lost(&self, held: &Held, live: &Live, end: SessionEnd) -> Error {
        self.end_with(held, &live.did, end, Step::Refresh).await
    }

    /// Checks, beside whatever the app does next, that the account still belongs to this server. It may have moved to
    /// another PDS of the same server, or to another server altogether.
    fn watch_authority(self: &Rc<Self>, live: &Rc<Live>) {
        let (shared, live) = (self.clone(), live.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            // Nobody waits for this: what fails is tried again after the next refresh.
            drop(shared.check_authority(&live).await);
        }));
    }

    async fn check_authority(&self, live: &Live) -> Result<(), Error> {
        let issuer = live.grant()?.tokens.issuer.clone();
        let verdict = self.verify_authority(&live.did, &issuer).await;
        let held = self.lock(&live.did).await;
        let heeded = self.heed_verdict(&held, live, &issuer, verdict).await;
        self.release_with(held, heeded).await
    }

    async fn heed_verdict(
        &self,
        held: &Held,
        live: &Live,
        issuer: &str,
        verdict: Result<Url, Error>,
    ) -> Result<(), Error> {
        // The verdict is on the session that was refreshed. What is stored now may be a newer one, or none.
        let Ok(Some(stored)) = self.ports.sessions.get(&live.did).await else {
            return Ok(());
        };
        if stored.tokens.issuer != issuer {
            return Ok(());
        }
        match verdict {
            Ok(pds) if stored.tokens.audience == pds.as_str() => Ok(()),
            Ok(pds) => self.move_audience(held, stored, &pds).await,
            Err(error) if matches!(error.kind(), ErrorKind::NotAuthoritative { .. }) => {
                self.end(held, &live.did, SessionEnd::Migrated).await
            }
            Err(error) => Err(error),
        }
    }

    /// Follows an account to another PDS of the same server.
    async fn move_audience(
        &self,
        held: &Held,
        mut session: StoredSession,
        pds: &Url,
    ) -> Result<(), Error> {
        pds.as_str().clone_into(&mut session.tokens.audience);
        let tokens = session.tokens.clone();
        let stored = self.ports.sessions.put(session.clone()).await;
        stored.map_err(|error| Error::new(Step::Storage, error))?;
        self.adopt(session).await?;
        self.ports.bus.post(&Message::Updated(tokens.sub.clone()));
        held.updated(tokens);
        Ok(())
    }
}
