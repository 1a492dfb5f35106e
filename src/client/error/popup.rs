//! Errors of popups.

use crate::sentences::{self, Arguments, Key, Message, key, said};

/// An error of a popup.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PopupError {
    /// The user closed it.
    Closed,
    /// It sent no message for 5 minutes.
    TimedOut,
    /// This browser has no channel between a popup and the page that opened it.
    Unsupported,
    /// Not a failure: this page is the popup, and the page that opened it finishes the sign-in.
    ContinuedInParent,
}

impl PopupError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for PopupError {
    fn key(&self) -> Key {
        match self {
            Self::Closed => key!("POPUP_CLOSED"),
            Self::TimedOut => key!("POPUP_TIMEOUT"),
            Self::Unsupported => key!("POPUP_UNSUPPORTED"),
            Self::ContinuedInParent => key!("LOGIN_CONTINUED_IN_PARENT_WINDOW"),
        }
    }

    fn arguments(&self, _to: &mut Arguments) {}
}

said!(PopupError);
