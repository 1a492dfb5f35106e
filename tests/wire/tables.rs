//! The tables that both languages are held to.

use crate::server::{ALICE, Fault, asked};
use crate::world::{Tab, World, kind, options};
use atproto_oauth_wasm::{ClientMetadata, Did, ErrorKind, Handle, IdentityError, Input};
use serde_json::{Value, json};

fn cases(table: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(table).expect("JSON");
    table["cases"].as_array().expect("cases").clone()
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().expect("a text")
}

#[test]
fn what_people_type_is_what_they_mean() {
    for case in cases(include_str!("../../spec/input.json")) {
        let (typed, means) = (text(&case, "typed"), text(&case, "means"));
        assert_eq!(Input::normalize(typed), means, "{case}");
        assert_eq!(
            Input::normalize(means),
            means,
            "normalized once more: {case}"
        );
        let is = match Input::parse(typed) {
            Ok(Input::Handle(handle)) => {
                assert_eq!(handle.as_str(), means);
                "handle"
            }
            Ok(Input::Did(did)) => {
                assert_eq!(did.as_str(), means);
                "did"
            }
            Ok(Input::Service(_)) => "service",
            Err(IdentityError::InvalidHandle(quoted) | IdentityError::InvalidService(quoted)) => {
                assert_eq!(quoted, means);
                "nothing"
            }
            Err(error) => panic!("{case}: {error:?}"),
        };
        assert_eq!(is, text(&case, "is"), "{case}");
    }
}

#[test]
fn dids() {
    for case in cases(include_str!("../../spec/did.json")) {
        let did = Did::parse(text(&case, "did"));
        assert_eq!(did.is_ok(), case["atproto"] == true, "{case}");
        let Ok(did) = did else { continue };
        let resolves = case["resolves"].as_str().unwrap_or("everywhere");
        for (world, tab, in_development) in every_setting() {
            // By the resolution of a handle, so that the DID is as it is in the table.
            let lie = did.clone();
            let change = move |body: &mut Value| body["did"] = json!(lie.as_str());
            world.server.fault(asked::HANDLE, Fault::lies(change));
            let found = kind(world.authorize(&tab, ALICE.handle));
            let refused = matches!(
                found,
                ErrorKind::Identity(
                    IdentityError::ReservedName(_) | IdentityError::InsecureDidWeb(_)
                )
            );
            assert_eq!(
                refused,
                is_refused(resolves, in_development),
                "{case}: {found:?}"
            );
            let asked = world.server.take_log();
            let is_of_did = |url: &String| url.ends_with("/did.json") || url.contains("plc.");
            assert_eq!(asked.iter().any(is_of_did), !refused, "{case}: {asked:?}");
        }
    }
}

fn is_refused(resolves: &str, in_development: bool) -> bool {
    match resolves {
        "everywhere" => false,
        "in development" => !in_development,
        _ => true,
    }
}

/// In production and in development, which is said by a loopback client id or by allowing http.
fn every_setting() -> [(World, Tab, bool); 3] {
    let mut loopback = options();
    loopback.metadata = ClientMetadata::of_loopback_id("http://localhost").expect("an id");
    let mut with_http = options();
    with_http.allow_http = Some(true);
    [(options(), false), (loopback, true), (with_http, true)].map(|(options, in_development)| {
        let world = World::new();
        let tab = world.tab_with(options, |_| ());
        (world, tab, in_development)
    })
}

#[test]
fn handles() {
    for case in cases(include_str!("../../spec/handle.json")) {
        let resolves = text(&case, "resolves");
        let handle = match Handle::parse(text(&case, "handle")) {
            Ok(handle) => handle,
            Err(_) => {
                assert_eq!(resolves, "no handle", "{case}");
                continue;
            }
        };
        assert_ne!(resolves, "no handle", "{case}");
        for (world, tab, in_development) in every_setting() {
            let refused = is_refused(resolves, in_development);
            assert_eq!(handle.is_reserved(in_development), refused, "{case}");
            let found = kind(world.authorize(&tab, handle.as_str()));
            let reserved = IdentityError::ReservedName(handle.to_string());
            assert_eq!(
                found == ErrorKind::Identity(reserved),
                refused,
                "{case}: {found:?}"
            );
            assert_eq!(world.server.count(asked::ANYTHING) == 0, refused, "{case}");
        }
    }
}
