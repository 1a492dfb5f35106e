//! What several tests need: JavaScript in place, the database from outside, values to store.

use atproto_oauth_wasm::host::{Browser, BrowserOptions};
use atproto_oauth_wasm::ports::{PendingLogin, Ports, Signer, StoredSession};
use atproto_oauth_wasm::{AuthMethod, Did, Handle, Json, Secret, TokenSet, Url};
use js_sys::{Array, Function, Promise, Reflect};
use rexie::{Index, ObjectStore, Rexie, TransactionMode};
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

pub(crate) const DATABASE: &str = "@atproto-oauth-client";
pub(crate) const CLIENT_ID: &str = "https://app.example/client.json";
pub(crate) const ALICE: &str = "did:plc:z72i7hdynmk6r22z27h6tvur";

/// The ports of a client that uses the browser's own `fetch`.
pub(crate) fn ports() -> Ports {
    Browser::new(BrowserOptions::default()).ports()
}

/// Runs the body of a JavaScript function of `a` and `b`.
pub(crate) fn js2(body: &str, a: &JsValue, b: &JsValue) -> JsValue {
    Function::new_with_args("a,b", body)
        .call2(&JsValue::UNDEFINED, a, b)
        .expect(body)
}

/// Runs the body of a JavaScript function of `a`.
pub(crate) fn js1(body: &str, a: &JsValue) -> JsValue {
    js2(body, a, &JsValue::UNDEFINED)
}

/// Runs the body of a JavaScript function.
pub(crate) fn js(body: &str) -> JsValue {
    js1(body, &JsValue::UNDEFINED)
}

/// Runs the body of an async JavaScript function of `a` and `b`.
pub(crate) async fn js_async(body: &str, a: &JsValue, b: &JsValue) -> JsValue {
    let body = format!("return (async () => {{ {body} }})()");
    resolved(js2(&body, a, b)).await
}

pub(crate) async fn resolved(value: JsValue) -> JsValue {
    JsFuture::from(Promise::resolve(&value))
        .await
        .expect("resolves")
}

pub(crate) async fn sleep(milliseconds: u32) {
    js_async(
        "await new Promise(done => setTimeout(done, a))",
        &milliseconds.into(),
        &JsValue::UNDEFINED,
    )
    .await;
}

/// Waits until a condition holds, which takes a busy machine its time: ten seconds at most.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        sleep(10).await;
    }
    panic!("waited in vain");
}

pub(crate) fn get(target: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(target.clone(), |value, name| {
        Reflect::get(&value, &name.into()).expect(path)
    })
}

pub(crate) fn text(target: &JsValue, path: &str) -> Option<String> {
    get(target, path).as_string()
}

/// The names of an object's members, in order of the alphabet.
pub(crate) fn members(object: &JsValue) -> String {
    let names = js1("return Object.keys(a).sort().join(' ')", object);
    names.as_string().expect("names")
}

/// Runs futures side by side; each gives a value for JavaScript.
pub(crate) async fn all<F>(futures: Vec<F>) -> Vec<JsValue>
where
    F: Future<Output = JsValue> + 'static,
{
    let promises: Array = futures
        .into_iter()
        .map(|future| JsValue::from(future_to_promise(async move { Ok(future.await) })))
        .collect();
    let values = JsFuture::from(Promise::all(&promises)).await.expect("all");
    Array::from(&values).iter().collect()
}

/// Replaces a member of an object until dropped.
pub(crate) struct Replaced(Function);

impl Replaced {
    /// `replacement` is a JavaScript expression of a property descriptor, in which `old` is what was there.
    pub(crate) fn new(target: &str, name: &str, replacement: &str) -> Self {
        let restore = js1(
            &format!(
                "const target = {target};
                 const own = Object.getOwnPropertyDescriptor(target, a);
                 const old = target[a];
                 Object.defineProperty(target, a, {{ configurable: true, ...({replacement}) }});
                 return () => own ? Object.defineProperty(target, a, own) : delete target[a];"
            ),
            &name.into(),
        );
        Self(restore.unchecked_into())
    }

