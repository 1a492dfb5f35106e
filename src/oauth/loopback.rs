//! Loopback client ids: for clients under development, which publish no metadata.
//!
//! Source: atproto specification, "OAuth", section "Localhost Client Development".

use super::{ATPROTO_SCOPE, ConfigError, LoopbackRule, scope_has};
use crate::json::push_quoted;
use crate::url::{Url, parse_form, push_encoded_except};

const ORIGIN: &str = "http://localhost";

/// The characters that `encodeURIComponent` leaves as they are, besides the unreserved ones. The npm package builds ids with
/// that function, and an id that differs by one character is another client's.
const UNENCODED: &[u8] = b"!'()*";

/// Whether a client id is a loopback id, even a malformed one.
pub(crate) fn is_loopback_id(client_id: &str) -> bool {
    client_id
        .strip_prefix(ORIGIN)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', ':']))
}

/// Whether a URL's host is one that a loopback redirect URI may have.
pub(super) fn is_loopback_ip(url: &Url) -> bool {
    matches!(url.hostname(), "127.0.0.1" | "[::1]")
}

/// The client id of a page on a loopback address, with the page as redirect URI.
///
/// For a page on `localhost`, the redirect URI has `127.0.0.1` instead: authorization servers accept no other (RFC 8252
/// section 8.3). The path is part of the redirect URI only; a loopback client id has none.
pub fn loopback_client_id(page: &Url) -> Result<String, ConfigError> {
    let host = match page.hostname() {
        "localhost" => "127.0.0.1",
        "127.0.0.1" => "127.0.0.1",
        "[::1]" => "[::1]",
        other => return Err(ConfigError::NotLoopback(other.to_owned())),
    };
    let port = page
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let mut id = format!("{ORIGIN}?redirect_uri=");
    let uri = format!("http://{host}{port}{}", page.pathname());
    push_encoded_except(&mut id, &uri, UNENCODED);
    Ok(id)
}

/// The metadata that a loopback client id encodes, as JSON text, derived as servers do; by the table `spec/loopback.json`.
pub(super) fn metadata_of(client_id: &str) -> Result<String, ConfigError> {
    let invalid = ConfigError::InvalidLoopbackId;
    let rest = client_id
        .strip_prefix(ORIGIN)
        .filter(|_| is_loopback_id(client_id))
        .ok_or_else(|| ConfigError::InvalidClientId(client_id.to_owned()))?;
    if rest.contains('#') {
        return Err(invalid(LoopbackRule::NoHash));
    }
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    if !rest.is_empty() && !rest.starts_with('?') {
        return Err(invalid(LoopbackRule::NoPath));
    }
    let mut scope = None;
    let mut redirect_uris = Vec::new();
    // `URLSearchParams`, which others parse it with, drops a leading question mark too.
    let query = rest.strip_prefix('?').unwrap_or(rest);
    for (name, value) in parse_form(query.strip_prefix('?').unwrap_or(query)) {
        match name.as_str() {
            "redirect_uri" => redirect_uris.push(value),
            "scope" if scope.is_none() => scope = Some(value),
            "scope" => return Err(invalid(LoopbackRule::OneScope)),
            _ => return Err(invalid(LoopbackRule::KnownParameters)),
        }
    }
    let scope = scope.unwrap_or_else(|| ATPROTO_SCOPE.to_owned());
    if !scope_has(&scope, ATPROTO_SCOPE) {
        return Err(ConfigError::LoopbackWithoutAtprotoScope);
    }
    if redirect_uris.is_empty() {
        redirect_uris = vec!["http://127.0.0.1/".to_owned(), "http://[::1]/".to_owned()];
    }
    for uri in &redirect_uris {
        if !Url::parse(uri).is_some_and(|url| url.scheme() == "http" && is_loopback_ip(&url)) {
            return Err(invalid(LoopbackRule::RedirectUri));
        }
    }
    let mut json = String::from(r#"{"client_id":"#);
    push_quoted(&mut json, client_id);
    json.push_str(r#","scope":"#);
    push_quoted(&mut json, &scope);
    json.push_str(r#","redirect_uris":["#);
    for (at, uri) in redirect_uris.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        push_quoted(&mut json, uri);
    }
    json.push_str(
        r#"],"response_types":["code"],"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none","application_type":"native","dpop_bound_access_tokens":true}"#,
    );
    Ok(json)
}
