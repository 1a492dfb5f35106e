//! The end of a sign-in: the authorization response is judged, the code exchanged, the account verified.

use super::live::{Grant, Live};
use super::prover::Prover;
use super::resolve::AskedAhead;
use super::{Error, OAuthClient, OAuthSession, Shared, Step};
use crate::identity::Did;
use crate::oauth::{
    AuthorizationResponse, CallbackError, CallbackParams, ServerMetadata, SessionEnd, TokenAnswer,
    TokenSet, code_form, endpoint_request, judge_token,
};
use crate::ports::{By, Message, PendingLogin, StoredSession};
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

impl OAuthClient {
    /// Judges an authorization response and finishes the sign-in it belongs to.
    ///
    /// `params` is the response as form-encoded text, without `?` or `#`. `redirect_uri` is needed only where it is
    /// another than the one that `authorize` used.
    ///
    /// The pending sign-in is used up as soon as it is found, whatever comes then, but by an `error` of another issuer
    /// than its own (RFC 9207). Errors carry the app's `state` in [`Error::callback`].
    pub async fn callback(
        &self,
        params: &str,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let params = CallbackParams::parse(params);
        let outcome = self.finish(&params, redirect_uri).await;
        self.0.announce();
        outcome
    }

    pub(super) async fn finish(
        &self,
        params: &CallbackParams,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let failed = |error: CallbackError| Error::new(Step::Callback, error).in_callback(None);
        let response = AuthorizationResponse::read(params).map_err(failed)?;
        self.check_origin_of_error(&response).await?;
        let login = self
            .0
            .ports
            .pending
            .take(self.0.client_id(), &response.state)
            .await
            .map_err(|error| Error::new(Step::Storage, error).in_callback(None))?
            .ok_or_else(|| failed(CallbackError::UnknownState(response.state.clone())))?;
        let state = login.app_state.clone();
        let shared = self.0.clone();
        let redirect_uri = redirect_uri.map(str::to_owned);
        // A code can be exchanged once, so nobody who gives up may take the tokens along.
        let completed = self.0.detached(Box::pin(async move {
            let redirect_uri = redirect_uri.as_deref();
            shared.complete(login, response, redirect_uri).await
        }));
        match completed.await {
            Ok(live) => Ok(SignedIn {
                session: OAuthSession::new(&self.0, live),
                state,
            }),
            Err(error) => Err(error.in_callback(state)),
        }
    }

    /// An `error` need not be from the server that was asked, unless `iss` says so (RFC 9207 section 2.4): any other
    /// leaves the pending sign-in to the answer that is yet to come. A code of another issuer ends the sign-in (RFC 9700
    /// section 4.4.2.1).
    async fn check_origin_of_error(&self, response: &AuthorizationResponse) -> Result<(), Error> {
        if response.code.is_ok() {
            return Ok(());
        }
        // What cannot be read is taken, for the same error.
        let Ok(Some(login)) = self
            .0
            .ports
            .pending
            .get(self.0.client_id(), &response.state)
            .await
        else {
            return Ok(());
        };
        let checked = response.check_issuer(&login.issuer);
        checked.map_err(|error| Error::new(Step::Callback, error).in_callback(login.app_state))
    }
}

impl Shared {
    async fn complete(
        self: &Rc<Self>,
        login: Box<PendingLogin>,
        response: Box<AuthorizationResponse>,
        redirect_uri: Option<&str>,
    ) -> Result<Rc<Live>, Error> {
        let failed = |error: CallbackError| Error::new(Step::Callback, error);
        let code = response.code.clone().map_err(failed)?;
        response.check_issuer(&login.issuer).map_err(failed)?;
        let server = self
            .known_server(&login.issuer, login.server.clone())
            .await?;

        let client = &self.options.metadata;
        let redirect_uri = redirect_uri
            .or(login.redirect_uri.as_deref())
            .unwrap_or(&client.redirect_uris[0]);
        // The account will most likely be of the PDS that the sign-in was begun with.
        let asked = match (&login.account, &login.pds) {
            (None, Some(pds)) => Some(self.ask_ahead(pds)),
            _ => None,
        };
        let prover = Prover::new(login.key.clone());
        prover.offsets.assume(login.clock_offset);
        let endpoint = &server.token_endpoint;
        prover.learn(endpoint, None, login.nonce.as_deref());
        let form = code_form(&code, &login.verifier, redirect_uri);
        let request = endpoint_request(endpoint, &client.client_id, form);
        let requested_at = self.ports.clock.now();
        let answer = self.exchange(Step::Token, &prover, request).await?;
        // From here on there may be tokens: whatever fails, they must not live on unseen.
        let welcomed = match judge_token(&answer) {
            Ok(granted) => {
                self.welcome(login, &server, granted, requested_at, &prover, asked)
                    .await
            }
            Err(error) => Err(Error::new(Step::Token, error).at(endpoint)),
        };
        if welcomed.is_err() {
            self.revoke_unused(&server, &prover, &answer).await;
        }
        welcomed
    }

