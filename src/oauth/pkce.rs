//! Proof Key for Code Exchange (RFC 7636) with method S256, the only one that the atproto profile allows.

use crate::base64url;
use crate::secret::Secret;

/// A verifier, and the challenge that commits to it.
#[derive(Clone, Debug)]
pub(crate) struct Pkce {
    /// Kept secret until the code is exchanged.
    pub(crate) verifier: Secret,
    /// Sent with the authorization request.
    pub(crate) challenge: String,
}

impl Pkce {
    /// The verifier of 32 random octets, as RFC 7636 section 4.1 recommends: 43 characters.
    pub(crate) fn verifier(random: &[u8; 32]) -> Secret {
        Secret::new(base64url::encode(random))
    }

    /// The pair, given the SHA-256 digest of the verifier.
    pub(crate) fn new(verifier: Secret, digest: &[u8; 32]) -> Self {
        Self {
            verifier,
            challenge: base64url::encode(digest),
        }
    }
}
