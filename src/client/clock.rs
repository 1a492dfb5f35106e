//! The servers' time, where this machine's clock is wrong.
//!
//! A server refuses a proof whose `iat` is minutes off (RFC 9449 section 11.1). How far off this machine's clock is,
//! answers tell by their `Date` (RFC 9110 section 6.6.1). Across origins a page reads that header only where the server
//! exposes it, so there is a second source: the page's own server.

use super::{ErrorKind, Shared, Step};
use crate::http::{Request, mentions};
use crate::oauth::{Refusal, Verdict};
use crate::ports::Local;
use std::cell::Cell;

/// What is closer than this is the same time, in milliseconds: a `Date` has whole seconds, and answers are under way for
/// a while.
const NOISE: i64 = 5_000;

/// The largest difference there can be between two times that a JavaScript `Date` can hold.
const LARGEST: i64 = 17_280_000_000_000_000;

/// By how many milliseconds the servers' time is ahead of this machine's, as far as that is known.
#[derive(Default)]
pub(super) struct Offset(Cell<Option<i64>>);

impl Offset {
    /// 0 where nothing is known.
    pub(super) fn get(&self) -> i64 {
        self.0.get().unwrap_or_default()
    }

    /// Believes what was stored, as long as no answer has told otherwise.
    pub(super) fn assume(&self, stored: i64) {
        if stored != 0 && self.0.get().is_none() {
            self.0.set(Some(stored.clamp(-LARGEST, LARGEST)));
        }
    }

    /// Learns from the time in an answer. It was written some time after the request was sent, `from`, and before the
    /// answer came, `to`, both by this machine's clock: a machine that slept meanwhile is no reason to doubt its clock.
    fn learn(&self, date: u64, from: u64, to: u64) {
        let offset = self.get();
        let beyond = |time: u64| (date as i64).wrapping_sub((time as i64).wrapping_add(offset));
        let (after, before) = (beyond(to), beyond(from));
        let wrong = if after > NOISE {
            after
        } else if before < -NOISE {
            before
        } else {
            0
        };
        let right = offset.wrapping_add(wrong);
        let is_noise = (-NOISE..=NOISE).contains(&right);
        self.0.set(Some(if is_noise { 0 } else { right }));
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
        self.machine.saturating_add_signed(self.offset)
    }
}

impl Shared {
    /// This moment, for a proof to be signed at.
    pub(super) fn signed_now(&self) -> SignedAt {
        SignedAt {
            machine: self.ports.clock.now(),
            offset: self.offset.get(),
        }
    }

    /// The time for the servers, in milliseconds since the epoch.
    pub(super) fn time(&self) -> u64 {
        self.signed_now().time()
    }

    /// Learns from the `Date` of an answer that just came.
    pub(super) fn learn_time(&self, date: Option<u64>, sent: u64) {
        if let Some(date) = date {
            self.offset.learn(date, sent, self.ports.clock.now());
        }
    }

    /// Whether a new proof may be taken where the last one was not: with a nonce, if that is new, or with another time.
    /// `date` is the refusal's. Boxed, since futures of two kinds await it.
    pub(super) fn prove_again<'a>(
        &'a self,
        verdict: Verdict,
        tried: &'a mut Tried,
        has_nonce: bool,
        signed: SignedAt,
        date: Option<u64>,
    ) -> Local<'a, bool> {
        Box::pin(async move {
            match verdict {
                Verdict::NonceDemanded => has_nonce && tried.begin(Tried::NONCE),
                Verdict::ProofRefused if tried.begin(Tried::TIME) => {
                    self.learn_time(date, signed.machine);
                    // Another request may have learned it while this one was under way.
                    if date.is_none() && self.offset.get() == signed.offset {
                        self.ask_own_server(signed.offset).await;
                    }
                    self.offset.get() != signed.offset
                }
                _ => false,
            }
        })
    }

    /// Asks the page's own server for the time, where the one in use was refused.
    async fn ask_own_server(&self, in_use: i64) {
        let date = match self.ports.clock.reference() {
            None => None,
            Some(url) => {
                let sent = self.ports.clock.now();
                let answer = self.send(Step::Request, Request::head(url)).await;
                let date = answer.ok().and_then(|answer| answer.date());
                self.learn_time(date, sent);
                date
            }
        };
        // A correction that does not help and that nobody confirms is out of date: the clock was set right since.
        if date.is_none() && self.offset.get() == in_use {
            self.offset.0.set(Some(0));
        }
    }

    /// What the authorization server's refusal is, if this machine's clock is the likely reason.
    pub(super) fn skew(&self, verdict: Verdict, refusal: Refusal) -> Option<ErrorKind> {
        let ahead = self.offset.get() / -1000;
        let is_of_time = match &refusal.description {
            Some(words) => mentions(words, "\"iat\""),
            None => ahead != 0,
        };
        let seconds = (ahead != 0).then_some(ahead);
        (verdict == Verdict::ProofRefused && is_of_time)
            .then_some(ErrorKind::ClockSkew { seconds, refusal })
    }
}
