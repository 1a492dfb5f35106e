//! Handles and DID documents.

use super::{Row, accepted, no_document, refused};
use crate::server::{ALICE, BOB, Fault, WANDA, asked};
use crate::world::{World, did, kind};
use atproto_oauth_wasm::{ErrorKind, Handle, HttpError, IdentityError, Step};
use serde_json::{Value, json};

fn alice() -> Handle {
    Handle::parse(ALICE.handle).expect("a handle")
}

#[test]
fn handle_resolution() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let invalid = || ErrorKind::Identity(IdentityError::InvalidResolution(alice()));
    let status = |status| ErrorKind::Http(HttpError::Status(status));
    let mut rows: Vec<Row> = vec![
        (
            "nobody's handle",
            Fault::json(
                400,
                json!({ "error": "InvalidRequest", "message": "Unable to resolve handle" }),
            ),
            ErrorKind::Identity(IdentityError::HandleNotFound(alice())),
            "HANDLE_NOT_FOUND",
        ),
        (
            "nobody's handle, by the lexicon's error",
            Fault::json(400, json!({ "error": "HandleNotFound" })),
            ErrorKind::Identity(IdentityError::HandleNotFound(alice())),
            "HANDLE_NOT_FOUND",
        ),
        (
            "another complaint",
            Fault::json(
                400,
                json!({ "error": "InvalidRequest", "message": "Invalid handle" }),
            ),
            status(400),
            "RESPONSE_STATUS",
        ),
        (
            "a complaint in HTML",
            Fault::html(400),
            status(400),
            "RESPONSE_STATUS",
        ),
        (
            "no resolver",
            Fault::json(404, json!({ "error": "XRPCNotSupported" })),
            status(404),
            "RESPONSE_STATUS",
        ),
        (
            "no DID",
            Fault::json(200, json!({})),
            invalid(),
            "HANDLE_RESOLUTION_INVALID",
        ),
        (
            "a DID of an unknown method",
            lie(|body| body["did"] = json!("did:key:z6Mk")),
            invalid(),
            "HANDLE_RESOLUTION_INVALID",
        ),
        (
            "a handle for a DID",
            lie(|body| body["did"] = json!("alice.example.com")),
            invalid(),
            "HANDLE_RESOLUTION_INVALID",
        ),
    ];
    rows.extend(no_document());
    refused(asked::HANDLE, Step::Handle, rows);
}

