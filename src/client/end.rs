//! The end of a session: revoked at the server, removed here, told to all.

use super::live::{Grant, Live};
use super::network::Freshness;
use super::prover::Prover;
use super::{Error, ErrorKind, OAuthClient, SessionEnd, Shared, Step};
use crate::identity::Did;
use crate::oauth::{ServerMetadata, TokenSet, endpoint_request, revocation_form};
use crate::ports::{Guard, Message, StorageError, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

impl OAuthClient {
    /// Ends the session of an account: revokes its tokens at the server, as far as that can be reached, and removes it
    /// here. No error where there is no session.
    pub async fn revoke(&self, sub: &str) -> Result<(), Error> {
        let sub = Did::parse(sub).map_err(|error| Error::new(Step::Input, error))?;
        self.0.sign_out(&sub).await
    }
}

impl Shared {
    pub(super) async fn sign_out(self: &Rc<Self>, sub: &Did) -> Result<(), Error> {
        let _lock = self.lock(sub).await;
        match self.ports.sessions.get(sub).await {
            Ok(None) => {
                // Ended elsewhere, and said there. Session objects of this page may not have heard.
                if let Some(live) = self.live(sub) {
                    live.end(SessionEnd::Vanished);
                }
                return Ok(());
            }
            Ok(Some(session)) => self.revoke_session(session).await,
            // A row that cannot be read cannot be revoked, but it can go.
            Err(StorageError::Corrupt(_)) => {}
            Err(error) => return Err(Error::new(Step::Storage, error)),
        }
        self.end(sub, SessionEnd::SignedOut).await
    }

    /// Ends a session whose PDS refuses even a token that was just issued; unless another tab has yet newer ones.
    pub(super) async fn refused(&self, live: &Live, grant: &Grant) -> Result<(), Error> {
        let _lock = self.lock(&live.did).await;
        match self.ports.sessions.get(&live.did).await {
            Ok(Some(stored)) if stored.tokens.access_token == grant.tokens.access_token => {
                self.end(&live.did, SessionEnd::TokenRefused).await
            }
            _ => Ok(()),
        }
    }

    /// Removes a session and tells everyone why. To be called under the account's lock.
    pub(super) async fn end(&self, sub: &Did, end: SessionEnd) -> Result<(), Error> {
        if let Some(live) = self.live(sub) {
            live.end(end.clone());
        }
        let deleted = self.ports.sessions.delete(sub).await;
        if self.ports.active.get().as_deref() == Some(sub.as_str()) {
            self.ports.active.set(None);
        }
        self.ports
            .bus
            .post(&Message::Deleted(sub.clone(), end.clone()));
        if let Some(observer) = &self.observer {
            let told = observer.deleted(sub, &end).await;
            told.map_err(|why| Error::new(Step::Storage, ErrorKind::Observer(why)))?;
        }
        deleted.map_err(|error| Error::new(Step::Storage, error))
    }

    /// Ends a session and gives the error that says so, or the one that kept it from being said.
    pub(super) async fn end_with(&self, sub: &Did, end: SessionEnd, step: Step) -> Error {
        match self.end(sub, end.clone()).await {
            Ok(()) => Error::new(step, ErrorKind::Ended(sub.clone(), end)),
            Err(error) => error,
        }
    }

    pub(super) async fn tell_updated(&self, tokens: &TokenSet) -> Result<(), Error> {
        match &self.observer {
            None => Ok(()),
            Some(observer) => observer
                .updated(tokens)
                .await
                .map_err(|why| Error::new(Step::Storage, ErrorKind::Observer(why))),
        }
    }

    /// The lock that all clients of this origin, ours or not, hold while they change an account's session.
    pub(super) async fn lock(&self, sub: &Did) -> Guard {
        let name = format!("@atproto-oauth-client-{sub}");
        self.ports.lock.acquire(&name).await
    }

    /// Revokes a session that another one has replaced, while the user goes on.
    pub(super) fn revoke_in_background(self: &Rc<Self>, session: StoredSession) {
        let shared = self.clone();
        self.ports.spawn.spawn(Box::pin(
            async move { shared.revoke_session(session).await },
        ));
    }

    async fn revoke_session(&self, session: StoredSession) {
        let issuer = &session.tokens.issuer;
        let server = match session
            .server
            .and_then(|raw| ServerMetadata::read(issuer, raw).ok())
        {
            Some(server) => Ok(server),
            None => self.server(issuer, Freshness::Recent).await,
        };
        let prover = Prover::new(session.key);
        if let Ok(server) = server {
            self.revoke_token(&server, &prover, &session.tokens.access_token)
                .await;
        }
    }

    /// Revokes a token. Whether that worked changes nothing here: the tokens are forgotten either way.
    pub(super) async fn revoke_token(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        token: &Secret,
    ) {
        if let Some(endpoint) = &server.revocation_endpoint {
            let form = revocation_form(token);
            let request = endpoint_request(endpoint, &self.options.metadata.client_id, form);
            drop(self.exchange(Step::Revoke, prover, request).await);
        }
    }
}
