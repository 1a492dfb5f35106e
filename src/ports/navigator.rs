//! The page that a client runs in.

use super::{Guard, Local, Popup};
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

/// Reads and changes where the page is. A worker is nowhere.
pub trait Navigator {
    /// The page's address; `None` where there is no page.
    fn location(&self) -> Option<Url>;

    /// Changes the address shown, without loading anything and without a new history entry.
    fn replace(&self, url: &str);

    /// Leaves for another page, at once. The future ends only if this page is shown again: the user came back.
    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()>;

    /// Opens a blank popup, which must happen in the user's click; `None` where the browser does not.
    fn open_popup(&self) -> Option<Rc<dyn Popup>> {
        None
    }

    /// Calls the listener for each change, until the guard is dropped.
    fn listen(&self, _listener: Box<dyn Fn(Change)>) -> Guard {
        Guard::new(|| ())
    }
}
