//! Reads DPoP proofs as a careful server does (RFC 9449 section 4.3), with no code of the client.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a proof says, its signature and form verified.
pub(crate) struct Proof {
    /// Of the key it was made with (RFC 7638).
    pub(crate) thumbprint: String,
    pub(crate) jti: String,
    /// Seconds since the epoch.
    pub(crate) issued_at: u64,
    pub(crate) nonce: Option<String>,
    pub(crate) ath: Option<String>,
}

/// Verifies all of a proof that needs no memory of others. The error says what is wrong with it.
pub(crate) fn verify(jwt: &str, method: &str, url: &str) -> Result<Proof, String> {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [head, claims, signature] = parts[..] else {
        return Err(format!("{} parts", parts.len()));
    };
    let (head_json, claims_json) = (json(head)?, json(claims)?);
    let text = |of: &Value, name: &str| of[name].as_str().map(str::to_owned);
    let is = |of: &Value, name: &str, value: &str| match of[name].as_str() {
        Some(found) if found == value => Ok(()),
        found => Err(format!("{name} is {found:?}, not {value}")),
    };
    is(&head_json, "typ", "dpop+jwt")?;
    is(&head_json, "alg", "ES256")?;
    let jwk = &head_json["jwk"];
    is(jwk, "kty", "EC")?;
    is(jwk, "crv", "P-256")?;
    if jwk.get("d").is_some() {
        return Err("the private key is in it".into());
    }
    let (x, y) = (text(jwk, "x").ok_or("no x")?, text(jwk, "y").ok_or("no y")?);
    let point = [vec![4], decode(&x)?, decode(&y)?].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| "no point of P-256")?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| "no signature")?;
    key.verify(format!("{head}.{claims}").as_bytes(), &signature)
        .map_err(|_| "wrong signature")?;

    is(&claims_json, "htm", method)?;
    is(
        &claims_json,
        "htu",
        url.split(['?', '#']).next().unwrap_or_default(),
    )?;
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Ok(Proof {
        thumbprint: digest(&members),
        jti: text(&claims_json, "jti").ok_or("no jti")?,
        issued_at: claims_json["iat"].as_u64().ok_or("no iat")?,
        nonce: text(&claims_json, "nonce"),
        ath: text(&claims_json, "ath"),
    })
}

/// SHA-256, base64url: the form of `ath`, of PKCE challenges and of thumbprints.
pub(crate) fn digest(text: &str) -> String {
    encode(&Sha256::digest(text))
}

/// Base64url without padding.
pub(crate) fn encode(octets: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = octets.iter().map(|octet| format!("{octet:08b}")).collect();
    let sextets = bits.as_bytes().chunks(6).map(|chunk| {
        let value = chunk
            .iter()
            .fold(0, |value, bit| value * 2 + usize::from(bit - b'0'));
        char::from(ALPHABET[value << (6 - chunk.len())])
    });
    sextets.collect()
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    let (mut word, mut bits, mut out) = (0u32, 0, Vec::new());
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return Err(format!("{c} is not base64url")),
        };
        word = (word << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Ok(out)
}

fn json(part: &str) -> Result<Value, String> {
    serde_json::from_slice(&decode(part)?).map_err(|why| why.to_string())
}
