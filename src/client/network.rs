//! The client's own requests: who asked, at which step, and what was asked a moment ago.

use super::policy;
use super::race::{First, race};
use super::{Error, ErrorKind, Shared, Step};
use crate::http::{HttpError, MAX_BODY, Request, Response};
use crate::json::Json;
use crate::ports::{Local, Question};
use std::cell::RefCell;
use std::rc::Rc;

/// Documents that were read a moment ago. They are few, so a list beats a map.
#[derive(Default)]
pub(super) struct Memory(RefCell<Vec<Remembered>>);

struct Remembered {
    place: String,
    response: Rc<Response>,
    read_at: u64,
}

impl Memory {
    fn get(&self, place: &str, now: u64) -> Option<Rc<Response>> {
        let memory = self.0.borrow();
        let known = memory.iter().find(|known| known.place == place)?;
        policy::cached_document_serves(known.read_at, now).then(|| known.response.clone())
    }

    fn put(&self, place: String, response: Rc<Response>, now: u64) {
        let mut memory = self.0.borrow_mut();
        memory.retain(|known| {
            policy::cached_document_serves(known.read_at, now) && known.place != place
        });
        memory.push(Remembered {
            place,
            response,
            read_at: now,
        });
    }
}

/// Whether a document may come from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// What was read in the last minute will do.
    Recent,
    /// It must come from its source, past every cache.
    Now,
}

impl Shared {
    /// Sends one request, within the time limits of the options.
    pub(super) fn send(
        &self,
        step: Step,
        mut request: Request,
    ) -> Local<'_, Result<Rc<Response>, Error>> {
        let limits = &self.options.timeouts;
        let is_document = matches!(request.method, "GET" | "HEAD");
        request.timeout_ms = policy::time_limit(limits, is_document, step == Step::Refresh);
        let url = request.url.clone();
        let answer = self.ports.http.send(request);
        Box::pin(async move {
            let answer = answer.await.map(Rc::new);
            answer.map_err(|error| Error::new(step, error).at(&url))
        })
    }

    /// Whether the app's own resolver is to answer this.
    pub(super) fn has_own(&self, question: Question<'_>) -> bool {
        self.ports
            .resolver
            .as_ref()
            .is_some_and(|own| own.knows(question))
    }

    /// Where to ask: the app's own resolver, if it knows such things, or else a server.
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

    /// Reads a document, which then wants judging. Boxed, since many futures await it.
    pub(super) fn read<'a>(
        &'a self,
        step: Step,
        source: Source<'a>,
        freshness: Freshness,
    ) -> Local<'a, Result<Document, Error>> {
        Box::pin(async move {
            let place = source.place();
            let known = match freshness {
                Freshness::Recent => self.memory.get(&place, self.ports.clock.now()),
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

    /// What a document says, once judged; one that was judged good is remembered.
    pub(super) fn judged<T, E: Into<ErrorKind>>(
        &self,
        document: Document,
        judged: Result<Result<T, E>, HttpError>,
    ) -> Result<T, Error> {
        let kind = match judged {
            Ok(Ok(value)) => {
                self.remember_document(document);
                return Ok(value);
            }
            Ok(Err(error)) => error.into(),
            Err(error) => error.into(),
        };
        Err(failed(document.step, kind, &document.place))
    }

    fn remember_document(&self, document: Document) {
        // Not put back: a document that is read often must be forgotten in time as well.
        if document.is_new {
            let now = self.ports.clock.now();
            self.memory.put(document.place, document.response, now);
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
                self.send(step, request).await
            }
            Source::App(question) => self
                .ask_own(question, freshness)
                .await
                .map_err(|kind| Error::new(step, kind)),
        }
    }

    /// Asks the app's own resolver, within the limits that servers have.
    async fn ask_own(
        &self,
        question: Question<'_>,
        freshness: Freshness,
    ) -> Result<Rc<Response>, ErrorKind> {
        let answer = match &self.ports.resolver {
            Some(own) => {
                let answer = own.ask(question, freshness == Freshness::Now);
                let limit = self.options.timeouts.document_ms;
                match race(answer, self.ports.timer.sleep(limit)).await {
                    First::Left(answer) => answer.map_err(ErrorKind::Resolver)?,
                    First::Right(()) => return Err(HttpError::Timeout.into()),
                }
            }
            None => None,
        };
        let response = as_response(question, answer);
        match response.body.len() <= MAX_BODY {
            true => Ok(Rc::new(response)),
            false => Err(HttpError::TooLarge.into()),
        }
    }
}

/// A document that was read, and is yet to be judged.
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
    /// A URL, or, which none can be, the question.
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

/// What the app's own resolver says, as a server would put it, so that both are judged by the same rules.
fn as_response(question: Question<'_>, answer: Option<Json>) -> Response {
    let (status, body) = match (question, answer) {
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
