//! The exchange of a refresh token.

use super::Refresher;
use super::outcome::Refreshed;
use crate::client::error::{Error, Step};
use crate::client::policy;
use crate::client::sessions::{RequestCredentials, SessionEntry, SessionLock};
use crate::http::Response;
use crate::json::Json;
use crate::oauth::{
    ClientAuth, EndpointRequest, ServerMetadata, SessionEnd, is_visible, refresh_request,
};
use crate::ports::{Local, StoredSession};
use crate::secret::Secret;
use crate::waiting::{First, race};
use std::rc::Rc;

impl Refresher {
    /// Exchanges the refresh token of the stored session, which is the one in use.
    pub(super) async fn exchange_token(
        self: &Rc<Self>,
        lock: &SessionLock,
        entry: &Rc<SessionEntry>,
    ) -> Result<(), Error> {
        let credentials = entry.credentials()?;
        let session = &credentials.session;
        let token = &session.tokens.access_token;
        let (auth, refresh_token) = match refresh_inputs(session) {
            Ok(inputs) => inputs,
            Err(end) => return self.end(lock, entry, end, token).await,
        };
        let is_recent =
            |_: &Json| policy::stored_metadata_serves(session.verified_at, self.env.now());
        let stored = session.server.clone().filter(is_recent);
        let issuer = &session.tokens.issuer;
        let server = self.directory.known_server(issuer, stored).await?;
        let request = refresh_request(&server, auth, refresh_token);
        let requested_at = self.env.now();
        if !self.mark_started(session, requested_at).await? {
            return self.adopt_changed(lock, entry).await;
        }
        let sent = self.send(entry, &credentials, &server, auth, request);
        let Some(response) = sent.await else {
            return self.current_credentials(entry).map(drop);
        };
        let refreshed = Refreshed {
            server: &server,
            auth,
            requested_at,
            response: response?,
        };
        self.settle(lock, entry, &credentials, refreshed).await
    }

    /// Stores that the refresh token may be spent from now on. If that fails, storing the new tokens would fail too, so none
    /// are requested. `false`: another client has replaced the row.
    async fn mark_started(&self, session: &StoredSession, now: u64) -> Result<bool, Error> {
        let marked = StoredSession {
            refresh_started_at: Some(now),
            ..session.clone()
        };
        let token = Some(&session.tokens.access_token);
        self.sessions.rows.write(&marked, token).await
    }

    /// Sends a refresh and waits for its response. Returns `None` if the session is replaced or signed out meanwhile, so
    /// that the lock is released for others. The request continues in the background, which revokes the tokens it yields.
    async fn send(
        &self,
        entry: &SessionEntry,
        credentials: &Rc<RequestCredentials>,
        server: &Rc<ServerMetadata>,
        auth: ClientAuth,
        request: EndpointRequest,
    ) -> Option<Result<Rc<Response>, Error>> {
        let (exchange, spent) = (self.exchange.clone(), credentials.clone());
        let mut response: Local<'static, _> =
            Box::pin(async move { exchange.send(Step::Refresh, &spent.prover, &request).await });
        let superseded = entry.superseded(&credentials.session.tokens.access_token);
        if let First::Left(response) = race(&mut response, superseded).await {
            return Some(response);
        }
        let (exchange, spent) = (self.exchange.clone(), credentials.clone());
        let server = server.clone();
        self.env.spawn(Box::pin(async move {
            if let Ok(response) = response.await {
                exchange
                    .revoke_unused(&server, &spent.prover, auth, &response)
                    .await;
            }
        }));
        None
    }
}

/// The client authentication and refresh token of a session; a reason to end the session if it lacks either.
fn refresh_inputs(session: &StoredSession) -> Result<(ClientAuth, &Secret), SessionEnd> {
    let auth = session.auth_method.auth();
    let auth = auth.ok_or(SessionEnd::AuthMethodUnsatisfiable)?;
    let token = session.tokens.refresh_token.as_ref();
    // RFC 6749 allows visible characters only, so no server issued or accepts any other token.
    let token = token.filter(|token| is_visible(token.expose()));
    Ok((auth, token.ok_or(SessionEnd::NotRefreshable)?))
}
