//! The client's own requests, answered by custom `fetch` functions and by addresses that need no network.

use crate::support::*;
use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::Ports;
use atproto_oauth_wasm::{HttpError, MAX_BODY, Request, Response};
use js_sys::Function;
use std::task::Poll;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// A client whose `fetch` is the body of an async function of `request`.
fn answering(body: &str) -> Ports {
    let fetch = Function::new_with_args(
        "request",
        &format!(
            "globalThis.request = request; globalThis.count = arguments.length; return (async () => {{ {body} }})()"
        ),
    );
    let options = BrowserOptions {
        fetch: Some(fetch),
        ..BrowserOptions::default()
    };
    Browser::new(options).ports()
}

fn request() -> Request {
    Request::get(
        "https://auth.example/.well-known/x".to_owned(),
        "application/json",
    )
}

async fn answer(body: &str) -> Result<Response, HttpError> {
    answering(body).http.send(request()).await
}

fn aborted() -> bool {
    js("return globalThis.request.signal.aborted").is_truthy()
}

#[wasm_bindgen_test]
async fn a_custom_fetch_gets_one_request_as_it_must_be_sent() {
    let mut post = Request::post_form("https://auth.example/par".to_owned(), "a=b&c=d".to_owned());
    post.headers.push(("dpop", "proof".to_owned()));
    let ports = answering("return new Response('{}', { status: 201 })");
    let response = ports.http.send(post).await.expect("answer");
    assert_eq!((response.status, response.body.as_str()), (201, "{}"));
    let sent = js_async(
        "const r = globalThis.request;
         return JSON.stringify([globalThis.count, r instanceof Request, r.method, r.url, r.redirect, r.credentials,
           r.referrerPolicy, r.cache, [...r.headers], await r.text()])",
        &JsValue::UNDEFINED,
        &JsValue::UNDEFINED,
    )
    .await;
    assert_eq!(
        sent.as_string().expect("text"),
        r#"[1,true,"POST","https://auth.example/par","manual","omit","no-referrer","default",[["content-type","application/x-www-form-urlencoded"],["dpop","proof"]],"a=b&c=d"]"#
    );
    assert!(!aborted());

    let mut get = request();
    get.revalidate = true;
    ports.http.send(get).await.expect("answer");
    let sent = js(
        "const r = globalThis.request; return `${r.method} ${r.cache} ${r.headers.get('accept')}`",
    );
    assert_eq!(
        sent.as_string().expect("text"),
        "GET no-cache application/json"
    );
}

#[wasm_bindgen_test]
async fn the_page_s_own_server_tells_the_time() {
    let ports = answering(
        "return new Response('', { headers: { 'Date': 'Thu, 01 Jan 1970 00:00:07 GMT', 'Age': '3' } })",
    );
    let url = ports.clock.reference().expect("a server");
    let response = ports.http.send(Request::head(url)).await.expect("answer");
    assert_eq!(response.date(), Some(10_000));
    let sent = js(
        "const r = globalThis.request;
         return r.method === 'HEAD' && r.cache === 'no-store' && r.url === location.origin + location.pathname",
    );
    assert!(sent.is_truthy());
}

#[wasm_bindgen_test]
async fn only_the_headers_that_are_judged_are_read() {
    let response = answer(
        "return new Response('x', { headers: {
           'Content-Type': 'application/json; charset=utf-8', 'DPoP-Nonce': 'n', 'X-Other': 'y', 'WWW-Authenticate': 'DPoP' } })",
    )
    .await
    .expect("answer");
    assert_eq!(
        response.headers,
        [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("dpop-nonce", "n".to_owned()),
            ("www-authenticate", "DPoP".to_owned())
        ]
    );
}

#[wasm_bindgen_test]
async fn an_answer_of_the_largest_size_is_read_whole() {
    let fill = format!("return new Response('\\u00e9'.repeat({}))", MAX_BODY / 2);
    assert_eq!(answer(&fill).await.expect("answer").body.len(), MAX_BODY);
    let fill = format!("return new Response('x'.repeat({}))", MAX_BODY + 1);
    assert_eq!(answer(&fill).await, Err(HttpError::TooLarge));
}

#[wasm_bindgen_test]
async fn an_endless_answer_is_cancelled() {
    let outcome = answer(
        "globalThis.pulled = 0; globalThis.cancelled = false;
         return new Response(new ReadableStream({
           pull(c) { globalThis.pulled += 1; c.enqueue(new Uint8Array(65536)) },
           cancel() { globalThis.cancelled = true },
         }))",
    )
    .await;
    assert_eq!(outcome, Err(HttpError::TooLarge));
    assert!(js("return globalThis.cancelled && globalThis.pulled < 9").is_truthy());
    assert!(aborted());
}

#[wasm_bindgen_test]
async fn a_length_that_is_announced_is_refused_unread() {
    let outcome =
        answer("return new Response('x', { headers: { 'content-length': '9000000' } })").await;
    assert_eq!(outcome, Err(HttpError::TooLarge));
}

