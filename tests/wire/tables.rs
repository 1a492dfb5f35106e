//! The tables that both languages are held to.

use crate::page::unheard;
use crate::server::{ALICE, Fault, asked};
use crate::world::{CLIENT_ID, Tab, World, kind, options, url};
use atproto_oauth_wasm::{
    CallbackError, ClientMetadata, ConfigError, Did, ErrorKind, Handle, IdentityError, Input, Json,
    Refresh, Secret, Timeouts, loopback_client_id,
};
use serde_json::{Value, json};

fn cases(table: &str) -> Vec<Value> {
    list(table, "cases")
}

fn list(table: &str, name: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(table).expect("JSON");
    let all = table[name].as_array().expect("a list").clone();
    assert!(!all.is_empty());
    all
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

#[test]
fn loopback_client_ids() {
    let table = include_str!("../../spec/loopback.json");
    for case in list(table, "ids") {
        let id = text(&case, "id");
        let metadata = ClientMetadata::of_loopback_id(id);
        if let (Some(rule), Err(error @ ConfigError::InvalidLoopbackId(_))) =
            (case["refused"].as_str(), &metadata)
        {
            let sentence = format!("Invalid loopback client ID: {rule}");
            assert_eq!(error.to_string(), sentence, "{case}");
        } else if case["lacks"] == "atproto" {
            let lacking = ConfigError::LoopbackWithoutAtprotoScope;
            assert_eq!(metadata, Err(lacking), "{case}");
        } else if case["scope"].is_string() {
            let metadata = metadata.expect(id);
            assert!(metadata.is_loopback(), "{case}");
            let raw: Value = serde_json::from_str(&metadata.raw.text()).expect("JSON");
            let expected = json!({
                "client_id": id,
                "scope": case["scope"],
                "redirect_uris": case["redirect_uris"],
                "response_types": ["code"],
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "dpop_bound_access_tokens": true,
            });
            assert_eq!(raw, expected, "{case}");
        } else {
            let none = ConfigError::InvalidClientId(id.to_owned());
            assert_eq!(metadata, Err(none), "{case}");
        }
    }
    for case in list(table, "pages") {
        let page = url(text(&case, "page"));
        let expected = match case["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(ConfigError::NotLoopback(page.hostname().to_owned())),
        };
        assert_eq!(loopback_client_id(&page), expected, "{case}");
    }
}

/// A page that is a redirect URI of the app looks for an answer in its address.
#[test]
fn the_redirect_uri_of_a_page() {
    for case in cases(include_str!("../../spec/redirect-uri.json")) {
        let world = World::new();
        let mut options = options();
        let mut document: Value = serde_json::from_str(&options.metadata.raw.text()).expect("JSON");
        document["redirect_uris"] = case["redirect_uris"].clone();
        document["application_type"] = json!("native");
        let raw = Json::parse(&document.to_string()).expect("JSON");
        options.metadata = ClientMetadata::judge(raw).expect("metadata");
        let tab = world.tab_with(options, |_| ());
        let page = text(&case, "page");
        let (path, _) = page.split_once('#').unwrap_or((page, ""));
        tab.page
            .visit(url(&format!("{path}#error=access_denied&state=x")));
        let found = unheard(&world, tab.client.init(Refresh::Auto));
        if case["is"].is_string() {
            let unknown = CallbackError::UnknownState("x".to_owned());
            assert_eq!(kind(found), ErrorKind::Callback(unknown), "{case}");
        } else {
            assert!(found.expect("no answer is read").is_none(), "{case}");
        }
    }
}

#[test]
fn the_answer_to_the_resolution_of_a_handle() {
    for case in cases(include_str!("../../spec/handle-resolution.json")) {
        let world = World::new();
        let tab = world.tab();
        let body = match case["text"].as_str() {
            Some(text) => text.to_owned(),
            None => case["body"].to_string(),
        };
        let status = case["status"]
            .as_u64()
            .and_then(|status| status.try_into().ok());
        let media_type = case["type"].as_str().unwrap_or("application/json");
        let answer = Fault::answer(status.expect("a status"), media_type, &body);
        world.server.fault(asked::HANDLE, answer);
        let found = world
            .authorize(&tab, ALICE.handle)
            .map_err(|error| error.kind().clone());
        let is_as_said = match (text(&case, "means"), &found) {
            ("nobody", Err(ErrorKind::Identity(IdentityError::HandleNotFound(_))))
            | ("no DID", Err(ErrorKind::Identity(IdentityError::InvalidResolution(_))))
            | ("trouble", Err(ErrorKind::Http(_))) => true,
            (did, Ok(_)) => did == ALICE.did,
            _ => false,
        };
        assert!(is_as_said, "{case}: {found:?}");
    }
}

#[test]
fn whose_row_it_is() {
    for case in list(include_str!("../../spec/rows.json"), "whose") {
        let world = World::new();
        let tab = world.tab();
        world.sign_in(&tab, &ALICE);
        let row = world.stored(&ALICE).expect("a row");
        let (store, alice) = (tab.ports.store, row.tokens.sub.clone());
        let token = |text: &str| Secret::new(text.to_owned());
        let row = |client_id: Option<&str>, text: &str| {
            let mut row = row.clone();
            row.client_id = client_id.map(str::to_owned);
            row.tokens.access_token = token(text);
            row
        };
        world
            .run(store.delete_session(CLIENT_ID, &alice, None))
            .expect("storage");
        for step in case["steps"].as_array().expect("steps") {
            if let Some(text) = step["unnamed"].as_str() {
                // The official client has one place for an account.
                let first = world.run(store.session_owner(&alice)).expect("storage");
                let client = first.unwrap_or_default();
                let stored = world.run(store.put_session(&client, &row(None, text), None));
                assert_eq!(stored, Ok(true), "{case}");
                continue;
            }
            let client = text(step, "client");
            let expected = step["expected"].as_str().map(token);
            let done = match step["put"].as_str() {
                Some(text) => {
                    let row = row(Some(client), text);
                    world.run(store.put_session(client, &row, expected.as_ref()))
                }
                None => world.run(store.delete_session(client, &alice, expected.as_ref())),
            };
            assert_eq!(done, Ok(step["done"] == true), "{case} {step}");
        }
        for (client, expected) in case["sees"].as_object().expect("clients") {
            let found = world
                .run(store.get_session(client, &alice))
                .expect("storage");
            let found = found.map(|row| row.tokens.access_token.expose().to_owned());
            assert_eq!(found.as_deref(), expected.as_str(), "{case} {client}");
            let listed = world.run(store.list_sessions(client)).expect("storage");
            assert_eq!(!listed.is_empty(), expected.is_string(), "{case} {client}");
        }
        let owner = world.run(store.session_owner(&alice)).expect("storage");
        assert_eq!(owner.as_deref(), case["owner"].as_str(), "{case}");
    }
}

#[test]
fn time_limits_by_default() {
    let table: Value = serde_json::from_str(include_str!("../../spec/names.json")).expect("JSON");
    let Timeouts {
        document_ms,
        token_ms,
    } = Timeouts::default();
    let expected = json!({ "metadata": document_ms, "token": token_ms });
    assert_eq!(table["timeouts"], expected);
}
