//! The client's own requests: who asked, at which step, and what was asked a moment ago.

use super::{Error, ErrorKind, Shared, Step};
use crate::http::{HttpError, Request, Response};
use crate::json::Json;
use crate::ports::Question;
use std::cell::RefCell;

/// How long a document is remembered, in milliseconds. The atproto OAuth specification asks for less than 10 minutes.
const MEMORY_LIFETIME: u64 = 60_000;

/// Documents that were read a moment ago. They are few, so a list beats a map.
#[derive(Default)]
pub(super) struct Memory(RefCell<Vec<Remembered>>);

struct Remembered {
    place: String,
    response: Response,
    until: u64,
}

impl Memory {
    fn get(&self, place: &str, now: u64) -> Option<Response> {
        let memory = self.0.borrow();
        let known = memory.iter().find(|known| known.place == place)?;
        (now < known.until).then(|| known.response.clone())
    }

    fn put(&self, place: String, response: Response, now: u64) {
        let mut memory = self.0.borrow_mut();
        memory.retain(|known| now < known.until && known.place != place);
        memory.push(Remembered {
            place,
            response,
            until: now + MEMORY_LIFETIME,
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
    pub(super) async fn send(&self, step: Step, mut request: Request) -> Result<Response, Error> {
        let limits = &self.options.timeouts;
        request.timeout_ms = match (request.method, step) {
            ("GET" | "HEAD", _) => Some(limits.document_ms),
            // Given up, it might still succeed, with nobody there to take the tokens.
            (_, Step::Refresh) => None,
            _ => Some(limits.token_ms),
        };
        let url = request.url.clone();
        let answer = self.ports.http.send(request).await;
        answer.map_err(|error| Error::new(step, error).at(&url))
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

    /// Reads a document and judges it; remembers one that was judged good.
    pub(super) async fn document<T, E: Into<ErrorKind>>(
        &self,
        step: Step,
        source: Source<'_>,
        freshness: Freshness,
        judge: impl FnOnce(&Response) -> Result<Result<T, E>, HttpError>,
    ) -> Result<T, Error> {
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
        let value = match judge(&response) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        }
        .map_err(|kind: ErrorKind| failed(step, kind, &place))?;
        // Not put back: a document that is read often must be forgotten in time as well.
        if is_new {
            self.memory.put(place, response, self.ports.clock.now());
        }
        Ok(value)
    }

    async fn obtain(
        &self,
        step: Step,
        source: Source<'_>,
        freshness: Freshness,
    ) -> Result<Response, Error> {
        match source {
            Source::Server(mut request) => {
                request.revalidate = freshness == Freshness::Now;
                self.send(step, request).await
            }
            Source::App(question) => {
                let answer = match &self.ports.resolver {
                    Some(own) => own.ask(question, freshness == Freshness::Now).await,
                    None => Ok(None),
                };
                answer
                    .map(|answer| as_response(question, answer))
                    .map_err(|thrown| Error::new(step, ErrorKind::Resolver(thrown)))
            }
        }
    }
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
