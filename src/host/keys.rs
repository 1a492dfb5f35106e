//! Random octets, keys and digests. The host holds the keys; see `browser/web_crypto.js`.

use super::JsHost;
use super::door::{Door, Outcome};
use super::message_of;
use crate::base64url;
use crate::json::Json;
use crate::oauth::PublicJwk;
use crate::ports::{Crypto, KeyError, Local, Signer};
use std::any::Any;
use std::rc::Rc;
use wasm_bindgen::JsValue;

impl Crypto for JsHost {
    /// `crypto.getRandomValues`. In a page without `crypto` the octets stay as they are, as there is no error to return. They
    /// cannot reach a server as a guessable verifier or `jti`: both need a key, and making or loading one fails without
    /// `crypto` ([`KeyError::Unavailable`]).
    fn fill_random(&self, buffer: &mut [u8]) {
        let _ = getrandom::fill(buffer);
    }

    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        let generated = self.door.generate_key();
        Box::pin(async move {
            // Without random octets for an id nothing else may use randomness either.
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(|_| KeyError::Unavailable)?;
            let described = generated.await.map_err(failed)?;
            let key = JsKey::described(&self.door, &described, base64url::encode(&id));
            Ok(Rc::new(key.ok_or(KeyError::Unusable)?) as Rc<dyn Signer>)
        })
    }

    fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        let data: String = data.iter().map(|octet| char::from(*octet)).collect();
        self.door.digest(&data).read(octets)
    }
}

/// A pair of keys that the host holds.
pub(super) struct JsKey {
    door: Rc<Door>,
    number: u32,
    jwk: PublicJwk,
}

impl JsKey {
    /// A pair as the host describes it: `{key, x, y}`.
    pub(super) fn described(door: &Rc<Door>, described: &Json, kid: String) -> Option<Self> {
        Some(Self {
            door: door.clone(),
            number: described.get("key")?.as_f64()? as u32,
            jwk: PublicJwk {
                x: described.str("x")?,
                y: described.str("y")?,
                kid,
            },
        })
    }

    /// The host's number for it.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// The private key, for a script that signs with it.
    pub(super) fn private(&self) -> JsValue {
        self.door.private_key(self.number).to_js()
    }
}

impl Drop for JsKey {
    fn drop(&mut self) {
        self.door.release(self.number);
    }
}

impl Signer for JsKey {
    fn public_jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    fn sign<'a>(&'a self, input: &'a str) -> Local<'a, Result<[u8; 64], KeyError>> {
        self.door.sign(self.number, input).read(octets)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The `CryptoKeyPair` of a key of the browser's, for a [store](crate::ports::Store) of an app's own; `None` for a key of another
/// host. It can be cloned into a database or handed to a worker, but its private half cannot be read out.
pub fn key_pair(key: &dyn Signer) -> Option<JsValue> {
    let key = key.as_any().downcast_ref::<JsKey>()?;
    Some(key.door.key_pair(key.number).to_js())
}

/// The key of a `CryptoKeyPair` that [`key_pair`] gave.
pub(super) async fn signer(
    door: &Rc<Door>,
    pair: &JsValue,
    kid: &str,
) -> Result<Rc<dyn Signer>, KeyError> {
    let opened = door.open_key(door.host.hold(pair)).await;
    let described = opened.map_err(|error| match failed(error) {
        KeyError::Unavailable => KeyError::Unavailable,
        _ => KeyError::Unusable,
    })?;
    let key = JsKey::described(door, &described, kid.to_owned());
    Ok(Rc::new(key.ok_or(KeyError::Unusable)?))
}

/// The octets that a WebCrypto operation gives, a character each.
fn octets<const N: usize>(outcome: Outcome) -> Result<[u8; N], KeyError> {
    let mut octets = [0; N];
    fill(&mut octets, outcome).map(|()| octets)
}

fn fill(octets: &mut [u8], outcome: Outcome) -> Result<(), KeyError> {
    let text = outcome.map_err(failed)?.as_str().unwrap_or_default();
    let mut given = text.chars();
    for octet in &mut *octets {
        let Some(character) = given.next() else {
            return Err(KeyError::Failed("unexpected length".to_owned()));
        };
        *octet = character as u8;
    }
    match given.next() {
        None => Ok(()),
        Some(_) => Err(KeyError::Failed("unexpected length".to_owned())),
    }
}

pub(super) fn failed(error: Json) -> KeyError {
    match error.is_undefined() {
        true => KeyError::Unavailable,
        false => KeyError::Failed(message_of(&error)),
    }
}
