//! A session: requests with its tokens, facts about them, and its end.

use super::clock::Retried;
use super::live::{Grant, Live};
use super::prover::Proved;
use super::{Error, Refresh, Shared, Step};
use crate::http::parse_date;
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::{ConfigError, Issuer, Scope, ScopeError, Verdict, judge_resource};
use crate::ports::{Http, Signer};
use crate::url::{Url, is_plain_path, without_query};
use std::fmt;
use std::rc::Rc;

/// A token counts as expired this long before it is, in milliseconds.
const EXPIRY_TOLERANCE: u64 = 5_000;

/// The session of an account.
#[derive(Clone)]
pub struct OAuthSession {
    shared: Rc<Shared>,
    live: Rc<Live>,
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

/// A request with a session that only wants signing and sending.
pub struct Prepared {
    grant: Rc<Grant>,
    url: String,
    input: String,
    proved: Proved,
}

/// The answer to a request with a session, as far as it is judged here.
pub trait ResourceAnswer {
    /// The status code.
    fn status(&self) -> u16;

    /// A header's value; `name` is in lower case.
    fn header(&self, name: &str) -> Option<String>;
}

/// Facts about a session's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// When the access token expires, in milliseconds since the epoch by this machine's clock, where the server said.
    pub expires_at: Option<u64>,
    /// Whether it has, or is about to within 5 seconds.
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
    pub(super) fn new(shared: &Rc<Shared>, live: Rc<Live>) -> Self {
        Self {
            shared: shared.clone(),
            live,
        }
    }

    /// The way that the client's own requests go.
    pub(crate) fn http(&self) -> &dyn Http {
        &*self.shared.ports.http
    }

    /// The account.
    pub fn did(&self) -> &Did {
        &self.live.did
    }

    /// The authorization server's metadata as it was last seen. Absent for a session that another client stored, until
    /// it is refreshed.
    pub fn server_metadata(&self) -> Option<Json> {
        self.live.last_grant().session.server.clone()
    }

    /// The authorization server.
    pub fn issuer(&self) -> Issuer {
        Issuer::known(self.live.last_grant().session.tokens.issuer.clone())
    }

    /// The PDS; `None` where what another client stored is no URL.
    pub fn pds(&self) -> Option<Url> {
        self.live.last_grant().pds.clone()
    }

    /// Tells one access token from the next: its digest, as proofs carry it (RFC 9449 section 4.2).
    pub fn token_id(&self) -> String {
        self.live.last_grant().ath.clone()
    }

    /// Facts about the tokens, renewed as asked.
    pub async fn token_info(&self, refresh: Refresh) -> Result<TokenInfo, Error> {
        let grant = self.shared.granted(&self.live, refresh).await?;
        let soon = self.shared.time() + EXPIRY_TOLERANCE;
        let tokens = &grant.session.tokens;
        let to_machine = self.shared.offset.get().saturating_neg();
        Ok(TokenInfo {
            expires_at: grant
                .expires_at
                .map(|at| at.saturating_add_signed(to_machine)),
            expired: grant.expires_at.map(|at| at < soon),
            scope: tokens.scope.clone(),
            issuer: Issuer::known(tokens.issuer.clone()),
            audience: tokens.audience.clone(),
            sub: tokens.sub.clone(),
        })
    }

