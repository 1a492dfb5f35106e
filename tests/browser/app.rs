//! The client for apps in Rust: what it makes of an app's requests, and of a popup.

use crate::support::*;
use atproto_oauth_wasm::ports::StoredSession;
use atproto_oauth_wasm::{
    AuthorizeOptions, BrowserOAuthClient, ErrorKind, Event, HostError, OAuthSession, PdsRequest,
    Refresh,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Request, Response};

const LOOPBACK_ID: &str = "http://localhost";

fn client() -> BrowserOAuthClient {
    BrowserOAuthClient::builder()
        .client_id(LOOPBACK_ID)
        .handle_resolver("https://pds.example")
        .build()
        .expect("client")
}

/// A session from storage, whose token still lives and whose servers gave no nonce yet.
async fn restored(client: &BrowserOAuthClient) -> OAuthSession {
    no_database().await;
    ports().store.set_nonces(&alice(), None);
    let stored = StoredSession {
        refresh_started_at: None,
        clock_offset: 0,
        client_id: Some(LOOPBACK_ID.to_owned()),
        ..session(new_key().await)
    };
    ports()
        .store
        .put_session(LOOPBACK_ID, &stored, None)
        .await
        .expect("stores");
    let session = client.restore(&alice(), Refresh::Never).await;
    session.expect("session")
}

/// In the place of `fetch`: a PDS that wants its nonce, and writes down what it is sent as `[method, url, headers, body]`.
fn pds() -> Replaced {
    Replaced::new(
        "globalThis",
        "fetch",
        r#"{ value: async (...given) => {
            const request = new Request(...given);
            const headers = Object.fromEntries(request.headers);
            const claims = JSON.parse(atob(headers.dpop.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
            const body = [...new Uint8Array(await request.clone().arrayBuffer())];
            globalThis.sent ??= [];
            globalThis.sent.push([request.method, request.url, headers, body, request]);
            const good = claims.nonce === 'n1' && claims.htm === request.method;
            globalThis.answer = new Response(good ? '{"ok":true}' : '', {
              status: good ? 200 : 401,
              headers: { 'dpop-nonce': 'n1', 'x-own': 'a', ...(good ? {} : { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }) },
            });
            return globalThis.answer;
        } }"#,
    )
}

/// What the PDS was sent since the last call.
fn sent() -> Vec<JsValue> {
    let sent = js("const sent = globalThis.sent ?? []; globalThis.sent = []; return sent");
    Array::from(&sent).iter().collect()
}

fn octets(request: &JsValue) -> Vec<u8> {
    Uint8Array::new(&get(request, "3")).to_vec()
}

