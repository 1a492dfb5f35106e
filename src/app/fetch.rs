//! Requests with a session, of whatever type the app has.

use crate::client::{Error, OAuthSession, Step};
use crate::http::HttpError;
use crate::json::Json;
use crate::pds_request::PdsRequest;
use std::future::Future;

/// A request that a session can make; the type of the answer follows from it.
///
/// Implemented for [`PdsRequest`], in a browser for `web_sys::Request`, and with the feature `gloo-net` for the requests of
/// `gloo_net::http`. An app can have its own, by making one of these of it.
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

impl FetchRequest for PdsRequest {
    type Response = PdsResponse;

    async fn fetch(self, session: &OAuthSession) -> Result<PdsResponse, Error> {
        host::fetch(session, self).await.map(PdsResponse)
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
use crate::host::requests as host;

/// Where there is no browser, the app's requests go the way of the client's own.
#[cfg(not(target_arch = "wasm32"))]
use crate::memory::requests as host;

/// A request can be used once, as with `fetch`. Its body never enters the module: the browser keeps it as a `Blob`, and sends it
/// as often as the server wants.
///
/// A browser makes a path absolute by the page's own address; so a request to the page's origin is one to the same path of
/// the PDS.
#[cfg(target_arch = "wasm32")]
impl FetchRequest for web_sys::Request {
    type Response = web_sys::Response;

    async fn fetch(self, session: &OAuthSession) -> Result<web_sys::Response, Error> {
        host::fetch_request(session, self).await
    }
}

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
