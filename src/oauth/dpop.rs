//! DPoP (RFC 9449): the proof's parts, and what a server's answer asks of the next proof.

use super::Refusal;
use crate::base64url;
use crate::http::mentions;
use crate::json::push_quoted;

/// The public half of a P-256 key as its two coordinates, base64url (RFC 7517, RFC 7518 section 6.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicJwk {
    /// The x coordinate.
    pub x: String,
    /// The y coordinate.
    pub y: String,
    /// The key's id.
    pub kid: String,
}

/// The part of a proof that one key's proofs have in common: its encoded header and the dot behind it.
#[derive(Clone, Debug)]
pub(crate) struct ProofHead(String);

impl ProofHead {
    pub(crate) fn new(jwk: &PublicJwk) -> Self {
        let mut json =
            String::from(r#"{"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC","crv":"P-256","x":"#);
        push_quoted(&mut json, &jwk.x);
        json.push_str(r#","y":"#);
        push_quoted(&mut json, &jwk.y);
        json.push_str(r#","kid":"#);
        push_quoted(&mut json, &jwk.kid);
        json.push_str("}}");
        let mut head = base64url::encode(json.as_bytes());
        head.push('.');
        Self(head)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is to be signed: header and claims, encoded (RFC 7515 section 5.1).
    pub(crate) fn signing_input(&self, claims: &ProofClaims<'_>) -> String {
        let json = claims.json();
        let mut input = String::with_capacity(self.0.len() + json.len() * 4 / 3 + 90);
        input.push_str(&self.0);
        base64url::push(&mut input, json.as_bytes());
        input
    }
}

/// The claims of one proof (RFC 9449 section 4.2).
#[derive(Clone, Debug)]
pub(crate) struct ProofClaims<'a> {
    /// Seconds since the epoch.
    pub(crate) issued_at: u64,
    /// 128 random bits: unique for every proof.
    pub(crate) jti: [u8; 16],
    /// The request's method.
    pub(crate) method: &'a str,
    /// The request's URL without query and fragment.
    pub(crate) htu: &'a str,
    /// The nonce the server asked for.
    pub(crate) nonce: Option<&'a str>,
    /// The encoded SHA-256 digest of the access token that goes along.
    pub(crate) ath: Option<&'a str>,
}

impl ProofClaims<'_> {
    fn json(&self) -> String {
        let mut json = format!(r#"{{"iat":{},"jti":""#, self.issued_at);
        base64url::push(&mut json, &self.jti);
        json.push_str(r#"","htm":"#);
        push_quoted(&mut json, self.method);
        json.push_str(r#","htu":"#);
        push_quoted(&mut json, self.htu);
        for (name, value) in [(r#","nonce":"#, self.nonce), (r#","ath":"#, self.ath)] {
            if let Some(value) = value {
                json.push_str(name);
                push_quoted(&mut json, value);
            }
        }
        json.push('}');
        json
    }
}

/// What a server's answer asks of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing that a proof could give.
    Done,
    /// The proof must carry the nonce that came with the answer (RFC 9449 sections 8 and 9).
    NonceDemanded,
    /// The proof is refused (RFC 9449 sections 5 and 7.1). Ours are well-formed, so the likely reason is their time.
    ProofRefused,
    /// The access token is not, or no longer, good (RFC 6750 section 3.1).
    TokenRefused,
}

/// Judges what an authorization server's refusal asks of the proof.
pub(crate) fn judge_refusal(refusal: &Refusal) -> Verdict {
    match refusal.error.as_deref() {
        Some("use_dpop_nonce") if refusal.status == 400 => Verdict::NonceDemanded,
        Some("invalid_dpop_proof") => Verdict::ProofRefused,
        _ => Verdict::Done,
    }
}

/// Judges a resource server's answer by its status and `WWW-Authenticate`.
pub(crate) fn judge_resource(status: u16, www_authenticate: Option<&str>) -> Verdict {
    let Some(challenge) = www_authenticate.filter(|_| status == 401) else {
        return Verdict::Done;
    };
    let dpop = challenge.starts_with("DPoP ");
    let says = |error| mentions(challenge, error);
    if challenge.starts_with("DPoP") && says(r#"error="use_dpop_nonce""#) {
        Verdict::NonceDemanded
    } else if dpop && says(r#"error="invalid_dpop_proof""#) {
        Verdict::ProofRefused
    } else if (dpop || challenge.starts_with("Bearer ")) && says(r#"error="invalid_token""#) {
        Verdict::TokenRefused
    } else {
        Verdict::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let verdict = |challenge| judge_resource(401, Some(challenge));
        assert_eq!(
            verdict(r#"DPoP error="use_dpop_nonce""#),
            Verdict::NonceDemanded
        );
        assert_eq!(
            verdict(r#"DPoP algs="ES256", error="invalid_token""#),
            Verdict::TokenRefused
        );
        assert_eq!(
            verdict(r#"Bearer error="invalid_token""#),
            Verdict::TokenRefused
        );
        assert_eq!(
            verdict(r#"DPoP algs="ES256", error="invalid_dpop_proof""#),
            Verdict::ProofRefused
        );
        assert_eq!(verdict(r#"Basic error="invalid_token""#), Verdict::Done);
        assert_eq!(
            judge_resource(403, Some(r#"DPoP error="invalid_token""#)),
            Verdict::Done
        );
        assert_eq!(judge_resource(401, None), Verdict::Done);
    }
}
