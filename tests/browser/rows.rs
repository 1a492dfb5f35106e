//! The rows' format: ours read by other code, the official client's read by ours, and broken ones.

use crate::support::*;
use atproto_oauth_wasm::ports::{AccountStatus, KeyError, Local, Signer, StorageError};
use atproto_oauth_wasm::{AuthMethod, Issuer, Json, PublicJwk};
use std::any::Any;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// The JSON text of a row's part, which leaves keys out of account.
fn json(row: &JsValue, path: &str) -> String {
    Json::from_js(get(row, path)).text()
}

#[wasm_bindgen_test]
async fn a_session_row_has_the_official_format() {
    no_database().await;
    let key = new_key().await;
    let kid = key.public_jwk().kid.clone();
    ports()
        .store
        .put_session(CLIENT_ID, &session(key), None)
        .await
        .expect("stores");
    let row = row("session", ALICE).await.expect("row");
    assert_eq!(members(&row), "value");
    assert_eq!(
        members(&get(&row, "value")),
        "authMethod dpopKey extra tokenSet"
    );
    let sorted = js1(
        "return JSON.stringify(a.value.tokenSet, Object.keys(a.value.tokenSet).sort())",
        &row,
    );
    assert_eq!(
        sorted.as_string().expect("text"),
        format!(
            r#"{{"access_token":"access","aud":"https://pds.example/","expires_at":"2030-03-17T17:46:40.123Z","iss":"https://auth.example","refresh_token":"refresh","scope":"atproto transition:generic","sub":"{ALICE}","token_type":"DPoP"}}"#
        )
    );
    assert_eq!(json(&row, "value.authMethod"), r#"{"method":"none"}"#);
    assert_eq!(members(&get(&row, "value.dpopKey")), "keyId keyPair");
    assert_eq!(text(&row, "value.dpopKey.keyId"), Some(kid));
    assert_eq!(
        members(&get(&row, "value.dpopKey.keyPair")),
        "privateKey publicKey"
    );
    assert!(
        js1(
            "return a.value.dpopKey.keyPair.privateKey instanceof CryptoKey",
            &row
        )
        .is_truthy()
    );
    assert_eq!(
        json(&row, "value.extra"),
        r#"{"server":{"issuer":"https://auth.example"},"clockOffset":1200000,"clientId":"https://app.example/client.json","verifiedAt":1800000000456,"refreshStartedAt":1800000000789}"#
    );
}

#[wasm_bindgen_test]
async fn a_session_row_expires_only_where_it_cannot_be_refreshed() {
    no_database().await;
    let mut session = session(new_key().await);
    session.tokens.refresh_token = None;
    let store = ports().store;
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let stored = row("session", ALICE).await.expect("row");
    assert_eq!(members(&stored), "expiresAt value");
    assert_eq!(
        text(&stored, "expiresAt").as_deref(),
        Some("2030-03-17T17:46:40.123Z")
    );
    session.tokens.expires_at = None;
    session.client_id = None;
    session.server = None;
    session.verified_at = None;
    session.refresh_started_at = None;
    session.clock_offset = 0;
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let stored = row("session", ALICE).await.expect("row");
    assert_eq!(members(&stored), "value");
    assert_eq!(
        members(&get(&stored, "value.tokenSet")),
        "access_token aud iss scope sub token_type"
    );
    assert_eq!(json(&stored, "value.extra"), "{}");
}

#[wasm_bindgen_test]
async fn a_pending_row_has_the_official_format_and_ten_minutes() {
    no_database().await;
    let before = js_sys::Date::now();
    let mut login = login(new_key().await);
    let store = ports().store;
    store
        .put_pending("the state", &login)
        .await
        .expect("stores");
    let stored = row("state", "the state").await.expect("row");
    assert_eq!(members(&stored), "expiresAt value");
    let expires_at = text(&stored, "expiresAt").expect("text");
    let lifetime = js_sys::Date::parse(&expires_at) - before;
    assert!((600_000.0..610_000.0).contains(&lifetime), "{lifetime}");
    assert!(expires_at.ends_with('Z'), "{expires_at}");
    let value = get(&stored, "value");
    assert_eq!(
        members(&value),
        "appState authMethod dpopKey extra iss verifier"
    );
    assert_eq!(text(&value, "iss").as_deref(), Some("https://auth.example"));
    assert_eq!(text(&value, "verifier").as_deref(), Some("the verifier"));
    assert_eq!(text(&value, "appState").as_deref(), Some("the app's"));
    assert_eq!(json(&value, "authMethod"), r#"{"method":"none"}"#);
    assert_eq!(
        members(&get(&value, "extra")),
        "account clientId clockOffset handle nonce pds redirectUri server"
    );
    login.app_state = None;
    store
        .put_pending("the state", &login)
        .await
        .expect("stores");
    let stored = row("state", "the state").await.expect("row");
    assert!(!members(&get(&stored, "value")).contains("appState"));
}

#[wasm_bindgen_test]
async fn what_is_stored_comes_back_whole() {
    no_database().await;
    let (key, login) = {
        let key = new_key().await;
        (key.clone(), login(key))
    };
    ports()
        .store
        .put_pending("s", &login)
        .await
        .expect("stores");
    let back = ports()
        .store
        .take_pending(CLIENT_ID, "s")
        .await
        .expect("reads")
        .expect("row");
    assert_eq!(back.issuer, login.issuer);
    assert_eq!(back.verifier, login.verifier);
    assert_eq!(back.app_state, login.app_state);
    assert_eq!(back.account, login.account);
    assert_eq!(back.pds, login.pds);
    assert_eq!(back.handle, login.handle);
    assert_eq!(back.redirect_uri, login.redirect_uri);
    assert_eq!(back.server, login.server);
    assert_eq!(back.nonce, login.nonce);
    assert_eq!(back.clock_offset, login.clock_offset);
    assert_eq!(back.key.public_jwk(), key.public_jwk());

    let session = session(key);
    ports()
        .store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let back = ports()
        .store
        .get_session(CLIENT_ID, &alice())
        .await
        .expect("reads")
        .expect("row");
    assert_eq!(back.tokens, session.tokens);
    assert_eq!(back.client_id, session.client_id);
    assert_eq!(back.server, session.server);
    assert_eq!(back.verified_at, session.verified_at);
    assert_eq!(back.refresh_started_at, session.refresh_started_at);
    assert_eq!(back.clock_offset, session.clock_offset);
}

#[wasm_bindgen_test]
async fn a_key_pair_survives_storage_and_signs_again() {
    no_database().await;
    let key = new_key().await;
    ports()
        .store
        .put_session(CLIENT_ID, &session(key.clone()), None)
        .await
        .expect("stores");
    let back = ports()
        .store
        .get_session(CLIENT_ID, &alice())
        .await
        .expect("reads")
        .expect("row");
    let signature = back.key.sign("later").await.expect("signs");
    assert!(verifies(key.as_ref(), &signature, "later").await);
}

#[wasm_bindgen_test]
async fn a_lifetime_beyond_all_dates_is_stored_as_the_last_date() {
    no_database().await;
    let mut session = session(new_key().await);
    session.tokens.expires_at = Some(u64::MAX);
    let store = ports().store;
    store
        .put_session(CLIENT_ID, &session, None)
        .await
        .expect("stores");
    let back = store
        .get_session(CLIENT_ID, &alice())
        .await
        .expect("reads")
        .expect("row");
    assert_eq!(back.tokens.expires_at, Some(8_640_000_000_000_000));
}

/// A session row as the official client stores it.
async fn official_session() -> JsValue {
    js_async(
        "return { value: {
           tokenSet: {
             iss: 'https://auth.example', sub: a, aud: 'https://pds.example/', scope: 'atproto', refresh_token: 'r',
             access_token: 'a', token_type: 'DPoP', expires_at: '2030-01-01T00:00:00.000Z',
           },
           authMethod: { method: 'none' },
           dpopKey: {
             keyId: 'official',
             keyPair: await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
           },
         } }",
        &ALICE.into(),
        &JsValue::UNDEFINED,
    )
    .await
}

