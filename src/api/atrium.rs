//! Typed calls by `atrium-api`, made with a session.

use crate::client::{Error, OAuthSession};
use crate::pds_request::PdsRequest;
use atrium_api::agent::{Agent, SessionManager};
use atrium_api::types::string::Did;
use atrium_api::xrpc::http::{Request, Response};
use atrium_api::xrpc::{HttpClient, XrpcClient};
use send_wrapper::SendWrapper;
use std::error::Error as StdError;
use std::fmt;

/// A session as the `SessionManager` of an `atrium_api::agent::Agent`.
///
/// Atrium requires types that any thread may use. A session belongs to the thread that created it; using it in another
/// thread panics.
pub struct AtriumSession(SendWrapper<OAuthSession>);

/// A failure of the client, in the `Send` error that Atrium requires.
#[derive(Debug)]
pub struct AtriumError(SendWrapper<Error>);

impl OAuthSession {
    /// Returns an agent that makes typed calls with this session. If the client fails, the error is an
    /// `atrium_api::xrpc::Error::HttpClient` that holds an [`AtriumError`].
    ///
    /// ```
    /// use atproto_oauth_wasm::OAuthSession;
    ///
    /// async fn handle(session: &OAuthSession) -> Option<String> {
    ///     let account = session.agent().api.com.atproto.server.get_session().await.ok()?;
    ///     Some(account.handle.to_string())
    /// }
    /// ```
    pub fn agent(&self) -> Agent<AtriumSession> {
        Agent::new(AtriumSession::from(self.clone()))
    }
}

impl From<OAuthSession> for AtriumSession {
    fn from(session: OAuthSession) -> Self {
        Self(SendWrapper::new(session))
    }
}

impl fmt::Debug for AtriumSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtriumSession").field(&*self.0).finish()
    }
}

impl AtriumSession {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, BoxedError> {
        let (parts, body) = request.into_parts();
        // Only the path: the session adds the account's current PDS, which may have changed since.
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut sent = PdsRequest::new(parts.method.to_string(), path);
        for (name, value) in &parts.headers {
            sent = sent.header(name.as_str(), value.to_str()?);
        }
        if !body.is_empty() {
            sent = sent.bytes(body);
        }
        let received = self.0.fetch(sent).await.map_err(AtriumError::from)?;
        let mut response = Response::builder().status(received.status());
        for (name, value) in received.headers() {
            response = response.header(name, value);
        }
        let body = received.bytes().await.map_err(AtriumError::from)?;
        Ok(response.body(body)?)
    }
}

type BoxedError = Box<dyn StdError + Send + Sync>;

impl HttpClient for AtriumSession {
    fn send_http(
        &self,
        request: Request<Vec<u8>>,
    ) -> impl Future<Output = Result<Response<Vec<u8>>, BoxedError>> {
        SendWrapper::new(self.send(request))
    }
}

impl XrpcClient for AtriumSession {
    fn base_uri(&self) -> String {
        let pds = self.0.pds();
        pds.map(|pds| pds.origin().to_owned()).unwrap_or_default()
    }
}

impl SessionManager for AtriumSession {
    async fn did(&self) -> Option<Did> {
        Did::new(self.0.did().to_string()).ok()
    }
}

impl AtriumError {
    /// The client's own error.
    pub fn get(&self) -> &Error {
        &self.0
    }
}

impl From<Error> for AtriumError {
    fn from(error: Error) -> Self {
        Self(SendWrapper::new(error))
    }
}

impl fmt::Display for AtriumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for AtriumError {}
