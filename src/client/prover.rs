//! One session's proofs of possession (RFC 9449): its key, the nonces its servers gave it, and what is known of their clocks.

use super::clock::{NotTaken, Offsets, SignedAt};
use super::policy::{self, LONGEST_NONCE, Tried};
use super::{Error, ErrorKind, Shared, Step};
use crate::http::{HttpError, Request, Response};
use crate::identity::Did;
use crate::oauth::{ProofClaims, ProofHead, Verdict, is_visible, judge_endpoint, refusal_in};
use crate::ports::{KeyError, Signer};
use crate::url::without_query;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Makes the proofs of one session. Nonces are kept for each session and server, as the atproto OAuth specification
/// asks ("Demonstrating Proof of Possession").
pub(super) struct Prover {
    pub(super) key: Rc<dyn Signer>,
    pub(super) head: ProofHead,
    /// By origin. A session talks to two servers, so a list beats a map.
    nonces: RefCell<Vec<(String, String)>>,
    pub(super) offsets: Offsets,
    /// When they were last put into storage, in milliseconds since the epoch, and of how many servers.
    kept: Cell<(u64, usize)>,
}

/// A proof, and what is in it that an answer may say more about.
pub(super) struct Proof {
    pub(super) jwt: String,
    pub(super) nonce: Option<String>,
    pub(super) signed: SignedAt,
}

/// What became of a request that was sent with a proof.
pub(super) struct Sent {
    pub(super) response: Rc<Response>,
    /// The time in the proof.
    pub(super) signed: SignedAt,
    /// Whether a nonce came with the answer that is another than the proof's.
    pub(super) learned: bool,
}

impl Prover {
    pub(super) fn new(key: Rc<dyn Signer>) -> Rc<Self> {
        let head = ProofHead::new(key.public_jwk());
        Rc::new(Self {
            key,
            head,
            nonces: RefCell::default(),
            offsets: Offsets::default(),
            kept: Cell::default(),
        })
    }

    /// The last nonce of the server at a URL.
    pub(super) fn nonce(&self, url: &str) -> Option<String> {
        let origin = origin_of(url);
        let nonces = self.nonces.borrow();
        let (_, nonce) = nonces.iter().find(|(known, _)| known == origin)?;
        Some(nonce.clone())
    }

