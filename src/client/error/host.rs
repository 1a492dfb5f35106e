//! What the place that this runs in does not offer.

use std::fmt;

/// Something that the place this runs in does not offer to an app in Rust.
///
/// A value and not an enum, so that its words are only in programs that can meet it. The constants serve as patterns:
///
/// ```
/// use atproto_oauth_wasm::{Error, ErrorKind, HostError};
///
/// fn is_rendered_on_a_server(error: &Error) -> bool {
///     matches!(error.kind(), ErrorKind::Host(HostError::BROWSER_ONLY))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    code: &'static str,
    message: &'static str,
    help: &'static str,
}

impl HostError {
    /// This is no browser: the app is being rendered on a server, or tested without one.
    pub const BROWSER_ONLY: Self = Self {
        code: "BROWSER_ONLY",
        message: "This works in a browser only",
        help: "On a server, render the app as one that is still loading, and call the client in the browser: in an effect or an event handler. A test can give the builder the ports of `memory`.",
    };

    /// The browser let no popup open.
    pub const POPUP_BLOCKED: Self = Self {
        code: "POPUP_BLOCKED",
        message: "The browser blocked the popup",
        help: "Call sign_in_popup in the click itself, before anything is awaited; or sign in by redirect.",
    };

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        self.help
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for HostError {}
