//! DPoP (RFC 9449): the parts of a proof, and the demands of a server's response on the next proof.

use super::Refusal;
use super::challenge::{Challenges, Part};
use crate::base64url;
use crate::http::Response;
use crate::json::{Json, push_quoted};
use crate::url::without_query;

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

/// The part that all proofs of one key share: the encoded header and the dot after it.
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

    /// The JWS signing input: header and claims, encoded (RFC 7515 section 5.1).
    pub(crate) fn signing_input(&self, claims: &ProofClaims<'_>) -> String {
        let json = claims.json();
        let mut input = String::with_capacity(self.0.len() + json.len() * 4 / 3 + 90);
        input.push_str(&self.0);
        base64url::push(&mut input, json.as_bytes());
        input
    }
}

impl From<ProofHead> for String {
    fn from(head: ProofHead) -> Self {
        head.0
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
    /// The nonce that the server required.
    pub(crate) nonce: Option<&'a str>,
    /// The encoded SHA-256 digest of the access token that the request carries.
    pub(crate) ath: Option<&'a str>,
}

impl<'a> ProofClaims<'a> {
    /// The claims for one request. `url` may have a query; `time` is by the server's clock, in milliseconds since the epoch.
    pub(crate) fn new(jti: [u8; 16], method: &'a str, url: &'a str, time: u64) -> Self {
        Self {
            issued_at: time / 1000,
            jti,
            method,
            htu: without_query(url),
            nonce: None,
            ath: None,
        }
    }

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

/// The demand of a server's response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing that another proof could satisfy.
    Done,
    /// The proof must carry the nonce of the response (RFC 9449 sections 8 and 9).
    NonceDemanded,
    /// The proof is refused (RFC 9449 sections 5 and 7.1). Ours are well-formed, so the likely reason is their time.
    ProofRefused,
    /// The access token is invalid or has expired (RFC 6750 section 3.1).
    TokenRefused,
    /// A refusal without a reason, or with a reason that CORS hides from the page.
    Unexplained,
}

/// Judges an authorization server's response: by RFC 9449 section 8, or by section 9 if it responds like a resource server.
pub(crate) fn judge_endpoint(response: &Response) -> Verdict {
    if response.ok() {
        return Verdict::Done;
    }
    let refusal = Json::parse(&response.body).map(|json| Refusal::new(response.status, json));
    match refusal.map_or(Verdict::Done, |refusal| judge_refusal(&refusal)) {
        Verdict::Done => match judge_resource(response.status, response.header("www-authenticate"))
        {
            verdict @ (Verdict::NonceDemanded | Verdict::ProofRefused) => verdict,
            _ => Verdict::Done,
        },
        verdict => verdict,
    }
}

/// Judges an authorization server's refusal.
pub(crate) fn judge_refusal(refusal: &Refusal) -> Verdict {
    match refusal.error.as_deref() {
        Some(USE_NONCE) => Verdict::NonceDemanded,
        Some(INVALID_PROOF) => Verdict::ProofRefused,
        _ => Verdict::Done,
    }
}

const USE_NONCE: &str = "use_dpop_nonce";
const INVALID_PROOF: &str = "invalid_dpop_proof";

/// Judges a resource server's response by its status and `WWW-Authenticate`.
///
/// If there is a DPoP challenge, the others are ignored. Servers with partial support for DPoP use the Bearer scheme.
pub(crate) fn judge_resource(status: u16, www_authenticate: Option<&str>) -> Verdict {
    if status != 401 && status != 400 {
        return Verdict::Done;
    }
    let (mut is_empty, mut has_dpop) = (true, false);
    let (mut of_dpop, mut of_bearer) = (Verdict::Done, Verdict::Done);
    let mut scheme = "";
    for part in Challenges::of(www_authenticate.unwrap_or_default()) {
        match part {
            Part::Scheme(next) => {
                (is_empty, scheme) = (false, next);
                has_dpop |= scheme.eq_ignore_ascii_case("DPoP");
            }
            Part::Param(name, value) if name.eq_ignore_ascii_case("error") => {
                let verdict = match value.as_str() {
                    USE_NONCE => Verdict::NonceDemanded,
                    INVALID_PROOF => Verdict::ProofRefused,
                    "invalid_token" => Verdict::TokenRefused,
                    _ => continue,
                };
                if scheme.eq_ignore_ascii_case("DPoP") && of_dpop == Verdict::Done {
                    of_dpop = verdict;
                } else if scheme.eq_ignore_ascii_case("Bearer") && verdict == Verdict::TokenRefused
                {
                    of_bearer = verdict;
                }
            }
            Part::Param(..) => {}
        }
    }
    match (of_dpop, status) {
        (Verdict::NonceDemanded, _) => of_dpop,
        // Any other 400 is about neither the proof nor the token.
        (_, 400) => Verdict::Done,
        _ if is_empty => Verdict::Unexplained,
        _ if has_dpop => of_dpop,
        _ => of_bearer,
    }
}

/// Whether a response with this JSON body demands a nonce.
pub(crate) fn demands_nonce(status: u16, body: &str) -> bool {
    let refusal = Json::parse(body).map(|json| Refusal::new(status, json));
    refusal.is_some_and(|refusal| refusal.is(USE_NONCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;

    #[test]
    fn verdicts_of_a_challenge() {
        use Verdict::*;
        for (challenge, expected) in [
            // The error code, in every form that a header can have.
            (r#"DPoP error="use_dpop_nonce""#, NonceDemanded),
            (r#"dpop error="use_dpop_nonce""#, NonceDemanded),
            (r#"DPOP ERROR="use_dpop_nonce""#, NonceDemanded),
            ("DPoP error=use_dpop_nonce", NonceDemanded),
            (r#"DPoP error = "use_dpop_nonce""#, NonceDemanded),
            ("DPoP\terror=\"use_dpop_nonce\"", NonceDemanded),
            (r#"DPoP error="use_dpop_\nonce""#, NonceDemanded),
            (r#"Bearer, DPoP error="use_dpop_nonce""#, NonceDemanded),
            (
                r#"Basic realm="a, b", DPoP algs="ES256", error="use_dpop_nonce""#,
                NonceDemanded,
            ),
            (
                r#"DPoP algs="ES256", DPoP error="use_dpop_nonce""#,
                NonceDemanded,
            ),
            (
                r#"Negotiate abc==, DPoP error="use_dpop_nonce""#,
                NonceDemanded,
            ),
            (r#"DPoP algs="ES256", error="invalid_token""#, TokenRefused),
            (r#"Bearer error="invalid_token""#, TokenRefused),
            (r#"bearer realm=x, error=invalid_token"#, TokenRefused),
            (
                r#"Basic realm="x", Bearer error="invalid_token""#,
                TokenRefused,
            ),
            (
                r#"DPoP algs="ES256", error="invalid_dpop_proof""#,
                ProofRefused,
            ),
            // A Bearer challenge before or after one of DPoP.
            (
                r#"Bearer error="invalid_token", DPoP error="use_dpop_nonce""#,
                NonceDemanded,
            ),
            (
                r#"DPoP error="use_dpop_nonce", Bearer error="invalid_token""#,
                NonceDemanded,
            ),
            (r#"Bearer error="invalid_token", DPoP algs="ES256""#, Done),
            (r#"DPoP algs="ES256", Bearer error="invalid_token""#, Done),
            // The error code in another place, or another code.
            (r#"DPoP error_description="error=\"use_dpop_nonce\"""#, Done),
            (r#"DPoP xerror="use_dpop_nonce""#, Done),
            (r#"DPoPX error="use_dpop_nonce""#, Done),
            (r#"DPoP error="use_dpop_nonce_""#, Done),
            (r#"DPoP error="insufficient_scope""#, Done),
            (r#"Bearer error="use_dpop_nonce""#, Done),
            (r#"Basic error="invalid_token""#, Done),
            // Nothing readable.
            ("", Unexplained),
            ("@", Unexplained),
        ] {
            assert_eq!(
                judge_resource(401, Some(challenge)),
                expected,
                "{challenge}"
            );
        }
        assert_eq!(judge_resource(401, None), Unexplained);
    }

    /// `spec/proof.json`, which `tests/package/request.test.mjs` reads too: Rust and JavaScript make the same proofs.
    #[test]
    fn proofs_are_those_of_the_table() {
        let table = Json::parse(include_str!("../../spec/proof.json")).expect("JSON");
        let key = table.get("key").expect("a key");
        let head = ProofHead::new(&PublicJwk {
            x: key.str("x").expect("x"),
            y: key.str("y").expect("y"),
            kid: key.str("kid").expect("kid"),
        });
        assert_eq!(Some(head.as_str()), table.str("head").as_deref());
        for case in table
            .get("cases")
            .and_then(|all| all.as_array())
            .expect("cases")
        {
            let why = case.str("why").expect("a reason");
            let number = |name| case.get(name).and_then(|it| it.as_f64()).expect("a number");
            let time = time::shifted(number("now") as u64, number("clockOffset") as i64);
            let (method, url) = (case.str("method"), case.str("url"));
            let (method, url) = (method.expect("a method"), url.expect("a URL"));
            let (nonce, ath) = (case.str("nonce"), case.str("tokenId"));
            let claims = ProofClaims {
                nonce: nonce.as_deref(),
                ath: ath.as_deref(),
                ..ProofClaims::new([7; 16], &method, &url, time)
            };
            let found = Json::parse(&claims.json()).expect("JSON");
            let expected = case.get("claims").expect("claims");
            for name in ["iat", "htm", "htu", "nonce", "ath"] {
                assert_eq!(found.get(name), expected.get(name), "{name}: {why}");
            }
            assert_eq!(found.str("jti").as_deref(), Some("BwcHBwcHBwcHBwcHBwcHBw"));
        }
    }

    #[test]
    fn only_a_nonce_is_demanded_by_another_status() {
        let verdict =
            |status, error| judge_resource(status, Some(&format!("DPoP error=\"{error}\"")));
        assert_eq!(verdict(400, "use_dpop_nonce"), Verdict::NonceDemanded);
        assert_eq!(verdict(400, "invalid_token"), Verdict::Done);
        assert_eq!(judge_resource(400, None), Verdict::Done);
        for status in [200, 403, 500] {
            assert_eq!(verdict(status, "use_dpop_nonce"), Verdict::Done);
            assert_eq!(verdict(status, "invalid_token"), Verdict::Done);
        }
    }
}
