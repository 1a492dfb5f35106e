//! A session: its tokens' properties, its requests and its sign-out.

use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::{Exchange, RefusedProof, SignedAt};
#[cfg(not(target_arch = "wasm32"))]
use super::network::Network;
use super::policy::{self, RequestRetry, Tried};
use super::refresh::{Refresh, Refresher};
use super::sessions::{SessionEntry, Sessions};
use super::share::share;
use super::sign_out::SignOut;
use crate::http::parse_date;
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::{
    ConfigError, Issuer, Scope, ScopeError, Verdict, demands_nonce, judge_resource,
};
use crate::ports::Local;
use crate::url::{Url, is_plain_path};
use std::fmt;
use std::rc::Rc;

/// The session of an account.
#[derive(Clone)]
pub struct OAuthSession {
    pub(super) services: Rc<SessionServices>,
    pub(super) entry: Rc<SessionEntry>,
}

/// The services that the sessions of a client use.
pub(super) struct SessionServices {
    pub(super) env: Rc<Environment>,
    /// For the requests of a host without JavaScript.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) network: Rc<Network>,
    pub(super) exchange: Rc<Exchange>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) refresher: Rc<Refresher>,
    pub(super) sign_out: Rc<SignOut>,
}

/// The parts of a sent request needed to interpret its response.
pub(crate) struct Sent<'a> {
    /// The absolute URL that the request was sent to.
    pub(crate) url: &'a str,
    /// The access token's [`id`](OAuthSession::token_id).
    pub(crate) token_id: &'a str,
    /// The nonce in the proof.
    pub(crate) nonce: Option<&'a str>,
    /// When the proof was signed, in milliseconds since the epoch by this machine's clock.
    pub(crate) signed_at: u64,
    /// The clock correction that the proof used, in milliseconds.
    pub(crate) clock_offset: i64,
    /// The retries so far; the default for the first request.
    pub(crate) tried: Tried,
}

/// The parts of a response that the client needs to judge it.
pub trait ResourceResponse {
    /// The status code.
    fn status(&self) -> u16;

    /// The value of a header; `name` is in lower case.
    fn header(&self, name: &str) -> Option<String>;

    /// Whether it redirects, or is the result of a redirect. Such a response is not judged.
    fn is_redirected(&self) -> bool {
        matches!(self.status(), 301 | 302 | 303 | 307 | 308)
    }

    /// The body if it is JSON of a few kilobytes at most. The app must still be able to read it. Only called if the body may
    /// demand a nonce.
    fn small_json(&self) -> Local<'_, Option<String>> {
        Box::pin(async { None })
    }
}

/// Properties of a session's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// When the access token expires, in milliseconds since the epoch by this machine's clock; `None` if the server did not
    /// say.
    pub expires_at: Option<u64>,
    /// Whether it expired more than 5 seconds ago, as in the official client. `false` does not guarantee that the server
    /// still accepts the token. Requests refresh tokens in time by themselves.
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
    /// The granted scope, parsed into permissions.
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

    /// The account.
    pub fn did(&self) -> &Did {
        &self.entry.did
    }

    /// The authorization server's metadata as last read. Absent for a session that another client library stored, until it
    /// is refreshed.
    pub fn server_metadata(&self) -> Option<Json> {
        self.entry.last_credentials().session.server.clone()
    }

    /// The authorization server.
    pub fn issuer(&self) -> Issuer {
        Issuer::known(self.entry.last_credentials().session.tokens.issuer.clone())
    }

    /// The PDS; `None` if another client library stored something that is no URL.
    pub fn pds(&self) -> Option<Url> {
        self.entry.last_credentials().pds.clone()
    }

    /// Identifies the access token: its digest, as in the `ath` claim of proofs (RFC 9449 section 4.2).
    pub fn token_id(&self) -> String {
        self.entry.last_credentials().ath.clone()
    }

    /// Properties of the tokens, after a refresh if `refresh` requires one.
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

    /// Signs out: revokes the tokens if the server can be reached, and removes them here. A second call does nothing.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.services
            .sign_out
            .sign_out(&self.entry.did, false)
            .await
    }

    /// Learns from the response to a request, and decides whether to send the request again with a new proof and the then
    /// current credentials: `Some` if so, with the retries so far. A refused token is refreshed first.
    ///
    /// Call this for every 401 and for every response with a new `DPoP-Nonce`, unless it is a
    /// [redirect](ResourceResponse::is_redirected).
    pub(crate) async fn report(
        &self,
        sent: Sent<'_>,
        response: &dyn ResourceResponse,
    ) -> Result<Option<Tried>, Error> {
        let (services, entry) = (&self.services, &self.entry);
        if response.is_redirected() {
            return Ok(None);
        }
        let credentials = entry.last_credentials().clone();
        let received = response.header("dpop-nonce");
        let learned = credentials
            .prover
            .learn(sent.url, sent.nonce, received.as_deref());
        let has_ended = entry.ended().is_some();
        if learned && !has_ended {
            services
                .sessions
                .write_nonces(&entry.did, &credentials.prover);
        }
        // No other response can demand a retry, so skip reading more headers.
        if response.status() != 401 && !(response.status() == 400 && learned) {
            return Ok(None);
        }
        let mut tried = sent.tried;
        let verdict = verdict_of(response, learned).await;
        let is_current = credentials.ath == sent.token_id;
        let again = match policy::request_retry(verdict, &mut tried, is_current, has_ended) {
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
                let last = RefusedProof {
                    prover: &credentials.prover,
                    url: sent.url,
                    signed,
                    has_nonce: learned,
                    date: response.header("date").and_then(|date| parse_date(&date)),
                };
                // Even if this request cannot be sent again: the next one uses what was learned.
                services
                    .exchange
                    .prove_again(verdict, &mut tried, last)
                    .await
            }
        };
        Ok(again.then_some(tried))
    }
}

/// Equal if both are the same session of the same client, regardless of its current tokens.
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

/// The verdict of a response on the proof and the token. The body is read only if there is a new nonce to try.
async fn verdict_of(response: &dyn ResourceResponse, has_nonce: bool) -> Verdict {
    let challenge = response.header("www-authenticate");
    let verdict = judge_resource(response.status(), challenge.as_deref());
    if has_nonce && matches!(verdict, Verdict::Done | Verdict::Unexplained) {
        let body = response.small_json().await;
        if body.is_some_and(|body| demands_nonce(response.status(), &body)) {
            return Verdict::NonceDemanded;
        }
    }
    verdict
}

/// The URL of a request. A URL of another origin is refused: sending the token there would leak it.
pub(super) fn resolve(pds: Option<&Url>, path: &str) -> Result<String, Error> {
    let foreign = || Error::new(Step::Request, ConfigError::ForeignUrl(path.to_owned()));
    let base = pds.ok_or_else(foreign)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `spec/path.json`, which `tests/package/request.test.mjs` reads too: Rust and JavaScript send requests to the same URLs.
    #[test]
    fn paths_lead_where_the_table_says() {
        let table = Json::parse(include_str!("../../spec/path.json")).expect("JSON");
        let pds = table.str("pds").and_then(|pds| Url::parse(&pds));
        for case in table
            .get("paths")
            .and_then(|all| all.as_array())
            .expect("cases")
        {
            let path = case.str("path").expect("a path");
            let plain = case.get("plain").and_then(|plain| plain.as_bool());
            assert_eq!(Some(is_plain_path(&path)), plain, "{path:?}");
            let url = resolve(pds.as_ref(), &path).ok();
            assert_eq!(url, case.str("url"), "{path:?}");
        }
    }
}
