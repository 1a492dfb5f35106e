//! The end of a session: revoked at the server, removed here, told to all.

use super::held::Held;
use super::live::{Grant, Live};
use super::prover::Prover;
use super::{Error, OAuthClient, Shared, Step};
use crate::identity::Did;
use crate::oauth::{ServerMetadata, SessionEnd, endpoint_request, revocation_form};
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
    /// Ends the session of an account, and on request forgets the account too.
    pub(super) async fn sign_out(self: &Rc<Self>, sub: &Did, forget: bool) -> Result<(), Error> {
        let (shared, sub) = (self.clone(), sub.clone());
        // Half done, it would leave a session in storage that the server has ended.
        self.detached(Box::pin(async move {
            let held = shared.lock(&sub).await;
            let ended = shared.sign_out_held(&held, &sub).await;
            if forget && ended.is_ok() {
                shared.forget(&sub);
            }
            shared.release_with(held, ended).await
        }))
        .await
    }

    async fn sign_out_held(&self, held: &Held, sub: &Did) -> Result<(), Error> {
        match self.ports.sessions.get(sub).await {
            Ok(None) => {
                // Ended elsewhere, and said there. Session objects of this page may not have heard.
                if let Some(live) = self.live(sub) {
                    live.end(SessionEnd::Vanished);
                }
                return Ok(());
            }
            Ok(Some(session)) => {
                self.remember(&session.tokens, None, false);
                self.revoke_session(&session).await;
            }
            // A row that cannot be read cannot be revoked, but it can go.
            Err(StorageError::Corrupt(_)) => {}
            Err(error) => return Err(Error::new(Step::Storage, error)),
        }
        self.end(held, sub, SessionEnd::SignedOut).await
    }

    /// Ends a session whose PDS refuses even a token that was just issued; unless another tab has yet newer ones.
    pub(super) async fn refused(&self, live: &Live, grant: &Grant) -> Result<(), Error> {
        let held = self.lock(&live.did).await;
        let ended = match self.ports.sessions.get(&live.did).await {
            Ok(Some(stored)) if stored.tokens.access_token == grant.session.tokens.access_token => {
                self.end(&held, &live.did, SessionEnd::TokenRefused).await
            }
            _ => Ok(()),
        };
        self.release_with(held, ended).await
    }

    /// Revokes a session that another one has replaced, while the user goes on.
    pub(super) fn revoke_in_background(self: &Rc<Self>, session: Rc<StoredSession>) {
        let shared = self.clone();
        self.ports.spawn.spawn(Box::pin(
            async move { shared.revoke_session(&session).await },
        ));
    }

    async fn revoke_session(&self, session: &StoredSession) {
        let server = self
            .known_server(&session.tokens.issuer, session.server.clone())
            .await;
        let prover = Prover::new(session.key.clone());
        if let Some(live) = self.live(&session.tokens.sub) {
            prover.learn_all(&live.last_grant().prover);
        }
        if let Ok(server) = server {
            let client_id = session.client_id.as_deref();
            self.revoke_token(&server, &prover, client_id, &session.tokens.access_token)
                .await;
        }
    }

    /// Revokes a token, as the client it was granted to; this one where that is not known. Whether that worked changes nothing here: the tokens are forgotten either way.
    pub(super) async fn revoke_token(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        client_id: Option<&str>,
        token: &Secret,
    ) {
        if let Some(endpoint) = &server.revocation_endpoint {
            let form = revocation_form(token);
            let client_id = client_id.unwrap_or(&self.options.metadata.client_id);
            let request = endpoint_request(endpoint, client_id, form);
            drop(self.exchange(Step::Revoke, prover, request).await);
        }
    }
}
