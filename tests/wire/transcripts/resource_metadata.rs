//! What a PDS says about its authorization server (RFC 9728).

use super::{Row, accepted, no_metadata, refused};
use crate::server::{ALICE, Fault, PDS, asked};
use crate::world::{World, kind};
use atproto_oauth_wasm::{ErrorKind, HttpError, PeerError, Step};
use serde_json::{Value, json};

#[test]
fn documents_that_break_a_rule() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let of_another = |found: &str| ErrorKind::Peer(PeerError::ResourceOfAnother(found.into()));
    let issuer = |found: &str| ErrorKind::Peer(PeerError::InvalidIssuer(found.into()));
    let none = || ErrorKind::Peer(PeerError::NoAuthorizationServer(PDS.into()));
    let mut rows: Vec<Row> = vec![
        (
            "another resource",
            lie(|doc| doc["resource"] = json!("https://evil.example.com")),
            of_another("https://evil.example.com"),
            "RESOURCE_METADATA_MISMATCH",
        ),
        (
            "the resource with a slash",
            lie(|doc| doc["resource"] = json!("https://pds.example.com/")),
            of_another("https://pds.example.com/"),
            "RESOURCE_METADATA_MISMATCH",
        ),
        (
            "no resource",
            lie(|doc| doc["resource"] = json!(null)),
            of_another(""),
            "RESOURCE_METADATA_MISMATCH",
        ),
        (
            "no servers",
            lie(|doc| doc["authorization_servers"] = json!(null)),
            none(),
            "NO_AUTHORIZATION_SERVER",
        ),
        (
            "an empty list",
            lie(|doc| doc["authorization_servers"] = json!([])),
            none(),
            "NO_AUTHORIZATION_SERVER",
        ),
        (
            "two servers",
            lie(|doc| {
                doc["authorization_servers"] =
                    json!(["https://issuer.example.com", "https://other.example.com"])
            }),
            ErrorKind::Peer(PeerError::SeveralAuthorizationServers(PDS.into())),
            "SEVERAL_AUTHORIZATION_SERVERS",
        ),
        (
            "a server that is no list",
            lie(|doc| doc["authorization_servers"] = json!("https://issuer.example.com")),
            ErrorKind::Peer(PeerError::InvalidMetadata(
                PDS.into(),
                "authorization_servers",
            )),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a server that is no text",
            lie(|doc| doc["authorization_servers"] = json!([1])),
            ErrorKind::Peer(PeerError::InvalidMetadata(
                PDS.into(),
                "authorization_servers",
            )),
            "SERVER_METADATA_INVALID",
        ),
        (
            "an issuer with a slash",
            lie(|doc| doc["authorization_servers"] = json!(["https://issuer.example.com/"])),
            issuer("https://issuer.example.com/"),
            "ISSUER_INVALID",
        ),
        (
            "an issuer with a path",
            lie(|doc| doc["authorization_servers"] = json!(["https://issuer.example.com/a"])),
            issuer("https://issuer.example.com/a"),
            "ISSUER_INVALID",
        ),
        (
            "an issuer in capitals",
            lie(|doc| doc["authorization_servers"] = json!(["https://Issuer.example.com"])),
            issuer("https://Issuer.example.com"),
            "ISSUER_INVALID",
        ),
        (
            "an issuer with its default port",
            lie(|doc| doc["authorization_servers"] = json!(["https://issuer.example.com:443"])),
            issuer("https://issuer.example.com:443"),
            "ISSUER_INVALID",
        ),
        (
            "an issuer of another scheme",
            lie(|doc| doc["authorization_servers"] = json!(["did:web:issuer.example.com"])),
            issuer("did:web:issuer.example.com"),
            "ISSUER_INVALID",
        ),
    ];
    rows.extend(no_metadata());
    refused(asked::RESOURCE, Step::Resource, rows);
}

#[test]
fn an_insecure_issuer_is_never_asked() {
    let change = |doc: &mut Value| {
        doc["authorization_servers"] = json!(["http://issuer.example.com"]);
    };
    let insecure = PeerError::InsecureIssuer("http://issuer.example.com".into());
    refused(
        asked::RESOURCE,
        Step::Issuer,
        vec![(
            "an issuer on http",
            Fault::lies(change),
            ErrorKind::Peer(insecure),
            "HTTP_NOT_ALLOWED",
        )],
    );
}

