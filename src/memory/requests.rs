//! The app's requests, over the network that the client's own go by.

use crate::client::{Credentials, Error, ErrorKind, OAuthSession, ResourceResponse, Step};
use crate::http::{HttpError, Request, Response};
use crate::pds_request::{Body, PdsRequest};
use crate::ports::{Http, Local};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// An answer whose body is here already.
#[derive(Debug)]
pub(crate) struct Answer(Response);

/// Why a request ends before its response is interpreted.
enum Beyond {
    Failed(Error),
    /// A response to a request that carried no token.
    Public(Answer),
}

impl From<Error> for Beyond {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes a request with a session, whose token does not leave the PDS.
///
/// What is public may be kept elsewhere, as pictures are: if the PDS redirects a GET or a HEAD, it is sent once more without
/// token and proof, and then follows the redirect. For any other request a redirect is an error.
pub(crate) async fn fetch(session: &OAuthSession, request: PdsRequest) -> Result<Answer, Error> {
    let http = session.http();
    let signed = async |credentials: Credentials<'_>| {
        let url = credentials.url;
        match send(&request, url, Some(&credentials), http).await {
            Ok(answer) if !answer.is_redirected() => return Ok(answer),
            Ok(_) => {}
            Err(error) if *error.kind() == ErrorKind::Http(HttpError::Redirected) => {}
            Err(error) => return Err(Beyond::Failed(error)),
        }
        if !matches!(&*request.method, "GET" | "HEAD") {
            let error = Error::new(Step::Request, HttpError::Redirected);
            return Err(Beyond::Failed(error.at(url)));
        }
        Err(Beyond::Public(send(&request, url, None, http).await?))
    };
    match session
        .request(&request.method, &request.path, true, signed)
        .await
    {
        Ok(answer) | Err(Beyond::Public(answer)) => Ok(answer),
        Err(Beyond::Failed(error)) => Err(error),
    }
}

/// Sends a request without a time limit. A body that is no text comes out changed: the network is one of texts.
async fn send(
    request: &PdsRequest,
    url: &str,
    credentials: Option<&Credentials<'_>>,
    http: &dyn Http,
) -> Result<Answer, Error> {
    let given = request.headers.iter();
    let mut headers: Vec<_> = given
        .map(|(name, value)| (known(&name.to_ascii_lowercase()), value.clone()))
        .filter(|(name, _)| !matches!(*name, "authorization" | "dpop"))
        .collect();
    if let Some(credentials) = credentials {
        headers.push(("authorization", credentials.authorization.to_owned()));
        headers.push(("dpop", credentials.dpop.to_owned()));
    }
    let sent = Request {
        method: known(&request.method),
        url: url.to_owned(),
        headers,
        body: request.body.as_ref().map(|body| match body {
            Body::Text(text) => text.clone(),
            Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }),
        revalidate: false,
        timeout_ms: None,
    };
    let answer = http.send(sent).await;
    answer
        .map(Answer)
        .map_err(|error| Error::new(Step::Request, error).at(url))
}

impl Answer {
    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    /// A header's value; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.header(name).map(str::to_owned)
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let all = self.0.headers.iter();
        all.map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    pub(crate) async fn text(self) -> Result<String, Error> {
        Ok(self.0.body)
    }

    pub(crate) async fn bytes(self) -> Result<Vec<u8>, Error> {
        Ok(self.0.body.into_bytes())
    }
}

impl ResourceResponse for Answer {
    fn status(&self) -> u16 {
        self.0.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.0.header(name).map(str::to_owned)
    }
    fn small_json(&self) -> Local<'_, Option<String>> {
        Box::pin(async { Some(self.0.body.clone()) })
    }
}

/// A name as the network wants it, which knows its own only. Those that an app has are few, and each is kept once.
fn known(name: &str) -> &'static str {
    thread_local! {
        static NAMES: RefCell<BTreeSet<&'static str>> = RefCell::default();
    }
    NAMES.with_borrow_mut(|names| match names.get(name) {
        Some(known) => known,
        None => {
            let kept: &'static str = String::leak(name.to_owned());
            names.insert(kept);
            kept
        }
    })
}
