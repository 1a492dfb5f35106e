//! Exchanges as data: what a server answers, and what must come of it.
//!
//! A table changes one answer of a network in order. Everything else happens as it would, so that each row shows the
//! one rule it breaks; the error is the whole variant, its code the one that apps will compare.

mod client_metadata;
mod identity;
mod par;
mod resource_metadata;
mod server_metadata;
mod token;

use crate::server::{ALICE, Fault};
use crate::world::World;
use atproto_oauth_wasm::{Error, ErrorKind, HttpError, Response, Step};
use serde_json::{Value, json};

/// An exchange that must fail: what is wrong, the answer, the failure, its code.
type Row = (&'static str, Fault, ErrorKind, &'static str);

/// An exchange that must succeed all the same: what is different, and how.
type Harmless = (&'static str, fn(&mut Value));

/// What fails every document by its form, whatever it says.
fn no_document() -> Vec<Row> {
    let http = ErrorKind::Http;
    let bare = Response {
        status: 200,
        headers: Vec::new(),
        body: "{}".into(),
    };
    vec![
        (
            "offline",
            Fault::offline(),
            http(HttpError::Unreachable("offline".into())),
            "NETWORK_UNREACHABLE",
        ),
        (
            "no answer in time",
            Fault::Instead(Err(HttpError::Timeout)),
            http(HttpError::Timeout),
            "NETWORK_TIMEOUT",
        ),
        (
            "a redirect",
            Fault::Instead(Err(HttpError::Redirected)),
            http(HttpError::Redirected),
            "RESPONSE_REDIRECTED",
        ),
        (
            "too much",
            Fault::Instead(Err(HttpError::TooLarge)),
            http(HttpError::TooLarge),
            "RESPONSE_TOO_LARGE",
        ),
        (
            "a server in trouble",
            Fault::html(500),
            http(HttpError::Status(500)),
            "RESPONSE_STATUS",
        ),
        (
            "a page",
            Fault::html(200),
            http(HttpError::ContentType(Some("text/html".into()))),
            "RESPONSE_CONTENT_TYPE",
        ),
        (
            "JSON in disguise",
            Fault::answer(200, "text/plain; charset=utf-8", "{}"),
            http(HttpError::ContentType(Some("text/plain".into()))),
            "RESPONSE_CONTENT_TYPE",
        ),
        (
            "no content type",
            Fault::Instead(Ok(bare)),
            http(HttpError::ContentType(None)),
            "RESPONSE_CONTENT_TYPE",
        ),
        (
            "half an object",
            Fault::answer(200, "application/json", r#"{"a":"#),
            http(HttpError::NotJson),
            "RESPONSE_NOT_JSON",
        ),
        (
            "an array",
            Fault::answer(200, "application/json", "[]"),
            http(HttpError::NotJson),
            "RESPONSE_NOT_JSON",
        ),
        (
            "nothing",
            Fault::answer(200, "application/json", ""),
            http(HttpError::NotJson),
            "RESPONSE_NOT_JSON",
        ),
    ]
}

/// What says that a server has no metadata, and so no OAuth; and what only says that it has trouble now.
fn no_metadata() -> Vec<Row> {
    let absent = |error| (ErrorKind::WithoutOauth(error), "SERVER_WITHOUT_OAUTH");
    let status = |what, fault, status| {
        let (kind, code) = absent(HttpError::Status(status));
        (what, fault, kind, code)
    };
    let trouble = |what, status| {
        let kind = ErrorKind::Http(HttpError::Status(status));
        (what, Fault::html(status), kind, "RESPONSE_STATUS")
    };
    let json = |what, body: &str, error| {
        let (kind, code) = absent(error);
        (
            what,
            Fault::answer(200, "application/json", body),
            kind,
            code,
        )
    };
    let mut rows = vec![
        status("its page for what is missing", Fault::html(410), 410),
        status("no such method", Fault::html(405), 405),
        status("nothing like this", Fault::html(501), 501),
        status(
            "an XRPC error",
            Fault::json(400, json!({ "error": "InvalidRequest" })),
            400,
        ),
        status(
            "an XRPC error of no such method",
            Fault::json(501, json!({ "error": "MethodNotImplemented" })),
            501,
        ),
        status("a wall", Fault::html(401), 401),
        status("a redirect that is read", Fault::html(302), 302),
        status("nothing at all", Fault::answer(204, "text/plain", ""), 204),
        json(
            "another document",
            r#"{"status":"ok"}"#,
            HttpError::NotMetadata,
        ),
        json(
            "an error with status 200",
            r#"{"error":"NotFound","message":"x"}"#,
            HttpError::NotMetadata,
        ),
        json("an empty object", "{}", HttpError::NotMetadata),
        json("a text", r#""Not found""#, HttpError::NotJson),
        trouble("in trouble behind a proxy", 502),
        trouble("down", 503),
        trouble("behind a proxy that waits no longer", 524),
        trouble("asked too often", 429),
        trouble("asked too slowly", 408),
        trouble("asked too early", 425),
    ];
    for (what, fault, kind, code) in no_document() {
        let (kind, code) = match kind {
            ErrorKind::Http(error @ (HttpError::Redirected | HttpError::ContentType(_))) => {
                absent(error)
            }
            ErrorKind::Http(error) if what == "an array" => absent(error),
            kind => (kind, code),
        };
        rows.push((what, fault, kind, code));
    }
    rows
}

/// Begins Alice's sign-in once for each row, with the row's fault at one exchange. `step` is where it must fail.
fn refused(at: &'static str, step: Step, rows: Vec<Row>) {
    for (what, fault, kind, code) in rows {
        let world = World::new();
        world.server.fault(at, fault);
        let failure = world.authorize(&world.tab(), ALICE.handle).expect_err(what);
        assert_eq!(failure.kind(), &kind, "{what}");
        assert_eq!(failure.code(), code, "{what}");
        assert_eq!(failure.step(), step, "{what}");
        assert_eq!(world.origin.pending_logins(), 0, "{what}");
    }
}

/// Begins Alice's sign-in once for each change of one answer's JSON that must not matter.
fn accepted(at: &'static str, rows: Vec<Harmless>) {
    for (what, change) in rows {
        let world = World::new();
        world.server.fault(at, Fault::lies(change));
        let begun: Result<_, Error> = world.authorize(&world.tab(), ALICE.handle);
        assert!(begun.is_ok(), "{what}: {begun:?}");
    }
}
