//! Client metadata: published documents and loopback ids.

use super::no_document;
use crate::server::Fault;
use crate::world::{CLIENT_ID, REDIRECT_URI, World, kind};
use atproto_oauth_wasm::{
    ClientMetadata, ConfigError, ErrorKind, HttpError, Json, MetadataRule, Step,
    load_client_metadata,
};
use serde_json::{Value, json};

const PUBLISHED: &str = "GET https://app.example.com/client.json";

fn document() -> Value {
    json!({
        "client_id": CLIENT_ID,
        "client_name": "An app",
        "client_uri": "https://app.example.com",
        "redirect_uris": [REDIRECT_URI],
        "scope": "atproto transition:generic",
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "application_type": "web",
        "dpop_bound_access_tokens": true,
    })
}

fn judge(document: &Value) -> Result<ClientMetadata, ConfigError> {
    ClientMetadata::judge(Json::parse(&document.to_string()).expect("JSON"))
}

#[test]
fn documents_that_break_a_rule() {
    let member = ConfigError::InvalidMember;
    let redirect = |rule| member("redirect_uris", rule);
    let url = |name| member(name, MetadataRule::Https);
    let method = |name: &str| ConfigError::UnsupportedAuthMethod(name.into());
    let client_id = |rule| member("client_id", rule);
    let id = |id: &str| ConfigError::InvalidClientId(id.into());
    let rows = [
        ("client_id", json!(null), id("")),
        (
            "client_id",
            json!("ftp://app.example.com/c"),
            id("ftp://app.example.com/c"),
        ),
        (
            "client_id",
            json!("http://app.example.com/c"),
            id("http://app.example.com/c"),
        ),
        (
            "client_id",
            json!("https://u@app.example.com/c"),
            client_id(MetadataRule::NoCredentials),
        ),
        (
            "client_id",
            json!("https://app.example.com/c#d"),
            client_id(MetadataRule::NoFragment),
        ),
        (
            "client_id",
            json!("https://127.0.0.1/c"),
            client_id(MetadataRule::PublicHost),
        ),
        (
            "client_id",
            json!("https://intranet/c"),
            client_id(MetadataRule::PublicHost),
        ),
        (
            "client_id",
            json!("https://app.example.com/"),
            client_id(MetadataRule::Path),
        ),
        (
            "client_id",
            json!("https://app.example.com/c/"),
            client_id(MetadataRule::Path),
        ),
        (
            "client_id",
            json!("https://app.example.com/a/../c"),
            client_id(MetadataRule::NormalForm),
        ),
        (
            "client_id",
            json!("https://APP.example.com/c"),
            client_id(MetadataRule::NormalForm),
        ),
        ("redirect_uris", json!(null), redirect(MetadataRule::List)),
        ("redirect_uris", json!([]), redirect(MetadataRule::List)),
        ("redirect_uris", json!([7]), redirect(MetadataRule::List)),
        ("redirect_uris", json!(["cb"]), redirect(MetadataRule::Uris)),
        (
            "redirect_uris",
            json!([REDIRECT_URI, "https://intranet/cb"]),
            redirect(MetadataRule::PublicHost),
        ),
        (
            "redirect_uris",
            json!(["http://localhost/cb"]),
            redirect(MetadataRule::LoopbackIp),
        ),
        (
            "redirect_uris",
            json!(["com.example.app://cb"]),
            redirect(MetadataRule::PrivateScheme),
        ),
        ("client_uri", json!("app.example.com"), url("client_uri")),
        ("logo_uri", json!(7), url("logo_uri")),
        ("tos_uri", json!("data:text/plain,x"), url("tos_uri")),
        ("policy_uri", json!(""), url("policy_uri")),
        ("scope", json!(null), ConfigError::NoAtprotoScope),
        ("scope", json!("notatproto"), ConfigError::NoAtprotoScope),
        (
            "response_types",
            json!(["token"]),
            ConfigError::NoCodeResponseType,
        ),
        (
            "response_types",
            json!("code"),
            ConfigError::NoCodeResponseType,
        ),
        (
            "grant_types",
            json!(["refresh_token"]),
            ConfigError::NoAuthorizationCodeGrant,
        ),
        (
            "token_endpoint_auth_method",
            json!(null),
            method("client_secret_basic"),
        ),
        (
            "token_endpoint_auth_method",
            json!("client_secret_post"),
            method("client_secret_post"),
        ),
        (
            "token_endpoint_auth_method",
            json!("private_key_jwt"),
            ConfigError::NeedsKeyset,
        ),
        (
            "token_endpoint_auth_signing_alg",
            json!("ES256"),
            ConfigError::SigningAlgWithoutKey,
        ),
    ];
    for (name, value, error) in rows {
        let mut document = document();
        document[name] = value.clone();
        assert_eq!(judge(&document), Err(error), "{name} is {value}");
    }
    let no_object = member("clientMetadata", MetadataRule::Object);
    assert_eq!(
        judge(&json!("https://app.example.com/client.json")),
        Err(no_object)
    );
}