#[wasm_bindgen_test]
async fn a_session_of_the_official_client_loads_and_signs() {
    no_database().await;
    put_row("session", ALICE, &official_session().await).await;
    let session = ports()
        .store
        .get_session(CLIENT_ID, &alice())
        .await
        .expect("reads")
        .expect("row");
    assert_eq!(session.tokens.access_token.expose(), "a");
    assert_eq!(session.tokens.expires_at, Some(1_893_456_000_000));
    assert_eq!(session.client_id, None);
    assert_eq!(session.server, None);
    assert_eq!(session.key.public_jwk().kid, "official");
    let signature = session.key.sign("x").await.expect("signs");
    assert!(verifies(session.key.as_ref(), &signature, "x").await);
}

#[wasm_bindgen_test]
async fn what_is_beyond_the_official_format_can_be_anything_and_never_stands_for_what_is_in_it() {
    no_database().await;
    let store = ports().store;
    for extra in [
        "null",
        "7",
        "'text'",
        "['iss']",
        "new Map([['iss', 'https://evil.example']])",
        "{ iss: 'https://evil.example', sub: 5, access_token: 'evil', refresh_token: 'evil', expires_at: 5, keyId: 'evil',
           key: { x: 'evil' }, authMethod: { method: 'evil' }, clientId: 5, server: ['evil'], verifiedAt: 'evil', refreshStartedAt: {}, clockOffset: NaN }",
    ] {
        let row = official_session().await;
        js1(
            &format!("delete a.value.tokenSet.refresh_token; a.value.extra = {extra}"),
            &row,
        );
        put_row("session", ALICE, &row).await;
        let session = store.get_session(CLIENT_ID, &alice()).await.expect(extra).expect("row");
        assert_eq!(session.tokens.issuer, "https://auth.example", "{extra}");
        assert_eq!(session.tokens.sub, alice());
        assert_eq!(session.tokens.access_token.expose(), "a");
        assert_eq!(session.tokens.refresh_token, None);
        assert_eq!(session.tokens.expires_at, Some(1_893_456_000_000));
        assert_eq!(session.key.public_jwk().kid, "official");
        let signature = session.key.sign("x").await.expect("signs");
        assert!(verifies(session.key.as_ref(), &signature, "x").await);
        assert_eq!(session.auth_method, AuthMethod::None, "{extra}");
        assert_eq!((&session.client_id, &session.server), (&None, &None));
        assert_eq!(
            (session.verified_at, session.refresh_started_at),
            (None, None)
        );
        assert_eq!(session.clock_offset, 0);
    }
}

