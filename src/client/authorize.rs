//! The beginning of a sign-in: from what the user typed to the URL of the consent page.

use super::prover::Prover;
use super::resolve::Destination;
use super::{Error, ErrorKind, OAuthClient, Shared, Step};
use crate::base64url;
use crate::oauth::{AuthorizeOptions, ParRequest, Pkce, endpoint_request, judge_par, par_form};
use crate::ports::{PendingLogin, StorageError};
use crate::url::Url;
use std::rc::Rc;

impl OAuthClient {
    /// Prepares a sign-in and returns the URL to send the user to.
    ///
    /// `input` is a handle, a DID, or the URL of a PDS or authorization server. `progress` hears each step as it begins.
    /// Nothing is stored unless all of it succeeds.
    pub async fn authorize(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<Url, Error> {
        let (url, _) = self.0.authorize(input, options, progress).await?;
        Ok(url)
    }

    /// Prepares a sign-in and leaves for the authorization server. It returns only if the user comes back without an
    /// answer and finds the page as it was; or if storage does not outlive the page, so that its answer would find
    /// nothing.
    pub async fn sign_in(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<(), Error> {
        self.0.ports.storage.settle().await;
        if !self.0.ports.storage.outlives_page() {
            let why = "a sign-in would end with this page".to_owned();
            return Err(Error::new(Step::Storage, StorageError::Denied(why)));
        }
        let url = self.authorize(input, options, progress).await?;
        progress(Step::Redirect);
        self.0.ports.navigator.leave(url.as_str()).await;
        Err(Error::new(Step::Redirect, ErrorKind::NavigatedBack))
    }
}

impl Shared {
    /// The URL of the consent page, and the `state` that its answer will have.
    pub(super) async fn authorize(
        self: &Rc<Self>,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<(Url, String), Error> {
        let client = &self.options.metadata;
        let redirect_uri = client
            .redirect_uri(options.redirect_uri.as_deref())
            .map_err(|error| Error::new(Step::Input, error))?;
        let failed = |error| Error::new(Step::Par, error);
        let key = self.ports.crypto.generate_key().await.map_err(failed)?;
        let prover = Prover::new(key);
        self.look_ahead(input, &prover);
        let Destination {
            account,
            handle,
            login_hint,
            server,
        } = self.resolve(input, progress).await?;

        progress(Step::Par);
        let pkce = self.pkce().await.map_err(failed)?;
        let mut state = [0; 16];
        self.ports.random.fill(&mut state);
        let state = base64url::encode(&state);

        let form = par_form(&ParRequest {
            client,
            options,
            redirect_uri,
            response_mode: self.options.response_mode,
            state: &state,
            pkce: &pkce,
            login_hint: login_hint.as_deref(),
        });
        let endpoint = &server.pushed_authorization_request_endpoint;
        let request = endpoint_request(endpoint, &client.client_id, form);
        let response = self.exchange(Step::Par, &prover, request).await?;
        let url = judge_par(&server, &client.client_id, &response)
            .map_err(|error| Error::new(Step::Par, error).at(endpoint))?;

        let login = PendingLogin {
            nonce: prover.nonce(endpoint),
            issuer: server.issuer.clone(),
            key: prover.key.clone(),
            verifier: pkce.verifier,
            app_state: options.state.clone(),
            account,
            handle,
            redirect_uri: Some(redirect_uri.to_owned()),
            server: Some(server.raw.clone()),
            clock_offset: self.offset.get(),
        };
        self.ports
            .pending
            .put(&state, &login)
            .await
            .map_err(|error| Error::new(Step::Storage, error))?;
        Ok((url, state))
    }

    async fn pkce(&self) -> Result<Pkce, crate::ports::KeyError> {
        let mut random = [0; 32];
        self.ports.random.fill(&mut random);
        let verifier = Pkce::verifier(&random);
        let digest = self
            .ports
            .crypto
            .sha256(verifier.expose().as_bytes())
            .await?;
        Ok(Pkce::new(verifier, &digest))
    }
}
