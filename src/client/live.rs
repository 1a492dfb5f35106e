//! A session in memory: what a request needs, and nothing that must be read first.

use super::doubt::Doubt;
use super::policy;
use super::prover::Prover;
use super::{Error, Shared, Step};
use crate::base64url;
use crate::identity::Did;
use crate::oauth::{SessionEnd, is_access_token};
use crate::ports::{Ports, StorageError, StoredSession};
use crate::secret::Secret;
use crate::time;
use crate::url::Url;
use std::cell::{Cell, Ref, RefCell};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

/// One account's session as this page holds it. All session objects of an account share it.
pub(super) struct Live {
    pub(super) did: Did,
    grant: RefCell<Rc<Grant>>,
    /// How many grants have been in force.
    pub(super) grants: Cell<u32>,
    ended: RefCell<Option<SessionEnd>>,
    /// Who waits for other tokens to be in force, or for the end.
    waiting: RefCell<Vec<Waker>>,
    /// The access token in the row that the grant could not replace.
    unreplaced: RefCell<Option<Secret>>,
    /// Whether this page has checked, or is checking, that the account still belongs to its server.
    pub(super) watched: Cell<bool>,
    /// Whether this page waits for a refresh that is done elsewhere.
    pub(super) asking: Cell<bool>,
}

/// A stored session with all that is worked out from it once.
pub(super) struct Grant {
    pub(super) session: Rc<StoredSession>,
    pub(super) prover: Rc<Prover>,
    /// The `ath` claim: the encoded digest of the access token (RFC 9449 section 4.2).
    pub(super) ath: String,
    /// The `Authorization` header.
    pub(super) authorization: String,
    /// The PDS; `None` where what is stored is no URL of the web.
    pub(super) pds: Option<Url>,
    /// When the token expires, by the authorization server's time.
    pub(super) expires_at: Option<u64>,
    /// From when on, by the same time, it wants renewing.
    pub(super) stale_at: Cell<Option<u64>>,
    /// What came of answers that refuse the token, as it seems, and do not say why.
    pub(super) doubt: Cell<Doubt>,
}

impl Grant {
    pub(super) async fn new(
        ports: &Ports,
        session: Rc<StoredSession>,
        prover: Rc<Prover>,
    ) -> Result<Rc<Self>, Error> {
        let token = session.tokens.access_token.expose();
        if !is_access_token(token) {
            let corrupt = StorageError::Corrupt("access_token");
            return Err(Error::new(Step::Storage, corrupt));
        }
        let digest = ports
            .crypto
            .sha256(token.as_bytes())
            .await
            .map_err(|error| Error::new(Step::Storage, error))?;
        let mut spread = [0; 2];
        ports.random.fill(&mut spread);
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

    /// From now on the token serves until it expires.
    pub(super) fn use_up(&self) {
        self.stale_at.set(self.expires_at);
    }

    /// By how many milliseconds the authorization server's time is ahead of this machine's. No other server has a say in
    /// when the token expires.
    pub(super) fn clock_offset(&self) -> i64 {
        self.prover.offsets.get(&self.session.tokens.issuer)
    }

    /// A time of the authorization server's, by this machine's clock.
    pub(super) fn to_machine(&self, at: u64) -> u64 {
        time::shifted(at, self.clock_offset().saturating_neg())
    }

    /// `now` is by this machine's clock.
    pub(super) fn is_stale(&self, now: u64) -> bool {
        policy::has_come(self.stale_at.get(), now, self.clock_offset())
    }

    /// `now` is by this machine's clock.
    pub(super) fn is_expired(&self, now: u64) -> bool {
        policy::has_come(self.expires_at, now, self.clock_offset())
    }
}

impl Live {
    /// The grant in force; the reason where the session is over.
    pub(super) fn grant(&self) -> Result<Rc<Grant>, Error> {
        match self.ended() {
            Some(end) => Err(Error::ended(&self.did, end)),
            None => Ok(self.grant.borrow().clone()),
        }
    }