#[test]
fn did_documents() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let identity = ErrorKind::Identity;
    let invalid = |member| identity(IdentityError::InvalidDocument(did(&ALICE), member));
    let no_pds = || identity(IdentityError::NoPds(did(&ALICE)));
    let endpoint = "serviceEndpoint of #atproto_pds";
    let mut rows: Vec<Row> = vec![
        (
            "an unknown DID",
            Fault::json(404, json!({ "message": "DID not registered" })),
            identity(IdentityError::DidNotFound(did(&ALICE))),
            "DID_NOT_FOUND",
        ),
        (
            "a tombstone",
            Fault::json(410, json!({ "message": "DID not available" })),
            identity(IdentityError::DidNotFound(did(&ALICE))),
            "DID_NOT_FOUND",
        ),
        (
            "no id",
            lie(|doc| doc["id"] = json!(null)),
            invalid("id"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "another's document",
            lie(|doc| doc["id"] = json!(BOB.did)),
            identity(IdentityError::DocumentOfAnother(did(&ALICE))),
            "DID_DOCUMENT_MISMATCH",
        ),
        (
            "an alias that is no list",
            lie(|doc| doc["alsoKnownAs"] = json!("at://alice.example.com")),
            invalid("alsoKnownAs"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "an alias that is no text",
            lie(|doc| doc["alsoKnownAs"] = json!(["at://alice.example.com", 1])),
            invalid("alsoKnownAs"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "services that are no list",
            lie(|doc| doc["service"] = json!({ "id": "#atproto_pds" })),
            invalid("service"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "a service without id",
            lie(|doc| doc["service"][0]["id"] = json!(null)),
            invalid("service id"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "two services of one id",
            lie(|doc| {
                let service = doc["service"][1].clone();
                doc["service"].as_array_mut().expect("a list").push(service);
            }),
            invalid("service id (not unique)"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "two services of one id, written differently",
            lie(|doc| {
                doc["service"][0]["id"] = json!(format!("{}#atproto_pds", ALICE.did));
            }),
            invalid("service id (not unique)"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "no services",
            lie(|doc| doc["service"] = json!(null)),
            no_pds(),
            "PDS_NOT_FOUND",
        ),
        (
            "a PDS under another name",
            lie(|doc| doc["service"][1]["id"] = json!("#pds")),
            no_pds(),
            "PDS_NOT_FOUND",
        ),
        (
            "another's PDS",
            lie(|doc| doc["service"][1]["id"] = json!(format!("{}#atproto_pds", BOB.did))),
            no_pds(),
            "PDS_NOT_FOUND",
        ),
        (
            "a PDS of another type",
            lie(|doc| doc["service"][1]["type"] = json!("PersonalDataServer")),
            no_pds(),
            "PDS_NOT_FOUND",
        ),
        (
            "a PDS nowhere",
            lie(|doc| doc["service"][1]["serviceEndpoint"] = json!(["https://pds.example.com"])),
            no_pds(),
            "PDS_NOT_FOUND",
        ),
        (
            "a PDS at no URL",
            lie(|doc| doc["service"][1]["serviceEndpoint"] = json!("pds.example.com")),
            invalid(endpoint),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "a PDS by another protocol",
            lie(|doc| doc["service"][1]["serviceEndpoint"] = json!("ftp://pds.example.com")),
            invalid(endpoint),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "a PDS with a password",
            lie(|doc| doc["service"][1]["serviceEndpoint"] = json!("https://u:p@pds.example.com")),
            invalid(endpoint),
            "DID_DOCUMENT_INVALID",
        ),
    ];
    rows.extend(no_document());
    refused(asked::ALICE_DID, Step::Did, rows);
}

#[test]
fn handles_that_the_account_does_not_claim() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let mismatch = || {
        ErrorKind::Identity(IdentityError::HandleMismatch {
            did: did(&ALICE),
            handle: alice(),
        })
    };
    let rows: Vec<Row> = vec![
        (
            "no alias",
            lie(|doc| doc["alsoKnownAs"] = json!(null)),
            mismatch(),
            "HANDLE_MISMATCH",
        ),
        (
            "another alias",
            lie(|doc| doc["alsoKnownAs"] = json!(["at://alice.example.org"])),
            mismatch(),
            "HANDLE_MISMATCH",
        ),
        (
            "the second alias",
            lie(|doc| doc["alsoKnownAs"] = json!(["at://a.example.com", "at://alice.example.com"])),
            mismatch(),
            "HANDLE_MISMATCH",
        ),
        (
            "an alias behind one that is no handle",
            lie(|doc| doc["alsoKnownAs"] = json!(["at://a/b", "at://alice.example.com"])),
            mismatch(),
            "HANDLE_MISMATCH",
        ),
        (
            "an alias of another kind",
            lie(|doc| doc["alsoKnownAs"] = json!(["https://alice.example.com"])),
            mismatch(),
            "HANDLE_MISMATCH",
        ),
    ];
    refused(asked::ALICE_DID, Step::Did, rows);
    let others = |body: &mut Value| body["did"] = json!(BOB.did);
    let mismatch = IdentityError::HandleMismatch {
        did: did(&BOB),
        handle: alice(),
    };
    refused(
        asked::HANDLE,
        Step::Did,
        vec![(
            "another's DID",
            Fault::lies(others),
            ErrorKind::Identity(mismatch),
            "HANDLE_MISMATCH",
        )],
    );
}

#[test]
fn did_documents_may_differ_in_form() {
    accepted(
        asked::ALICE_DID,
        vec![
            ("no context", |doc| doc["@context"] = json!(null)),
            ("a handle in capitals", |doc| {
                doc["alsoKnownAs"] = json!(["at://Alice.EXAMPLE.com"])
            }),
            ("an alias of another kind first", |doc| {
                doc["alsoKnownAs"] = json!(["https://alice.example.com", "at://alice.example.com"])
            }),
            ("an absolute service id", |doc| {
                doc["service"][1]["id"] = json!(format!("{}#atproto_pds", ALICE.did))
            }),
            ("an endpoint with a path", |doc| {
                doc["service"][1]["serviceEndpoint"] = json!("https://pds.example.com:443/a/?b")
            }),
            ("members nobody knows", |doc| doc["x"] = json!({ "y": [] })),
        ],
    );
}

/// Each method has its place; what is found there is judged alike.
#[test]
fn did_web_documents() {
    for (fault, expected) in [
        (
            Fault::json(404, json!({})),
            ErrorKind::Identity(IdentityError::DidNotFound(did(&WANDA))),
        ),
        (Fault::html(502), ErrorKind::Http(HttpError::Status(502))),
        (
            Fault::lies(|doc| doc["id"] = json!(ALICE.did)),
            ErrorKind::Identity(IdentityError::DocumentOfAnother(did(&WANDA))),
        ),
    ] {
        let world = World::new();
        world.server.fault(asked::WANDA_DID, fault);
        assert_eq!(kind(world.authorize(&world.tab(), WANDA.did)), expected);
    }
}

#[test]
fn a_resolution_names_what_was_typed() {
    let world = World::new();
    world.server.fault(asked::ALICE_DID, Fault::offline());
    let failure = world
        .authorize(&world.tab(), ALICE.handle)
        .expect_err("offline");
    assert_eq!(
        failure.purpose(),
        Some("Failed to resolve identity: alice.example.com")
    );
}
