//! The end of a sign-in: the authorization response is judged, the code exchanged, the account verified.

use super::accounts::Accounts;
use super::directory::{Directory, EarlyResource};
use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::{Exchange, Prover};
use super::notifications::Notifications;
use super::session::{OAuthSession, SessionServices};
use super::sessions::{SessionEntry, Sessions};
use crate::identity::Did;
use crate::oauth::{
    AuthorizationResponse, CallbackError, CallbackParams, CodeExchange, ConfigError,
    ServerMetadata, SessionEnd, TokenResponse, TokenSet, code_request, judge_token,
};
use crate::ports::{By, Message, PendingLogin, Store, StoredSession};
use crate::url::Url;
use std::rc::Rc;

/// The outcome of a callback.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The new session.
    pub session: OAuthSession,
    /// The app's own text, as given to `authorize`.
    pub state: Option<String>,
}

/// Finishes sign-ins.
pub(super) struct Callback {
    pub(super) env: Rc<Environment>,
    pub(super) directory: Rc<Directory>,
    pub(super) exchange: Rc<Exchange>,
    pub(super) notifications: Rc<Notifications>,
    pub(super) accounts: Rc<Accounts>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) services: Rc<SessionServices>,
    pub(super) store: Rc<dyn Store>,
}

impl Callback {
    /// Judges an authorization response and finishes the sign-in it belongs to. The pending sign-in is removed as soon as
    /// it is found, even if the sign-in fails later, unless the response is an `error` of another issuer (RFC 9207).
    pub(super) async fn finish(
        self: &Rc<Self>,
        params: &CallbackParams,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let failed = |error: CallbackError| Error::new(Step::Callback, error).in_callback(None);
        let response = AuthorizationResponse::read(params).map_err(failed)?;
        self.check_origin_of_error(&response).await?;
        let login = self
            .store
            .take_pending(self.env.client_id(), &response.state)
            .await
            .map_err(|error| Error::new(Step::Storage, error).in_callback(None))?
            .ok_or_else(|| failed(CallbackError::UnknownState(response.state.clone())))?;
        let state = login.app_state.clone();
        let callback = self.clone();
        let redirect_uri = redirect_uri.map(str::to_owned);
        // A code can be exchanged once, so the tokens must not be lost if the caller is dropped.
        let work = Box::pin(async move {
            let redirect_uri = redirect_uri.as_deref();
            callback.complete(login, response, redirect_uri).await
        });
        match self.env.detached(work).take().await {
            Ok(entry) => Ok(SignedIn {
                session: OAuthSession::new(&self.services, entry),
                state,
            }),
            Err(error) => Err(error.in_callback(state)),
        }
    }

    /// Checks the issuer of an `error` response (RFC 9207 section 2.4). An error of another issuer leaves the pending
    /// sign-in in place for the genuine response. A code of another issuer ends the sign-in (RFC 9700 section 4.4.2.1).
    async fn check_origin_of_error(&self, response: &AuthorizationResponse) -> Result<(), Error> {
        if response.code.is_ok() {
            return Ok(());
        }
        // If the pending sign-in cannot be read here, `take` fails with the same error.
        let client_id = self.env.client_id();
        let Ok(Some(login)) = self.store.get_pending(client_id, &response.state).await else {
            return Ok(());
        };
        let checked = response.check_issuer(&login.issuer);
        checked.map_err(|error| Error::new(Step::Callback, error).in_callback(login.app_state))
    }

    async fn complete(
        &self,
        login: Box<PendingLogin>,
        response: Box<AuthorizationResponse>,
        redirect_uri: Option<&str>,
    ) -> Result<Rc<SessionEntry>, Error> {
        let failed = |error: CallbackError| Error::new(Step::Callback, error);
        let code = response.code.clone().map_err(failed)?;
        response.check_issuer(&login.issuer).map_err(failed)?;
        let auth = login.auth_method.auth();
        let unsatisfiable = || Error::new(Step::Token, ConfigError::AuthMethodUnsatisfiable);
        let auth = auth.ok_or_else(unsatisfiable)?;
        let stored = login.server.clone();
        let server = self.directory.known_server(&login.issuer, stored).await?;

        let client = &self.env.options.metadata;
        let redirect_uri = redirect_uri
            .or(login.redirect_uri.as_deref())
            .unwrap_or(&client.redirect_uris[0]);
        // The account most likely has the PDS that the sign-in began with.
        let early = match (&login.account, &login.pds) {
            (None, Some(pds)) => Some(self.directory.request_early(pds)),
            _ => None,
        };
        let prover = Prover::new(login.key.clone());
        prover.offsets.assume(login.clock_offset);
        let endpoint = &server.token_endpoint;
        prover.learn(endpoint, None, login.nonce.as_deref());
        let exchange = CodeExchange {
            code: &code,
            verifier: &login.verifier,
            redirect_uri,
        };
        let request = code_request(&server, auth, &exchange);
        let requested_at = self.env.now();
        let response = self.exchange.send(Step::Token, &prover, &request).await?;
        // From here on the server may have issued tokens. If anything fails, they must be revoked.
        let stored = match judge_token(&response) {
            Ok(granted) => {
                let early = early.as_deref();
                self.verify_and_store(&login, &server, granted, requested_at, &prover, early)
                    .await
            }
            Err(error) => Err(Error::new(Step::Token, error).at(endpoint)),
        };
        if stored.is_err() {
            self.exchange
                .revoke_unused(&server, &prover, auth, &response)
                .await;
        }
        stored
    }

