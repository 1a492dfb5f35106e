//! Requests with a session, in any type that the app uses.

use crate::client::{Error, OAuthSession, Step};
use crate::http::HttpError;
use crate::json::Json;
use crate::pds_request::PdsRequest;
use std::future::Future;

/// A request that a session can make. It determines the type of the response.
///
/// Implemented for [`PdsRequest`], in a browser for `web_sys::Request`, and with the feature `gloo-net` for the requests of
/// `gloo_net::http`. An app can implement it for its own type by converting that to one of these.
pub trait FetchRequest {
    /// The type of the response.
    type Response;

    /// Makes the request with a session.
    fn fetch(self, session: &OAuthSession) -> impl Future<Output = Result<Self::Response, Error>>;
}

impl OAuthSession {
    /// Sends a request to the session's PDS, with the session's token and a DPoP proof.
    ///
    /// An HTTP error status is a response, not an `Err`. An expired token is refreshed first. A URL of any other server
    /// is refused.
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

/// The response of a PDS to a [`PdsRequest`]. Its body can be read once.
#[derive(Debug)]
pub struct PdsResponse(host::Answer);

impl PdsResponse {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status code is 2xx.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// The value of a header. Across origins, a page can read only the headers that the server exposes.
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

/// Without a browser, the app's requests use the same port as the client's own.
#[cfg(not(target_arch = "wasm32"))]
use crate::memory::requests as host;

/// A request can be used once, as with `fetch`. Its body never enters the WebAssembly module: the browser keeps it as a
/// `Blob` and can send it again for a retry.
///
/// A browser resolves a path against the page's address, so a request to the page's origin is sent to the same path of
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

    /// Sent as the `web_sys::Request` that it wraps.
    impl FetchRequest for Request {
        type Response = Response;

        #[cfg(target_arch = "wasm32")]
        async fn fetch(self, session: &OAuthSession) -> Result<Response, Error> {
            let response = session.fetch(web_sys::Request::from(self));
            response.await.map(Response::from)
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
                let message = error.to_string();
                Error::new(Step::Request, crate::http::HttpError::Unreachable(message))
            };
            session.fetch(self.build().map_err(wrong)?).await
        }
    }
}
