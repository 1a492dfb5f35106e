//! The rows as types: strict ones, so that a member too many or too few is as wrong as one of another type.

use crate::support::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row<V> {
    value: V,
    expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Session {
    token_set: TokenSet,
    auth_method: AuthMethod,
    dpop_key: DpopKey,
    extra: SessionExtra,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Pending {
    iss: String,
    auth_method: AuthMethod,
    verifier: String,
    app_state: Option<String>,
    dpop_key: DpopKey,
    extra: PendingExtra,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenSet {
    iss: String,
    sub: String,
    aud: String,
    scope: String,
    access_token: String,
    refresh_token: Option<String>,
    token_type: String,
    expires_at: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct AuthMethod {
    method: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DpopKey {
    key_id: String,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    key_pair: JsValue,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SessionExtra {
    client_id: Option<String>,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    server: JsValue,
    clock_offset: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PendingExtra {
    account: Option<String>,
    pds: Option<String>,
    redirect_uri: Option<String>,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    server: JsValue,
    nonce: Option<String>,
    clock_offset: i64,
}

fn read<V: DeserializeOwned>(row: Option<JsValue>) -> Row<V> {
    serde_wasm_bindgen::from_value(row.expect("row")).expect("a row of this type")
}

fn assert_sealed(key: &DpopKey) {
    assert!(!key.key_id.is_empty());
    assert_eq!(
        get(&key.key_pair, "privateKey.extractable").as_bool(),
        Some(false)
    );
}

#[wasm_bindgen_test]
async fn a_session_row_is_of_its_type() {
    no_database().await;
    let stored = session(new_key().await);
    ports()
        .store
        .put_session(CLIENT_ID, &stored, None)
        .await
        .expect("stores");
    let Row { value, expires_at } = read::<Session>(row("session", ALICE).await);
    let tokens = &stored.tokens;
    assert_eq!(
        expires_at, None,
        "a session that can be refreshed does not expire"
    );
    assert_eq!(value.auth_method.method, "none");
    assert_eq!(value.token_set.iss, tokens.issuer);
    assert_eq!(value.token_set.sub, tokens.sub.as_str());
    assert_eq!(value.token_set.aud, tokens.audience);
    assert_eq!(value.token_set.scope, tokens.scope);
    assert_eq!(value.token_set.access_token, tokens.access_token.expose());
    assert_eq!(
        value.token_set.refresh_token.as_deref(),
        tokens.refresh_token.as_ref().map(|token| token.expose())
    );
    assert_eq!(value.token_set.token_type, "DPoP");
    assert!(value.token_set.expires_at.is_some());
    assert_eq!(value.extra.client_id, stored.client_id);
    assert!(value.extra.server.is_object());
    assert_eq!(value.extra.clock_offset, stored.clock_offset);
    assert_sealed(&value.dpop_key);
}

#[wasm_bindgen_test]
async fn a_pending_row_is_of_its_type() {
    no_database().await;
    let stored = login(new_key().await);
    ports()
        .store
        .put_pending("s", &stored)
        .await
        .expect("stores");
    let Row { value, expires_at } = read::<Pending>(row("state", "s").await);
    assert!(expires_at.is_some(), "a sign-in waits for ten minutes only");
    assert_eq!(value.iss, stored.issuer);
    assert_eq!(value.auth_method.method, "none");
    assert_eq!(value.verifier, stored.verifier.expose());
    assert_eq!(value.app_state, stored.app_state);
    let account = stored.account.map(|did| did.to_string());
    assert_eq!(value.extra.account, account);
    assert_eq!(value.extra.pds, stored.pds.map(|pds| pds.to_string()));
    assert_eq!(value.extra.redirect_uri, stored.redirect_uri);
    assert_eq!(value.extra.server.is_object(), stored.server.is_some());
    assert_eq!(value.extra.nonce, stored.nonce);
    assert_eq!(value.extra.clock_offset, stored.clock_offset);
    assert_sealed(&value.dpop_key);
}
