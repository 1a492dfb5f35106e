//! Options, from JavaScript's names to ours.

use crate::client::ClientOptions;
use crate::http::Timeouts;
use crate::json::Json;
use crate::oauth::{
    AuthorizeOptions, ClientMetadata, ConfigError, ResponseMode, loopback_client_id,
};
use crate::url::Url;

/// Reads a client's options. Without metadata, the client of a page under development is meant.
pub(super) fn read(given: &Json, page: Option<&Url>) -> Result<ClientOptions, ConfigError> {
    // Which of the words an option is; the first where there is none.
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
    // Heeded by the package's TypeScript, which starts the workers.
    choice("refreshIn", &["page", "shared-worker", "service-worker"])?;
    let url = |name: &'static str, default: Option<&str>| match given.str(name) {
        Some(text) => Url::parse(&text)
            .filter(Url::is_web)
            .map(Some)
            .ok_or(ConfigError::InvalidOption(name, text)),
        None => Ok(default.and_then(Url::parse)),
    };
    let own = given.get("resolvers");
    let resolves_handles =
        own.is_some_and(|own| own.get("identity").or_else(|| own.get("handle")).is_some());
    let handle_resolver = url("handleResolver", None)?;
    if handle_resolver.is_none() && !resolves_handles {
        return Err(ConfigError::NoHandleResolver);
    }
    let defaults = Timeouts::default();
    let own = given.get("timeouts");
    let limit = |name, default| match own.as_ref().and_then(|own| own.get(name)) {
        None => Ok(default),
        // `setTimeout` takes what is longer for nothing at all.
        Some(value) => value
            .as_f64()
            .filter(|ms| (1.0..=2_147_483_647.0).contains(ms))
            .map(|ms| ms as u32)
            .ok_or_else(|| ConfigError::InvalidOption("timeouts", value.text())),
    };
    Ok(ClientOptions {
        timeouts: Timeouts {
            document_ms: limit("metadata", defaults.document_ms)?,
            token_ms: limit("token", defaults.token_ms)?,
        },
        response_mode,
        handle_resolver,
        plc_directory: url("plcDirectoryUrl", Some("https://plc.directory/"))?
            .ok_or_else(|| ConfigError::InvalidOption("plcDirectoryUrl", String::new()))?,
        allow_http: given.get("allowHttp").and_then(|json| json.as_bool()),
        metadata: match given.get("clientMetadata") {
            Some(raw) => ClientMetadata::judge(raw)?,
            None => {
                let nowhere = || ConfigError::NotLoopback(String::new());
                let id = loopback_client_id(page.ok_or_else(nowhere)?)?;
                ClientMetadata::of_loopback_id(&id)?
            }
        },
    })
}

/// A name for all that is stored.
pub(super) fn storage_name(given: &Json) -> Result<Option<String>, ConfigError> {
    match given.get("storageName") {
        None => Ok(None),
        Some(value) => match value.as_str().filter(|name| !name.is_empty()) {
            Some(name) => Ok(Some(name)),
            None => Err(ConfigError::InvalidOption("storageName", value.text())),
        },
    }
}

/// What JavaScript asks of one sign-in: `{state, redirect_uri, scope, parameters: [[name, value]]}`.
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
