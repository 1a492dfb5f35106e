//! Corrects for this machine's clock if it differs from the servers' clocks.
//!
//! A server refuses a proof whose `iat` is minutes off (RFC 9449 section 11.1). The `Date` of the refusal (RFC 9110 section
//! 6.6.1) gives the difference. Across origins a page can read that header only if the server exposes it, so there is a
//! second source: the page's own server.
//!
//! A server's `Date` is used for proofs to that server only, and only when it refuses a proof. So a false `Date` affects
//! nothing but the proofs for the server that sent it.

use crate::client::policy;
use crate::time;
use crate::url::origin_of;
use std::cell::{Cell, RefCell};

/// By how many milliseconds the clock of each of a session's servers is ahead of this machine's, if known.
#[derive(Default)]
pub(in crate::client) struct Offsets {
    /// The offset of a server that has refused no proof yet: the stored one of the session's authorization server.
    assumed: Cell<i64>,
    /// By origin, from refusals. A session uses two servers, so a list is smaller than a map.
    learned: RefCell<Vec<(String, i64)>>,
}

impl Offsets {
    /// The offset of the server at a URL; 0 if unknown.
    pub(in crate::client) fn get(&self, url: &str) -> i64 {
        let origin = origin_of(url);
        let learned = self.learned.borrow();
        let known = learned.iter().find(|(known, _)| known == origin);
        known.map_or(self.assumed.get(), |(_, offset)| *offset)
    }

    /// Sets the stored offset, used for each server whose own offset is unknown.
    pub(in crate::client) fn assume(&self, stored: i64) {
        self.assumed.set(stored);
    }

    /// Copies the offsets of another session of the same account.
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

    /// Sets the offset of the server at a URL from the `date` of a response. Its request was sent at `from` and it arrived
    /// at `to`, both by this machine's clock.
    pub(super) fn learn(&self, url: &str, date: u64, from: u64, to: u64) {
        let offset = self.get(url);
        self.set(url, policy::corrected_offset(offset, date, from, to));
    }
}

/// When a proof was signed: the time of this machine's clock, and the correction added to it.
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
