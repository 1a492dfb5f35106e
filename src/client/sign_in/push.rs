//! A pushed authorization request (RFC 9126).

use super::SignIn;
use crate::base64url;
use crate::client::error::{Error, Step};
use crate::client::exchange::Prover;
use crate::oauth::{AuthorizeOptions, ParRequest, Pkce, ServerMetadata, judge_par, par_request};
use crate::ports::KeyError;
use crate::secret::Secret;
use crate::url::Url;

/// A request that was pushed to a server.
pub(super) struct Pushed {
    /// The URL of the consent page.
    pub(super) url: Url,
    /// The `state` of the response to come.
    pub(super) state: String,
    /// The PKCE verifier to exchange the code with.
    pub(super) verifier: Secret,
}

impl SignIn {
    /// Pushes an authorization request to a server.
    pub(super) async fn push(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        options: &AuthorizeOptions,
        login_hint: Option<&str>,
    ) -> Result<Box<Pushed>, Error> {
        let client = &self.env.options.metadata;
        let pkce = self.pkce().await;
        let pkce = pkce.map_err(|error| Error::new(Step::Par, error))?;
        let mut state = [0; 16];
        self.env.fill_random(&mut state);
        let state = base64url::encode(&state);
        let request = ParRequest {
            client,
            options,
            redirect_uri: self.redirect_uri(options)?,
            response_mode: self.env.options.response_mode,
            state: &state,
            pkce: &pkce,
            login_hint,
        };
        let request = par_request(server, client.auth, &request);
        let response = self.exchange.send(Step::Par, prover, &request).await?;
        let url = judge_par(server, client, &response)
            .map_err(|error| Error::new(Step::Par, error).at(&request.url))?;
        Ok(Box::new(Pushed {
            url,
            state,
            verifier: pkce.verifier,
        }))
    }

    async fn pkce(&self) -> Result<Pkce, KeyError> {
        let mut random = [0; 32];
        self.env.fill_random(&mut random);
        let verifier = Pkce::verifier(&random);
        let digest = self.env.sha256(verifier.expose().as_bytes()).await?;
        Ok(Pkce::new(verifier, &digest))
    }
}
