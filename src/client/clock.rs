//! The servers' time, where this machine's clock is wrong.
//!
//! A server refuses a proof whose `iat` is minutes off (RFC 9449 section 11.1). How far off this machine's clock is, the
//! refusal tells by its `Date` (RFC 9110 section 6.6.1). Across origins a page reads that header only where the server
//! exposes it, so there is a second source: the page's own server.
//!
//! A server is believed about nothing but its own time, and only when it refuses a proof: a `Date` that lies, or is
//! wrong, then changes the proofs that this server gets and nothing else.

use super::policy::{self, ProofRetry, Tried};
use super::prover::{Prover, origin_of};
use super::{ErrorKind, Shared, Step};
use crate::http::{Request, mentions};
use crate::oauth::{Refusal, Verdict};
use crate::ports::Local;
use crate::time;
use std::cell::{Cell, RefCell};

/// By how many milliseconds the time of each of a session's servers is ahead of this machine's, as far as that is known.
#[derive(Default)]
pub(super) struct Offsets {
    /// Of a server that has refused no proof yet: what was stored of the session's authorization server.
    assumed: Cell<i64>,
    /// By origin, from refusals. A session talks to two servers, so a list beats a map.
    learned: RefCell<Vec<(String, i64)>>,
}

impl Offsets {
    /// That of the server at a URL; 0 where nothing is known.
    pub(super) fn get(&self, url: &str) -> i64 {
        let origin = origin_of(url);
        let learned = self.learned.borrow();
        let known = learned.iter().find(|(known, _)| known == origin);
        known.map_or(self.assumed.get(), |(_, offset)| *offset)
    }

    /// Believes what was stored, of each server that has not told otherwise.
    pub(super) fn assume(&self, stored: i64) {
        self.assumed.set(stored);
    }

    /// Takes over all that is known of the servers of another session of the same account.
    pub(super) fn copy(&self, other: &Self) {
        self.assumed.set(other.assumed.get());
        self.learned.replace(other.learned.borrow().clone());
    }

    fn set(&self, url: &str, offset: i64) {
        let origin = origin_of(url);
        let mut learned = self.learned.borrow_mut();
        match learned.iter_mut().find(|(known, _)| known == origin) {
            Some((_, known)) => *known = offset,
            None => learned.push((origin.to_owned(), offset)),
        }
    }

    fn forget(&self, url: &str) {
        let origin = origin_of(url);
        self.learned
            .borrow_mut()
            .retain(|(known, _)| known != origin);
    }

    /// Learns of the server at a URL from a time in an answer, whose request was sent at `from` and which came at `to`, both by
    /// this machine's clock.
    fn learn(&self, url: &str, date: u64, from: u64, to: u64) {
        let offset = self.get(url);
        self.set(url, policy::corrected_offset(offset, date, from, to));
    }
}

/// When a proof was signed: by this machine's clock, and by how much that was corrected.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedAt {
    pub(super) machine: u64,
    pub(super) offset: i64,
}

impl SignedAt {
    pub(super) fn time(self) -> u64 {
        time::shifted(self.machine, self.offset)
    }
}

/// A proof that a server did not take.
pub(super) struct NotTaken<'a> {
    pub(super) prover: &'a Prover,
    /// Where it was sent.
    pub(super) url: &'a str,
    pub(super) signed: SignedAt,
    /// Whether a new nonce came with the answer.
    pub(super) has_nonce: bool,
    /// The answer's time.
    pub(super) date: Option<u64>,
}

impl Shared {
    /// Whether a new proof may be taken where the last one was not: with a nonce, if that is new, or with another time.
    /// Boxed, since futures of two kinds await it.
    pub(super) fn prove_again<'a>(
        &'a self,
        verdict: Verdict,
        tried: &'a mut Tried,
        last: NotTaken<'a>,
    ) -> Local<'a, bool> {
        Box::pin(async move {
            match policy::proof_retry(verdict, tried, last.has_nonce) {
                ProofRetry::WithNonce => true,
                ProofRetry::WithTime => {
                    let (offsets, in_use) = (&last.prover.offsets, last.signed.offset);
                    match last.date {
                        Some(date) => {
                            let now = self.ports.clock.now();
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

    /// Asks the page's own server for the time, where the server at a URL refused the one in use and does not say its own.
    async fn ask_own_server(&self, offsets: &Offsets, url: &str) {
        let in_use = offsets.get(url);
        let date = match self.ports.clock.reference() {
            None => None,
            Some(own) => {
                let sent = self.ports.clock.now();
                let answer = self.send(Step::Request, Request::head(own)).await;
                let date = answer.ok().and_then(|answer| answer.date());
                if let Some(date) = date {
                    offsets.learn(url, date, sent, self.ports.clock.now());
                }
                date
            }
        };
        if policy::drops_correction(date.is_some(), in_use, offsets.get(url)) {
            offsets.set(url, 0);
        }
    }

    /// What the authorization server's refusal of a proof is, if this machine's clock is the likely reason. `offset` is by
    /// how much that was corrected.
    pub(super) fn skew(
        &self,
        verdict: Verdict,
        refusal: Refusal,
        offset: i64,
    ) -> Option<ErrorKind> {
        let seconds = policy::seconds_ahead(offset);
        let is_of_time = match &refusal.description {
            Some(words) => mentions(words, "\"iat\""),
            None => seconds.is_some(),
        };
        (verdict == Verdict::ProofRefused && is_of_time)
            .then_some(ErrorKind::ClockSkew { seconds, refusal })
    }
}