/// `spec/client-metadata.json`: `refused` by the specification and the reference server, hence here, with the rule; or
/// `warned`, what only some servers refuse, which is for a checker to say and no error.
#[test]
fn what_every_server_refuses_is_refused_and_nothing_else() {
    let table: Value =
        serde_json::from_str(include_str!("../../../spec/client-metadata.json")).expect("JSON");
    assert_eq!(judge(&table["document"]).map(drop), Ok(()));
    for case in table["cases"].as_array().expect("cases") {
        let mut document = table["document"].clone();
        for (name, value) in case["change"].as_object().expect("members") {
            document[name] = value.clone();
        }
        let found = judge(&document).map(drop);
        let refusal = |rule| {
            let member = case["member"].as_str().expect("a member");
            format!("Invalid client metadata: \"{member}\" {rule}")
        };
        let found = found.err().map(|error| error.to_string());
        assert_eq!(found, case["refused"].as_str().map(refusal), "{case}");
    }
}

#[test]
fn documents_may_leave_out_what_has_a_default() {
    for name in [
        "client_name",
        "client_uri",
        "response_types",
        "grant_types",
        "application_type",
    ] {
        let mut document = document();
        document[name] = json!(null);
        let metadata = judge(&document).expect(name);
        assert_eq!(metadata.client_id, CLIENT_ID);
        assert!(!metadata.is_loopback());
    }
}

/// Metadata is read by its id alone, before there is a client.
fn load(world: &World, id: &str) -> Result<ClientMetadata, atproto_oauth_wasm::Error> {
    let ports = world.tab().ports;
    world.run(load_client_metadata(&ports, id))
}

#[test]
fn published_documents() {
    let world = World::new();
    world.server.fault(PUBLISHED, Fault::json(200, document()));
    let metadata = load(&world, CLIENT_ID).expect("metadata");
    assert_eq!(metadata.redirect_uris, [REDIRECT_URI]);
    assert_eq!(world.server.take_log(), [PUBLISHED]);

    let metadata = load(&world, "http://localhost").expect("metadata");
    assert!(metadata.is_loopback());
    assert_eq!(
        kind(load(&world, "ftp://x")),
        ErrorKind::Config(ConfigError::InvalidClientId("ftp://x".into()))
    );
    assert_eq!(world.server.take_log(), Vec::<String>::new());
}

#[test]
fn published_documents_that_are_not_there() {
    let mut of_another = document();
    of_another["client_id"] = json!("https://app.example.com/other.json");
    let rule = MetadataRule::Address;
    let mut rows = vec![
        (
            "not found",
            Fault::html(404),
            ErrorKind::Config(ConfigError::MetadataStatus(404)),
            "CLIENT_METADATA_UNAVAILABLE",
        ),
        (
            "another app's",
            Fault::json(200, of_another),
            ErrorKind::Config(ConfigError::InvalidMember("client_id", rule)),
            "CLIENT_METADATA_INVALID",
        ),
    ];
    // What is wrong with the app's own document is the app's to mend, so the error names the configuration.
    rows.extend(no_document().into_iter().map(|(what, fault, kind, code)| {
        let (kind, code) = match kind {
            ErrorKind::Http(HttpError::Status(status)) => (
                ErrorKind::Config(ConfigError::MetadataStatus(status)),
                "CLIENT_METADATA_UNAVAILABLE",
            ),
            ErrorKind::Http(HttpError::ContentType(found)) => (
                ErrorKind::Config(ConfigError::MetadataContentType(found.unwrap_or_default())),
                "CLIENT_METADATA_UNAVAILABLE",
            ),
            kind => (kind, code),
        };
        (what, fault, kind, code)
    }));
    for (what, fault, kind, code) in rows {
        let world = World::new();
        world.server.fault(PUBLISHED, fault);
        let failure = load(&world, CLIENT_ID).expect_err(what);
        assert_eq!(failure.kind(), &kind, "{what}");
        assert_eq!(failure.code(), code, "{what}");
        assert_eq!(failure.step(), Step::Configure, "{what}");
        assert_eq!(failure.url(), Some(CLIENT_ID), "{what}");
    }
}
