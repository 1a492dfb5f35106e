//! The page that a client runs in, and the popups that it opens.

use super::{Guard, Local};
use crate::url::Url;
use std::rc::Rc;

/// Something that happened outside the client, and that no other tab of it announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The browser is online again.
    Online,
    /// Another tab has changed what is stored of the accounts; also a client that does not notify ours, as the official one
    /// in an app that changes over.
    Accounts,
}

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

/// The window that a client runs in. A worker has none.
pub trait Page {
    /// The page's address; `None` if there is no page.
    fn location(&self) -> Option<Url>;

    /// Changes the address shown, without loading anything and without a new history entry.
    fn replace(&self, url: &str);

    /// Leaves for another page, at once. The future ends only if this page is shown again: the user came back.
    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()>;

    /// Opens a blank popup, which must happen in the user's click; `None` if the browser does not.
    fn open_popup(&self) -> Option<Rc<dyn Popup>> {
        None
    }

    /// Closes the window that the page is in, if it is a popup.
    fn close(&self) {}

    /// Calls the handler for each change, until the guard is dropped.
    fn listen(&self, _handler: Box<dyn Fn(Change)>) -> Guard {
        Guard::new(|| ())
    }
}
