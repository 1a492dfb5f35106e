//! Random octets, P-256 keys and digests in software.

use crate::base64url;
use crate::oauth::PublicJwk;
use crate::ports::{Crypto, KeyError, Local, Signer};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::fmt;
use std::future::ready;
use std::rc::Rc;

/// Makes random octets, [`SoftwareKey`]s and SHA-256 digests.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoftwareCrypto;

impl Crypto for SoftwareCrypto {
    /// The operating system's. If it has none, nothing here can be safe, so this panics.
    #[expect(
        clippy::expect_used,
        reason = "predictable secrets are worse than none"
    )]
    fn fill_random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system's randomness");
    }

    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        let key = SoftwareKey::generate();
        Box::pin(ready(key.map(|key| Rc::new(key) as Rc<dyn Signer>)))
    }

    fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        Box::pin(ready(Ok(Sha256::digest(data).into())))
    }
}

/// A P-256 key pair in this process's memory. Its private half is never handed out, but it is no more than memory.
pub struct SoftwareKey {
    key: SigningKey,
    public: PublicJwk,
}

impl SoftwareKey {
    /// A new key pair. Its id is its thumbprint (RFC 7638).
    pub fn generate() -> Result<Self, KeyError> {
        // Not every 256 bits are a key, but all but one in 2^32 are.
        loop {
            let mut scalar = [0; 32];
            getrandom::fill(&mut scalar).map_err(|why| KeyError::Failed(why.to_string()))?;
            if let Ok(key) = SigningKey::from_slice(&scalar) {
                return Ok(Self::from(key));
            }
        }
    }
}

impl From<SigningKey> for SoftwareKey {
    fn from(key: SigningKey) -> Self {
        // SEC 1 section 2.3.3, uncompressed: a tag octet, then x and y of 32 octets each.
        let point = key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (base64url::encode(x), base64url::encode(y));
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = base64url::encode(&Sha256::digest(members));
        let public = PublicJwk { x, y, kid };
        Self { key, public }
    }
}

impl Signer for SoftwareKey {
    fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    fn sign<'a>(&'a self, input: &'a str) -> Local<'a, Result<[u8; 64], KeyError>> {
        let signed: Result<Signature, _> = self.key.try_sign(input.as_bytes());
        let octets = signed.map(|signature| signature.to_bytes().into());
        Box::pin(ready(
            octets.map_err(|why| KeyError::Failed(why.to_string())),
        ))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.public.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    /// The key of RFC 7515 appendix A.3, whose public half is given there.
    #[test]
    fn the_public_half_is_that_of_rfc_7515() {
        let scalar = [
            142, 155, 16, 158, 113, 144, 152, 191, 152, 4, 135, 223, 31, 93, 119, 233, 203, 41, 96,
            110, 190, 210, 38, 59, 95, 87, 194, 19, 223, 132, 244, 178,
        ];
        let key = SoftwareKey::from(SigningKey::from_slice(&scalar).expect("a key"));
        assert_eq!(
            key.public_jwk().x,
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
        );
        assert_eq!(
            key.public_jwk().y,
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        );
        assert_eq!(
            key.public_jwk().kid,
            "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
        );
    }

    #[test]
    fn a_signature_is_r_then_s() {
        let key = SoftwareKey::generate().expect("a key");
        let octets = block_on(key.sign("a.b")).expect("a signature");
        let signature = Signature::from_slice(&octets).expect("r and s");
        use p256::ecdsa::signature::Verifier;
        let verdict = key.key.verifying_key().verify(b"a.b", &signature);
        assert!(verdict.is_ok());
        let other = key.key.verifying_key().verify(b"a.c", &signature);
        assert!(other.is_err());
    }
}
