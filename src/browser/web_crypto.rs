//! WebCrypto: the keys of `web_crypto.js`, as the ports know them.
//!
//! Octets to sign or digest are passed as a boxed slice: wasm-bindgen hands JavaScript a copy of it in the same crossing,
//! where a borrowed slice would arrive as a view into wasm memory.

use super::reflect::{get, get_str, promised, resolved, words};
use crate::base64url;
use crate::oauth::PublicJwk;
use crate::ports::{Crypto, KeyError, Local, Signer};
use js_sys::{Promise, Uint8Array};
use std::any::Any;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/web_crypto.js")]
extern "C" {
    fn generate() -> Promise;

    #[wasm_bindgen(catch)]
    fn sign(key: &JsValue, data: Box<[u8]>) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    fn digest(data: Box<[u8]>) -> Result<JsValue, JsValue>;
}

/// `crypto.subtle`.
pub(super) struct WebCrypto;

impl Crypto for WebCrypto {
    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        Box::pin(async { Ok(Rc::new(WebCryptoKey::generate().await?) as Rc<dyn Signer>) })
    }

    fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        Box::pin(async move { octets(promised(digest(data.into())).await) })
    }
}

/// A pair of `CryptoKey`s.
pub(super) struct WebCryptoKey {
    pair: JsValue,
    private: JsValue,
    jwk: PublicJwk,
}

impl WebCryptoKey {
    /// Makes a pair that cannot be read out. Fails as [`KeyError::Unavailable`] also where there are no random octets
    /// for its id: nothing else may then use randomness either.
    async fn generate() -> Result<Self, KeyError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::Unavailable)?;
        let described = resolved(&generate()).await.map_err(failed)?;
        Ok(Self::described(&described, base64url::encode(&id)))
    }

    /// A pair as `web_crypto.js` describes it.
    pub(super) fn described(described: &JsValue, kid: String) -> Self {
        let text = |name| get_str(described, name).unwrap_or_default();
        Self {
            jwk: PublicJwk {
                x: text("x"),
                y: text("y"),
                kid,
            },
            private: get(described, "private"),
            pair: get(described, "pair"),
        }
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
            let signed = sign(&self.private, input.as_bytes().into());
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

pub(super) fn failed(error: JsValue) -> KeyError {
    if error.is_undefined() {
        KeyError::Unavailable
    } else {
        KeyError::Failed(words(&error))
    }
}
