//! Random octets, keys and digests.

use super::Local;
use crate::oauth::PublicJwk;
use crate::sentences::{self, Arguments, Key, Message, key, said};
use std::any::Any;
use std::fmt;
use std::rc::Rc;

/// A P-256 key pair that signs, and whose private half never leaves it.
pub trait Signer {
    /// The public half.
    fn public_jwk(&self) -> &PublicJwk;

    /// The ES256 signature (RFC 7518 section 3.4) of a text: 64 octets, r before s.
    fn sign<'a>(&'a self, input: &'a str) -> Local<'a, Result<[u8; 64], KeyError>>;

    /// The host's own key, for a [store](super::Store) that keeps it.
    fn as_any(&self) -> &dyn Any;
}

impl fmt::Debug for dyn Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public_jwk().kid)
    }
}

/// Makes random octets, keys and digests.
pub trait Crypto {
    /// Fills the buffer with random octets that nobody can predict.
    fn fill_random(&self, buffer: &mut [u8]);

    /// A new key pair for ES256, whose private half cannot be read out.
    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>>;

    /// The SHA-256 digest.
    fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>>;
}

/// Why there is no key, signature or digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The host has no WebCrypto: an insecure page, or an old browser.
    Unavailable,
    /// The host's WebCrypto failed; its words.
    Failed(String),
    /// A stored key is of a kind that cannot sign here.
    Unusable,
}

impl KeyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for KeyError {
    fn key(&self) -> Key {
        match self {
            Self::Unavailable => key!("WEBCRYPTO_UNAVAILABLE"),
            Self::Failed(_) => key!("WEBCRYPTO_FAILED"),
            Self::Unusable => key!("KEY_UNUSABLE"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        if let Self::Failed(why) = self {
            to.text("reason", why);
        }
    }
}

said!(KeyError);
