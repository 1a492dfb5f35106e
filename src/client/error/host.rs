//! Errors about features that the host does not offer.

use crate::sentences::{self, Arguments, Key, Message, key, said};

/// A feature that the host does not offer to an app in Rust.
///
/// The constants serve as patterns:
///
/// ```
/// use atproto_oauth_wasm::{Error, ErrorKind, HostError};
///
/// fn is_rendered_on_a_server(error: &Error) -> bool {
///     matches!(error.kind(), ErrorKind::Host(HostError::BROWSER_ONLY))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError(Key);

impl HostError {
    /// There is no browser: the app is being rendered on a server, or tested without one.
    pub const BROWSER_ONLY: Self = Self(key!("BROWSER_ONLY"));

    /// The browser blocked the popup.
    pub const POPUP_BLOCKED: Self = Self(key!("POPUP_BLOCKED"));

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for HostError {
    fn key(&self) -> Key {
        self.0
    }

    fn arguments(&self, _to: &mut Arguments) {}
}

said!(HostError);