#[wasm_bindgen_test]
async fn a_request_of_ours_is_sent_signed_and_once_more_for_the_nonce() {
    let client = client();
    let session = restored(&client).await;
    let _pds = pds();
    sent();
    let profile = PdsRequest::get("/xrpc/app.test")
        .query("actor", session.did())
        .query("q", "a b&c");
    let answer = session.fetch(profile).await.expect("answer");
    assert_eq!((answer.status(), answer.ok()), (200, true));
    assert_eq!(answer.header("X-Own").as_deref(), Some("a"));
    assert_eq!(
        answer
            .json()
            .await
            .expect("JSON")
            .get("ok")
            .map(|ok| ok.as_bool()),
        Some(Some(true))
    );
    let requests = sent();
    assert_eq!(requests.len(), 2, "the nonce is learned");
    let url = format!(
        "https://pds.example/xrpc/app.test?actor={}&q=a%20b%26c",
        ALICE.replace(':', "%3A")
    );
    for request in &requests {
        assert_eq!(text(request, "0").as_deref(), Some("GET"));
        assert_eq!(text(request, "1").as_deref(), Some(url.as_str()));
        assert_eq!(
            text(request, "2.authorization").as_deref(),
            Some("DPoP access")
        );
    }

    let _counting = Replaced::new(
        "SubtleCrypto.prototype",
        "sign",
        "{ value(...given) { globalThis.signatures++; return old.apply(this, given) } }",
    );
    js("globalThis.signatures = 0");
    let post = PdsRequest::new("post", "/xrpc/app.test").header("x-more", "b");
    let answer = session.fetch(post.clone().json(r#"{"a":1}"#)).await;
    assert_eq!(
        answer.expect("answer").text().await.expect("text"),
        r#"{"ok":true}"#
    );
    let answer = session.fetch(post.bytes([0, 255])).await.expect("answer");
    assert_eq!(answer.bytes().await.expect("octets"), br#"{"ok":true}"#);
    let requests = sent();
    assert_eq!(requests.len(), 2, "one each");
    assert_eq!(js("return globalThis.signatures"), 2, "and one signature");
    assert_eq!(octets(&requests[0]), br#"{"a":1}"#);
    assert_eq!(
        text(&requests[0], "2.content-type").as_deref(),
        Some("application/json")
    );
    assert_eq!(text(&requests[0], "2.x-more").as_deref(), Some("b"));
    assert_eq!(octets(&requests[1]), [0, 255]);
}

#[wasm_bindgen_test]
async fn the_browser_s_own_request_keeps_what_it_says_and_its_body() {
    let client = client();
    let session = restored(&client).await;
    let _pds = pds();
    sent();
    for place in [
        "/xrpc/app.test?a=b",
        "https://pds.example/xrpc/app.test?a=b",
    ] {
        let request = js1(
            "return new Request(a, { method: 'POST', headers: { 'x-more': 'b' }, cache: 'no-store',
               credentials: 'omit', body: new Blob([new Uint8Array([0, 255])], { type: 'image/x' }) })",
            &place.into(),
        );
        let request: Request = request.unchecked_into();
        let answer: Response = session.fetch(request).await.expect("answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(
            JsValue::from(answer),
            js("return globalThis.answer"),
            "the very answer, unread"
        );
    }
    let requests = sent();
    assert_eq!(requests.len(), 3, "once more for the nonce");
    for request in &requests {
        assert_eq!(
            text(request, "1").as_deref(),
            Some("https://pds.example/xrpc/app.test?a=b")
        );
        assert_eq!(octets(request), [0, 255]);
        for (name, value) in [
            ("2.content-type", "image/x"),
            ("2.x-more", "b"),
            ("2.authorization", "DPoP access"),
            ("4.cache", "no-store"),
            ("4.credentials", "omit"),
        ] {
            assert_eq!(text(request, name).as_deref(), Some(value), "{name}");
        }
    }
}

/// In the place of `fetch`: a PDS that sends requests with a token elsewhere, and writes down what it is sent as `[method,
/// redirect mode, whether there was a token]`.
fn redirecting() -> Replaced {
    Replaced::new(
        "globalThis",
        "fetch",
        r#"{ value: async (...given) => {
            const request = new Request(...given);
            const signed = request.headers.has('authorization') || request.headers.has('dpop');
            globalThis.sent.push(`${request.method} ${request.redirect} ${signed}`);
            // No script can make such an answer.
            const headers = new Headers({ 'dpop-nonce': 'of elsewhere' });
            return signed ? { type: 'opaqueredirect', status: 0, headers } : new Response('a picture', { headers });
        } }"#,
    )
}

#[wasm_bindgen_test]
async fn a_token_follows_no_redirect() {
    let client = client();
    let session = restored(&client).await;
    let _pds = redirecting();
    let sent_since = || {
        let sent = sent().into_iter();
        sent.filter_map(|sent| sent.as_string()).collect::<Vec<_>>()
    };
    sent();
    let request = |init: &str| -> Request {
        let init = js(&format!("return ({init})"));
        js1("return new Request('/xrpc/app.test', a)", &init).unchecked_into()
    };
    for method in ["GET", "HEAD"] {
        let init = format!("{{ method: '{method}', headers: {{ authorization: 'Bearer mine' }} }}");
        let theirs: Response = session.fetch(request(&init)).await.expect("answer");
        let ours = PdsRequest::new(method, "/xrpc/app.test").header("DPoP", "mine");
        let ours = session.fetch(ours).await.expect("answer");
        assert_eq!((theirs.status(), ours.status()), (200, 200));
        let [first, second] = [
            format!("{method} manual true"),
            format!("{method} follow false"),
        ];
        let expected = [first.clone(), second.clone(), first, second];
        assert_eq!(sent_since(), expected);
    }
    let errors = [
        session
            .fetch(PdsRequest::post("/xrpc/app.test").json("{}"))
            .await
            .err(),
        session
            .fetch(request("{ method: 'POST', body: '{}' }"))
            .await
            .err(),
    ];
    for error in errors {
        let error = error.expect("a redirect");
        assert_eq!(error.code(), "RESPONSE_REDIRECTED");
        assert_eq!(error.url(), Some("https://pds.example/xrpc/app.test"));
    }
    assert_eq!(sent_since(), ["POST manual true"; 2]);

    // Who wants the redirect itself gets that.
    let answer = session.fetch(request("{ redirect: 'manual' }")).await;
    let answer = JsValue::from(answer.expect("answer"));
    assert_eq!(text(&answer, "type").as_deref(), Some("opaqueredirect"));
    assert_eq!(sent_since(), ["GET manual true"]);
    assert_eq!(ports().store.nonces(&alice()), None, "none of the PDS's");
}

