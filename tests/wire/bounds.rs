//! Documents that are nested too deep, too long or too many: what is used of them is used, and little else is kept.
//!
//! A browser refuses to store a value that is nested some thousand deep, or to send it to a worker.

use crate::server::{ALICE, BOB, Fault, ISSUER, PDS, asked};
use crate::world::{World, kind};
use atproto_oauth_wasm::{AuthorizeOptions, ErrorKind, Refresh};
use serde_json::{Value, json};

/// The largest body that is read, about.
const ALL: usize = 250_000;

/// What a row may hold of a document, with some for punctuation.
const MOST: usize = 40_000;

fn metadata(change: impl FnOnce(&mut Value)) -> Value {
    let mut document = crate::server::server_metadata(ISSUER).expect("a document");
    change(&mut document);
    document
}

/// A document with one member more, in front, whose value is this text.
fn with_member(document: &Value, value: &str) -> String {
    let text = document.to_string();
    format!(r#"{{"aaa":{value},{}"#, &text[1..])
}

fn nested(depth: usize) -> String {
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

/// Values that a document can have one more of.
fn burdens() -> Vec<(&'static str, String)> {
    let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let members: Vec<String> = (0..20_000).map(|at| format!(r#""m{at}":0"#)).collect();
    vec![
        ("lists 10 000 deep", nested(10_000)),
        ("lists as deep as can be", nested(ALL / 2)),
        ("objects 10 000 deep", objects),
        ("a long text", format!("\"{}\"", "x".repeat(ALL))),
        ("a long list", format!("[{}0]", "0,".repeat(ALL / 2))),
        ("many members", format!("{{{}}}", members.join(","))),
    ]
}

#[test]
fn a_server_s_metadata_can_be_anything_beside_what_is_used() {
    for (what, value) in burdens() {
        let world = World::new();
        let tab = world.tab();
        let body = with_member(&metadata(|_| ()), &value);
        let fault = Fault::answer(200, "application/json", &body);
        world.server.fault(asked::METADATA, fault);
        let params = world.consented(&tab, &ALICE);
        world.server.take_log();
        let signed_in = world.run(tab.client.init_callback(Some(&params), None));
        let session = signed_in.expect(what).session;
        let log = world.server.take_log();
        let reads = log.iter().filter(|asked| **asked == asked::METADATA);
        assert_eq!(reads.count(), 0, "{what}: what was kept did");
        world.settle();
        world.run(session.token_info(Refresh::Force)).expect(what);
        world.settle();
        let kept = world.stored(&ALICE).expect(what).server.expect(what);
        assert!(kept.text().len() < MOST, "{what}");
        for (name, value) in metadata(|_| ()).as_object().expect("members") {
            let kept = kept.get(name).map(|kept| kept.text());
            assert_eq!(kept, Some(value.to_string()), "{what}: {name}");
        }
    }
}

#[test]
fn a_list_that_is_used_can_be_of_any_length() {
    let long = |last: &str| {
        let mut list: Vec<String> = (0..4_000)
            .map(|at| format!("https://pds{at}.example.com"))
            .collect();
        list.push(last.to_owned());
        json!(list)
    };
    for member in ["protected_resources", "scopes_supported"] {
        let last = match member {
            "protected_resources" => PDS,
            _ => "atproto",
        };
        for input in [ALICE.did, ISSUER] {
            let what = format!("{member}, {input}");
            let world = World::new();
            let tab = world.tab();
            let body = metadata(|document| document[member] = long(last)).to_string();
            let fault = Fault::answer(200, "application/json", &body);
            world.server.fault(asked::METADATA, fault);
            let options = AuthorizeOptions::default();
            let begun = world.run(tab.client.authorize(input, &options, &|_| ()));
            let params = world.server.consent(&begun.expect(&what), &ALICE);
            let signed_in = world.run(tab.client.init_callback(Some(&params), None));
            let session = signed_in.expect(&what).session;
            world.settle();
            world.run(session.token_info(Refresh::Force)).expect(&what);
            world.settle();
            assert_eq!(world.status(&session), Ok(200), "{what}");
            let kept = world.stored(&ALICE).expect(&what).server.expect(&what);
            assert!(kept.text().len() < MOST, "{what}");
        }
    }
    // It is held to the whole list all the same.
    let world = World::new();
    let body = metadata(|document| document["protected_resources"] = long("x")).to_string();
    let fault = Fault::answer(200, "application/json", &body);
    world.server.fault(asked::METADATA, fault);
    let refused = world.authorize(&world.tab(), ALICE.did);
    assert_eq!(
        refused.expect_err("not its PDS").code(),
        "RESOURCE_NOT_PROTECTED"
    );
}

#[test]
fn a_refusal_can_be_anything_beside_what_it_says() {
    for (what, value) in burdens() {
        let body = json!({ "error": "invalid_scope", "error_description": "No." });
        let fault = || Fault::answer(400, "application/json", &with_member(&body, &value));
        let world = World::new();
        let tab = world.tab();
        world.server.fault(asked::PAR, fault());
        let begun = kind(world.authorize(&tab, ALICE.did));
        world.server.heal();
        let session = world.sign_in(&tab, &ALICE);
        world.server.fault(asked::REFRESH, fault());
        let refreshed = kind(world.run(session.token_info(Refresh::Force)));
        for refused in [begun, refreshed] {
            let ErrorKind::Refused(refusal) = refused else {
                panic!("{what}: {refused:?}");
            };
            assert!(refusal.is("invalid_scope"), "{what}");
            assert_eq!(refusal.description.as_deref(), Some("No."), "{what}");
            assert!(refusal.payload.text().len() < MOST, "{what}");
        }
    }
}

#[test]
fn a_did_document_can_be_anything_beside_what_is_used() {
    for (what, value) in burdens() {
        let world = World::new();
        let tab = world.tab();
        let body = with_member(&BOB.document(), &value);
        let fault = Fault::answer(200, "application/did+ld+json", &body);
        world.server.fault("GET https://plc.example.com/", fault);
        let found = world.run(tab.client.resolve_identity(BOB.did, false));
        let (document, handle) = found.expect(what);
        assert_eq!(document.pds.origin(), PDS, "{what}");
        assert_eq!(
            handle.as_ref().map(|handle| handle.as_str()),
            Some(BOB.handle)
        );
        assert!(document.raw.text().len() < MOST, "{what}");
        for (name, value) in BOB.document().as_object().expect("members") {
            let kept = document.raw.get(name).map(|kept| kept.text());
            assert_eq!(kept, Some(value.to_string()), "{what}: {name}");
        }
    }
}
