//! Requests with a proof of possession (RFC 9449). A request is sent again with a new proof if the server's response gives
//! a new nonce or shows that the time was wrong.

mod offsets;
mod prover;
mod retry;

pub(super) use offsets::SignedAt;
pub(super) use prover::{Proof, Prover};
pub(super) use retry::RefusedProof;

use super::environment::Environment;
use super::error::{Error, Step};
use super::network::Network;
use super::policy::Tried;
use crate::base64url;
use crate::client::share::share;
use crate::http::Response;
use crate::oauth::{
    ClientAuth, EndpointRequest, ProofClaims, ServerMetadata, Verdict, granted_token,
    judge_endpoint, revocation_request,
};
use crate::ports::KeyError;
use crate::secret::Secret;
use retry::not_proved;
use std::rc::Rc;

/// Makes proofs, and requests with them.
pub(super) struct Exchange {
    env: Rc<Environment>,
    network: Rc<Network>,
}

/// A request that was sent with a proof, and its response.
pub(in crate::client) struct Sent {
    pub(in crate::client) response: Rc<Response>,
    /// The time in the proof.
    pub(in crate::client) signed: SignedAt,
    /// Whether the response has a nonce that differs from the proof's.
    pub(in crate::client) learned: bool,
}

impl Exchange {
    pub(in crate::client) fn new(env: &Rc<Environment>, network: &Rc<Network>) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            network: share(network),
        })
    }

    /// Creates the proof for one request. `ath` is the encoded digest of the access token that the request carries.
    pub(in crate::client) async fn prove(
        &self,
        prover: &Prover,
        method: &str,
        url: &str,
        ath: Option<&str>,
    ) -> Result<Proof, KeyError> {
        let mut jti = [0; 16];
        self.env.fill_random(&mut jti);
        let signed = SignedAt {
            machine: self.env.now(),
            offset: prover.offsets.get(url),
        };
        let nonce = prover.nonce(url);
        let mut jwt = prover.head.signing_input(&ProofClaims {
            nonce: nonce.as_deref(),
            ath,
            ..ProofClaims::new(jti, method, url, signed.time())
        });
        let signature = prover.key.sign(&jwt).await?;
        jwt.push('.');
        base64url::push(&mut jwt, &signature);
        Ok(Proof { jwt, nonce, signed })
    }

    /// Sends a request to the authorization server with a proof, and again if the server requires its nonce or another
    /// time in the proof.
    pub(in crate::client) async fn send(
        &self,
        step: Step,
        prover: &Prover,
        request: &EndpointRequest,
    ) -> Result<Rc<Response>, Error> {
        let mut tried = Tried::default();
        loop {
            let sent = self.send_once(step, prover, request).await?;
            let verdict = judge_endpoint(&sent.response);
            if verdict == Verdict::Done {
                return Ok(sent.response);
            }
            let last = RefusedProof {
                prover,
                url: &request.url,
                signed: sent.signed,
                has_nonce: sent.learned,
                date: sent.response.date(),
            };
            if !self.prove_again(verdict, &mut tried, last).await {
                let offset = sent.signed.offset;
                return not_proved(step, verdict, &request.url, sent.response, offset);
            }
        }
    }

    /// Sends a request with a proof, once.
    pub(in crate::client) async fn send_once(
        &self,
        step: Step,
        prover: &Prover,
        request: &EndpointRequest,
    ) -> Result<Sent, Error> {
        let url = &request.url;
        let mut proved = request.authenticated(&self.env.options.metadata);
        let proof = self.prove(prover, proved.method, url, None).await;
        let proof = proof.map_err(|error| Error::new(step, error))?;
        proved.headers.push(("dpop", proof.jwt));
        let response = self.network.send(step, proved).await?;
        let received = response.header("dpop-nonce");
        Ok(Sent {
            learned: prover.learn(url, proof.nonce.as_deref(), received),
            signed: proof.signed,
            response,
        })
    }

    /// Revokes the tokens in a response of the token endpoint, if nothing will use them.
    pub(in crate::client) async fn revoke_unused(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        auth: ClientAuth,
        response: &Response,
    ) {
        if let Some(token) = granted_token(response) {
            self.revoke_token(server, prover, auth, &token).await;
        }
    }

    /// Revokes a token. A failure is ignored: the tokens are removed here in both cases.
    pub(in crate::client) async fn revoke_token(
        &self,
        server: &ServerMetadata,
        prover: &Prover,
        auth: ClientAuth,
        token: &Secret,
    ) {
        if let Some(request) = revocation_request(server, auth, token) {
            drop(self.send(Step::Revoke, prover, &request).await);
        }
    }
}
