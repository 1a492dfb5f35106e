//! The client's own requests.

use super::JsHost;
use super::clock::LONGEST_WAIT;
use super::door::Outcome;
use super::message_of;
use crate::http::{HttpError, READ_HEADERS, Request, Response};
use crate::json::Json;
use crate::ports::{Http, Local};

impl Http for JsHost {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        let limit = request.timeout_ms.map(|limit| limit.min(LONGEST_WAIT));
        self.door.send(&request, limit).read(response)
    }
}

fn response(outcome: Outcome) -> Result<Response, HttpError> {
    let response = outcome.map_err(failed)?;
    let mut headers = Vec::new();
    if let Some(received) = response.get("headers") {
        for name in READ_HEADERS {
            if let Some(value) = received.str(name) {
                headers.push((name, value));
            }
        }
    }
    let status = response.get("status").and_then(|status| status.as_f64());
    Ok(Response {
        status: status.unwrap_or_default() as u16,
        headers,
        body: response.str("body").unwrap_or_default(),
    })
}

pub(super) fn failed(error: Json) -> HttpError {
    match error.str("name").as_deref() {
        Some("Redirected") => HttpError::Redirected,
        Some("TooLarge") => HttpError::TooLarge,
        // A custom `fetch` with a time limit of its own says so by the error's name.
        Some("TimeoutError") => HttpError::Timeout,
        _ => HttpError::Unreachable(message_of(&error)),
    }
}
