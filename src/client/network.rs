//! The client's own requests: who asked, at which step, and what was asked a moment ago.

use super::{Error, ErrorKind, Shared, Step};
use crate::http::{HttpError, Request, Response};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How long a document is remembered, in milliseconds. The atproto OAuth specification asks for less than 10 minutes.
const MEMORY_LIFETIME: u64 = 60_000;

/// Documents that were read a moment ago, by their URL, each with the time it is forgotten.
#[derive(Default)]
pub(super) struct Memory(RefCell<BTreeMap<String, (u64, Response)>>);

impl Memory {
    fn get(&self, url: &str, now: u64) -> Option<Response> {
        let memory = self.0.borrow();
        let (until, response) = memory.get(url)?;
        (now < *until).then(|| response.clone())
    }

    fn put(&self, url: String, response: Response, now: u64) {
        let mut memory = self.0.borrow_mut();
        memory.retain(|_, (until, _)| now < *until);
        memory.insert(url, (now + MEMORY_LIFETIME, response));
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
    /// Sends one request.
    pub(super) async fn send(&self, step: Step, request: Request) -> Result<Response, Error> {
        let url = request.url.clone();
        let answer = self.ports.http.send(request).await;
        answer.map_err(|error| Error::new(step, error).at(&url))
    }

    /// Reads a document and judges it; remembers one that was judged good.
    pub(super) async fn document<T, E: Into<ErrorKind>>(
        &self,
        step: Step,
        mut request: Request,
        freshness: Freshness,
        judge: impl FnOnce(&Response) -> Result<Result<T, E>, HttpError>,
    ) -> Result<T, Error> {
        let url = request.url.clone();
        let known = match freshness {
            Freshness::Recent => self.memory.get(&url, self.ports.clock.now()),
            Freshness::Now => None,
        };
        let judged = |response: &Response| match judge(response) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Error::new(step, error).at(&url)),
            Err(error) => Err(Error::new(step, error).at(&url)),
        };
        if let Some(response) = known {
            // Not put back: a document that is read often must be forgotten in time as well.
            return judged(&response);
        }
        request.revalidate = freshness == Freshness::Now;
        let response = self.send(step, request).await?;
        let value = judged(&response)?;
        self.memory.put(url, response, self.ports.clock.now());
        Ok(value)
    }
}