    /// Signs out: revokes the tokens at the server, as far as that can be reached, and forgets them here. Once is
    /// enough; a second time does nothing.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.shared.sign_out(&self.live.did, false).await
    }

    /// Makes a request to the session's PDS.
    ///
    /// `path` is a path, or a URL of that very server: any other is refused, since the token is for no one else.
    /// `send` sends the request as often as it is called: again when the server wants its nonce in the proof, and again
    /// when it takes the token for expired and a newer one could be had; `replayable` says whether it can be called more
    /// than once. Every answer but those is returned as it is, errors of the server included.
    pub async fn request<A: ResourceAnswer, E: From<Error>>(
        &self,
        method: &str,
        path: &str,
        replayable: bool,
        send: impl AsyncFn(Credentials<'_>) -> Result<A, E>,
    ) -> Result<A, E> {
        self.resume(None, method, path, replayable, send).await
    }

    /// The first half of [`OAuthSession::request`], for a caller that signs and sends by itself: what to sign and to send,
    /// at once. `None` where something must be waited for first; then, `request` is the way.
    pub fn prepare(&self, method: &str, path: &str) -> Result<Option<Prepared>, Error> {
        let grant = self.live.grant()?;
        if grant.is_stale(self.shared.time()) {
            return Ok(None);
        }
        let url = resolve(&grant, path)?;
        let (input, proved) =
            grant
                .prover
                .unsigned(&self.shared, method, without_query(&url), Some(&grant.ath));
        Ok(Some(Prepared {
            grant,
            url,
            input,
            proved,
        }))
    }

    /// The second half: what `request` does with the answer to what was prepared; with nothing prepared, all of it.
    pub async fn resume<A: ResourceAnswer, E: From<Error>>(
        &self,
        first: Option<(Prepared, A)>,
        method: &str,
        path: &str,
        replayable: bool,
        send: impl AsyncFn(Credentials<'_>) -> Result<A, E>,
    ) -> Result<A, E> {
        let (mut grant, mut first) = match first {
            Some((prepared, answer)) => (prepared.grant, Some((prepared.proved, answer))),
            None => (self.shared.freshen(&self.live).await?, None),
        };
        let mut renewed = false;
        loop {
            let answer = self
                .attempt(&grant, method, path, replayable, first.take(), &send)
                .await?;
            if judge(&answer) != Verdict::TokenRefused {
                return Ok(answer);
            }
            if renewed {
                self.shared.refused(&self.live, &grant).await?;
                return Ok(answer);
            }
            let refused = &grant.session.tokens.access_token;
            if self.shared.renew(&self.live, refused).await.is_err() || !replayable {
                return Ok(answer);
            }
            grant = self.live.grant()?;
            renewed = true;
        }
    }

    /// Sends once, unless that was done already, and again with the nonce that the server asked for, or with the right
    /// time.
    async fn attempt<A: ResourceAnswer, E: From<Error>>(
        &self,
        grant: &Grant,
        method: &str,
        path: &str,
        replayable: bool,
        first: Option<(Proved, A)>,
        send: &impl AsyncFn(Credentials<'_>) -> Result<A, E>,
    ) -> Result<A, E> {
        let url = resolve(grant, path)?;
        // As a proof names it (RFC 9449 section 4.2).
        let htu = without_query(&url);
        let (mut retried, mut first) = (Retried::default(), first);
        loop {
            let (proved, answer) = match first.take() {
                Some(first) => first,
                None => {
                    let proof = grant
                        .prover
                        .prove(&self.shared, method, htu, Some(&grant.ath))
                        .await
                        .map_err(|error| Error::new(Step::Request, error))?;
                    let answer = send(Credentials {
                        url: &url,
                        authorization: &grant.authorization,
                        dpop: &proof.jwt,
                    });
                    (proof.proved, answer.await?)
                }
            };
            let received = answer.header("dpop-nonce");
            let sent = proved.nonce.as_deref();
            let learned = grant.prover.learn(htu, sent, received.as_deref());
            if learned {
                self.shared.keep_nonces(&self.live.did, &grant.prover);
            }
            let verdict = judge(&answer);
            if !matches!(verdict, Verdict::NonceDemanded | Verdict::ProofRefused) {
                return Ok(answer);
            }
            let date = answer.header("date").and_then(|date| parse_date(&date));
            // Also where it cannot be sent again: the next request goes with what was learned.
            let again =
                self.shared
                    .prove_again(verdict, &mut retried, learned, proved.signed, date);
            if !again.await || !replayable {
                return Ok(answer);
            }
        }
    }
}

impl Prepared {
    /// The absolute URL to send to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> &str {
        &self.grant.authorization
    }

    /// What is to be signed. With a dot and the signature, base64url-encoded, behind it, it is the `DPoP` header.
    pub fn signing_input(&self) -> &str {
        &self.input
    }

    /// The nonce in it.
    pub fn nonce(&self) -> Option<&str> {
        self.proved.nonce.as_deref()
    }

    /// The key to sign it with.
    pub fn key(&self) -> &dyn Signer {
        self.grant.prover.key.as_ref()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", self.url)
    }
}

/// Two are equal if they are the same session of the same client, whatever its tokens are by now.
impl PartialEq for OAuthSession {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.live, &other.live)
    }
}

impl Eq for OAuthSession {}

impl fmt::Debug for OAuthSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuthSession({})", self.live.did)
    }
}

fn judge(answer: &impl ResourceAnswer) -> Verdict {
    // Only a 401 is worth reading a header for.
    match answer.status() {
        401 => judge_resource(401, answer.header("www-authenticate").as_deref()),
        _ => Verdict::Done,
    }
}

/// The URL of a request. A token that leaves for another origin is a token lost.
fn resolve(grant: &Grant, path: &str) -> Result<String, Error> {
    let foreign = || Error::new(Step::Request, ConfigError::ForeignUrl(path.to_owned()));
    let base = grant.pds.as_ref().ok_or_else(foreign)?;
    if is_plain_path(path) {
        let mut url = base.origin().to_owned();
        url.push_str(path);
        return Ok(url);
    }
    base.join(path)
        .filter(|url| url.origin() == base.origin() && !url.has_credentials())
        .map(|url| url.to_string())
        .ok_or_else(foreign)
}
