//! Handles and DID documents.

use super::{Row, accepted, no_document, refused};
use crate::server::{ALICE, BOB, Fault, WANDA, asked};
use crate::world::{World, did, kind};
use atproto_oauth_wasm::{
    ClientMetadata, Did, ErrorKind, Handle, HttpError, IdentityError, PeerError, Step,
};
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
            "services that are no list",
            lie(|doc| doc["service"] = json!({ "id": "#atproto_pds" })),
            invalid("service"),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "a PDS that is broken, before one that is not",
            lie(|doc| {
                doc["service"][0] = json!({ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
                    "serviceEndpoint": "pds" });
            }),
            invalid(endpoint),
            "DID_DOCUMENT_INVALID",
        ),
        (
            "a PDS of several types",
            lie(|doc| doc["service"][1]["type"] = json!(["AtprotoPersonalDataServer"])),
            no_pds(),
            "PDS_NOT_FOUND",
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
            "an alias with more than the handle",
            lie(|doc| doc["alsoKnownAs"] = json!(["at://alice.example.com/"])),
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
            ("aliases that are no handles first", |doc| {
                doc["alsoKnownAs"] = json!([
                    1,
                    null,
                    {},
                    "",
                    "at://",
                    "at://a/b",
                    "at://did:plc:x",
                    "at://@alice",
                    "AT://bob.example.com",
                    "at://alice.example.com",
                    "at://bob.example.com"
                ])
            }),
            ("the same PDS twice", |doc| {
                let service = doc["service"][1].clone();
                doc["service"].as_array_mut().expect("a list").push(service);
            }),
            ("another PDS behind the first", |doc| {
                let mut service = doc["service"][1].clone();
                service["id"] = json!(format!("{}#atproto_pds", ALICE.did));
                service["serviceEndpoint"] = json!("https://other.example.com");
                doc["service"].as_array_mut().expect("a list").push(service);
            }),
            (
                "a PDS of another type first",
                |doc| {
                    doc["service"][0] =
                        json!({ "id": "#atproto_pds", "type": "Other", "serviceEndpoint": "x" })
                },
            ),
            (
                "services that are broken, without id, doubled or of strange types",
                |doc| {
                    let pds = doc["service"][1].clone();
                    doc["service"] = json!([
                        null,
                        "a text",
                        7,
                        [],
                        {},
                        { "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://other.example.com" },
                        { "id": 1, "type": "AtprotoPersonalDataServer" },
                        { "id": "#other", "type": ["A", "B"], "serviceEndpoint": { "a": [] } },
                        { "id": "#other", "type": null, "serviceEndpoint": "not a URL" },
                        { "id": "#ATPROTO_PDS", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://other.example.com" },
                        { "id": "atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://other.example.com" },
                        { "id": "#atproto_pds", "type": 1, "serviceEndpoint": "https://other.example.com" },
                        pds
                    ]);
                },
            ),
            ("an endpoint with a slash", |doc| {
                doc["service"][1]["serviceEndpoint"] = json!("https://pds.example.com/")
            }),
            ("an endpoint with a path", |doc| {
                doc["service"][1]["serviceEndpoint"] = json!("https://pds.example.com:443/a/?b")
            }),
            ("members nobody knows", |doc| doc["x"] = json!({ "y": [] })),
        ],
    );
}

#[test]
fn did_documents_come_as_any_kind_of_json_that_is_one() {
    for media_type in [
        "application/did+ld+json",
        "application/did+json",
        "application/json",
        "application/did+json; charset=utf-8",
        "Application/DID+LD+JSON;profile=\"https://www.w3.org/ns/did/v1\"",
        "application/json ;charset=UTF-8",
    ] {
        let world = World::new();
        let document = ALICE.document().to_string();
        let fault = Fault::answer(200, media_type, &document);
        world.server.fault(asked::ALICE_DID, fault);
        let begun = world.authorize(&world.tab(), ALICE.did);
        assert!(begun.is_ok(), "{media_type}: {begun:?}");
    }
}

