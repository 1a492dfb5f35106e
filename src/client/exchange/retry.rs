//! Retries after a server has refused a proof.

use super::Exchange;
use super::offsets::{Offsets, SignedAt};
use super::prover::Prover;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::policy::{self, ProofRetry, Tried};
use crate::http::{HttpError, Request, Response, mentions};
use crate::oauth::{Refusal, Verdict, refusal_in};
use crate::ports::Local;
use std::rc::Rc;

/// A proof that a server refused.
pub(in crate::client) struct RefusedProof<'a> {
    pub(in crate::client) prover: &'a Prover,
    /// The URL of the request.
    pub(in crate::client) url: &'a str,
    pub(in crate::client) signed: SignedAt,
    /// Whether the response has a new nonce.
    pub(in crate::client) has_nonce: bool,
    /// The response's `Date`.
    pub(in crate::client) date: Option<u64>,
}

impl Exchange {
    /// Prepares another try after a refused proof, with a new nonce or a corrected time. Returns whether to try again.
    /// Boxed, because futures of two kinds await it.
    pub(in crate::client) fn prove_again<'a>(
        &'a self,
        verdict: Verdict,
        tried: &'a mut Tried,
        last: RefusedProof<'a>,
    ) -> Local<'a, bool> {
        Box::pin(async move {
            match policy::proof_retry(verdict, tried, last.has_nonce) {
                ProofRetry::WithNonce => true,
                ProofRetry::WithTime => {
                    let (offsets, in_use) = (&last.prover.offsets, last.signed.offset);
                    match last.date {
                        Some(date) => {
                            let now = self.env.now();
                            offsets.learn(last.url, date, last.signed.machine, now);
                        }
                        None if policy::asks_own_server(in_use, offsets.get(last.url)) => {
                            self.ask_own_server(offsets, last.url).await;
                        }
                        None => {}
                    }
                    offsets.get(last.url) != in_use
                }
                ProofRetry::ForgetTime => {
                    last.prover.offsets.forget(last.url);
                    false
                }
                ProofRetry::No => false,
            }
        })
    }

    /// Asks the page's own server for the time, if the server at a URL refused the time in use and shows no `Date`.
    async fn ask_own_server(&self, offsets: &Offsets, url: &str) {
        let in_use = offsets.get(url);
        let date = match self.env.time_reference() {
            None => None,
            Some(own) => {
                let sent = self.env.now();
                let response = self.network.send(Step::Request, Request::head(own)).await;
                let date = response.ok().and_then(|response| response.date());
                if let Some(date) = date {
                    offsets.learn(url, date, sent, self.env.now());
                }
                date
            }
        };
        if policy::drops_correction(date.is_some(), in_use, offsets.get(url)) {
            offsets.set(url, 0);
        }
    }
}

/// The outcome after the last try was refused: an error if the reason is known better than the response says, or else the
/// response.
pub(super) fn not_proved(
    step: Step,
    verdict: Verdict,
    url: &str,
    response: Rc<Response>,
    offset: i64,
) -> Result<Rc<Response>, Error> {
    let refusal = refusal_in(&response);
    if verdict == Verdict::NonceDemanded && response.header("dpop-nonce").is_none() {
        let kind = refusal.map_or(HttpError::Status(response.status).into(), ErrorKind::from);
        return Err(Error::new(step, kind).at(url).without_nonce());
    }
    match refusal.and_then(|refusal| skew(verdict, refusal, offset)) {
        Some(skew) => Err(Error::new(step, skew).at(url)),
        None => Ok(response),
    }
}

/// The error for a refused proof if this machine's clock is the likely reason. `offset` is the correction that the proof
/// used.
fn skew(verdict: Verdict, refusal: Refusal, offset: i64) -> Option<ErrorKind> {
    let seconds = policy::seconds_ahead(offset);
    let is_of_time = match &refusal.description {
        Some(description) => mentions(description, "\"iat\""),
        None => seconds.is_some(),
    };
    (verdict == Verdict::ProofRefused && is_of_time)
        .then_some(ErrorKind::ClockSkew { seconds, refusal })
}
