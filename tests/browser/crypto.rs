//! Keys and digests.

use crate::support::*;
use atproto_oauth_wasm::host::{Browser, BrowserOptions, key_pair};
use atproto_oauth_wasm::ports::KeyError;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn a_signature_is_one_that_the_public_jwk_verifies() {
    let key = new_key().await;
    let signature = key.sign("header.claims").await.expect("signs");
    assert!(verifies(key.as_ref(), &signature, "header.claims").await);
    assert!(!verifies(key.as_ref(), &signature, "header.claimz").await);
    assert!(!verifies(new_key().await.as_ref(), &signature, "header.claims").await);
}

#[wasm_bindgen_test]
async fn the_private_key_cannot_be_read_out() {
    no_database().await;
    let key = new_key().await;
    ports()
        .store
        .put_session(CLIENT_ID, &session(key), None)
        .await
        .expect("stores");
    let row = row("session", ALICE).await.expect("row");
    let private = get(&row, "value.dpopKey.keyPair.privateKey");
    assert_eq!(get(&private, "extractable"), JsValue::FALSE);
    assert_eq!(
        text(&private, "algorithm.namedCurve").as_deref(),
        Some("P-256")
    );
    for format in ["jwk", "pkcs8"] {
        let refused = js_async(
            "return crypto.subtle.exportKey(b, a).then(() => false, () => true)",
            &private,
            &format.into(),
        )
        .await;
        assert!(refused.is_truthy(), "{format}");
    }
}

#[wasm_bindgen_test]
async fn every_key_has_an_id_of_its_own() {
    let (one, two) = (new_key().await, new_key().await);
    assert_eq!(one.public_jwk().kid.len(), 22);
    assert_ne!(one.public_jwk().kid, two.public_jwk().kid);
    assert_ne!(one.public_jwk().x, two.public_jwk().x);
}

#[wasm_bindgen_test]
async fn digests_are_sha_256() {
    let digest = ports().crypto.sha256(b"abc").await.expect("digest");
    // FIPS 180-2, appendix B.1.
    assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(digest[28..], [0xf2, 0x00, 0x15, 0xad]);
}

/// As a store of the app's own keeps it.
#[wasm_bindgen_test]
async fn a_key_pair_goes_out_and_comes_back_as_the_same_key() {
    let key = new_key().await;
    let pair = key_pair(key.as_ref()).expect("a key of this host");
    let kid = &key.public_jwk().kid;
    let browser = Browser::new(BrowserOptions::default());
    let back = browser.signer(&pair, kid).await.expect("a key");
    assert_eq!(back.public_jwk(), key.public_jwk());
    let signature = back.sign("header.claims").await.expect("signs");
    assert!(verifies(key.as_ref(), &signature, "header.claims").await);
    for other in [JsValue::NULL, JsValue::from_str("pair")] {
        let opened = browser.signer(&other, kid).await;
        assert_eq!(opened.err(), Some(KeyError::Unusable));
    }
}

#[wasm_bindgen_test]
async fn without_webcrypto_there_is_no_key_and_no_digest() {
    let crypto = ports().crypto;
    let _insecure = Replaced::missing("crypto", "subtle");
    assert_eq!(
        crypto.generate_key().await.err(),
        Some(KeyError::Unavailable)
    );
    assert_eq!(crypto.sha256(b"").await, Err(KeyError::Unavailable));
}

#[wasm_bindgen_test]
async fn without_randomness_there_is_no_key() {
    let _broken = Replaced::new("crypto", "getRandomValues", "{ value: undefined }");
    assert_eq!(
        ports().crypto.generate_key().await.err(),
        Some(KeyError::Unavailable)
    );
}

#[wasm_bindgen_test]
async fn a_refusal_of_webcrypto_is_told_in_its_words() {
    let _broken = Replaced::new(
        "crypto.subtle",
        "generateKey",
        "{ value: async () => { throw new DOMException('no entropy', 'OperationError') } }",
    );
    assert_eq!(
        ports().crypto.generate_key().await.err(),
        Some(KeyError::Failed("no entropy".to_owned()))
    );
}

#[wasm_bindgen_test]
fn randomness_is_not_the_same_twice() {
    let (mut one, mut two) = ([0; 32], [0; 32]);
    let crypto = ports().crypto;
    crypto.fill_random(&mut one);
    crypto.fill_random(&mut two);
    assert_ne!(one, two);
    assert_ne!(one, [0; 32]);
}
