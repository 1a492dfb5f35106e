//! Pushed authorization requests (RFC 9126), and the nonces that servers ask for (RFC 9449 section 8).

use super::{Row, refused};
use crate::server::{ALICE, Fault, asked};
use crate::world::{World, kind};
use atproto_oauth_wasm::{ErrorKind, HttpError, Json, PeerError, Refusal, Response, Step};
use serde_json::{Value, json};

fn refusal(status: u16, body: Value) -> (Fault, ErrorKind) {
    let text = |member: &str| body[member].as_str().map(str::to_owned);
    let refusal = Refusal {
        status,
        error: text("error"),
        description: text("error_description").or_else(|| text("message")),
        payload: Json::parse(&body.to_string()).expect("JSON"),
    };
    (Fault::json(status, body), ErrorKind::Refused(refusal))
}

#[test]
fn answers_that_are_refused() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let invalid = |member| ErrorKind::Peer(PeerError::InvalidPar(member));
    let mut rows: Vec<Row> = vec![
        (
            "no request_uri",
            lie(|body| body["request_uri"] = json!(null)),
            invalid("request_uri"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "a request_uri that is no text",
            lie(|body| body["request_uri"] = json!(7)),
            invalid("request_uri"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "an empty request_uri",
            lie(|body| body["request_uri"] = json!("")),
            invalid("request_uri"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "a request_uri of two lines",
            lie(|body| body["request_uri"] = json!("urn:a\nb")),
            invalid("request_uri"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "no expires_in",
            lie(|body| body["expires_in"] = json!(null)),
            invalid("expires_in"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "no time at all",
            lie(|body| body["expires_in"] = json!(0)),
            invalid("expires_in"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "half a second",
            lie(|body| body["expires_in"] = json!(0.5)),
            invalid("expires_in"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "a time in words",
            lie(|body| body["expires_in"] = json!("299")),
            invalid("expires_in"),
            "PAR_RESPONSE_INVALID",
        ),
        (
            "a proxy in trouble",
            Fault::html(502),
            ErrorKind::Http(HttpError::Status(502)),
            "RESPONSE_STATUS",
        ),
        (
            "a page in place of an answer",
            Fault::html(201),
            ErrorKind::Http(HttpError::ContentType(Some("text/html".into()))),
            "RESPONSE_CONTENT_TYPE",
        ),
        (
            "offline",
            Fault::offline(),
            ErrorKind::Http(HttpError::Unreachable("offline".into())),
            "NETWORK_UNREACHABLE",
        ),
        (
            "a lost answer",
            Fault::Lost,
            ErrorKind::Http(HttpError::Unreachable("connection lost".into())),
            "NETWORK_UNREACHABLE",
        ),
    ];
    for (what, status, body) in [
        (
            "a refusal",
            400,
            json!({ "error": "invalid_request", "error_description": "No such scope" }),
        ),
        ("a refusal by status", 401, json!({ "message": "no" })),
        (
            "a nonce that nobody gives",
            400,
            json!({ "error": "use_dpop_nonce" }),
        ),
        (
            "a server in trouble",
            503,
            json!({ "error": "temporarily_unavailable" }),
        ),
    ] {
        let (fault, kind) = refusal(status, body);
        rows.push((what, fault, kind, "OAUTH_REFUSED"));
    }
    refused(asked::PAR, Step::Par, rows);
}

#[test]
fn a_refusal_speaks_the_server_s_words() {
    let world = World::new();
    let body = json!({ "error": "invalid_request", "error_description": "No such scope" });
    world.server.fault(asked::PAR, Fault::json(400, body));
    let failure = world.authorize(&world.tab(), ALICE.did).expect_err("no");
    assert_eq!(
        failure.to_string(),
        r#"OAuth "invalid_request" error: No such scope"#
    );
    assert!(!failure.is_retryable());
}

fn demand(nonce: Option<&str>) -> Fault {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(nonce.map(|nonce| ("dpop-nonce", nonce.to_owned())));
    Fault::Instead(Ok(Response {
        status: 400,
        headers,
        body: r#"{"error":"use_dpop_nonce"}"#.into(),
    }))
}

#[test]
fn a_server_that_is_never_content_with_its_nonce_is_asked_twice() {
    let too_long = "n".repeat(1_025);
    for (nonce, times) in [
        (Some("always the same"), 2),
        (Some(&too_long[1..]), 2),
        // A header would carry neither.
        (Some(&too_long), 1),
        (Some("two\nlines"), 1),
        (None, 1),
    ] {
        let world = World::new();
        world.server.fault(asked::PAR, demand(nonce));
        let (_, expected) = refusal(400, json!({ "error": "use_dpop_nonce" }));
        assert_eq!(kind(world.authorize(&world.tab(), ALICE.did)), expected);
        assert_eq!(world.server.count(asked::PAR), times, "{nonce:?}");
    }
}

#[test]
fn a_consent_page_may_have_a_query_of_its_own() {
    let world = World::new();
    let change = |doc: &mut Value| {
        doc["authorization_endpoint"] = json!("https://issuer.example.com/oauth/authorize?a=1#b");
    };
    world.server.fault(asked::METADATA, Fault::lies(change));
    let url = world.authorize(&world.tab(), ALICE.did).expect("begun");
    let query = crate::server::form(url.query().expect("a query"));
    assert_eq!(query["a"], "1");
    assert_eq!(query["client_id"], crate::world::CLIENT_ID);
    assert!(query["request_uri"].starts_with("urn:"));
    assert_eq!(url.fragment(), None);
    assert_eq!(
        url.without_query(),
        crate::world::url("https://issuer.example.com/oauth/authorize").as_str()
    );
}