#[test]
fn documents_may_say_more() {
    accepted(
        asked::RESOURCE,
        vec![("more members", |doc| doc["scopes_supported"] = json!(["x"]))],
    );
}

/// A PDS that publishes no such document may be its own authorization server.
#[test]
fn a_pds_without_a_document_is_asked_as_an_issuer() {
    let world = World::new();
    world
        .server
        .fault(asked::RESOURCE, Fault::json(404, json!({})));
    let failure = world.authorize(&world.tab(), PDS);
    let none = ErrorKind::WithoutOauth(HttpError::Status(404));
    assert_eq!(kind(failure), none);
    let metadata = format!("GET {PDS}/.well-known/oauth-authorization-server");
    assert_eq!(
        world.server.take_log()[..2],
        [asked::RESOURCE.to_owned(), metadata]
    );
}

/// A server without OAuth is told from one in trouble, however one comes to it: by an account, by its address, with its
/// own answers as a PDS or those as an authorization server.
#[test]
fn a_server_without_oauth_is_no_server_in_trouble() {
    let missing = || Fault::html(404);
    let page = || Fault::html(200);
    let other = || Fault::json(200, json!({ "status": "ok" }));
    let away = Fault::offline;
    let down = || Fault::html(503);
    let late = || Fault::Instead(Err(HttpError::Timeout));
    let login = || Fault::Instead(Err(HttpError::Redirected));
    type Answer = fn() -> Fault;
    let own = format!("GET {PDS}/.well-known/oauth-authorization-server");
    let own: &'static str = own.leak();
    for (as_pds, as_issuer, code) in [
        (missing as Answer, missing as Answer, "SERVER_WITHOUT_OAUTH"),
        (missing, page, "SERVER_WITHOUT_OAUTH"),
        (missing, login, "SERVER_WITHOUT_OAUTH"),
        (missing, other, "SERVER_WITHOUT_OAUTH"),
        (missing, || Fault::html(501), "SERVER_WITHOUT_OAUTH"),
        (missing, || Fault::html(405), "SERVER_WITHOUT_OAUTH"),
        (page, page, "SERVER_WITHOUT_OAUTH"),
        (login, login, "SERVER_WITHOUT_OAUTH"),
        (other, missing, "SERVER_WITHOUT_OAUTH"),
        (missing, down, "RESPONSE_STATUS"),
        (missing, || Fault::html(429), "RESPONSE_STATUS"),
        (missing, away, "NETWORK_UNREACHABLE"),
        (missing, late, "NETWORK_TIMEOUT"),
        (down, missing, "RESPONSE_STATUS"),
        (away, page, "NETWORK_UNREACHABLE"),
        (late, page, "NETWORK_TIMEOUT"),
    ] {
        for input in [
            ALICE.handle,
            ALICE.did,
            PDS,
            "https://pds.example.com/a/path",
        ] {
            let world = World::new();
            world.server.fault(asked::RESOURCE, as_pds());
            world.server.fault(own, as_issuer());
            let error = world.authorize(&world.tab(), input).expect_err(input);
            assert_eq!(error.code(), code, "{input}: {error:?}");
            assert_eq!(
                error.is_retryable(),
                code != "SERVER_WITHOUT_OAUTH",
                "{input}"
            );
            assert!(
                error.url().is_some_and(|url| url.starts_with(PDS)),
                "{input}"
            );
            if code == "SERVER_WITHOUT_OAUTH" {
                assert!(error.help().starts_with("This server does not offer OAuth"));
            }
        }
    }
    // It is an issuer that has trouble, and no PDS.
    let world = World::new();
    world.server.fault(asked::RESOURCE, page());
    world.server.fault(own, down());
    let error = world.authorize(&world.tab(), PDS).expect_err("down");
    assert_eq!(
        (error.code(), error.is_retryable()),
        ("RESPONSE_STATUS", true)
    );
}
