//! What the scripted servers publish.

use serde_json::{Value, json};

pub(crate) const PLC: &str = "https://plc.example.com";
pub(crate) const PDS: &str = "https://pds.example.com";
/// Another PDS of the same authorization server.
pub(crate) const SECOND_PDS: &str = "https://pds2.example.com";
pub(crate) const ISSUER: &str = "https://issuer.example.com";
/// A PDS of another authorization server.
pub(crate) const FOREIGN_PDS: &str = "https://pds.elsewhere.com";
pub(crate) const FOREIGN_ISSUER: &str = "https://issuer.elsewhere.com";

/// A PDS's metadata (RFC 9728).
pub(crate) fn resource_metadata(origin: &str) -> Option<Value> {
    let issuer = match origin {
        PDS | SECOND_PDS => ISSUER,
        FOREIGN_PDS => FOREIGN_ISSUER,
        _ => return None,
    };
    Some(json!({ "resource": origin, "authorization_servers": [issuer] }))
}

/// An authorization server's metadata (RFC 8414).
pub(crate) fn server_metadata(issuer: &str) -> Option<Value> {
    if ![ISSUER, FOREIGN_ISSUER].contains(&issuer) {
        return None;
    }
    Some(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{issuer}/oauth/par"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "scopes_supported": ["atproto", "transition:generic"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": true,
        "client_id_metadata_document_supported": true,
    }))
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) did: &'static str,
    pub(crate) handle: &'static str,
    pub(crate) pds: &'static str,
}

pub(crate) const ALICE: Account = Account {
    did: "did:plc:aliceaaaaaaaaaaaaaaaaaaa",
    handle: "alice.example.com",
    pds: PDS,
};
pub(crate) const BOB: Account = Account {
    did: "did:plc:bobbbbbbbbbbbbbbbbbbbbbb",
    handle: "bob.example.com",
    pds: PDS,
};
/// Her identity is on her own host.
pub(crate) const WANDA: Account = Account {
    did: "did:web:wanda.example.com",
    handle: "wanda.example.com",
    pds: SECOND_PDS,
};
/// Her account is at the other authorization server.
pub(crate) const MALLORY: Account = Account {
    did: "did:plc:malloryaaaaaaaaaaaaaaaaa",
    handle: "mallory.elsewhere.com",
    pds: FOREIGN_PDS,
};

impl Account {
    /// The DID document.
    pub(crate) fn document(&self) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": self.did,
            "alsoKnownAs": [format!("at://{}", self.handle)],
            "service": [
                { "id": "#other", "type": "Other", "serviceEndpoint": "https://other.example.com" },
                { "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.pds },
            ],
        })
    }
}
