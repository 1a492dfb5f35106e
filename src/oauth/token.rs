//! The token endpoint (RFC 6749 sections 4.1.3, 5 and 6), judged by the atproto profile.

use super::{
    ATPROTO_SCOPE, ClientAuth, EndpointRequest, ExchangeError, PeerError, ServerMetadata,
    scope_has, success,
};
use crate::http::Response;
use crate::identity::Did;
use crate::json::Json;
use crate::secret::Secret;
use crate::time;
use crate::url::push_form;

/// The tokens of a session, with their account, server and scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// The authorization server that issued them.
    pub issuer: String,
    /// The account.
    pub sub: Did,
    /// The PDS that accepts them: an origin with a trailing slash.
    pub audience: String,
    /// The granted scope.
    pub scope: String,
    /// The access token.
    pub access_token: Secret,
    /// The refresh token, if one was issued.
    pub refresh_token: Option<Secret>,
    /// When the access token expires, in milliseconds since the epoch; `None` if the server did not say.
    pub expires_at: Option<u64>,
}

/// The response of the token endpoint to a code, before the account is verified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TokenResponse {
    pub(crate) sub: Did,
    pub(crate) scope: String,
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    /// Seconds.
    pub(crate) expires_in: Option<f64>,
}

impl TokenResponse {
    /// The token set, given issuer and audience. A lifetime counts from the request, so that a slow response does not extend
    /// it beyond the server's own.
    pub(crate) fn into_token_set(
        self,
        issuer: &str,
        audience: &str,
        requested_at: u64,
    ) -> TokenSet {
        TokenSet {
            issuer: issuer.to_owned(),
            sub: self.sub,
            audience: audience.to_owned(),
            scope: self.scope,
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            expires_at: self
                .expires_in
                .map(|seconds| time::expiry(requested_at, seconds)),
        }
    }
}

/// Whether a text has the syntax of tokens (RFC 6749 appendices A.12 and A.17, `1*VSCHAR`).
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a text can be an access token. It is sent in a header, which would lose spaces at its ends (RFC 9110 section 5.5).
/// `row_layout.js` applies the same rule, by the table `spec/tokens.json`.
pub(crate) fn is_access_token(text: &str) -> bool {
    is_visible(text) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// A code, with the verifier and redirect URI that prove that its sign-in began here.
pub(crate) struct CodeExchange<'a> {
    pub(crate) code: &'a Secret,
    pub(crate) verifier: &'a Secret,
    pub(crate) redirect_uri: &'a str,
}

/// The request that exchanges a code.
pub(crate) fn code_request(
    server: &ServerMetadata,
    auth: ClientAuth,
    exchange: &CodeExchange<'_>,
) -> EndpointRequest {
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", exchange.redirect_uri),
        ("code", exchange.code.expose()),
        ("code_verifier", exchange.verifier.expose()),
    ];
    token_request(server, auth, &fields)
}

/// The request that exchanges a refresh token.
pub(crate) fn refresh_request(
    server: &ServerMetadata,
    auth: ClientAuth,
    refresh_token: &Secret,
) -> EndpointRequest {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.expose()),
    ];
    token_request(server, auth, &fields)
}

fn token_request(
    server: &ServerMetadata,
    auth: ClientAuth,
    fields: &[(&str, &str)],
) -> EndpointRequest {
    let mut form = String::new();
    for (name, value) in fields {
        push_form(&mut form, name, value);
    }
    EndpointRequest::new(auth, &server.token_endpoint, form)
}

