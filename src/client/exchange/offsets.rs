//! The servers' time, where this machine's clock is wrong.
//!
//! A server refuses a proof whose `iat` is minutes off (RFC 9449 section 11.1). How far off this machine's clock is, the
//! refusal tells by its `Date` (RFC 9110 section 6.6.1). Across origins a page reads that header only where the server
//! exposes it, so there is a second source: the page's own server.
//!
//! A server is believed about nothing but its own time, and only when it refuses a proof: a `Date` that lies, or is
//! wrong, then changes the proofs that this server gets and nothing else.

use crate::client::policy;
use crate::time;
use crate::url::origin_of;
use std::cell::{Cell, RefCell};

/// By how many milliseconds the time of each of a session's servers is ahead of this machine's, as far as that is known.
#[derive(Default)]
pub(in crate::client) struct Offsets {
    /// Of a server that has refused no proof yet: what was stored of the session's authorization server.
    assumed: Cell<i64>,
    /// By origin, from refusals. A session talks to two servers, so a list beats a map.
    learned: RefCell<Vec<(String, i64)>>,
}

impl Offsets {
    /// That of the server at a URL; 0 where nothing is known.
    pub(in crate::client) fn get(&self, url: &str) -> i64 {
        let origin = origin_of(url);
        let learned = self.learned.borrow();
        let known = learned.iter().find(|(known, _)| known == origin);
        known.map_or(self.assumed.get(), |(_, offset)| *offset)
    }

    /// Believes what was stored, of each server that has not told otherwise.
    pub(in crate::client) fn assume(&self, stored: i64) {
        self.assumed.set(stored);
    }

    /// Takes over all that is known of the servers of another session of the same account.
    pub(in crate::client) fn copy(&self, other: &Self) {
        self.assumed.set(other.assumed.get());
        self.learned.replace(other.learned.borrow().clone());
    }

    pub(super) fn set(&self, url: &str, offset: i64) {
        let origin = origin_of(url);
        let mut learned = self.learned.borrow_mut();
        match learned.iter_mut().find(|(known, _)| known == origin) {
            Some((_, known)) => *known = offset,
            None => learned.push((origin.to_owned(), offset)),
        }
    }

    pub(super) fn forget(&self, url: &str) {
        let origin = origin_of(url);
        self.learned
            .borrow_mut()
            .retain(|(known, _)| known != origin);
    }

    /// Learns of the server at a URL from a time in an answer, whose request was sent at `from` and which came at `to`, both by
    /// this machine's clock.
    pub(super) fn learn(&self, url: &str, date: u64, from: u64, to: u64) {
        let offset = self.get(url);
        self.set(url, policy::corrected_offset(offset, date, from, to));
    }
}

/// When a proof was signed: by this machine's clock, and by how much that was corrected.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) struct SignedAt {
    pub(in crate::client) machine: u64,
    pub(in crate::client) offset: i64,
}

impl SignedAt {
    pub(in crate::client) fn time(self) -> u64 {
        time::shifted(self.machine, self.offset)
    }
}
