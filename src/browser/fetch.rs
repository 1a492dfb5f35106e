//! `fetch`, for the client's own requests: what `fetch.js` does, as the port knows it.

use super::environment::LONGEST_WAIT;
use super::reflect::{call, get, get_str, resolved, set, set_text, texts, words};
use crate::client::policy::{COPY_PATIENCE, LARGEST_COPY};
use crate::http::{HttpError, MAX_BODY, READ_HEADERS, Request, Response};
use crate::ports::{Guard, Http, Local};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/fetch.js")]
extern "C" {
    type Exchange;

    #[wasm_bindgen(constructor)]
    fn new() -> Exchange;

    #[wasm_bindgen(method)]
    fn send(
        this: &Exchange,
        custom: Option<&Function>,
        url: &str,
        init: &JsValue,
        limit: Option<u32>,
        largest: u32,
    ) -> Promise;

    #[wasm_bindgen(method)]
    fn end(this: &Exchange);

    fn peek(answer: &JsValue, largest: u32, limit: u32) -> Promise;
}

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
            let exchange = Exchange::new();
            let answer = exchange.send(
                self.custom.as_ref(),
                &request.url,
                &init(&request),
                request.timeout_ms.map(|limit| limit.min(LONGEST_WAIT)),
                MAX_BODY as u32,
            );
            // Dropped before it is over, it aborts.
            let _end = Guard::new(move || exchange.end());
            let answer = resolved(&answer).await.map_err(failed)?;
            Ok(Response {
                status: get(&answer, "status").as_f64().unwrap_or_default() as u16,
                headers: READ_HEADERS
                    .iter()
                    .filter_map(|name| Some((*name, header(&answer, name)?)))
                    .collect(),
                body: get_str(&answer, "body").unwrap_or_default(),
            })
        })
    }
}

fn init(request: &Request) -> JsValue {
    let headers = texts(&[]);
    for (name, value) in &request.headers {
        set_text(&headers, name, value);
    }
    let init = texts(&[("method", request.method)]);
    set(&init, "headers", &headers);
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
    init
}

pub(super) fn header(answer: &JsValue, name: &str) -> Option<String> {
    call(&get(answer, "headers"), "get", &[&JsValue::from_str(name)])
        .ok()?
        .as_string()
}

/// The body of an app's answer, if it is JSON and small. It stays where it is.
pub(super) fn small_json(answer: &JsValue) -> Local<'_, Option<String>> {
    Box::pin(async move {
        let copy = resolved(&peek(answer, LARGEST_COPY, COPY_PATIENCE)).await;
        copy.ok()?.as_string()
    })
}

fn failed(error: JsValue) -> HttpError {
    match get_str(&error, "name").as_deref() {
        Some("Redirected") => HttpError::Redirected,
        Some("TooLarge") => HttpError::TooLarge,
        _ => unreachable(error),
    }
}

/// A custom `fetch` with a time limit of its own says so by the error's name.
pub(super) fn unreachable(error: JsValue) -> HttpError {
    match get_str(&error, "name").as_deref() {
        Some("TimeoutError") => HttpError::Timeout,
        _ => HttpError::Unreachable(words(&error)),
    }
}