    /// Verifies the account and stores its session with the granted tokens.
    async fn verify_and_store(
        &self,
        login: &PendingLogin,
        server: &ServerMetadata,
        granted: Box<TokenResponse>,
        requested_at: u64,
        prover: &Prover,
        early: Option<&EarlyResource>,
    ) -> Result<Rc<SessionEntry>, Error> {
        let audience = self.audience(login, server, &granted.sub, early).await?;
        let tokens = granted.into_token_set(&server.issuer, audience.as_str(), requested_at);
        let sub = tokens.sub.clone();
        let session = Rc::new(StoredSession {
            tokens,
            key: login.key.clone(),
            auth_method: login.auth_method.clone(),
            client_id: Some(self.env.client_id().to_owned()),
            server: Some(server.raw.clone()),
            verified_at: Some(requested_at),
            refresh_started_at: None,
            refused_at: None,
            clock_offset: prover.offsets.get(&server.token_endpoint),
            resume: None,
        });

        let (entry, older) = self.replace(&session, prover).await?;
        let tokens = &session.tokens;
        if let Err(error) = self
            .notifications
            .session_updated(tokens, By::ThisTab)
            .await
        {
            self.undo(&entry, tokens, older).await?;
            return Err(error);
        }
        self.accounts
            .list_new(tokens, login.handle.clone(), older.as_deref());
        self.notifications.post_to_tabs(&Message::Updated(sub));
        if let Some(older) = older {
            self.services.sign_out.revoke_in_background(older);
        }
        Ok(entry)
    }

    /// Stores a new session and returns the older one that it replaces.
    async fn replace(
        &self,
        session: &Rc<StoredSession>,
        prover: &Prover,
    ) -> Result<(Rc<SessionEntry>, Option<Rc<StoredSession>>), Error> {
        let known = Prover::new(session.key.clone());
        known.learn_all(prover);
        // Every step that can fail comes before the row is written.
        let credentials = self.sessions.prepare(session.clone(), known).await?;
        let sub = &session.tokens.sub;
        let _lock = self.sessions.locks.acquire_soon(sub).await;
        // Replace a row that cannot be read.
        let older = self.sessions.rows.read(sub).await.unwrap_or_default();
        let stored = self.sessions.rows.write(session, None).await;
        stored.map_err(|error| error.while_storing(sub))?;
        self.sessions.write_nonces(sub, &credentials.prover);
        Ok((self.sessions.put_in_use(credentials), older))
    }

    /// Undoes the sign-in in storage: restores an older session, or removes the row. The caller revokes the new tokens.
    async fn undo(
        &self,
        entry: &SessionEntry,
        tokens: &TokenSet,
        older: Option<Rc<StoredSession>>,
    ) -> Result<(), Error> {
        let _lock = self.sessions.locks.acquire_soon(&entry.did).await;
        let token = Some(&tokens.access_token);
        match older {
            Some(older) => {
                if self.sessions.rows.write(&older, token).await? {
                    self.sessions.adopt(older).await?;
                }
            }
            None => {
                let removed = self.sessions.rows.remove(&entry.did, token).await;
                if removed.map_err(|error| Error::new(Step::Storage, error))? {
                    entry.end(SessionEnd::Vanished);
                }
            }
        }
        Ok(())
    }

    /// The PDS of the granted account. If the sign-in was for a certain account, the granted account must be that one;
    /// otherwise it must trust the server that issued the tokens.
    ///
    /// Source: atproto specification, "OAuth", section "Identity Authentication".
    async fn audience(
        &self,
        login: &PendingLogin,
        server: &ServerMetadata,
        sub: &Did,
        early: Option<&EarlyResource>,
    ) -> Result<Url, Error> {
        match (&login.account, &login.pds) {
            (Some(did), _) if did != sub => {
                Err(Error::new(Step::Callback, CallbackError::AccountMismatch))
            }
            (Some(_), Some(pds)) => Ok(pds.clone()),
            _ => self.directory.verify_authority(sub, server, early).await,
        }
    }
}
