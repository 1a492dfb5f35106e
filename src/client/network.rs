//! The client's own requests: who asked, at which step, and what was asked a moment ago.

use super::{Error, ErrorKind, Shared, Step};
use crate::http::{HttpError, Request, Response};
use std::cell::RefCell;

/// How long a document is remembered, in milliseconds. The atproto OAuth specification asks for less than 10 minutes.
const MEMORY_LIFETIME: u64 = 60_000;

/// Documents that were read a moment ago. They are few, so a list beats a map.
#[derive(Default)]
pub(super) struct Memory(RefCell<Vec<Remembered>>);

struct Remembered {
    url: String,
    response: Response,
    until: u64,
}

impl Memory {
    fn get(&self, url: &str, now: u64) -> Option<Response> {
        let memory = self.0.borrow();
        let known = memory.iter().find(|known| known.url == url)?;
        (now < known.until).then(|| known.response.clone())
    }

    fn put(&self, url: String, response: Response, now: u64) {
        let mut memory = self.0.borrow_mut();
        memory.retain(|known| now < known.until && known.url != url);
        memory.push(Remembered {
            url,
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
