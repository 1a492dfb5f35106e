//! The end of a session: revoked at the server, removed here, told to all.

use super::held::{Held, Row};
use super::live::{Grant, Live};
use super::prover::Prover;
use super::{Error, OAuthClient, Shared, Step};
use crate::http::Response;
use crate::identity::Did;
use crate::oauth::{
    ServerMetadata, SessionEnd, TokenSet, endpoint_request, granted_token, revocation_form,
};
use crate::ports::{StorageError, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

impl OAuthClient {
    /// Ends the session of an account: revokes its tokens at the server, as far as that can be reached, and removes it
    /// here. No error where there is no session.
    pub async fn revoke(&self, sub: &str) -> Result<(), Error> {
        let sub = Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        self.0.sign_out(&sub, false).await
    }
}

impl Shared {
    /// Ends the session of an account, and on request forgets the account too. It waits for nobody: a refresh of the session that is
    /// under way, in whatever tab, finds its row gone.
    pub(super) async fn sign_out(self: &Rc<Self>, sub: &Did, forget: bool) -> Result<(), Error> {
        let (shared, sub) = (self.clone(), sub.clone());
        // Half done, it would leave a session in storage that the server has ended.
        self.detached(Box::pin(async move {
            let held = Held::unlocked();
            let removed = shared.remove_for_good(&held, &sub).await;
            // The app hears of it when that is done too: it may leave the page then.
            if let Ok(Some(session)) = &removed {
                shared.revoke_session(session).await;
            }
            if forget && removed.is_ok() {
                shared.forget(&sub);
            }
            shared.release_with(held, removed).await.map(drop)
        }))
        .await
    }

    /// Removes the session of an account and tells the other tabs; the session, where it can be revoked.
    async fn remove_for_good(
        &self,
        held: &Held,
        sub: &Did,
    ) -> Result<Option<Rc<StoredSession>>, Error> {
        let taken = match self.take_row(sub).await {
            Ok(Taken::Nothing) => {
                // Ended elsewhere, and said there. Session objects of this page may not have heard.
                if let Some(live) = self.live(sub) {
                    live.end(SessionEnd::Vanished);
                }
                return Ok(None);
            }
            Ok(Taken::Unread) => Ok(None),
            Ok(Taken::Session(session)) => {
                self.remember(&session.tokens, None, false);
                // What a refresh gave and could not be stored is what is alive at the server.
                let live = self.live(sub).filter(|live| live.has_newer_than(&session));
                let newest = live.map(|live| live.last_grant().session.clone());
                Ok(Some(newest.unwrap_or(session)))
            }
            Err(error) => Err(Error::new(Step::Storage, error)),
        };
        if taken.is_ok() {
            self.announce_end(held, sub, SessionEnd::SignedOut);
        }
        taken
    }

    /// Takes the row of an account out of storage, also one that another tab replaces at the same time.
    async fn take_row(&self, sub: &Did) -> Result<Taken, StorageError> {
        loop {
            match self.ports.sessions.get(self.client_id(), sub).await {
                Ok(None) => return Ok(Taken::Nothing),
                Ok(Some(session)) => {
                    let token = &session.tokens.access_token;
                    if self.remove(sub, Some(token)).await? {
                        return Ok(Taken::Session(session));
                    }
                }
                // What cannot be read cannot be revoked, but the user wants it gone.
                Err(StorageError::Corrupt(_) | StorageError::Unreadable) => {
                    self.remove(sub, None).await?;
                    return Ok(Taken::Unread);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends a session whose PDS refuses even a token that was just issued; unless another tab has yet newer ones.
    pub(super) async fn refused(&self, live: &Live, grant: &Grant) -> Result<(), Error> {
        let held = self.lock_soon(&live.did).await;
        let row = Row::Removed(&grant.session.tokens.access_token);
        let ended = match self.stored(&live.did).await {
            Ok(Some(_)) => {
                self.end(&held, &live.did, SessionEnd::TokenRefused, row)
                    .await
            }
            _ => Ok(false),
        };
        self.release_with(held, ended).await.map(drop)
    }

    /// Revokes a session that another one has replaced, while the user goes on.
    pub(super) fn revoke_in_background(self: &Rc<Self>, session: Rc<StoredSession>) {
        let shared = self.clone();
        self.ports.spawn.spawn(Box::pin(
            async move { shared.revoke_session(&session).await },
        ));
    }

    async fn revoke_session(&self, session: &StoredSession) {
        let TokenSet {
            issuer,
            sub,
            access_token,
            refresh_token,
            ..
        } = &session.tokens;
        let server = self.known_server(issuer, session.server.clone()).await;
        let prover = Prover::new(session.key.clone());
        prover.offsets.assume(session.clock_offset);
        if let Some(live) = self.live(sub) {
            prover.learn_all(&live.last_grant().prover);
        }
        if let Ok(server) = server {
            let client_id = session.client_id.as_deref();
            // It stands for the whole grant (RFC 7009 section 2.1).
            let token = refresh_token.as_ref().unwrap_or(access_token);
            self.revoke_token(&server, &prover, client_id, token).await;
        }
    }

    /// Revokes what an answer of the token endpoint granted and nobody will use.
    pub(super) async fn revoke_unused(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        response: &Response,
    ) {
        if let Some(token) = granted_token(response) {
            self.revoke_token(server, prover, None, &token).await;
        }
    }

    /// Revokes a token, as the client it was granted to; this one where that is not known. Whether that worked changes nothing here:
    /// the tokens are forgotten either way.
    async fn revoke_token(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        client_id: Option<&str>,
        token: &Secret,
    ) {
        if let Some(endpoint) = &server.revocation_endpoint {
            let form = revocation_form(token);
            let client_id = client_id.unwrap_or(self.client_id());
            let request = endpoint_request(endpoint, client_id, form);
            drop(self.exchange(Step::Revoke, prover, request).await);
        }
    }
}

/// What was in storage of an account that signs out.
enum Taken {
    Nothing,
    /// A row that cannot be read.
    Unread,
    Session(Rc<StoredSession>),
}