/// A pending row as the official client stores it, good for a minute.
async fn official_login() -> JsValue {
    let session = official_session().await;
    js1(
        "return {
           value: { iss: 'https://auth.example', authMethod: { method: 'none' }, verifier: 'v', appState: undefined,
                    dpopKey: a.value.dpopKey },
           expiresAt: new Date(Date.now() + 60000).toISOString(),
         }",
        &session,
    )
}

#[wasm_bindgen_test]
async fn a_sign_in_begun_by_the_official_client_loads() {
    no_database().await;
    put_row("state", "s", &official_login().await).await;
    let login = ports()
        .store
        .take_pending(CLIENT_ID, "s")
        .await
        .expect("reads")
        .expect("row");
    assert_eq!(login.verifier.expose(), "v");
    assert_eq!(login.app_state, None);
    assert_eq!(login.account, None);
    assert!(login.redirect_uri.is_none() && login.server.is_none() && login.nonce.is_none());
}

#[wasm_bindgen_test]
async fn the_method_of_client_authentication_is_read_and_written_as_the_official_client_stores_it()
{
    no_database().await;
    let stores = ports();
    let none = r#"{"method":"none"}"#;
    let of_key = r#"{"method":"private_key_jwt","kid":"k"}"#;
    for (stored, written) in [("undefined", none), (none, none), (of_key, of_key)] {
        let method = AuthMethod::read(Json::parse(written).expect("JSON"));
        for (store, key, row) in [
            ("session", ALICE, official_session().await),
            ("state", "s", official_login().await),
        ] {
            js1(&format!("a.value.authMethod = {stored}"), &row);
            put_row(store, key, &row).await;
        }
        let session = stores.store.get_session(CLIENT_ID, &alice()).await;
        let session = session.expect("reads").expect("row");
        assert_eq!(session.auth_method, method, "{stored}");
        let login = stores.store.take_pending(CLIENT_ID, "s").await;
        let login = login.expect("reads").expect("row");
        assert_eq!(login.auth_method, method, "{stored}");

        let put = stores.store.put_session(CLIENT_ID, &session, None).await;
        put.expect("stores");
        stores.store.put_pending("s", &login).await.expect("stores");
        for (store, key) in [("session", ALICE), ("state", "s")] {
            let row = row(store, key).await.expect("row");
            assert_eq!(json(&row, "value.authMethod"), written, "{stored}");
        }
    }
}

/// By the table `spec/rows.json`, which `tests/package/rows.test.mjs` reads too.
#[wasm_bindgen_test]
async fn a_broken_row_is_corrupt_and_says_where() {
    no_database().await;
    let table = Json::parse(include_str!("../../spec/rows.json")).expect("JSON");
    let cases = table.get("corrupt").and_then(|all| all.as_array());
    for case in cases.expect("cases") {
        let (store, path) = (
            case.str("store").expect("a store"),
            case.str("path").expect("a path"),
        );
        let to = js1(
            "return 'to' in a ? ' = ' + JSON.stringify(a.to) : ''",
            &case.to_js(),
        );
        let damage = match to.as_string().expect("a text") {
            to if to.is_empty() => format!("delete a.{path}"),
            to => format!("a.{path}{to}"),
        };
        assert_eq!(
            corruption(&store, &damage).await,
            case.str("member"),
            "{}",
            case.text()
        );
    }
}