#[wasm_bindgen_test]
async fn a_nonce_that_only_the_body_demands_is_sent_and_the_body_is_left() {
    let client = client();
    let session = restored(&client).await;
    let _pds = Replaced::new(
        "globalThis",
        "fetch",
        r#"{ value: async (...given) => {
            const { headers } = new Request(...given);
            globalThis.sent.push(headers.get('dpop'));
            const nonce = `n${globalThis.sent.length}`;
            const body = JSON.stringify({ error: 'use_dpop_nonce', message: 'Nonce' });
            return new Response(body, { status: 400, headers: { 'dpop-nonce': nonce, 'content-type': 'application/json' } });
        } }"#,
    );
    sent();
    let answer = session.fetch(PdsRequest::get("/xrpc/app.test")).await;
    let answer = answer.expect("answer");
    assert_eq!((answer.status(), sent().len()), (400, 2), "tried once more");
    let body = answer.json().await.expect("JSON");
    assert_eq!(body.str("message").as_deref(), Some("Nonce"));
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_is_an_error() {
    let client = client();
    let session = restored(&client).await;
    let elsewhere = session.fetch(PdsRequest::get("https://evil.example/xrpc/app.test"));
    let elsewhere = elsewhere.await.expect_err("a foreign URL");
    assert_eq!(elsewhere.code(), "FOREIGN_URL");
    let _fetch = Replaced::new(
        "globalThis",
        "fetch",
        "{ value: async () => { throw new TypeError('no network') } }",
    );
    let request = Request::new_with_str("/xrpc/app.test").expect("request");
    let errors = [
        session.fetch(PdsRequest::get("/xrpc/app.test")).await.err(),
        session.fetch(request).await.err(),
    ];
    for error in errors {
        let error = error.expect("no answer");
        assert_eq!(error.code(), "NETWORK_UNREACHABLE");
        assert_eq!(error.url(), Some("https://pds.example/xrpc/app.test"));
        assert!(error.is_retryable());
    }
}

#[cfg(feature = "gloo-net")]
#[wasm_bindgen_test]
async fn requests_of_gloo_net_get_its_answers() {
    use gloo_net::http::Request;
    let client = client();
    let session = restored(&client).await;
    let _pds = pds();
    sent();
    let get = Request::get("/xrpc/app.test").query([("a", "b")]);
    let answer = session.fetch(get).await.expect("answer");
    assert_eq!(answer.text().await.expect("text"), r#"{"ok":true}"#);
    let post = Request::post("/xrpc/app.test")
        .body("hello")
        .expect("request");
    assert!(session.fetch(post).await.expect("answer").ok());
    let requests = sent();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        text(&requests[1], "1").as_deref(),
        Some("https://pds.example/xrpc/app.test?a=b")
    );
    assert_eq!(octets(&requests[2]), b"hello");
}

#[wasm_bindgen_test]
async fn what_another_tab_does_is_an_event_here() {
    let (here, there) = (client(), client());
    let mut events = here.events();
    let session = restored(&there).await;
    there.revoke(session.did()).await.expect("signs out");
    let ended = async {
        loop {
            match events.next().await {
                Some(Event::Ended { did, .. }) => return did,
                Some(_) => {}
                None => panic!("the end of all events"),
            }
        }
    };
    assert_eq!(ended.await, alice());
    here.close();
    while events.next().await.is_some() {}
}

#[wasm_bindgen_test]
async fn a_popup_opens_before_anything_is_awaited_or_is_an_error() {
    let client = client();
    let blocked = Replaced::new("globalThis", "open", "{ value: () => null }");
    let signing_in = client.sign_in_popup("alice.example.com", AuthorizeOptions::default());
    let error = signing_in.await.expect_err("blocked");
    assert_eq!(error.kind(), &ErrorKind::Host(HostError::POPUP_BLOCKED));
    drop(blocked);

    let _open = Replaced::new(
        "globalThis",
        "open",
        "{ value: () => { globalThis.popup = { closed: false, focus() {}, close() { this.closed = true } }; return popup } }",
    );
    let signing_in = client.sign_in_popup("alice.example.com", AuthorizeOptions::default());
    assert_eq!(
        js("return globalThis.popup.closed"),
        false,
        "not polled yet"
    );
    drop(signing_in);
    assert_eq!(js("return globalThis.popup.closed"), true, "given up");
}
