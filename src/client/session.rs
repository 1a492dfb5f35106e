//! A session: requests with its tokens, facts about them, and its end.

use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::{Exchange, NotTaken, SignedAt};
use super::network::Network;
use super::policy::{self, RequestRetry, Tried};
use super::refresh::{Refresh, Refresher};
use super::sessions::{RequestCredentials, SessionEntry, Sessions};
use super::share::share;
use super::sign_out::SignOut;
use crate::http::parse_date;
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::{
    ConfigError, Issuer, Scope, ScopeError, Verdict, demands_nonce, judge_resource,
};
use crate::ports::{Http, Local, Signer};
use crate::url::{Url, is_plain_path, without_query};
use std::fmt;
use std::rc::Rc;

/// The session of an account.
#[derive(Clone)]
pub struct OAuthSession {
    services: Rc<SessionServices>,
    entry: Rc<SessionEntry>,
}

/// What the sessions of a client work with.
pub(super) struct SessionServices {
    pub(super) env: Rc<Environment>,
    pub(super) network: Rc<Network>,
    pub(super) exchange: Rc<Exchange>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) refresher: Rc<Refresher>,
    pub(super) sign_out: Rc<SignOut>,
}

/// What a request needs to be made with a session: where it goes, and the two headers that say by whom.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// The absolute URL, on the session's PDS.
    pub url: &'a str,
    /// The `Authorization` header.
    pub authorization: &'a str,
    /// The `DPoP` header: good for this method and URL, once.
    pub dpop: &'a str,
}

/// The tokens in force, for a caller that proves and sends by itself: what all its requests with them have in common.
#[derive(Clone)]
pub struct InForce {
    credentials: Rc<RequestCredentials>,
}

/// A proof that a request was sent with, as far as the answer may say more about it.
#[derive(Clone, Copy, Debug)]
pub struct SentProof<'a> {
    /// The absolute URL that the request was sent to.
    pub url: &'a str,
    /// The access token's [`id`](InForce::token_id).
    pub token_id: &'a str,
    /// The nonce in the proof.
    pub nonce: Option<&'a str>,
    /// When it was signed, in milliseconds since the epoch by this machine's clock.
    pub signed_at: u64,
    /// By how much that was corrected.
    pub clock_offset: i64,
    /// What was tried before; at first the default.
    pub tried: Tried,
}

/// The answer to a request with a session, as far as it is judged here.
pub trait ResourceAnswer {
    /// The status code.
    fn status(&self) -> u16;

    /// A header's value; `name` is in lower case.
    fn header(&self, name: &str) -> Option<String>;

    /// Whether it sends the client to another address, or comes from one. Nothing is learned from such an answer.
    fn is_redirected(&self) -> bool {
        matches!(self.status(), 301 | 302 | 303 | 307 | 308)
    }

    /// The body, where it is JSON of a few kilobytes at most. It must still be there for the app. Only asked for where the
    /// body may demand a nonce.
    fn small_json(&self) -> Local<'_, Option<String>> {
        Box::pin(async { None })
    }
}

/// Facts about a session's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// When the access token expires, in milliseconds since the epoch by this machine's clock, where the server said.
    pub expires_at: Option<u64>,
    /// Whether it expired more than 5 seconds ago, as in the official client: it does not say that a token about to expire
    /// still serves. Requests renew tokens in time by themselves.
    pub expired: Option<bool>,
    /// The granted scope.
    pub scope: String,
    /// The authorization server.
    pub issuer: Issuer,
    /// The PDS: an origin with a trailing slash.
    pub audience: String,
    /// The account.
    pub sub: Did,
}

impl TokenInfo {
    /// The granted scope, read: what the session may do.
    pub fn scope(&self) -> Result<Scope, ScopeError> {
        Scope::parse(&self.scope)
    }
}

impl OAuthSession {
    pub(super) fn new(services: &Rc<SessionServices>, entry: Rc<SessionEntry>) -> Self {
        Self {
            services: share(services),
            entry,
        }
    }

    /// The way that the client's own requests go.
    pub(crate) fn http(&self) -> &dyn Http {
        self.services.network.http()
    }

    /// The account.
    pub fn did(&self) -> &Did {
        &self.entry.did
    }

    /// The authorization server's metadata as it was last seen. Absent for a session that another client stored, until
    /// it is refreshed.
    pub fn server_metadata(&self) -> Option<Json> {
        self.entry.last_credentials().session.server.clone()
    }

    /// The authorization server.
    pub fn issuer(&self) -> Issuer {
        Issuer::known(self.entry.last_credentials().session.tokens.issuer.clone())
    }

    /// The PDS; `None` where what another client stored is no URL.
    pub fn pds(&self) -> Option<Url> {
        self.entry.last_credentials().pds.clone()
    }