/// Judges the token endpoint's response to a code.
///
/// Source: RFC 6749 section 5.1; RFC 9449 section 5 (`token_type`); atproto specification, "OAuth", sections
/// "Identity Authentication" (`sub`) and "Authorization Scopes" (`scope`).
pub(crate) fn judge_token(response: &Response) -> Result<Box<TokenResponse>, ExchangeError> {
    let json = success(response)?;
    let invalid = |member| ExchangeError::Peer(PeerError::InvalidToken(member));
    let text = |member| json.str(member).ok_or_else(|| invalid(member));
    check_token_type(&json)?;
    // An ID token would have to be validated by rules of OpenID Connect that do not fit atproto accounts.
    if json.get("id_token").is_some() {
        return Err(invalid("id_token"));
    }
    let scope = text("scope")?;
    if !scope_has(&scope, ATPROTO_SCOPE) {
        return Err(invalid("scope"));
    }
    let expires_in = match json.get("expires_in") {
        None => None,
        Some(value) => Some(
            value
                .as_f64()
                .filter(|seconds| *seconds >= 0.0)
                .ok_or_else(|| invalid("expires_in"))?,
        ),
    };
    Ok(Box::new(TokenResponse {
        sub: Did::parse(&text("sub")?).map_err(|_| invalid("sub"))?,
        scope,
        access_token: token(&json, "access_token", is_access_token)?,
        refresh_token: match json.get("refresh_token") {
            None => None,
            Some(_) => Some(token(&json, "refresh_token", is_visible)?),
        },
        expires_in,
    }))
}

/// The type of a token is compared without case (RFC 6749 section 5.1).
fn check_token_type(json: &Json) -> Result<(), PeerError> {
    match json.str("token_type") {
        Some(found) if found.eq_ignore_ascii_case("DPoP") => Ok(()),
        _ => Err(PeerError::InvalidToken("token_type")),
    }
}

/// The usable parts of the response to a refresh. The old refresh token may be spent, so the valid parts are used even if
/// others are missing or malformed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refreshed {
    pub(crate) access_token: Result<Secret, PeerError>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) sub: Option<Did>,
    scope: Option<String>,
    /// Seconds.
    expires_in: Option<f64>,
}

/// Judges the response to a refresh: an error if it has no usable token.
pub(crate) fn judge_refreshed(response: &Response) -> Result<Refreshed, ExchangeError> {
    let json = success(response)?;
    let access_token =
        check_token_type(&json).and_then(|()| token(&json, "access_token", is_access_token));
    let refresh_token = token(&json, "refresh_token", is_visible).ok();
    if let (Err(error), None) = (&access_token, &refresh_token) {
        return Err(error.clone().into());
    }
    let seconds = json.get("expires_in").and_then(|value| value.as_f64());
    Ok(Refreshed {
        access_token,
        refresh_token,
        sub: json.str("sub").and_then(|sub| Did::parse(&sub).ok()),
        scope: json.str("scope"),
        expires_in: seconds.filter(|seconds| *seconds >= 0.0),
    })
}

impl Refreshed {
    /// The new token set. It keeps the scope (RFC 6749 section 5.1) and the refresh token (section 6) if the response has no
    /// new ones. If the new access token is unusable, the old one counts as expired.
    pub(crate) fn applied_to(&self, old: &TokenSet, requested_at: u64) -> TokenSet {
        let lifetime = |seconds| time::expiry(requested_at, seconds);
        let (access_token, expires_at) = match &self.access_token {
            Ok(token) => (token, self.expires_in.map(lifetime)),
            Err(_) => (&old.access_token, Some(requested_at)),
        };
        TokenSet {
            access_token: access_token.clone(),
            refresh_token: self.refresh_token.clone().or(old.refresh_token.clone()),
            scope: self.scope.clone().unwrap_or(old.scope.clone()),
            expires_at,
            ..old.clone()
        }
    }
}

/// The token to revoke a grant with, from a response that may be invalid otherwise. Revoking the refresh token ends the whole
/// grant (RFC 7009 section 2.1).
pub(crate) fn granted_token(response: &Response) -> Option<Secret> {
    let json = success(response).ok()?;
    // The revocation request is a form, which can carry any text.
    let is_any = |text: &str| !text.is_empty();
    let refresh_token = token(&json, "refresh_token", is_any);
    refresh_token
        .or_else(|_| token(&json, "access_token", is_any))
        .ok()
}

/// A member that is a valid token.
fn token(
    json: &Json,
    member: &'static str,
    is_good: fn(&str) -> bool,
) -> Result<Secret, PeerError> {
    let text = json.str(member).filter(|text| is_good(text));
    text.map(Secret::new).ok_or(PeerError::InvalidToken(member))
}