    /// Makes a session of what was granted, once the account is verified.
    async fn welcome(
        self: &Rc<Self>,
        login: Box<PendingLogin>,
        server: &ServerMetadata,
        granted: Box<TokenAnswer>,
        requested_at: u64,
        prover: &Prover,
        asked: Option<Rc<AskedAhead>>,
    ) -> Result<Rc<Live>, Error> {
        let audience = self
            .audience(&login, server, &granted.sub, asked.as_deref())
            .await?;
        let tokens = granted.into_token_set(&server.issuer, audience.as_str(), requested_at);
        let sub = tokens.sub.clone();
        let session = Rc::new(StoredSession {
            tokens,
            key: login.key,
            client_id: Some(self.options.metadata.client_id.clone()),
            server: Some(server.raw.clone()),
            verified_at: Some(requested_at),
            refresh_started_at: None,
            refused_at: None,
            clock_offset: prover.offsets.get(&server.token_endpoint),
        });

        let (live, older) = self.replace(&session, prover).await?;
        if let Err(error) = self.tell_updated(&session.tokens, By::ThisTab).await {
            self.undo(&live, &session.tokens, older).await?;
            return Err(error);
        }
        self.list_new(&session.tokens, login.handle, older.as_deref());
        self.tell_tabs(&Message::Updated(sub));
        if let Some(older) = older {
            self.revoke_in_background(older);
        }
        Ok(live)
    }

    /// Stores a new session in the place of an older one, which is returned.
    async fn replace(
        &self,
        session: &Rc<StoredSession>,
        prover: &Prover,
    ) -> Result<(Rc<Live>, Option<Rc<StoredSession>>), Error> {
        let known = Prover::new(session.key.clone());
        known.learn_all(prover);
        // All that can fail comes before the row is there.
        let grant = Grant::new(&self.ports, session.clone(), known).await?;
        let sub = session.tokens.sub.clone();
        let _held = self.lock_soon(&sub).await;
        // A row that cannot be read is as good as none: it is replaced.
        let older = self.stored(&sub).await.unwrap_or_default();
        let stored = self.store(session, None).await;
        stored.map_err(|error| error.while_storing(&sub))?;
        self.keep_nonces(&sub, &grant.prover);
        Ok((self.put_in_force(grant), older))
    }

    /// Makes it as if there had been no sign-in: the new tokens will be revoked, and an older session is still good.
    async fn undo(
        &self,
        live: &Live,
        tokens: &TokenSet,
        older: Option<Rc<StoredSession>>,
    ) -> Result<(), Error> {
        let _held = self.lock_soon(&live.did).await;
        let token = Some(&tokens.access_token);
        match older {
            Some(older) => {
                if self.store(&older, token).await? {
                    self.adopt(older).await?;
                }
            }
            None => {
                let removed = self.remove(&live.did, token).await;
                if removed.map_err(|error| Error::new(Step::Storage, error))? {
                    live.end(SessionEnd::Vanished);
                }
            }
        }
        Ok(())
    }

    /// The PDS of the account that was granted, which must be the account that was asked for; where none was, the
    /// account must trust the server that claims it.
    ///
    /// Source: atproto specification, "OAuth", section "Identity Authentication".
    async fn audience(
        &self,
        login: &PendingLogin,
        server: &ServerMetadata,
        sub: &Did,
        asked: Option<&AskedAhead>,
    ) -> Result<Url, Error> {
        match (&login.account, &login.pds) {
            (Some(did), _) if did != sub => {
                Err(Error::new(Step::Callback, CallbackError::AccountMismatch))
            }
            (Some(_), Some(pds)) => Ok(pds.clone()),
            _ => self.verify_authority(sub, server, asked).await,
        }
    }
}
