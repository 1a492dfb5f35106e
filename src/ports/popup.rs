//! A sign-in in a window of its own, beside the page.

use super::Guard;
use crate::identity::Did;
use crate::oauth::PopupFailure;
use crate::secret::Secret;

/// What the page can tell of a popup that it opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopupState {
    /// It shows a page of our own origin, such as the blank one it was opened with.
    Own,
    /// It shows a page of another origin, and that page lets us know of it.
    Foreign,
    /// It is said to be closed, but the focus has not come back: it may show a page whose opener policy
    /// (`Cross-Origin-Opener-Policy`) hides it.
    Hidden,
    /// It is said to be closed, and the focus is here.
    Gone,
}

/// A popup, for the page that opened it.
pub trait Popup {
    /// Sends it to an address.
    fn go(&self, url: &str);

    /// What can be told of it.
    fn state(&self) -> PopupState;

    /// Closes it, where it can be reached.
    fn close(&self);
}

/// What popup and page say to each other. A random key, which only these two know, says whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupMessage {
    /// From the popup: the account that was signed in, or what went wrong.
    Result {
        /// The sign-in it belongs to.
        key: String,
        /// The outcome.
        result: Result<Did, PopupFailure>,
    },
    /// From the popup: an answer to a sign-in that is not in its storage, for the page that has it in memory. Only that
    /// page can use the code: it has the PKCE verifier and the key.
    Answer {
        /// The `state` of the answer.
        key: String,
        /// The parameters of the answer, form-encoded.
        params: Secret,
    },
    /// From the page: it has heard, and goes on.
    Acknowledged {
        /// The sign-in it belongs to.
        key: String,
    },
}

/// The way between a popup and the page that opened it. Opener policies do not cut it, as they cut `window.opener`.
pub trait PopupLink {
    /// Tells the other side.
    fn post(&self, message: &PopupMessage);

    /// Hears the other side, until the guard is dropped. `None`: there is no such way here.
    fn listen(&self, heard: Box<dyn Fn(PopupMessage)>) -> Option<Guard>;

    /// Closes the window this runs in, if it is a popup.
    fn close_own_window(&self);
}
