//! `fetch`, for the client's own requests.
//!
//! A custom `fetch` is called with one argument, a `Request`, as the official client calls it. Such a function may
//! ignore the signal, follow redirects or never answer, so time limit, size limit and redirects are judged here and not
//! left to it.

use super::reflect::{
    call, construct, deferred, get, get_str, promised, set, set_text, texts, words,
};
use crate::http::{HttpError, MAX_BODY, READ_HEADERS, Request, Response};
use crate::ports::{Http, Local};
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// The network.
pub(super) struct Fetch {
    custom: Option<Function>,
}

impl Fetch {
    /// Uses `custom`, or what `globalThis.fetch` is at the time of each request.
    pub(super) fn new(custom: Option<Function>) -> Self {
        Self { custom }
    }
}

impl Http for Fetch {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        Box::pin(async move {
            let mut exchange = Exchange::begin(request.timeout_ms)?;
            let response = exchange.run(self.custom.as_ref(), &request).await?;
            exchange.over = true;
            Ok(response)
        })
    }
}

/// A request under way: its abort signal and its time limit. Dropped before it is over, it aborts.
struct Exchange {
    controller: JsValue,
    timer: JsValue,
    /// Resolves to the controller when the time is up, if it ever is: a value no answer can be.
    time_up: JsValue,
    over: bool,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ = call(&js_sys::global(), "clearTimeout", &[&self.timer]);
        if !self.over {
            let _ = call(&self.controller, "abort", &[]);
        }
    }
}

impl Exchange {
    fn begin(timeout_ms: Option<u32>) -> Result<Self, HttpError> {
        let controller = construct("AbortController", &[]).map_err(unreachable)?;
        let (time_up, resolve) = deferred();
        let timer = match timeout_ms {
            Some(ms) => call(
                &js_sys::global(),
                "setTimeout",
                &[&resolve, &ms.into(), &controller],
            )
            .map_err(unreachable)?,
            None => JsValue::UNDEFINED,
        };
        Ok(Self {
            controller,
            timer,
            time_up,
            over: false,
        })
    }

    async fn run(
        &self,
        custom: Option<&Function>,
        request: &Request,
    ) -> Result<Response, HttpError> {
        let request = self.request(request).map_err(unreachable)?;
        let answer = match custom {
            Some(custom) => custom.call1(&js_sys::global(), &request),
            None => call(&js_sys::global(), "fetch", &[&request]),
        };
        let answer = self.in_time(answer).await?;
        let status = get(&answer, "status").as_f64().unwrap_or_default();
        if get_str(&answer, "type").as_deref() == Some("opaqueredirect")
            || get(&answer, "redirected").is_truthy()
            || (300.0..400.0).contains(&status)
        {
            return Err(HttpError::Redirected);
        }
        // What is no answer, and the answer that stands for a network error, have no status, or 0.
        if !(200.0..600.0).contains(&status) {
            return Err(HttpError::Unreachable("no response".to_owned()));
        }
        if header(&answer, "content-length")
            .and_then(|length| length.parse::<usize>().ok())
            .is_some_and(|length| length > MAX_BODY)
        {
            return Err(HttpError::TooLarge);
        }
        Ok(Response {
            status: status as u16,
            headers: READ_HEADERS
                .iter()
                .filter_map(|name| Some((*name, header(&answer, name)?)))
                .collect(),
            body: self.body(&answer).await?,
        })
    }

    fn request(&self, request: &Request) -> Result<JsValue, JsValue> {
        let headers = texts(&[]);
        for (name, value) in &request.headers {
            set_text(&headers, name, value);
        }
        let init = texts(&[
            ("redirect", "manual"),
            ("credentials", "omit"),
            ("referrerPolicy", "no-referrer"),
        ]);
        set_text(&init, "method", request.method);
        set(&init, "headers", &headers);
        set(&init, "signal", &get(&self.controller, "signal"));
        if request.revalidate {
            let mode = match request.method {
                "HEAD" => "no-store",
                _ => "no-cache",
            };
            set_text(&init, "cache", mode);
        }
        if let Some(body) = &request.body {
            set_text(&init, "body", body);
        }
        construct("Request", &[&JsValue::from_str(&request.url), &init])
    }

    /// Counts the bytes as they come, so that an endless answer ends here.
    async fn body(&self, answer: &JsValue) -> Result<String, HttpError> {
        let stream = get(answer, "body");
        if !stream.is_object() {
            // No body, or a custom `fetch` whose answer has no streams.
            let text = self.in_time(call(answer, "text", &[])).await?;
            let text = text.as_string().unwrap_or_default();
            return if text.len() > MAX_BODY {
                Err(HttpError::TooLarge)
            } else {
                Ok(text)
            };
        }
        let reader = call(&stream, "getReader", &[]).map_err(unreachable)?;
        // As `Response.text()` decodes: without a byte order mark, broken sequences replaced.
        let decoder = construct("TextDecoder", &[]).map_err(unreachable)?;
        let decode = |args: &[&JsValue]| {
            let text = call(&decoder, "decode", args).unwrap_or_default();
            text.as_string().unwrap_or_default()
        };
        let unfinished = texts(&[]);
        set(&unfinished, "stream", &JsValue::TRUE);
        let (mut text, mut length) = (String::new(), 0);
        loop {
            let part = self.in_time(call(&reader, "read", &[])).await?;
            let Ok(chunk) = get(&part, "value").dyn_into::<Uint8Array>() else {
                break;
            };
            length += chunk.length() as usize;
            if length > MAX_BODY {
                // The promise is rejected where the stream broke meanwhile; waiting for it here marks it as handled.
                let _ = self.in_time(call(&reader, "cancel", &[])).await;
                return Err(HttpError::TooLarge);
            }
            text.push_str(&decode(&[&chunk, &unfinished]));
        }
        text.push_str(&decode(&[]));
        Ok(text)
    }

    /// Waits for a step's promise, or until the time is up.
    async fn in_time(&self, step: Result<JsValue, JsValue>) -> Result<JsValue, HttpError> {
        let first = step.map(|step| Promise::race(&Array::of2(&step, &self.time_up)).into());
        let value = promised(first).await.map_err(unreachable)?;
        if value == self.controller {
            Err(HttpError::Timeout)
        } else {
            Ok(value)
        }
    }
}

pub(super) fn header(answer: &JsValue, name: &str) -> Option<String> {
    call(&get(answer, "headers"), "get", &[&JsValue::from_str(name)])
        .ok()?
        .as_string()
}

/// A custom `fetch` with a time limit of its own says so by the error's name.
pub(super) fn unreachable(error: JsValue) -> HttpError {
    match get_str(&error, "name").as_deref() {
        Some("TimeoutError") => HttpError::Timeout,
        _ => HttpError::Unreachable(words(&error)),
    }
}
