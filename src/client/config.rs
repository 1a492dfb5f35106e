//! How a client is set up, and what follows from it.

use crate::http::Timeouts;
use crate::oauth::{ClientMetadata, ResponseMode};
use crate::url::Url;

/// How a client is set up.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The app's client metadata.
    pub metadata: ClientMetadata,
    /// Where authorization servers put their answer.
    pub response_mode: ResponseMode,
    /// The atproto server that resolves handles. It learns every handle that is typed. Needed unless the host has a
    /// [`crate::ports::Delegate`] that answers for them.
    pub handle_resolver: Option<Url>,
    /// The PLC directory.
    pub plc_directory: Url,
    /// Whether servers may be reached over http. `None`, the default: no, but for a `did:web` on `localhost` where the
    /// client id is a loopback one.
    pub allow_http: Option<bool>,
    /// How long the client's own requests may take.
    pub timeouts: Timeouts,
}

impl ClientOptions {
    pub(super) fn allows_http(&self) -> bool {
        self.allow_http == Some(true)
    }

    /// Whether the app is under development, so that names and addresses that exist on one machine only are meant.
    pub(super) fn in_development(&self) -> bool {
        self.allows_http() || self.metadata.is_loopback()
    }
}