    pub(crate) fn missing(target: &str, name: &str) -> Self {
        Self::new(target, name, "{ value: undefined }")
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Starts a test with no database.
pub(crate) async fn no_database() {
    Rexie::delete(DATABASE).await.expect("deletes");
}

/// The database as the official client makes it, opened by other code than ours.
pub(crate) async fn outside() -> Rexie {
    let stores = [
        "state",
        "session",
        "didCache",
        "dpopNonceCache",
        "handleCache",
        "authorizationServerMetadataCache",
        "protectedResourceMetadataCache",
    ];
    stores
        .into_iter()
        .fold(Rexie::builder(DATABASE).version(1), |builder, name| {
            builder.add_object_store(
                ObjectStore::new(name)
                    .auto_increment(true)
                    .add_index(Index::new("expiresAt", "expiresAt").unique(false)),
            )
        })
        .build()
        .await
        .expect("opens")
}

/// A row, read by other code than ours.
pub(crate) async fn row(store: &str, key: &str) -> Option<JsValue> {
    let database = outside().await;
    let transaction = database
        .transaction(&[store], TransactionMode::ReadOnly)
        .expect("transaction");
    let rows = transaction.store(store).expect("store");
    let row = rows.get(key.into()).await.expect("get");
    transaction.done().await.expect("done");
    database.close();
    row.filter(|row| !row.is_undefined())
}

/// Stores a row by other code than ours.
pub(crate) async fn put_row(store: &str, key: &str, row: &JsValue) {
    let database = outside().await;
    let transaction = database
        .transaction(&[store], TransactionMode::ReadWrite)
        .expect("transaction");
    let rows = transaction.store(store).expect("store");
    rows.put(row, Some(&key.into())).await.expect("put");
    transaction.done().await.expect("done");
    database.close();
}

pub(crate) async fn new_key() -> Rc<dyn Signer> {
    ports().crypto.generate_key().await.expect("key")
}

pub(crate) fn alice() -> Did {
    Did::parse(ALICE).expect("DID")
}

pub(crate) fn login(key: Rc<dyn Signer>) -> PendingLogin {
    PendingLogin {
        client_id: Some(CLIENT_ID.to_owned()),
        issuer: "https://auth.example".to_owned(),
        key,
        auth_method: AuthMethod::None,
        verifier: Secret::new("the verifier".to_owned()),
        app_state: Some("the app's".to_owned()),
        account: Some(alice()),
        pds: Url::parse("https://pds.example/"),
        handle: Handle::parse("alice.example.com").ok(),
        redirect_uri: Some("https://app.example/callback".to_owned()),
        server: Json::parse(r#"{"issuer":"https://auth.example","list":[1]}"#),
        nonce: Some("nonce".to_owned()),
        clock_offset: -3_600_000,
    }
}

pub(crate) fn session(key: Rc<dyn Signer>) -> StoredSession {
    StoredSession {
        tokens: TokenSet {
            issuer: "https://auth.example".to_owned(),
            sub: alice(),
            audience: "https://pds.example/".to_owned(),
            scope: "atproto transition:generic".to_owned(),
            access_token: Secret::new("access".to_owned()),
            refresh_token: Some(Secret::new("refresh".to_owned())),
            expires_at: Some(1_900_000_000_123),
        },
        key,
        auth_method: AuthMethod::None,
        client_id: Some(CLIENT_ID.to_owned()),
        server: Json::parse(r#"{"issuer":"https://auth.example"}"#),
        verified_at: Some(1_800_000_000_456),
        refresh_started_at: Some(1_800_000_000_789),
        refused_at: None,
        clock_offset: 1_200_000,
        resume: None,
    }
}

/// Whether a key made the signature of a text, as WebCrypto judges by the public JWK alone.
pub(crate) async fn verifies(key: &dyn Signer, signature: &[u8], input: &str) -> bool {
    let jwk = key.public_jwk();
    let jwk = js2(
        "return { kty: 'EC', crv: 'P-256', x: a, y: b }",
        &jwk.x.as_str().into(),
        &jwk.y.as_str().into(),
    );
    let signed = js2(
        "return { signature: a, input: new TextEncoder().encode(b) }",
        &js_sys::Uint8Array::from(signature),
        &input.into(),
    );
    js_async(
        "const key = await crypto.subtle.importKey('jwk', a, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
         return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, b.signature, b.input)",
        &jwk,
        &signed,
    )
    .await
    .is_truthy()
}
