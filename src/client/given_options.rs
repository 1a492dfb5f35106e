//! The options of a client as an app gives them, with their defaults and checks: the same for JavaScript and for Rust.

use super::config::ClientOptions;
use crate::http::Timeouts;
use crate::oauth::{ClientMetadata, ConfigError, ResponseMode};
use crate::url::Url;

const PLC_DIRECTORY: &str = "https://plc.directory/";

/// The longest time that `setTimeout` supports: it treats a longer one as 0.
const LONGEST_TIMER: f64 = 2_147_483_647.0;

/// The options of a client except its metadata, not checked yet. `None` stands for the default.
pub(crate) struct GivenOptions {
    pub(crate) response_mode: Option<ResponseMode>,
    pub(crate) handle_resolver: Option<String>,
    /// Whether the app resolves handles by itself.
    pub(crate) resolves_handles: bool,
    pub(crate) plc_directory: Option<String>,
    pub(crate) allow_http: Option<bool>,
    pub(crate) timeouts: Timeouts,
}

impl GivenOptions {
    /// Checks the options. The metadata are checked last, so that an app that passes nothing gets the error about the
    /// missing resolver.
    pub(crate) fn checked(
        self,
        metadata: impl FnOnce() -> Result<ClientMetadata, ConfigError>,
    ) -> Result<ClientOptions, ConfigError> {
        let handle_resolver = match self.handle_resolver {
            Some(text) => Some(web_url("handleResolver", text)?),
            None if self.resolves_handles => None,
            None => return Err(ConfigError::NoHandleResolver),
        };
        let directory = self.plc_directory.unwrap_or_else(|| PLC_DIRECTORY.into());
        let plc_directory = web_url("plcDirectoryUrl", directory)?;
        Ok(ClientOptions {
            metadata: metadata()?,
            response_mode: self.response_mode.unwrap_or_default(),
            handle_resolver,
            plc_directory,
            allow_http: self.allow_http,
            timeouts: self.timeouts,
        })
    }
}

fn web_url(name: &'static str, text: String) -> Result<Url, ConfigError> {
    match Url::parse(&text).filter(Url::is_web) {
        Some(url) => Ok(url),
        None => Err(ConfigError::InvalidOption(name, text)),
    }
}

/// A time limit in milliseconds, if a timer can wait for it.
pub(crate) fn time_limit(ms: f64) -> Option<u32> {
    (1.0..=LONGEST_TIMER).contains(&ms).then_some(ms as u32)
}

/// Checks the name for the app's storage: any text but the empty one.
pub(crate) fn storage_name(name: String) -> Result<String, ConfigError> {
    match name.is_empty() {
        false => Ok(name),
        true => Err(ConfigError::InvalidOption("storageName", name)),
    }
}