    /// The last grant, even of a session that is over.
    pub(super) fn last_grant(&self) -> Ref<'_, Rc<Grant>> {
        self.grant.borrow()
    }

    /// The grant could not be stored in the place of the row with this access token; or it could.
    pub(super) fn set_unreplaced(&self, spent: Option<&Secret>) {
        *self.unreplaced.borrow_mut() = spent.cloned();
    }

    pub(super) fn unreplaced(&self) -> Option<Secret> {
        self.unreplaced.borrow().clone()
    }

    /// Whether the grant came of this row, whose tokens are spent, and could not be stored.
    pub(super) fn has_newer_than(&self, stored: &StoredSession) -> bool {
        self.unreplaced.borrow().as_ref() == Some(&stored.tokens.access_token)
    }

    pub(super) fn ended(&self) -> Option<SessionEnd> {
        self.ended.borrow().clone()
    }

    pub(super) fn end(&self, end: SessionEnd) {
        self.ended.borrow_mut().get_or_insert(end);
        self.wake();
    }

    fn put(&self, grant: Rc<Grant>) {
        *self.grant.borrow_mut() = grant;
        self.grants.set(self.grants.get().wrapping_add(1).max(1));
        self.wake();
    }

    fn wake(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    /// Ends once these are not the tokens in force any more, or the session is over.
    pub(super) async fn superseded(&self, token: &Secret) {
        poll_fn(|context| {
            let in_force = self.grant.borrow().session.tokens.access_token == *token;
            if !in_force || self.ended.borrow().is_some() {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Shared {
    /// The session of an account that this page uses, if it is not over.
    pub(super) fn live(&self, did: &Did) -> Option<Rc<Live>> {
        let all = self.live.borrow();
        all.iter()
            .filter_map(Weak::upgrade)
            .find(|live| live.did == *did && live.ended.borrow().is_none())
    }

    /// Takes what is stored for what is in force. The nonces live on.
    pub(super) async fn adopt(&self, stored: Rc<StoredSession>) -> Result<Rc<Live>, Error> {
        let prover = Prover::new(stored.key.clone());
        if let Some(live) = self.live(&stored.tokens.sub) {
            let known = live.last_grant().clone();
            if known.session.tokens == stored.tokens || live.has_newer_than(&stored) {
                return Ok(live);
            }
            prover.learn_all(&known.prover);
        } else if let Some(kept) = self.ports.nonces.get(&stored.tokens.sub) {
            prover.recall(&kept);
        }
        self.install(stored, prover).await
    }

    /// Puts a grant in force, with a prover that may know nonces already.
    pub(super) async fn install(
        &self,
        stored: Rc<StoredSession>,
        prover: Rc<Prover>,
    ) -> Result<Rc<Live>, Error> {
        let grant = Grant::new(&self.ports, stored, prover).await?;
        Ok(self.put_in_force(grant))
    }

    pub(super) fn put_in_force(&self, grant: Rc<Grant>) -> Rc<Live> {
        let did = grant.session.tokens.sub.clone();
        if let Some(live) = self.live(&did) {
            grant.settle_doubt_of(&live.last_grant(), self.ports.clock.now());
            live.put(grant);
            return live;
        }
        let live = Rc::new(Live {
            did,
            grant: RefCell::new(grant),
            grants: Cell::new(1),
            ended: RefCell::default(),
            waiting: RefCell::default(),
            unreplaced: RefCell::default(),
            watched: Cell::default(),
            asking: Cell::default(),
        });
        // An end that the app was told of was another session's; unless this is only another try with that one.
        if live.last_grant().session.refused_at.is_none() {
            let mut told = self.told.borrow_mut();
            told.retain(|(known, tokens)| *known != live.did || tokens.is_some());
        }
        let mut all = self.live.borrow_mut();
        all.retain(|live| live.strong_count() > 0);
        all.push(Rc::downgrade(&live));
        live
    }
}