/// A document of an account leads an app that is not under development to no machine of its user.
#[test]
fn a_pds_in_a_private_network_is_for_development() {
    for pds in [
        "https://localhost",
        "https://localhost:2583",
        "https://pds.localhost",
        "https://127.0.0.1:3000",
        "https://[::1]",
        "https://10.0.0.1",
        "https://0x7f000001",
        "https://pds.local",
        "https://router",
    ] {
        let world = World::new();
        let change = move |doc: &mut Value| doc["service"][1]["serviceEndpoint"] = json!(pds);
        world.server.fault(asked::ALICE_DID, Fault::lies(change));
        let error = world
            .authorize(&world.tab(), ALICE.handle)
            .expect_err("a private PDS");
        assert_eq!(error.code(), "PRIVATE_HOST", "{pds}");
        assert_eq!(error.step(), Step::Resource);
        let asked = [asked::HANDLE, asked::ALICE_DID].map(|at| world.server.count(at));
        assert_eq!(asked, [1, 1]);
        assert_eq!(world.server.count("GET https://1"), 0, "{pds}");
        assert_eq!(world.server.count("GET https://[::"), 0, "{pds}");
        assert_eq!(world.server.count("GET https://localhost"), 0, "{pds}");

        let mut options = crate::world::options();
        options.metadata = ClientMetadata::of_loopback_id("http://localhost").expect("an id");
        let world = World::new();
        world.server.fault(asked::ALICE_DID, Fault::lies(change));
        let found = world.authorize(&world.tab_with(options, |_| ()), ALICE.handle);
        assert_ne!(
            found.expect_err("no server").code(),
            "PRIVATE_HOST",
            "{pds}"
        );
    }
}

/// Neither does a PDS, by the issuer that it names, nor a handle or a DID by its host.
#[test]
fn names_of_one_machine_are_for_development() {
    let insecure = |did: &str| {
        let did = Did::parse(did).expect("a DID");
        ErrorKind::Identity(IdentityError::InsecureDidWeb(did))
    };
    let reserved = |name: &str| ErrorKind::Identity(IdentityError::ReservedName(name.into()));
    for (input, expected) in [
        ("did:web:localhost", insecure("did:web:localhost")),
        (
            "did:web:localhost%3A3000",
            insecure("did:web:localhost%3A3000"),
        ),
        ("did:web:pds.test", reserved("did:web:pds.test")),
        ("alice.localhost", reserved("alice.localhost")),
        ("handle.invalid", reserved("handle.invalid")),
        ("alice.test", reserved("alice.test")),
    ] {
        let world = World::new();
        assert_eq!(
            kind(world.authorize(&world.tab(), input)),
            expected,
            "{input}"
        );
        let mut log = world.server.take_log();
        log.retain(|request| !request.starts_with("GET https://pds.example.com/.well-known/"));
        assert_eq!(log, [""; 0], "{input}");
    }
    for did in ["did:web:localhost", "did:web:localhost%3A3000"] {
        let world = World::new();
        let local = move |body: &mut Value| body["did"] = json!(did);
        world.server.fault(asked::HANDLE, Fault::lies(local));
        let found = world.authorize(&world.tab(), ALICE.handle);
        assert_eq!(kind(found), insecure(did));
        assert_eq!(world.server.count("GET http://localhost"), 0);
    }
    let world = World::new();
    let issuer = |doc: &mut Value| doc["authorization_servers"] = json!(["https://127.0.0.1"]);
    world.server.fault(asked::RESOURCE, Fault::lies(issuer));
    let error = world.authorize(&world.tab(), ALICE.handle).expect_err("no");
    assert_eq!((error.code(), error.step()), ("PRIVATE_HOST", Step::Issuer));
    let typed = kind(world.authorize(&world.tab(), "https://localhost:2583"));
    assert_eq!(
        typed,
        ErrorKind::Peer(PeerError::PrivateHost("https://localhost:2583".into()))
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
        failure.purpose().map(ToString::to_string).as_deref(),
        Some("Failed to resolve identity: alice.example.com")
    );
}
