//! What an authorization server says about itself (RFC 8414), by the demands of the atproto profile.

use super::{Row, accepted, no_metadata, refused};
use crate::server::{Fault, ISSUER, PDS, asked};
use atproto_oauth_wasm::{Capability, ErrorKind, HttpError, PeerError, Step};
use serde_json::{Value, json};

#[test]
fn documents_that_break_a_rule() {
    let lie = |change: fn(&mut Value)| Fault::lies(change);
    let of_another = |found: &str| ErrorKind::Peer(PeerError::IssuerOfAnother(found.into()));
    let invalid = |member| ErrorKind::Peer(PeerError::InvalidMetadata(ISSUER.into(), member));
    let mut rows: Vec<Row> = vec![
        (
            "another issuer",
            lie(|doc| doc["issuer"] = json!("https://evil.example.com")),
            of_another("https://evil.example.com"),
            "ISSUER_METADATA_MISMATCH",
        ),
        (
            "the issuer with a slash",
            lie(|doc| doc["issuer"] = json!("https://issuer.example.com/")),
            of_another("https://issuer.example.com/"),
            "ISSUER_METADATA_MISMATCH",
        ),
        (
            "no issuer",
            lie(|doc| doc["issuer"] = json!(null)),
            of_another(""),
            "ISSUER_METADATA_MISMATCH",
        ),
        (
            "nowhere to send the user",
            lie(|doc| doc["authorization_endpoint"] = json!(null)),
            invalid("authorization_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a script to send the user to",
            lie(|doc| doc["authorization_endpoint"] = json!("javascript:alert(1)")),
            invalid("authorization_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a consent page on http",
            lie(|doc| doc["authorization_endpoint"] = json!("http://issuer.example.com/a")),
            invalid("authorization_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "no token endpoint",
            lie(|doc| doc["token_endpoint"] = json!(null)),
            invalid("token_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a token endpoint on http",
            lie(|doc| doc["token_endpoint"] = json!("http://issuer.example.com/oauth/token")),
            invalid("token_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a relative token endpoint",
            lie(|doc| doc["token_endpoint"] = json!("/oauth/token")),
            invalid("token_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a malformed endpoint for pushed requests",
            lie(|doc| doc["pushed_authorization_request_endpoint"] = json!("par")),
            invalid("pushed_authorization_request_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "no endpoint for pushed requests",
            lie(|doc| doc["pushed_authorization_request_endpoint"] = json!(null)),
            ErrorKind::Peer(PeerError::NoParEndpoint),
            "NO_PAR_ENDPOINT",
        ),
        (
            "a malformed revocation endpoint",
            lie(|doc| doc["revocation_endpoint"] = json!("revoke")),
            invalid("revocation_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a revocation endpoint that is no text",
            lie(|doc| doc["revocation_endpoint"] = json!(["https://issuer.example.com/r"])),
            invalid("revocation_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "an endpoint for pushed requests that is no text",
            lie(|doc| doc["pushed_authorization_request_endpoint"] = json!(42)),
            invalid("pushed_authorization_request_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a text of signing algorithms",
            lie(|doc| doc["token_endpoint_auth_signing_alg_values_supported"] = json!("none")),
            invalid("token_endpoint_auth_signing_alg_values_supported"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a text of protected resources",
            lie(|doc| doc["protected_resources"] = json!(PDS)),
            invalid("protected_resources"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "an object of protected resources",
            lie(|doc| doc["protected_resources"] = json!({ "0": PDS })),
            invalid("protected_resources"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "protected resources that are not all texts",
            lie(|doc| doc["protected_resources"] = json!([PDS, 42])),
            invalid("protected_resources"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "no protected resources at all",
            lie(|doc| doc["protected_resources"] = json!([])),
            ErrorKind::Peer(PeerError::NotProtected {
                resource: PDS.into(),
                issuer: ISSUER.into(),
            }),
            "RESOURCE_NOT_PROTECTED",
        ),
        (
            "a PDS it does not protect",
            lie(|doc| doc["protected_resources"] = json!(["https://other.example.com"])),
            ErrorKind::Peer(PeerError::NotProtected {
                resource: PDS.into(),
                issuer: ISSUER.into(),
            }),
            "RESOURCE_NOT_PROTECTED",
        ),
        (
            "no document",
            Fault::json(404, json!({})),
            ErrorKind::WithoutOauth(HttpError::Status(404)),
            "SERVER_WITHOUT_OAUTH",
        ),
        (
            "metadata of another type",
            Fault::answer(
                200,
                "text/plain",
                r#"{"issuer":"https://issuer.example.com"}"#,
            ),
            ErrorKind::Http(HttpError::ContentType(Some("text/plain".into()))),
            "RESPONSE_CONTENT_TYPE",
        ),
        (
            "a token endpoint in a private network",
            lie(|doc| doc["token_endpoint"] = json!("https://192.168.1.1/token")),
            invalid("token_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
        (
            "a consent page on the user's machine",
            lie(|doc| doc["authorization_endpoint"] = json!("https://localhost/authorize")),
            invalid("authorization_endpoint"),
            "SERVER_METADATA_INVALID",
        ),
    ];
    rows.extend(no_metadata());
    refused(asked::METADATA, Step::Issuer, rows);
}

/// Every demand of the profile, broken in every way: not said, and said otherwise.
#[test]
fn servers_that_lack_something() {
    for (member, otherwise, capability, code) in [
        (
            "scopes_supported",
            json!(["atprotox"]),
            Capability::AtprotoScope,
            "SERVER_LACKS_ATPROTO_SCOPE",
        ),
        (
            "response_types_supported",
            json!(["token"]),
            Capability::ResponseTypeCode,
            "SERVER_LACKS_CODE",
        ),
        (
            "code_challenge_methods_supported",
            json!(["plain"]),
            Capability::PkceS256,
            "SERVER_LACKS_S256",
        ),
        (
            "dpop_signing_alg_values_supported",
            json!(["RS256"]),
            Capability::DpopEs256,
            "SERVER_LACKS_ES256",
        ),
        (
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
            Capability::PublicClients,
            "SERVER_LACKS_PUBLIC_CLIENTS",
        ),
        (
            "authorization_response_iss_parameter_supported",
            json!(false),
            Capability::IssParameter,
            "SERVER_LACKS_ISS_PARAMETER",
        ),
        (
            "require_pushed_authorization_requests",
            json!("true"),
            Capability::PushedRequests,
            "SERVER_LACKS_PAR",
        ),
        (
            "client_id_metadata_document_supported",
            json!(false),
            Capability::ClientIdMetadata,
            "SERVER_LACKS_CLIENT_ID_METADATA",
        ),
    ] {
        let lacks = || ErrorKind::Peer(PeerError::Lacks(ISSUER.into(), capability));
        let rows = [json!(null), otherwise].map(|value| {
            let fault = Fault::lies(move |doc| doc[member] = value.clone());
            (member, fault, lacks(), code)
        });
        refused(asked::METADATA, Step::Issuer, rows.into());
    }
    let unsigned = |doc: &mut Value| {
        doc["token_endpoint_auth_signing_alg_values_supported"] = json!(["ES256", "none"]);
    };
    refused(
        asked::METADATA,
        Step::Issuer,
        vec![(
            "unsigned assertions",
            Fault::lies(unsigned),
            ErrorKind::Peer(PeerError::Lacks(
                ISSUER.into(),
                Capability::SignedAssertions,
            )),
            "SERVER_ALLOWS_UNSIGNED",
        )],
    );
}

#[test]
fn documents_may_differ_in_what_is_not_demanded() {
    accepted(
        asked::METADATA,
        vec![
            ("no revocation", |doc| {
                doc["revocation_endpoint"] = json!(null)
            }),
            ("no assertions", |doc| {
                doc["token_endpoint_auth_signing_alg_values_supported"] = json!(null)
            }),
            ("the PDS among others", |doc| {
                doc["protected_resources"] = json!(["https://other.example.com", PDS])
            }),
            (
                "protected resources of null, as an empty list of some servers is written",
                |doc| doc["protected_resources"] = json!(null),
            ),
            ("no grant types", |doc| {
                doc["grant_types_supported"] = json!(null)
            }),
            ("members nobody knows", |doc| doc["x"] = json!([])),
        ],
    );
}
