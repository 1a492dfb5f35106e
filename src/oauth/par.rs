//! Pushed authorization requests (RFC 9126).

use super::{
    ClientAuth, ClientMetadata, EndpointRequest, ExchangeError, PeerError, Pkce, ResponseMode,
    ServerMetadata, is_visible, success,
};
use crate::http::Response;
use crate::url::{Url, push_form};

/// The options of one sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizeOptions {
    /// A text of the app's own, which the finished sign-in returns. It is stored here and never sent.
    pub state: Option<String>,
    /// One of the registered redirect URIs; by default the first.
    pub redirect_uri: Option<String>,
    /// The scope to request; by default the registered one.
    pub scope: Option<String>,
    /// Further request parameters in their wire form. Only those in [`FORWARDED`] are sent.
    pub parameters: Vec<(String, String)>,
}

/// The request parameters that an app may add (RFC 6749, OpenID Connect Core section 3.1.2.1, RFC 9396, RFC 9449). All
/// others are set by the client or not supported by servers.
pub const FORWARDED: [&str; 9] = [
    "authorization_details",
    "claims",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "max_age",
    "nonce",
    "prompt",
    "ui_locales",
];

/// The contents of an authorization request.
#[derive(Debug)]
pub(crate) struct ParRequest<'a> {
    pub(crate) client: &'a ClientMetadata,
    pub(crate) options: &'a AuthorizeOptions,
    pub(crate) redirect_uri: &'a str,
    pub(crate) response_mode: ResponseMode,
    pub(crate) state: &'a str,
    pub(crate) pkce: &'a Pkce,
    /// The user's input, if it names an account.
    pub(crate) login_hint: Option<&'a str>,
}

/// The request that pushes an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
pub(crate) fn par_request(
    server: &ServerMetadata,
    auth: ClientAuth,
    request: &ParRequest<'_>,
) -> EndpointRequest {
    let mut form = String::new();
    for (name, value) in &request.options.parameters {
        if FORWARDED.contains(&name.as_str()) {
            push_form(&mut form, name, value);
        }
    }
    let scope = request.options.scope.as_deref();
    for (name, value) in [
        ("redirect_uri", request.redirect_uri),
        ("code_challenge", &request.pkce.challenge),
        ("code_challenge_method", "S256"),
        ("state", request.state),
        ("response_mode", request.response_mode.as_str()),
        ("response_type", "code"),
        ("scope", scope.unwrap_or(&request.client.scope)),
    ] {
        push_form(&mut form, name, value);
    }
    if let Some(hint) = request.login_hint {
        push_form(&mut form, "login_hint", hint);
    }
    EndpointRequest::new(auth, &server.pushed_authorization_request_endpoint, form)
}

/// A pushed request without contents: the server refuses it, and its response has the nonce (RFC 9449 section 8).
pub(crate) fn empty_par_request(server: &ServerMetadata, auth: ClientAuth) -> EndpointRequest {
    let endpoint = &server.pushed_authorization_request_endpoint;
    EndpointRequest::new(auth, endpoint, String::new())
}

/// Judges the response. Returns the URL to send the user to (RFC 9126 section 4).
pub(crate) fn judge_par(
    server: &ServerMetadata,
    client: &ClientMetadata,
    response: &Response,
) -> Result<Url, ExchangeError> {
    let json = success(response)?;
    let request_uri = json
        .str("request_uri")
        .filter(|uri| is_visible(uri))
        .ok_or(PeerError::InvalidPar("request_uri"))?;
    json.get("expires_in")
        .and_then(|json| json.as_f64())
        .filter(|seconds| *seconds > 0.0 && seconds.fract() == 0.0)
        .ok_or(PeerError::InvalidPar("expires_in"))?;

    let endpoint = &server.authorization_endpoint;
    let mut query = endpoint.query().unwrap_or_default().to_owned();
    push_form(&mut query, "client_id", &client.client_id);
    push_form(&mut query, "request_uri", &request_uri);
    Url::parse(&format!("{}?{query}", endpoint.without_query()))
        .ok_or_else(|| PeerError::InvalidPar("request_uri").into())
}