#[wasm_bindgen_test]
async fn an_answer_without_streams_is_read_as_text() {
    let plain = |text: &str| {
        format!(
            "return {{ status: 200, headers: new Headers({{ date: 'today' }}), text: async () => {text} }}"
        )
    };
    let response = answer(&plain("'{}'")).await.expect("answer");
    assert_eq!(response.body, "{}");
    assert_eq!(response.header("date"), Some("today"));
    let too_long = plain(&format!("'x'.repeat({})", MAX_BODY + 1));
    assert_eq!(answer(&too_long).await, Err(HttpError::TooLarge));
    let empty = answer("return new Response(null, { status: 204 })")
        .await
        .expect("answer");
    assert_eq!((empty.status, empty.body.as_str()), (204, ""));
}

#[wasm_bindgen_test]
async fn a_body_is_decoded_as_a_browser_decodes_text() {
    let response =
        answer("return new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0xff, 0x7d]))").await;
    assert_eq!(response.expect("answer").body, "{\u{fffd}}");
}

#[wasm_bindgen_test]
async fn a_fetch_that_never_answers_is_given_up() {
    for body in [
        "return new Promise(() => {})",
        "return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)) } }))",
    ] {
        let ports = answering(body);
        let mut slow = request();
        slow.timeout_ms = Some(30);
        let begun = js_sys::Date::now();
        assert_eq!(
            ports.http.send(slow).await,
            Err(HttpError::Timeout),
            "{body}"
        );
        assert!(js_sys::Date::now() - begun < 2000.0);
        assert!(aborted());
    }
    let own_limit = "throw new DOMException('signal timed out', 'TimeoutError')";
    assert_eq!(answer(own_limit).await, Err(HttpError::Timeout));
}

#[wasm_bindgen_test]
async fn a_dropped_future_aborts_the_request_and_stops_the_clock() {
    js("globalThis.cleared = 0");
    let _counted = Replaced::new(
        "globalThis",
        "clearTimeout",
        "{ writable: true, value: id => { globalThis.cleared += 1; return old(id) } }",
    );
    let ports = answering("return new Promise(() => {})");
    let mut waiting = ports.http.send(request());
    std::future::poll_fn(|context| {
        assert!(waiting.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    assert!(!aborted());
    drop(waiting);
    assert!(aborted());
    assert_eq!(js("return globalThis.cleared").as_f64(), Some(1.0));
}

#[wasm_bindgen_test]
async fn redirects_are_refused_in_every_form() {
    for body in [
        "return Response.redirect('https://elsewhere.example/', 302)",
        "return new Response(null, { status: 308 })",
        "return { status: 0, type: 'opaqueredirect' }",
        "return { status: 200, redirected: true, headers: new Headers(), text: async () => '{}' }",
    ] {
        assert_eq!(answer(body).await, Err(HttpError::Redirected), "{body}");
    }
}

#[wasm_bindgen_test]
async fn what_is_no_answer_is_unreachable() {
    assert_eq!(
        answer("throw new TypeError('Failed to fetch')").await,
        Err(HttpError::Unreachable("Failed to fetch".to_owned()))
    );
    for body in [
        "throw null",
        "throw 'text'",
        "return undefined",
        "return null",
        "return 'text'",
        "return {}",
        "return Response.error()",
        "const r = new Response('x'); r.body.getReader(); return r",
        "const r = new Response('x'); await r.text(); return r",
        "return new Response(new ReadableStream({ start(c) { c.error(new Error('broken')) } }))",
    ] {
        assert!(
            matches!(answer(body).await, Err(HttpError::Unreachable(_))),
            "{body}"
        );
    }
    let ports = answering("return new Response('')");
    let nowhere = Request::get("http://".to_owned(), "*/*");
    assert!(matches!(
        ports.http.send(nowhere).await,
        Err(HttpError::Unreachable(_))
    ));
}

#[wasm_bindgen_test]
async fn a_fetch_that_throws_or_answers_at_once_is_one_too() {
    let send = |body: &str| {
        let fetch = Some(Function::new_with_args("request", body));
        Browser::new(BrowserOptions {
            fetch,
            ..BrowserOptions::default()
        })
        .ports()
    };
    let response = send("return new Response('now')")
        .http
        .send(request())
        .await;
    assert_eq!(response.expect("answer").body, "now");
    assert_eq!(
        send("throw new Error('no')").http.send(request()).await,
        Err(HttpError::Unreachable("no".to_owned()))
    );
}

#[wasm_bindgen_test]
async fn the_browsers_own_fetch_is_looked_up_at_each_call() {
    let ports = ports();
    let get = || {
        Request::get(
            "data:application/json,%7B%7D".to_owned(),
            "application/json",
        )
    };
    let response = ports.http.send(get()).await.expect("answer");
    assert_eq!((response.status, response.body.as_str()), (200, "{}"));
    assert_eq!(response.media_type().as_deref(), Some("application/json"));

    let blob = js1(
        "return URL.createObjectURL(new Blob(['x'.repeat(a)]))",
        &(MAX_BODY as u32 + 1).into(),
    );
    let large = Request::get(blob.as_string().expect("URL"), "*/*");
    assert_eq!(ports.http.send(large).await, Err(HttpError::TooLarge));

    let _instrumented = Replaced::new(
        "globalThis",
        "fetch",
        "{ writable: true, value: async () => new Response('later') }",
    );
    assert_eq!(ports.http.send(get()).await.expect("answer").body, "later");
}