    /// Tells one access token from the next: its digest, as proofs carry it (RFC 9449 section 4.2).
    pub fn token_id(&self) -> String {
        self.entry.last_credentials().ath.clone()
    }

    /// Facts about the tokens, renewed as asked.
    pub async fn token_info(&self, refresh: Refresh) -> Result<TokenInfo, Error> {
        let credentials = self
            .services
            .refresher
            .credentials(&self.entry, refresh)
            .await?;
        let expires_at = credentials.expires_at.map(|at| credentials.to_machine(at));
        let tokens = &credentials.session.tokens;
        Ok(TokenInfo {
            expires_at,
            expired: expires_at.map(|at| policy::is_reported_expired(at, self.services.env.now())),
            scope: tokens.scope.clone(),
            issuer: Issuer::known(tokens.issuer.clone()),
            audience: tokens.audience.clone(),
            sub: tokens.sub.clone(),
        })
    }

    /// Signs out: revokes the tokens at the server, as far as that can be reached, and forgets them here. Once is
    /// enough; a second time does nothing.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.services
            .sign_out
            .sign_out(&self.entry.did, false)
            .await
    }

    /// Makes a request to the session's PDS.
    ///
    /// `path` is a path, or a URL of that very server: any other is refused, since the token is for no one else.
    /// `send` sends the request as often as it is called: again when the server wants its nonce in the proof, and again
    /// when it takes the token for expired and a newer one could be had; `replayable` says whether it can be called more
    /// than once. Every answer but those is returned as it is, errors of the server included.
    ///
    /// `send` must not follow redirects with these credentials: they are for no other server.
    pub async fn request<A: ResourceAnswer, E: From<Error>>(
        &self,
        method: &str,
        path: &str,
        replayable: bool,
        send: impl AsyncFn(Credentials<'_>) -> Result<A, E>,
    ) -> Result<A, E> {
        let mut credentials = self
            .services
            .refresher
            .fresh_credentials(&self.entry)
            .await?;
        let mut tried = Tried::default();
        loop {
            let url = resolve(&credentials, path)?;
            // As a proof names it (RFC 9449 section 4.2).
            let htu = without_query(&url);
            let proof = self
                .services
                .exchange
                .prove(&credentials.prover, method, htu, Some(&credentials.ath))
                .await
                .map_err(|error| Error::new(Step::Request, error))?;
            let answer = send(Credentials {
                url: &url,
                authorization: &credentials.authorization,
                dpop: &proof.jwt,
            });
            let answer = answer.await?;
            let sent = SentProof {
                url: &url,
                token_id: &credentials.ath,
                nonce: proof.nonce.as_deref(),
                signed_at: proof.signed.machine,
                clock_offset: proof.signed.offset,
                tried,
            };
            match self.judge(sent, &answer).await? {
                Some(next) if replayable => tried = next,
                _ => return Ok(answer),
            }
            credentials = self.entry.credentials()?;
        }
    }

    /// A number that is another whenever other tokens are in force; 0 once the session is over.
    pub fn stamp(&self) -> u32 {
        match self.entry.ended() {
            Some(_) => 0,
            None => self.entry.generation.get(),
        }
    }

    /// The tokens in force; the error that says why where the session is over. They may want [renewing](Self::freshen).
    pub fn in_force(&self) -> Result<InForce, Error> {
        Ok(InForce {
            credentials: self.entry.credentials()?,
        })
    }

    /// Renews the tokens if they are about to expire, as every request does first.
    pub async fn freshen(&self) -> Result<(), Error> {
        self.services
            .refresher
            .fresh_credentials(&self.entry)
            .await
            .map(drop)
    }

    /// Signs with the session's key.
    pub async fn sign(&self, input: &str) -> Result<[u8; 64], Error> {
        let credentials = self.entry.credentials()?;
        let signature = credentials.prover.key.sign(input).await;
        signature.map_err(|error| Error::new(Step::Request, error))
    }

    /// The absolute URL of a request; an error where that is not on the session's PDS.
    pub fn url_of(&self, path: &str) -> Result<String, Error> {
        let credentials = self.entry.credentials()?;
        resolve(&credentials, path)
    }

    /// Learns from the answer to a request, and says whether the same request may be taken if it is proved anew, with what is
    /// in force then: `Some` is what was tried by that time. Where a token is refused, it is renewed first.
    ///
    /// To be told of each 401, and of each answer with a nonce that the proof did not have; but of none that is
    /// [redirected](ResourceAnswer::is_redirected).
    pub async fn judge(
        &self,
        sent: SentProof<'_>,
        answer: &dyn ResourceAnswer,
    ) -> Result<Option<Tried>, Error> {
        let (services, entry) = (&self.services, &self.entry);
        if answer.is_redirected() {
            return Ok(None);
        }
        let credentials = entry.last_credentials().clone();
        let received = answer.header("dpop-nonce");
        let learned = credentials
            .prover
            .learn(sent.url, sent.nonce, received.as_deref());
        let is_over = entry.ended().is_some();
        if learned && !is_over {
            services
                .sessions
                .write_nonces(&entry.did, &credentials.prover);
        }
        // No other answer is worth reading more headers for.
        if answer.status() != 401 && !(answer.status() == 400 && learned) {
            return Ok(None);
        }
        let mut tried = sent.tried;
        let verdict = verdict_of(answer, learned).await;
        let is_current = credentials.ath == sent.token_id;
        let again = match policy::request_retry(verdict, &mut tried, is_current, is_over) {
            RequestRetry::Refresh => {
                let refused = &credentials.session.tokens.access_token;
                services.refresher.refresh(entry, refused).await.is_ok()
            }
            RequestRetry::RefreshInDoubt => {
                services
                    .refresher
                    .refresh_in_doubt(entry, &credentials)
                    .await
            }
            RequestRetry::Resend => true,
            RequestRetry::EndSession => {
                services.sessions.end_refused(entry, &credentials).await?;
                false
            }
            RequestRetry::No => false,
            RequestRetry::Proof => {
                let signed = SignedAt {
                    machine: sent.signed_at,
                    offset: sent.clock_offset,
                };
                let last = NotTaken {
                    prover: &credentials.prover,
                    url: sent.url,
                    signed,
                    has_nonce: learned,
                    date: answer.header("date").and_then(|date| parse_date(&date)),
                };
                // Also where it cannot be sent again: the next request goes with what was learned.
                services
                    .exchange
                    .prove_again(verdict, &mut tried, last)
                    .await
            }
        };
        Ok(again.then_some(tried))
    }
}

