//! One session's proofs of possession (RFC 9449): its key, the nonces of its servers, and the offsets of their clocks.

use super::offsets::{Offsets, SignedAt};
use crate::client::policy::{self, LONGEST_NONCE};
use crate::oauth::{ProofHead, is_visible};
use crate::ports::Signer;
use crate::url::origin_of;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The state that the proofs of one session need. Nonces are kept for each session and server, as the atproto OAuth
/// specification requires ("Demonstrating Proof of Possession").
pub(in crate::client) struct Prover {
    pub(in crate::client) key: Rc<dyn Signer>,
    pub(in crate::client) head: ProofHead,
    /// By origin. A session uses two servers, so a list is smaller than a map.
    nonces: RefCell<Vec<(String, String)>>,
    pub(in crate::client) offsets: Offsets,
    /// When the nonces were last written to storage, in milliseconds since the epoch, and of how many servers.
    written: Cell<(u64, usize)>,
}

/// A proof, and the parts of it needed to interpret the response.
pub(in crate::client) struct Proof {
    pub(in crate::client) jwt: String,
    pub(in crate::client) nonce: Option<String>,
    pub(in crate::client) signed: SignedAt,
}

impl Prover {
    pub(in crate::client) fn new(key: Rc<dyn Signer>) -> Rc<Self> {
        let head = ProofHead::new(key.public_jwk());
        Rc::new(Self {
            key,
            head,
            nonces: RefCell::default(),
            offsets: Offsets::default(),
            written: Cell::default(),
        })
    }

    /// The last nonce of the server at a URL.
    pub(in crate::client) fn nonce(&self, url: &str) -> Option<String> {
        let origin = origin_of(url);
        let nonces = self.nonces.borrow();
        let (_, nonce) = nonces.iter().find(|(known, _)| known == origin)?;
        Some(nonce.clone())
    }

    /// Keeps the nonce of a response. Returns whether it differs from the one that was sent: only then can a new proof
    /// help.
    pub(in crate::client) fn learn(
        &self,
        url: &str,
        sent: Option<&str>,
        received: Option<&str>,
    ) -> bool {
        let is_usable = |nonce: &str| is_visible(nonce) && nonce.len() <= LONGEST_NONCE;
        let is_new = |nonce: &&str| Some(*nonce) != sent && is_usable(nonce);
        let Some(received) = received.filter(is_new) else {
            return false;
        };
        let origin = origin_of(url);
        let mut nonces = self.nonces.borrow_mut();
        match nonces.iter_mut().find(|(known, _)| known == origin) {
            Some((_, nonce)) => received.clone_into(nonce),
            None => nonces.push((origin.to_owned(), received.to_owned())),
        }
        true
    }

    /// Copies the nonces and offsets of another prover of the same account.
    pub(in crate::client) fn learn_all(&self, other: &Self) {
        self.nonces.replace(other.nonces.borrow().clone());
        self.offsets.copy(&other.offsets);
    }

    /// Reads the nonces that an earlier page stored. A stale one costs no more than none: the server gives a new one.
    pub(in crate::client) fn recall(&self, kept: &str) {
        for line in kept.split('\n') {
            if let Some((origin, nonce)) = line.split_once(' ') {
                self.learn(origin, None, Some(nonce));
            }
        }
    }

    /// The nonces in the format that [`Prover::recall`] reads, if it is time to write them.
    pub(in crate::client) fn due_nonces(&self, now: u64) -> Option<String> {
        let servers = self.nonces.borrow().len();
        policy::are_nonces_due(self.written.get(), servers, now).then(|| {
            self.written.set((now, servers));
            self.text()
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (origin, nonce) in self.nonces.borrow().iter() {
            for part in [origin, " ", nonce, "\n"] {
                text.push_str(part);
            }
        }
        text
    }
}
