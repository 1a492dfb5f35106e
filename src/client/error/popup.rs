//! What can go wrong with a popup.

use std::fmt;

/// What can go wrong with a popup.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PopupError {
    /// The user closed it.
    Closed,
    /// Nothing was heard of it for 5 minutes.
    TimedOut,
    /// This browser has no way between a popup and the page that opened it.
    Unsupported,
    /// Not a failure: this page is the popup, and the page that opened it goes on.
    ContinuedInParent,
}

impl PopupError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Closed => "POPUP_CLOSED",
            Self::TimedOut => "POPUP_TIMEOUT",
            Self::Unsupported => "POPUP_UNSUPPORTED",
            Self::ContinuedInParent => "LOGIN_CONTINUED_IN_PARENT_WINDOW",
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::ContinuedInParent => "Show that this window can be closed, and do nothing else.",
            Self::Unsupported => "Sign in by redirect, where this site may store data.",
            _ => "Let the user try again.",
        }
    }
}

impl fmt::Display for PopupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "The popup was closed",
            Self::TimedOut => "Timeout",
            Self::Unsupported => "BroadcastChannel is not available here",
            Self::ContinuedInParent => "Login complete, please close the popup window.",
        })
    }
}

impl std::error::Error for PopupError {}
