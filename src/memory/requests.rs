//! The app's requests, over the network that the client's own go by.

use crate::app::{Body, PdsRequest, Target};
use crate::client::{Error, ResourceAnswer, Step};
use crate::http::{Request, Response};
use crate::ports::{Http, Local};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// An answer whose body is here already.
#[derive(Debug)]
pub(crate) struct Answer(Response);

/// Sends a request without a time limit. A body that is no text comes out changed: the network is one of texts.
pub(crate) async fn send(
    request: &PdsRequest,
    to: Target<'_>,
    http: &dyn Http,
) -> Result<Answer, Error> {
    let given = request.headers.iter();
    let mut headers: Vec<_> = given
        .map(|(name, value)| (known(&name.to_ascii_lowercase()), value.clone()))
        .filter(|(name, _)| !matches!(*name, "authorization" | "dpop"))
        .collect();
    if let Some(credentials) = &to.credentials {
        headers.push(("authorization", credentials.authorization.to_owned()));
        headers.push(("dpop", credentials.dpop.to_owned()));
    }
    let sent = Request {
        method: known(&request.method),
        url: to.url.to_owned(),
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
        .map_err(|error| Error::new(Step::Request, error).at(to.url))
}

impl Answer {
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

impl ResourceAnswer for Answer {
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
