//! Requests with a session, of whatever type the app has.

use crate::client::{Credentials, Error, ErrorKind, OAuthSession, ResourceAnswer, Step};
use crate::http::HttpError;
use crate::json::Json;
use crate::url::push_form;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;

/// A request that a session can make; the type of the answer follows from it.
///
/// Implemented for [`PdsRequest`], in a browser for `web_sys::Request`, and with the feature `gloo-net` for the requests of
/// `gloo_net::http`. An app can have its own, by means of [`OAuthSession::request`].
pub trait FetchRequest {
    /// What answers it.
    type Response;

    /// Makes the request with a session.
    fn fetch(self, session: &OAuthSession) -> impl Future<Output = Result<Self::Response, Error>>;
}

impl OAuthSession {
    /// Makes a request to the session's PDS, signed and with the session's token.
    ///
    /// Errors of the server are answers. A token that has expired is refreshed first; a URL of any other server is
    /// refused.
    ///
    /// ```
    /// use atproto_oauth_wasm::{Error, OAuthSession, PdsRequest};
    ///
    /// async fn display_name(session: &OAuthSession) -> Result<Option<String>, Error> {
    ///     let request = PdsRequest::get("/xrpc/app.bsky.actor.getProfile").query("actor", session.did());
    ///     let profile = session.fetch(request).await?.json().await?;
    ///     Ok(profile.str("displayName"))
    /// }
    /// ```
    pub async fn fetch<R: FetchRequest>(&self, request: R) -> Result<R::Response, Error> {
        request.fetch(self).await
    }
}

/// A request to a PDS, for apps without a library of requests.
#[derive(Clone)]
pub struct PdsRequest {
    pub(crate) method: Cow<'static, str>,
    path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Body>,
}

/// What a request carries.
#[derive(Clone)]
pub(crate) enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl PdsRequest {
    /// A request by any method.
    pub fn new(method: impl Into<Cow<'static, str>>, path: impl Into<String>) -> Self {
        let mut method = method.into();
        if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            method.to_mut().make_ascii_uppercase();
        }
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A GET, as XRPC queries are.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// A POST, as XRPC procedures are.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// Adds a parameter to the query.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        let mut pair = String::new();
        push_form(&mut pair, name, &value.to_string());
        self.path
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&pair);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Carries a JSON text.
    pub fn json(self, text: impl Into<String>) -> Self {
        self.header("content-type", "application/json").text(text)
    }

    /// Carries a text; a `content-type` is for [`header`](Self::header).
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Some(Body::Text(text.into()));
        self
    }

    /// Carries octets, such as a picture; a `content-type` is for [`header`](Self::header).
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Body::Bytes(bytes.into()));
        self
    }
}

impl fmt::Debug for PdsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PdsRequest({} {})", self.method, self.path)
    }
}

impl FetchRequest for PdsRequest {
    type Response = PdsResponse;

    async fn fetch(self, session: &OAuthSession) -> Result<PdsResponse, Error> {
        let http = session.http();
        let send = async |to: Target<'_>| host::send(&self, to, http).await;
        let answer = request(session, &self.method, &self.path, false, send);
        answer.await.map(PdsResponse)
    }
}

/// Where a host sends a request, and as whom.
pub(crate) struct Target<'a> {
    /// The absolute URL.
    pub(crate) url: &'a str,
    /// The token and its proof. They are for this address only, so a redirect is not followed; it is where there are none.
    pub(crate) credentials: Option<Credentials<'a>>,
}

/// Why a request ends before its answer is judged.
enum Beyond<A> {
    Failed(Error),
    /// An answer that no token was sent for.
    Public(A),
}

impl<A> From<Error> for Beyond<A> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes a request with a session, whose token does not leave the PDS.
///
/// What is public may be kept elsewhere, as pictures are: where the PDS redirects a GET or a HEAD, it is sent once more without
/// token and proof, and then goes where it is sent. What does more than read is an error there. `keeps_redirects`: the caller
/// wants the redirect itself.
pub(crate) async fn request<A: ResourceAnswer>(
    session: &OAuthSession,
    method: &str,
    path: &str,
    keeps_redirects: bool,
    send: impl AsyncFn(Target<'_>) -> Result<A, Error>,
) -> Result<A, Error> {
    let at_home = async |credentials: Credentials<'_>| {
        let url = credentials.url;
        let credentials = Some(credentials);
        match send(Target { url, credentials }).await {
            Ok(answer) if keeps_redirects || !answer.is_redirected() => return Ok(answer),
            Ok(_) => {}
            Err(error) if *error.kind() == ErrorKind::Http(HttpError::Redirected) => {}
            Err(error) => return Err(Beyond::Failed(error)),
        }
        if !matches!(method, "GET" | "HEAD") {
            let error = Error::new(Step::Request, HttpError::Redirected);
            return Err(Beyond::Failed(error.at(url)));
        }
        let credentials = None;
        Err(Beyond::Public(send(Target { url, credentials }).await?))
    };
    match session.request(method, path, true, at_home).await {
        Ok(answer) | Err(Beyond::Public(answer)) => Ok(answer),
        Err(Beyond::Failed(error)) => Err(error),
    }
}

/// What a PDS answers to a [`PdsRequest`]. Its body can be read once.
#[derive(Debug)]
pub struct PdsResponse(host::Answer);

impl PdsResponse {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status says success.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// A header's value. A page reads of another origin's headers only what the server exposes.
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.header(&name.to_ascii_lowercase())
    }

    /// The names and values of all headers that can be read.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.0.headers()
    }

    /// The body as text.
    pub async fn text(self) -> Result<String, Error> {
        self.0.text().await
    }

    /// The body as octets.
    pub async fn bytes(self) -> Result<Vec<u8>, Error> {
        self.0.bytes().await
    }

    /// The body as JSON.
    pub async fn json(self) -> Result<Json, Error> {
        let not_json = || Error::new(Step::Request, HttpError::NotJson);
        Json::parse(&self.text().await?).ok_or_else(not_json)
    }
}

#[cfg(target_arch = "wasm32")]
use crate::browser::requests as host;

/// Where there is no browser, the app's requests go the way of the client's own.
#[cfg(not(target_arch = "wasm32"))]
use crate::memory::requests as host;

#[cfg(feature = "gloo-net")]
mod gloo {
    use super::{Error, FetchRequest, OAuthSession, Step};
    use gloo_net::http::{Request, RequestBuilder, Response};

    /// As the `web_sys::Request` that it is within.
    impl FetchRequest for Request {
        type Response = Response;

        #[cfg(target_arch = "wasm32")]
        async fn fetch(self, session: &OAuthSession) -> Result<Response, Error> {
            let answer = session.fetch(web_sys::Request::from(self));
            answer.await.map(Response::from)
        }

        #[cfg(not(target_arch = "wasm32"))]
        async fn fetch(self, _: &OAuthSession) -> Result<Response, Error> {
            Err(Error::new(
                Step::Request,
                crate::client::HostError::BROWSER_ONLY,
            ))
        }
    }

    impl FetchRequest for RequestBuilder {
        type Response = Response;

        async fn fetch(self, session: &OAuthSession) -> Result<Response, Error> {
            let wrong = |error: gloo_net::Error| {
                let words = error.to_string();
                Error::new(Step::Request, crate::http::HttpError::Unreachable(words))
            };
            session.fetch(self.build().map_err(wrong)?).await
        }
    }
}
