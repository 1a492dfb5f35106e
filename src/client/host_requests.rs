//! The parts of a session that a host needs to prove and send requests itself, as `src/host/browser/request.js` does.

use super::error::Error;
use super::session::{OAuthSession, resolve};
use super::sessions::RequestCredentials;
use crate::ports::Signer;
use crate::url::Url;
use std::rc::Rc;

impl OAuthSession {
    /// A number that changes with the session's tokens; 0 once the session has ended.
    pub(crate) fn stamp(&self) -> u32 {
        match self.entry.ended() {
            Some(_) => 0,
            None => self.entry.generation.get(),
        }
    }

    /// The current request credentials; an error with the reason if the session has ended.
    pub(crate) fn credentials(&self) -> Result<Rc<RequestCredentials>, Error> {
        self.entry.credentials()
    }

    /// Until when requests need not call [`Self::refresh_if_due`] first, in milliseconds since the epoch by this machine's
    /// clock. 0 if the tokens could not be stored: the call stores them, because closing the page would lose them.
    pub(crate) fn sendable_until(&self, credentials: &RequestCredentials) -> Option<u64> {
        if self.entry.unreplaced_token().is_some() {
            return Some(0);
        }
        let stale_at = credentials.stale_at.get();
        stale_at.map(|at| credentials.to_machine(at))
    }

    /// Refreshes the tokens if they are about to expire. Every request begins with this.
    pub(crate) async fn refresh_if_due(&self) -> Result<(), Error> {
        self.services
            .refresher
            .fresh_credentials(&self.entry)
            .await
            .map(drop)
    }

    /// The absolute URL of a request; an error if it is not on the session's PDS.
    pub(crate) fn url_of(&self, path: &str) -> Result<String, Error> {
        let credentials = self.entry.credentials()?;
        resolve(credentials.pds.as_ref(), path)
    }
}

impl RequestCredentials {
    /// The encoded header of every proof, followed by the dot.
    pub(crate) fn proof_head(&self) -> &str {
        self.prover.head.as_str()
    }

    /// The key to sign proofs with.
    pub(crate) fn key(&self) -> &dyn Signer {
        self.prover.key.as_ref()
    }

    /// The last nonce of the PDS.
    pub(crate) fn pds_nonce(&self) -> Option<String> {
        self.prover.nonce(self.pds.as_ref()?.origin())
    }

    /// By how many milliseconds the PDS's clock is ahead of this machine's: for the `iat` of a proof.
    pub(crate) fn pds_clock_offset(&self) -> i64 {
        let pds = self.pds.as_ref().map(Url::origin).unwrap_or_default();
        self.prover.offsets.get(pds)
    }
}