#[wasm_bindgen_test]
async fn a_broken_account_or_key_is_corrupt() {
    no_database().await;
    let keys = "a.value.dpopKey.keyPair";
    for (damage, member) in [
        ("a.value.tokenSet.sub = 'alice'".to_owned(), "sub"),
        (
            format!("{keys} = {{ privateKey: {keys}.privateKey }}"),
            "dpopKey",
        ),
        (
            format!("{keys} = {{ publicKey: {keys}.publicKey, privateKey: {keys}.publicKey }}"),
            "dpopKey",
        ),
    ] {
        let found = corruption("session", &damage).await;
        assert_eq!(found.as_deref(), Some(member), "{damage}");
    }
}

/// Which member of a damaged row cannot be read.
async fn corruption(store: &str, damage: &str) -> Option<String> {
    let ports = ports();
    let found = match store {
        "session" => {
            let row = official_session().await;
            js1(damage, &row);
            put_row(store, ALICE, &row).await;
            ports.store.get_session(CLIENT_ID, &alice()).await.err()
        }
        _ => {
            let row = official_login().await;
            js1(damage, &row);
            put_row(store, "s", &row).await;
            ports.store.get_pending(CLIENT_ID, "s").await.err()
        }
    };
    match found {
        Some(StorageError::Corrupt(member)) => Some(member.to_owned()),
        other => panic!("{damage}: {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_stored_key_of_another_kind_is_corrupt() {
    no_database().await;
    let row = official_session().await;
    let pair = js_async(
        "return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, false, ['sign', 'verify'])",
        &JsValue::UNDEFINED,
        &JsValue::UNDEFINED,
    )
    .await;
    js2("a.value.dpopKey.keyPair = b", &row, &pair);
    put_row("session", ALICE, &row).await;
    assert_eq!(
        ports().store.get_session(CLIENT_ID, &alice()).await.err(),
        Some(StorageError::Corrupt("dpopKey"))
    );
}

#[wasm_bindgen_test]
async fn a_broken_pending_row_is_corrupt_once_and_gone() {
    no_database().await;
    let row = official_login().await;
    js1(
        "a.value.extra = { account: 'did:plc:x', pds: 'https://pds.example/' }",
        &row,
    );
    put_row("state", "s", &row).await;
    let store = ports().store;
    assert_eq!(
        store.take_pending(CLIENT_ID, "s").await.err(),
        Some(StorageError::Corrupt("account"))
    );
    assert!(
        store
            .take_pending(CLIENT_ID, "s")
            .await
            .expect("reads")
            .is_none()
    );
}

#[wasm_bindgen_test]
async fn a_key_of_another_host_cannot_be_stored() {
    struct Foreign(PublicJwk);
    impl Signer for Foreign {
        fn public_jwk(&self) -> &PublicJwk {
            &self.0
        }
        fn sign<'a>(&'a self, _: &'a str) -> Local<'a, Result<[u8; 64], KeyError>> {
            Box::pin(async { Err(KeyError::Unusable) })
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    }
    let key = Rc::new(Foreign(new_key().await.public_jwk().clone()));
    assert_eq!(
        ports()
            .store
            .put_session(CLIENT_ID, &session(key), None)
            .await,
        Err(StorageError::Corrupt("dpopKey"))
    );
}

#[wasm_bindgen_test]
async fn the_list_of_sessions_holds_those_that_can_be_read() {
    no_database().await;
    let store = ports().store;
    assert_eq!(store.list_sessions(CLIENT_ID).await, Ok(Vec::new()));
    store
        .put_session(CLIENT_ID, &session(new_key().await), None)
        .await
        .expect("stores");
    let [listed] = &store.list_sessions(CLIENT_ID).await.expect("reads")[..] else {
        panic!("one session");
    };
    assert_eq!(listed.did, alice());
    assert_eq!(listed.pds.as_deref(), Some("https://pds.example/"));
    let issuer = listed.issuer.as_ref().map(Issuer::as_str);
    assert_eq!(issuer, Some("https://auth.example"));
    assert_eq!(listed.status, AccountStatus::SignedIn);
    assert_eq!((&listed.handle, listed.last_used), (&None, None));
    for spoil in [
        "a.value.tokenSet.sub = 'did:key:z'",
        "delete a.value.tokenSet.iss",
        "a.value.authMethod = {}",
        "a.value.tokenSet = 5",
        "a.value = null",
        "a.expiresAt = '2001-01-01T00:00:00.000Z'",
    ] {
        let row = row("session", ALICE).await.expect("row");
        put_row("session", ALICE, &js1(&format!("{spoil}; return a"), &row)).await;
        assert_eq!(
            store.list_sessions(CLIENT_ID).await,
            Ok(Vec::new()),
            "{spoil}"
        );
        store
            .put_session(CLIENT_ID, &session(new_key().await), None)
            .await
            .expect("stores");
    }
}
