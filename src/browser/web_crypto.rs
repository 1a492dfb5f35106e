//! WebCrypto: P-256 keys whose private half the browser keeps, and digests.
//!
//! `crypto.subtle` exists in secure contexts only. Octets to sign or digest are passed as a boxed slice: wasm-bindgen
//! hands JavaScript a copy of it in the same crossing, where a borrowed slice would arrive as a view into wasm memory.

use super::reflect::{call, get, get_str, global, promised, texts, words};
use crate::base64url;
use crate::oauth::PublicJwk;
use crate::ports::{Crypto, KeyError, Local, Signer};
use js_sys::{Array, Uint8Array};
use std::any::Any;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// `SubtleCrypto`. Bound by type, unlike the rest, since it is on the path of every request of the app.
    #[derive(Clone)]
    type Subtle;

    #[wasm_bindgen(method, catch)]
    fn sign(
        this: &Subtle,
        algorithm: &JsValue,
        key: &JsValue,
        data: Box<[u8]>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn digest(this: &Subtle, algorithm: &str, data: Box<[u8]>) -> Result<JsValue, JsValue>;
}

fn subtle() -> Result<Subtle, KeyError> {
    let subtle = get(&global("crypto"), "subtle");
    if subtle.is_object() {
        Ok(subtle.unchecked_into())
    } else {
        Err(KeyError::Unavailable)
    }
}

/// `crypto.subtle`.
pub(super) struct WebCrypto;

impl Crypto for WebCrypto {
    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        Box::pin(async { Ok(Rc::new(WebCryptoKey::generate().await?) as Rc<dyn Signer>) })
    }

    fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        Box::pin(async move {
            let digested = subtle()?.digest("SHA-256", data.into());
            octets(promised(digested).await)
        })
    }
}

/// A pair of `CryptoKey`s.
pub(super) struct WebCryptoKey {
    subtle: Subtle,
    pair: JsValue,
    private: JsValue,
    /// The algorithm argument of every signature.
    algorithm: JsValue,
    jwk: PublicJwk,
}

impl WebCryptoKey {
    /// Makes a pair that cannot be read out. Fails as [`KeyError::Unavailable`] also where there are no random octets
    /// for its id: nothing else may then use randomness either.
    async fn generate() -> Result<Self, KeyError> {
        let subtle = subtle()?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::Unavailable)?;
        let algorithm = texts(&[("name", "ECDSA"), ("namedCurve", "P-256")]);
        let usages = Array::of2(&JsValue::from_str("sign"), &JsValue::from_str("verify"));
        let pair = call(
            &subtle,
            "generateKey",
            &[&algorithm, &JsValue::FALSE, &usages],
        );
        let pair = promised(pair).await.map_err(failed)?;
        Self::new(subtle, &base64url::encode(&id), pair).await
    }

    /// A pair that was stored; [`KeyError::Unusable`] where it is none for ES256.
    pub(super) async fn from_row(key_id: &str, pair: JsValue) -> Result<Self, KeyError> {
        let private = get(&pair, "privateKey");
        let algorithm = get(&private, "algorithm");
        let signs = call(
            &get(&private, "usages"),
            "includes",
            &[&JsValue::from_str("sign")],
        );
        if get_str(&algorithm, "name").as_deref() != Some("ECDSA")
            || get_str(&algorithm, "namedCurve").as_deref() != Some("P-256")
            || get_str(&private, "type").as_deref() != Some("private")
            || signs != Ok(JsValue::TRUE)
        {
            return Err(KeyError::Unusable);
        }
        Self::new(subtle()?, key_id, pair)
            .await
            .map_err(|_| KeyError::Unusable)
    }

    async fn new(subtle: Subtle, key_id: &str, pair: JsValue) -> Result<Self, KeyError> {
        let jwk = call(
            &subtle,
            "exportKey",
            &[&JsValue::from_str("jwk"), &get(&pair, "publicKey")],
        );
        let jwk = promised(jwk).await.map_err(failed)?;
        let coordinate = |name| get_str(&jwk, name).ok_or(KeyError::Unusable);
        Ok(Self {
            jwk: PublicJwk {
                x: coordinate("x")?,
                y: coordinate("y")?,
                kid: key_id.to_owned(),
            },
            algorithm: texts(&[("name", "ECDSA"), ("hash", "SHA-256")]),
            private: get(&pair, "privateKey"),
            pair,
            subtle,
        })
    }

    /// The private `CryptoKey`, which cannot be read out.
    pub(super) fn private(&self) -> &JsValue {
        &self.private
    }

    /// The `CryptoKeyPair`, for storage.
    pub(super) fn pair(&self) -> &JsValue {
        &self.pair
    }
}

impl Signer for WebCryptoKey {
    fn public_jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    fn sign<'a>(&'a self, input: &'a str) -> Local<'a, Result<[u8; 64], KeyError>> {
        Box::pin(async move {
            let input = input.as_bytes().into();
            let signed = self.subtle.sign(&self.algorithm, &self.private, input);
            octets(promised(signed).await)
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The octets that a WebCrypto operation gives: an `ArrayBuffer`, or a view in some runtimes.
fn octets<const N: usize>(answer: Result<JsValue, JsValue>) -> Result<[u8; N], KeyError> {
    let view = Uint8Array::new(&answer.map_err(failed)?);
    let mut octets = [0; N];
    if view.length() as usize != N {
        return Err(KeyError::Failed("unexpected length".to_owned()));
    }
    view.copy_to(&mut octets);
    Ok(octets)
}

fn failed(error: JsValue) -> KeyError {
    KeyError::Failed(words(&error))
}
