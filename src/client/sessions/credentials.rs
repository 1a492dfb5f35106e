//! Request credentials: everything that a request of a session needs, ready to use.

use crate::base64url;
use crate::client::environment::Environment;
use crate::client::error::{Error, Step};
use crate::client::exchange::Prover;
use crate::client::policy::{self, Doubt};
use crate::oauth::is_access_token;
use crate::ports::{StorageError, StoredSession};
use crate::time;
use crate::url::Url;
use std::cell::Cell;
use std::rc::Rc;

/// A stored session with the values derived from it, so that each is computed once.
pub(crate) struct RequestCredentials {
    pub(in crate::client) session: Rc<StoredSession>,
    pub(in crate::client) prover: Rc<Prover>,
    /// The `ath` claim: the encoded digest of the access token (RFC 9449 section 4.2).
    pub(crate) ath: String,
    /// The `Authorization` header.
    pub(crate) authorization: String,
    /// The PDS; `None` if the stored text is no web URL.
    pub(crate) pds: Option<Url>,
    /// When the token expires, by the authorization server's clock.
    pub(in crate::client) expires_at: Option<u64>,
    /// When to refresh the token, by the same clock.
    pub(in crate::client) stale_at: Cell<Option<u64>>,
    /// Whether refusals without a reason may still cause a refresh of this token.
    pub(in crate::client) doubt: Cell<Doubt>,
}

impl RequestCredentials {
    pub(super) async fn new(
        env: &Environment,
        session: Rc<StoredSession>,
        prover: Rc<Prover>,
    ) -> Result<Rc<Self>, Error> {
        let token = session.tokens.access_token.expose();
        if !is_access_token(token) {
            let corrupt = StorageError::Corrupt("access_token");
            return Err(Error::new(Step::Storage, corrupt));
        }
        let digest = env.sha256(token.as_bytes()).await;
        let digest = digest.map_err(|error| Error::new(Step::Storage, error))?;
        let mut spread = [0; 2];
        env.fill_random(&mut spread);
        let expires_at = session.tokens.expires_at;
        let expires_at = expires_at.map(|at| time::shifted(at, session.clock_offset));
        prover.offsets.assume(session.clock_offset);
        let refresh_was_lost = session.refresh_started_at.is_some();
        let spread = u16::from_le_bytes(spread);
        let stale_at = policy::stale_at(expires_at, refresh_was_lost, spread);
        Ok(Rc::new(Self {
            ath: base64url::encode(&digest),
            authorization: format!("DPoP {token}"),
            pds: Url::parse(&session.tokens.audience).filter(Url::is_web),
            expires_at,
            stale_at: Cell::new(stale_at),
            doubt: Cell::new(Doubt::None),
            session,
            prover,
        }))
    }

    /// Uses the token until it expires, without an earlier refresh.
    pub(in crate::client) fn stop_refreshing_early(&self) {
        self.stale_at.set(self.expires_at);
    }

    /// By how many milliseconds the authorization server's clock is ahead of this machine's. Only that server's clock decides
    /// when the token expires.
    fn clock_offset(&self) -> i64 {
        self.prover.offsets.get(&self.session.tokens.issuer)
    }

    /// Converts a time of the authorization server's clock to this machine's.
    pub(in crate::client) fn to_machine(&self, at: u64) -> u64 {
        time::shifted(at, self.clock_offset().saturating_neg())
    }

    /// `now` is by this machine's clock.
    pub(in crate::client) fn is_stale(&self, now: u64) -> bool {
        policy::has_come(self.stale_at.get(), now, self.clock_offset())
    }

    /// `now` is by this machine's clock.
    pub(in crate::client) fn is_expired(&self, now: u64) -> bool {
        policy::has_come(self.expires_at, now, self.clock_offset())
    }

    /// Carries over the doubt about the token that this one replaces, even if another tab refreshed it, so that tabs do not
    /// refresh in turn. The doubt ends if the older token was stale or had another key: it was then replaced for that reason.
    pub(super) fn settle_doubt_of(&self, older: &Self, now: u64) {
        let has_same_key = older.prover.head.as_str() == self.prover.head.as_str();
        if policy::settles_doubt(older.doubt.get(), older.is_stale(now), has_same_key) {
            self.doubt.set(Doubt::Settled);
        }
    }
}
