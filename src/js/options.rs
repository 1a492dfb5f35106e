//! Converts the options from JavaScript.

use crate::client::{ClientOptions, GivenOptions, storage_name as checked_name, time_limit};
use crate::http::Timeouts;
use crate::json::Json;
use crate::oauth::{AuthorizeOptions, ClientMetadata, ConfigError, ResponseMode};
use crate::url::Url;

/// Reads a client's options. Without metadata, the client is the loopback client of a page under development.
pub(super) fn read(given: &Json, page: Option<&Url>) -> Result<ClientOptions, ConfigError> {
    // The index of an option's value among the allowed ones; 0 if it is missing.
    let choice = |name: &'static str, words: &[&str]| match given.get(name) {
        None => Ok(0),
        Some(value) => {
            let value = value.as_str().unwrap_or_else(|| "of another type".into());
            let found = words.iter().position(|word| *word == value);
            found.ok_or(ConfigError::InvalidOption(name, value))
        }
    };
    let response_mode = match choice("responseMode", &["fragment", "query"])? {
        0 => ResponseMode::Fragment,
        _ => ResponseMode::Query,
    };
    // Only checked here: the package's TypeScript starts the workers.
    choice("refreshIn", &["page", "shared-worker", "service-worker"])?;
    let resolvers = given.get("resolvers");
    let defaults = Timeouts::default();
    let limits = given.get("timeouts");
    let limit = |name, default| match limits.as_ref().and_then(|limits| limits.get(name)) {
        None => Ok(default),
        Some(value) => value
            .as_f64()
            .and_then(time_limit)
            .ok_or_else(|| ConfigError::InvalidOption("timeouts", value.text())),
    };
    let timeouts = Timeouts {
        document_ms: limit("metadata", defaults.document_ms)?,
        token_ms: limit("token", defaults.token_ms)?,
    };
    GivenOptions {
        response_mode: Some(response_mode),
        handle_resolver: given.str("handleResolver"),
        resolves_handles: resolvers
            .is_some_and(|own| own.get("identity").or_else(|| own.get("handle")).is_some()),
        plc_directory: given.str("plcDirectoryUrl"),
        allow_http: given.get("allowHttp").and_then(|json| json.as_bool()),
        timeouts,
    }
    .checked(|| match given.get("clientMetadata") {
        Some(raw) => ClientMetadata::judge(raw),
        None => ClientMetadata::of_page(page),
    })
}

/// The name of the app's own storage.
pub(super) fn storage_name(given: &Json) -> Result<Option<String>, ConfigError> {
    match given.get("storageName") {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some(name) => checked_name(name).map(Some),
            None => Err(ConfigError::InvalidOption("storageName", value.text())),
        },
    }
}

/// Reads the options of a sign-in: `{state, redirect_uri, scope, parameters: [[name, value]]}`.
pub(super) fn authorize(given: &Json) -> AuthorizeOptions {
    let pair = |pair: &Json| match pair.as_array()?.as_slice() {
        [name, value] => Some((name.as_str()?, value.as_str()?)),
        _ => None,
    };
    let parameters = given.get("parameters").and_then(|list| list.as_array());
    AuthorizeOptions {
        state: given.str("state"),
        redirect_uri: given.str("redirect_uri"),
        scope: given.str("scope"),
        parameters: parameters.iter().flatten().filter_map(pair).collect(),
    }
}
