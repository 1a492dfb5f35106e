//! The options of a client, and what they imply.

use crate::http::Timeouts;
use crate::oauth::{ClientMetadata, ResponseMode};
use crate::url::Url;

/// The options of a client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The app's client metadata.
    pub metadata: ClientMetadata,
    /// Where authorization servers put their response.
    pub response_mode: ResponseMode,
    /// The atproto server that resolves handles. It sees every handle that a user types. Required unless the host has a
    /// [`crate::ports::Delegate`] that resolves handles.
    pub handle_resolver: Option<Url>,
    /// The PLC directory.
    pub plc_directory: Url,
    /// Whether servers may be reached over http. `None`, the default: only a `did:web` on `localhost`, and only if the
    /// client id is a loopback one.
    pub allow_http: Option<bool>,
    /// How long the client's own requests may take.
    pub timeouts: Timeouts,
}

impl ClientOptions {
    pub(super) fn allows_http(&self) -> bool {
        self.allow_http == Some(true)
    }

    /// Whether the app is under development, so that names and addresses of the local machine are allowed.
    pub(super) fn in_development(&self) -> bool {
        self.allows_http() || self.metadata.is_loopback()
    }
}
