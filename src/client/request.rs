//! Requests with a session, for hosts without JavaScript. In browsers, `src/host/browser/request.js` does the same. Both are
//! tested against `spec/path.json` and `spec/proof.json`.

use super::error::{Error, Step};
use super::policy::Tried;
use super::session::{OAuthSession, ResourceResponse, Sent, resolve};
use crate::ports::Http;

/// The parts of a request that a session supplies: the URL and the two headers of the credentials.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// The absolute URL, on the session's PDS.
    pub url: &'a str,
    /// The `Authorization` header.
    pub authorization: &'a str,
    /// The `DPoP` header: valid for this method and URL, once.
    pub dpop: &'a str,
}

impl OAuthSession {
    /// The network of the client's own requests.
    pub(crate) fn http(&self) -> &dyn Http {
        self.services.network.http()
    }

    /// Sends a request to the session's PDS.
    ///
    /// `path` is a path or a URL of the PDS. Any other URL is refused, because the token is for the PDS only.
    ///
    /// `send` sends the request once for each call. It is called again if the server requires its nonce in the proof, and if
    /// the server refuses the token and a refresh gives a new one. `replayable` says whether it can be called more than
    /// once. Every other response is returned as it is, including HTTP errors.
    ///
    /// `send` must not follow redirects with these credentials: they are for no other server.
    ///
    /// For hosts without JavaScript: in a browser, `src/host/browser/request.js` does this for apps in Rust and in JavaScript.
    pub async fn request<A: ResourceResponse, E: From<Error>>(
        &self,
        method: &str,
        path: &str,
        replayable: bool,
        send: impl AsyncFn(Credentials<'_>) -> Result<A, E>,
    ) -> Result<A, E> {
        let mut credentials = self
            .services
            .refresher
            .fresh_credentials(&self.entry)
            .await?;
        let mut tried = Tried::default();
        loop {
            let url = resolve(credentials.pds.as_ref(), path)?;
            let proof = self
                .services
                .exchange
                .prove(&credentials.prover, method, &url, Some(&credentials.ath))
                .await
                .map_err(|error| Error::new(Step::Request, error))?;
            let response = send(Credentials {
                url: &url,
                authorization: &credentials.authorization,
                dpop: &proof.jwt,
            });
            let response = response.await?;
            let sent = Sent {
                url: &url,
                token_id: &credentials.ath,
                nonce: proof.nonce.as_deref(),
                signed_at: proof.signed.machine,
                clock_offset: proof.signed.offset,
                tried,
            };
            match self.report(sent, &response).await? {
                Some(next) if replayable => tried = next,
                _ => return Ok(response),
            }
            credentials = self.entry.credentials()?;
        }
    }
}