impl InForce {
    /// The PDS; `None` where what another client stored is no URL.
    pub fn pds(&self) -> Option<&Url> {
        self.credentials.pds.as_ref()
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> &str {
        &self.credentials.authorization
    }

    /// Tells one access token from the next: the `ath` claim (RFC 9449 section 4.2).
    pub fn token_id(&self) -> &str {
        &self.credentials.ath
    }

    /// The encoded header of every proof, with the dot behind it.
    pub fn proof_head(&self) -> &str {
        self.credentials.prover.head.as_str()
    }

    /// The key to sign proofs with.
    pub fn key(&self) -> &dyn Signer {
        self.credentials.prover.key.as_ref()
    }

    /// The last nonce of the PDS.
    pub fn nonce(&self) -> Option<String> {
        self.credentials.prover.nonce(self.pds()?.origin())
    }

    /// By how many milliseconds the PDS's time is ahead of this machine's: for a proof's `iat`.
    pub fn clock_offset(&self) -> i64 {
        let pds = self.pds().map(Url::origin).unwrap_or_default();
        self.credentials.prover.offsets.get(pds)
    }

    /// From when on the token wants renewing, in milliseconds since the epoch by this machine's clock.
    pub fn stale_at(&self) -> Option<u64> {
        let stale_at = self.credentials.stale_at.get()?;
        Some(self.credentials.to_machine(stale_at))
    }
}

impl fmt::Debug for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InForce({})", self.credentials.session.tokens.sub)
    }
}

/// Two are equal if they are the same session of the same client, whatever its tokens are by now.
impl PartialEq for OAuthSession {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entry, &other.entry)
    }
}

impl Eq for OAuthSession {}

impl fmt::Debug for OAuthSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuthSession({})", self.entry.did)
    }
}

/// What an answer asks of the proof or the token. Its body is looked at only where there is a new nonce to try with.
async fn verdict_of(answer: &dyn ResourceAnswer, has_nonce: bool) -> Verdict {
    let challenge = answer.header("www-authenticate");
    let verdict = judge_resource(answer.status(), challenge.as_deref());
    if has_nonce && matches!(verdict, Verdict::Done | Verdict::Unexplained) {
        let body = answer.small_json().await;
        if body.is_some_and(|body| demands_nonce(answer.status(), &body)) {
            return Verdict::NonceDemanded;
        }
    }
    verdict
}

/// The URL of a request. A token that leaves for another origin is a token lost.
fn resolve(credentials: &RequestCredentials, path: &str) -> Result<String, Error> {
    let foreign = || Error::new(Step::Request, ConfigError::ForeignUrl(path.to_owned()));
    let base = credentials.pds.as_ref().ok_or_else(foreign)?;
    if is_plain_path(path) {
        let mut url = base.origin().to_owned();
        url.push_str(path);
        return Ok(url);
    }
    base.join(path)
        // A `blob:` URL has the origin of the page that made it.
        .filter(|url| url.is_web() && url.origin() == base.origin() && !url.has_credentials())
        .map(|url| url.to_string())
        .ok_or_else(foreign)
}
