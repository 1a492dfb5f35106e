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
    /// Exchanges the refresh token of what is stored, which is in force.
    pub(super) async fn exchange_token(
        self: &Rc<Self>,
        lock: &SessionLock,
        entry: &Rc<SessionEntry>,
    ) -> Result<(), Error> {
        let credentials = entry.credentials()?;
        let session = &credentials.session;
        let token = &session.tokens.access_token;
        let (auth, refresh_token) = match means(session) {
            Ok(means) => means,
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
            return self.in_force(entry).map(drop);
        };
        let refreshed = Refreshed {
            server: &server,
            auth,
            requested_at,
            response: response?,
        };
        self.settle(lock, entry, &credentials, refreshed).await
    }

    /// Stores that the refresh token may be spent from now on. If even that cannot be stored, the tokens to come could not
    /// be either, so they are not asked for. `false`: the row is another by now.
    async fn mark_started(&self, session: &StoredSession, now: u64) -> Result<bool, Error> {
        let marked = StoredSession {
            refresh_started_at: Some(now),
            ..session.clone()
        };
        let token = Some(&session.tokens.access_token);
        self.sessions.rows.write(&marked, token).await
    }

    /// Sends a refresh, and waits for its response unless the session is replaced or signed out meanwhile: then `None`, and
    /// the account is free for others. The request itself is not given up: tokens that come of it then are nobody's, and
    /// revoked.
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

/// What the refresh of a session takes; the session's end where that is not there.
fn means(session: &StoredSession) -> Result<(ClientAuth, &Secret), SessionEnd> {
    let auth = session.auth_method.auth();
    let auth = auth.ok_or(SessionEnd::AuthMethodUnsatisfiable)?;
    let token = session.tokens.refresh_token.as_ref();
    // What no server issued, none takes.
    let token = token.filter(|token| is_visible(token.expose()));
    Ok((auth, token.ok_or(SessionEnd::NotRefreshable)?))
}
