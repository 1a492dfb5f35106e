//! Reading documents: from the cache, a server, or the app's own resolver.

use super::cache::DocumentCache;
use crate::client::environment::Environment;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::network::Network;
use crate::client::share::share;
use crate::http::{HttpError, MAX_BODY, Request, Response};
use crate::json::Json;
use crate::ports::{Delegate, Local, Question};
use crate::waiting::{First, race};
use std::rc::Rc;

/// Whether a document may come from the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Freshness {
    /// It may have been read in the last minute.
    Recent,
    /// It must come from its source, bypassing every cache.
    Now,
}

/// Reads documents.
pub(super) struct Documents {
    env: Rc<Environment>,
    network: Rc<Network>,
    delegate: Rc<dyn Delegate>,
    cache: DocumentCache,
}

impl Documents {
    pub(super) fn new(
        env: &Rc<Environment>,
        network: &Rc<Network>,
        delegate: Rc<dyn Delegate>,
    ) -> Self {
        Self {
            env: share(env),
            network: share(network),
            delegate,
            cache: DocumentCache::default(),
        }
    }

    /// Whether the app's own resolver resolves this.
    pub(super) fn has_own(&self, question: Question<'_>) -> bool {
        self.delegate.answers(question)
    }

    /// The source to ask: the app's own resolver if it resolves such questions, or else a server.
    pub(super) fn source<'a>(
        &self,
        question: Question<'a>,
        request: impl FnOnce() -> Result<Request, Error>,
    ) -> Result<Source<'a>, Error> {
        if self.has_own(question) {
            Ok(Source::App(question))
        } else {
            request().map(Source::Server)
        }
    }

    /// Reads a document, which the caller then judges. Boxed, because many futures await it.
    pub(super) fn read<'a>(
        &'a self,
        step: Step,
        source: Source<'a>,
        freshness: Freshness,
    ) -> Local<'a, Result<Document, Error>> {
        Box::pin(async move {
            let place = source.place();
            let known = match freshness {
                Freshness::Recent => self.cache.get(&place, self.env.now()),
                Freshness::Now => None,
            };
            let is_new = known.is_none();
            let response = match known {
                Some(response) => response,
                None => self.obtain(step, source, freshness).await?,
            };
            Ok(Document {
                step,
                place,
                response,
                is_new,
            })
        })
    }

    /// The result of judging a document. Caches a valid one.
    pub(super) fn judged<T, E: Into<ErrorKind>>(
        &self,
        document: Document,
        judged: Result<Result<T, E>, HttpError>,
    ) -> Result<T, Error> {
        let kind = match judged {
            Ok(Ok(value)) => {
                self.cache(document);
                return Ok(value);
            }
            Ok(Err(error)) => error.into(),
            Err(error) => error.into(),
        };
        Err(failed(document.step, kind, &document.place))
    }

    fn cache(&self, document: Document) {
        // A document from the cache is not put back: one that is read often must expire too.
        if document.is_new {
            let now = self.env.now();
            self.cache.put(document.place, document.response, now);
        }
    }

    async fn obtain(
        &self,
        step: Step,
        source: Source<'_>,
        freshness: Freshness,
    ) -> Result<Rc<Response>, Error> {
        match source {
            Source::Server(mut request) => {
                request.revalidate = freshness == Freshness::Now;
                self.network.send(step, request).await
            }
            Source::App(question) => self
                .ask_own(question, freshness)
                .await
                .map_err(|kind| Error::new(step, kind)),
        }
    }

    /// Asks the app's own resolver, with the same time limit as servers.
    async fn ask_own(
        &self,
        question: Question<'_>,
        freshness: Freshness,
    ) -> Result<Rc<Response>, ErrorKind> {
        let answer = self.delegate.answer(question, freshness == Freshness::Now);
        let limit = self.env.options.timeouts.document_ms;
        let found = match race(answer, self.env.sleep(limit)).await {
            First::Left(found) => found.map_err(ErrorKind::Resolver)?,
            First::Right(()) => return Err(HttpError::Timeout.into()),
        };
        let response = as_response(question, found);
        match response.body.len() <= MAX_BODY {
            true => Ok(Rc::new(response)),
            false => Err(HttpError::TooLarge.into()),
        }
    }
}

/// A document that was read and not judged yet.
pub(super) struct Document {
    step: Step,
    place: String,
    pub(super) response: Rc<Response>,
    is_new: bool,
}

/// Where a document comes from.
pub(super) enum Source<'a> {
    /// A server.
    Server(Request),
    /// The app's own resolver.
    App(Question<'a>),
}

impl Source<'_> {
    /// The URL, or for the app's own resolver the question, which is never a URL.
    fn place(&self) -> String {
        match self {
            Self::Server(request) => request.url.clone(),
            Self::App(Question::Identity(input)) => format!("?{input}"),
            Self::App(Question::Handle(handle)) => handle.to_string(),
            Self::App(Question::Document(did)) => did.to_string(),
        }
    }
}

fn failed(step: Step, kind: ErrorKind, place: &str) -> Error {
    let error = Error::new(step, kind);
    match place.split_once(':') {
        Some(("http" | "https", _)) => error.at(place),
        _ => error,
    }
}

/// The result of the app's own resolver in the form of a server's response, so that the same rules judge both.
fn as_response(question: Question<'_>, found: Option<Json>) -> Response {
    let (status, body) = match (question, found) {
        (Question::Handle(_), None) => (400, r#"{"error":"HandleNotFound"}"#.to_owned()),
        (_, None) => (404, String::new()),
        (Question::Handle(_), Some(did)) => (200, format!("{{\"did\":{}}}", did.text())),
        (_, Some(document)) => (200, document.text()),
    };
    Response {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body,
    }
}
