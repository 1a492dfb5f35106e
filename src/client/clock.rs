//! The servers' time, where this machine's clock is wrong.
//!
//! A server refuses a proof whose `iat` is minutes off (RFC 9449 section 11.1). How far off this machine's clock is, the
//! refusal tells by its `Date` (RFC 9110 section 6.6.1). Across origins a page reads that header only where the server
//! exposes it, so there is a second source: the page's own server.
//!
//! A server is believed about nothing but its own time, and only when it refuses a proof: a `Date` that lies, or is
//! wrong, then changes the proofs that this server gets and nothing else.

use super::prover::{Prover, origin_of};
use super::{ErrorKind, Shared, Step};
use crate::http::{Request, mentions};
use crate::oauth::{Refusal, Verdict};
use crate::ports::Local;
use crate::time;
use std::cell::{Cell, RefCell};

/// What is closer than this is the same time, in milliseconds: a `Date` has whole seconds, and answers are under way for
/// a while.
const NOISE: i64 = 5_000;

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

    /// Learns of the server at a URL from a time in an answer. It was written some time after the request was sent,
    /// `from`, and before the answer came, `to`, both by this machine's clock: a machine that slept meanwhile is no reason
    /// to doubt its clock.
    fn learn(&self, url: &str, date: u64, from: u64, to: u64) {
        let offset = self.get(url);
        let beyond = |time: u64| {
            let expected = time::shifted(time, offset);
            (date as i64).saturating_sub(expected as i64)
        };
        let (after, before) = (beyond(to), beyond(from));
        let wrong = if after > NOISE {
            after
        } else if before < -NOISE {
            before
        } else {
            0
        };
        let right = offset.saturating_add(wrong);
        let is_noise = (-NOISE..=NOISE).contains(&right);
        self.set(url, if is_noise { 0 } else { right });
    }
}

/// When a proof was signed: by this machine's clock, and by how much that was corrected.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedAt {
    pub(super) machine: u64,
    pub(super) offset: i64,
}

/// What has been tried already to have one request taken, each at most once. Opaque: a caller that sends by itself
/// brings along what it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried(pub u8);

impl Tried {
    pub(super) const NONCE: u8 = 1;
    pub(super) const TIME: u8 = 2;
    pub(super) const TOKEN: u8 = 4;

    /// Whether this is yet to be tried. From now on it counts as tried.
    pub(super) fn begin(&mut self, what: u8) -> bool {
        let new = self.0 & what == 0;
        self.0 |= what;
        new
    }
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
            match verdict {
                Verdict::NonceDemanded => last.has_nonce && tried.begin(Tried::NONCE),
                Verdict::ProofRefused if tried.begin(Tried::TIME) => {
                    let (offsets, in_use) = (&last.prover.offsets, last.signed.offset);
                    match last.date {
                        Some(date) => {
                            let now = self.ports.clock.now();
                            offsets.learn(last.url, date, last.signed.machine, now);
                        }
                        // Another request may have learned it while this one was under way.
                        None if offsets.get(last.url) == in_use => {
                            self.ask_own_server(offsets, last.url).await;
                        }
                        None => {}
                    }
                    offsets.get(last.url) != in_use
                }
                Verdict::ProofRefused => {
                    // What was learned did not help, so it is none of what this server's proofs need.
                    last.prover.offsets.forget(last.url);
                    false
                }
                _ => false,
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
        // A correction that does not help and that nobody confirms is out of date: the clock was set right since.
        if date.is_none() && offsets.get(url) == in_use {
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
        let ahead = offset / -1000;
        let is_of_time = match &refusal.description {
            Some(words) => mentions(words, "\"iat\""),
            None => ahead != 0,
        };
        let seconds = (ahead != 0).then_some(ahead);
        (verdict == Verdict::ProofRefused && is_of_time)
            .then_some(ErrorKind::ClockSkew { seconds, refusal })
    }
}
