//! Requests with a session, where the host has no JavaScript. `src/host/browser/request.js` is the same for browsers; both are held
//! to `spec/path.json` and `spec/proof.json`.

use super::error::{Error, Step};
use super::policy::Tried;
use super::session::{OAuthSession, ResourceAnswer, Sent, resolve};
use crate::ports::Http;

/// What a request needs to be made with a session: where it goes, and the two headers that say by whom.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// The absolute URL, on the session's PDS.
    pub url: &'a str,
    /// The `Authorization` header.
    pub authorization: &'a str,
    /// The `DPoP` header: good for this method and URL, once.
    pub dpop: &'a str,
}

impl OAuthSession {
    /// The network of the client's own requests.
    pub(crate) fn http(&self) -> &dyn Http {
        self.services.network.http()
    }

    /// Makes a request to the session's PDS.
    ///
    /// `path` is a path, or a URL of that very server: any other is refused, since the token is for no one else.
    /// `send` sends the request as often as it is called: again when the server wants its nonce in the proof, and again
    /// when it takes the token for expired and a newer one could be had; `replayable` says whether it can be called more
    /// than once. Every answer but those is returned as it is, errors of the server included.
    ///
    /// `send` must not follow redirects with these credentials: they are for no other server.
    ///
    /// For hosts without JavaScript: in a browser, `src/host/browser/request.js` does this for apps in Rust and in JavaScript.
    pub async fn request<A: ResourceAnswer, E: From<Error>>(
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
            let answer = send(Credentials {
                url: &url,
                authorization: &credentials.authorization,
                dpop: &proof.jwt,
            });
            let answer = answer.await?;
            let sent = Sent {
                url: &url,
                token_id: &credentials.ath,
                nonce: proof.nonce.as_deref(),
                signed_at: proof.signed.machine,
                clock_offset: proof.signed.offset,
                tried,
            };
            match self.report(sent, &answer).await? {
                Some(next) if replayable => tried = next,
                _ => return Ok(answer),
            }
            credentials = self.entry.credentials()?;
        }
    }
}