    /// Keeps the nonce that came with an answer. Whether it is another than the one that was sent: only then is
    /// there any use in proving again.
    pub(super) fn learn(&self, url: &str, sent: Option<&str>, received: Option<&str>) -> bool {
        let is_usable = |nonce: &str| is_visible(nonce) && nonce.len() <= LONGEST_NONCE;
        let is_news = |nonce: &&str| Some(*nonce) != sent && is_usable(nonce);
        let Some(received) = received.filter(is_news) else {
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

    /// Keeps what another prover of the same account knows.
    pub(super) fn learn_all(&self, other: &Self) {
        self.nonces.replace(other.nonces.borrow().clone());
        self.offsets.copy(&other.offsets);
    }

    /// Takes up the nonces of an earlier page. A wrong one costs no more than none: the server says the right one.
    pub(super) fn recall(&self, kept: &str) {
        for line in kept.split('\n') {
            if let Some((origin, nonce)) = line.split_once(' ') {
                self.learn(origin, None, Some(nonce));
            }
        }
    }

    /// The nonces as [`Prover::recall`] takes them.
    fn text(&self) -> String {
        let mut text = String::new();
        for (origin, nonce) in self.nonces.borrow().iter() {
            for part in [origin, " ", nonce, "\n"] {
                text.push_str(part);
            }
        }
        text
    }

    /// Proves one request. `htu` has neither query nor fragment; `ath` is the encoded digest of an access token that
    /// goes along.
    pub(super) async fn prove(
        &self,
        shared: &Shared,
        method: &str,
        htu: &str,
        ath: Option<&str>,
    ) -> Result<Proof, KeyError> {
        let mut jti = [0; 16];
        shared.ports.random.fill(&mut jti);
        let signed = SignedAt {
            machine: shared.ports.clock.now(),
            offset: self.offsets.get(htu),
        };
        let nonce = self.nonce(htu);
        let mut jwt = self.head.signing_input(&ProofClaims {
            issued_at: signed.time() / 1000,
            jti,
            method,
            htu,
            nonce: nonce.as_deref(),
            ath,
        });
        let signature = self.key.sign(&jwt).await?;
        jwt.push('.');
        crate::base64url::push(&mut jwt, &signature);
        Ok(Proof { jwt, nonce, signed })
    }
}

/// Scheme, host and port of a URL in its normal form.
pub(super) fn origin_of(url: &str) -> &str {
    let behind_scheme = url
        .split_once(':')
        .and_then(|(_, behind)| behind.strip_prefix("//"))
        .unwrap_or(url);
    let mut bytes = behind_scheme.bytes();
    let end = bytes.position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let end = end.unwrap_or(behind_scheme.len());
    &url[..url.len() - behind_scheme.len() + end]
}

impl Shared {
    /// Keeps a session's nonces for the next page: at once where they are the first of a server, and else once a minute at
    /// most, since a server may give another with every answer.
    pub(super) fn keep_nonces(&self, sub: &Did, prover: &Prover) {
        let now = self.ports.clock.now();
        let servers = prover.nonces.borrow().len();
        if policy::are_nonces_due(prover.kept.get(), servers, now) {
            prover.kept.set((now, servers));
            self.ports.nonces.set(sub, Some(&prover.text()));
        }
    }

    /// Sends a request to the authorization server with a proof; again if the server wants its nonce in it, or another
    /// time.
    pub(super) async fn exchange(
        &self,
        step: Step,
        prover: &Prover,
        request: Request,
    ) -> Result<Rc<Response>, Error> {
        let mut tried = Tried::default();
        loop {
            let sent = self.prove_and_send(step, prover, &request).await?;
            let verdict = judge_endpoint(&sent.response);
            if verdict == Verdict::Done {
                return Ok(sent.response);
            }
            let last = NotTaken {
                prover,
                url: &request.url,
                signed: sent.signed,
                has_nonce: sent.learned,
                date: sent.response.date(),
            };
            if !self.prove_again(verdict, &mut tried, last).await {
                let offset = sent.signed.offset;
                return self.not_proved(step, verdict, &request.url, sent.response, offset);
            }
        }
    }

    /// What it comes to that a server does not take the proof: an error where more is known of the reason than the answer
    /// says.
    fn not_proved(
        &self,
        step: Step,
        verdict: Verdict,
        url: &str,
        response: Rc<Response>,
        offset: i64,
    ) -> Result<Rc<Response>, Error> {
        let refusal = refusal_in(&response);
        if verdict == Verdict::NonceDemanded && response.header("dpop-nonce").is_none() {
            let kind = refusal.map_or(HttpError::Status(response.status).into(), ErrorKind::from);
            return Err(Error::new(step, kind).at(url).without_nonce());
        }
        match refusal.and_then(|refusal| self.skew(verdict, refusal, offset)) {
            Some(skew) => Err(Error::new(step, skew).at(url)),
            None => Ok(response),
        }
    }

    /// Sends a request with a proof, once.
    pub(super) async fn prove_and_send(
        &self,
        step: Step,
        prover: &Prover,
        request: &Request,
    ) -> Result<Sent, Error> {
        let htu = without_query(&request.url);
        let proof = prover
            .prove(self, request.method, htu, None)
            .await
            .map_err(|error| Error::new(step, error))?;
        let mut proved = request.clone();
        proved.headers.push(("dpop", proof.jwt));
        let response = self.send(step, proved).await?;
        let received = response.header("dpop-nonce");
        Ok(Sent {
            learned: prover.learn(htu, proof.nonce.as_deref(), received),
            signed: proof.signed,
            response,
        })
    }
}
