//! What a request of a session needs, and nothing that must be read first.

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

/// A stored session with all that is worked out from it once.
pub(crate) struct RequestCredentials {
    pub(in crate::client) session: Rc<StoredSession>,
    pub(in crate::client) prover: Rc<Prover>,
    /// The `ath` claim: the encoded digest of the access token (RFC 9449 section 4.2).
    pub(crate) ath: String,
    /// The `Authorization` header.
    pub(crate) authorization: String,
    /// The PDS; `None` if what is stored is no URL of the web.
    pub(crate) pds: Option<Url>,
    /// When the token expires, by the authorization server's time.
    pub(in crate::client) expires_at: Option<u64>,
    /// When the token is to be refreshed, by the same time.
    pub(in crate::client) stale_at: Cell<Option<u64>>,
    /// What came of refusals that do not give the token as their reason, and may mean it.
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

    /// Lets the token serve until it expires, without a refresh before.
    pub(in crate::client) fn stop_refreshing_early(&self) {
        self.stale_at.set(self.expires_at);
    }

    /// By how many milliseconds the authorization server's time is ahead of this machine's. No other server has a say in
    /// when the token expires.
    fn clock_offset(&self) -> i64 {
        self.prover.offsets.get(&self.session.tokens.issuer)
    }

    /// A time of the authorization server's, by this machine's clock.
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

    /// Takes the place of a token that was doubted: also if another tab refreshed it, so that tabs do not take turns. A
    /// stale token was refreshed for being stale, and another key is another sign-in.
    pub(super) fn settle_doubt_of(&self, older: &Self, now: u64) {
        let has_same_key = older.prover.head.as_str() == self.prover.head.as_str();
        if policy::settles_doubt(older.doubt.get(), older.is_stale(now), has_same_key) {
            self.doubt.set(Doubt::Settled);
        }
    }
}
