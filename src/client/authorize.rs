//! The beginning of a sign-in: from what the user typed to the URL of the consent page.

use super::prover::Prover;
use super::resolve::Typed;
use super::{Error, ErrorKind, OAuthClient, Shared, Step};
use crate::base64url;
use crate::identity::Input;
use crate::oauth::{
    AuthorizeOptions, ParRequest, Pkce, ServerMetadata, endpoint_request, judge_par, par_form,
};
use crate::ports::{PendingLogin, StorageError};
use crate::secret::Secret;
use crate::url::Url;
use std::rc::Rc;

/// A request that a server holds, for the user to come to.
pub(super) struct Pushed {
    /// The URL of the consent page.
    url: Url,
    /// The `state` that its answer will have.
    state: String,
    /// The PKCE verifier that its code will want.
    verifier: Secret,
}

impl OAuthClient {
    /// Prepares a sign-in and returns the URL to send the user to.
    ///
    /// `input` is a handle, a DID, or the URL of a PDS or authorization server, as people type and paste it. `progress` hears each step as it begins.
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
        self.redirect_uri(options)?;
        if let Some(scope) = &options.scope {
            let checked = self.options.metadata.check_scope(scope);
            checked.map_err(|error| Error::new(Step::Input, error))?;
        }
        let input = &Input::normalize(input);
        let key = self.ports.crypto.generate_key().await;
        let key = key.map_err(|error| Error::new(Step::Par, error))?;
        let prover = Prover::new(key);
        let likely = self.look_ahead(input, &prover);
        let (server, account, pds, handle, login_hint) =
            match self.identify(input, progress).await? {
                Typed::Service(url) => {
                    let (server, pds) = self.server_of_service(url, progress).await?;
                    (server, None, pds, None, None)
                }
                Typed::Account {
                    did,
                    pds,
                    handle,
                    login_hint,
                } => {
                    if let (Some(likely), Some(_)) = (&likely, &handle) {
                        self.push_ahead(likely, &prover, options, &login_hint);
                    }
                    let server = self.server_of_pds(&pds, progress).await?;
                    (server, Some(did), Some(pds), handle, Some(login_hint))
                }
            };

        progress(Step::Par);
        let pushed = match &likely {
            Some(likely) => likely.pushed(&server).await,
            None => None,
        };
        let Pushed {
            url,
            state,
            verifier,
        } = *match pushed {
            Some(pushed) => pushed?,
            None => {
                self.push(&server, &prover, options, login_hint.as_deref())
                    .await?
            }
        };
        let login = PendingLogin {
            client_id: Some(self.client_id().to_owned()),
            nonce: prover.nonce(&server.pushed_authorization_request_endpoint),
            issuer: server.issuer.clone(),
            key: prover.key.clone(),
            verifier,
            app_state: options.state.clone(),
            account,
            pds,
            handle,
            redirect_uri: Some(self.redirect_uri(options)?.to_owned()),
            server: server.to_keep(),
            clock_offset: prover
                .offsets
                .get(&server.pushed_authorization_request_endpoint),
        };
        self.ports
            .pending
            .put(&state, &login)
            .await
            .map_err(|error| Error::new(Step::Storage, error))?;
        Ok((url, state))
    }

    fn redirect_uri<'a>(&'a self, options: &'a AuthorizeOptions) -> Result<&'a str, Error> {
        let uri = options.redirect_uri.as_deref();
        let uri = self.options.metadata.redirect_uri(uri);
        uri.map_err(|error| Error::new(Step::Input, error))
    }

    /// Pushes an authorization request to a server.
    pub(super) async fn push(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        options: &AuthorizeOptions,
        login_hint: Option<&str>,
    ) -> Result<Box<Pushed>, Error> {
        let client = &self.options.metadata;
        let pkce = self.pkce().await;
        let pkce = pkce.map_err(|error| Error::new(Step::Par, error))?;
        let mut state = [0; 16];
        self.ports.random.fill(&mut state);
        let state = base64url::encode(&state);
        let form = par_form(&ParRequest {
            client,
            options,
            redirect_uri: self.redirect_uri(options)?,
            response_mode: self.options.response_mode,
            state: &state,
            pkce: &pkce,
            login_hint,
        });
        let endpoint = &server.pushed_authorization_request_endpoint;
        let request = endpoint_request(endpoint, &client.client_id, form);
        let response = self.exchange(Step::Par, prover, request).await?;
        let url = judge_par(server, &client.client_id, &response)
            .map_err(|error| Error::new(Step::Par, error).at(endpoint))?;
        Ok(Box::new(Pushed {
            url,
            state,
            verifier: pkce.verifier,
        }))
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
