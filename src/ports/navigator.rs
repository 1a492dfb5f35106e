//! The page's address.

use super::Local;
use crate::url::Url;

/// Reads and changes where the page is. A worker is nowhere.
pub trait Navigator {
    /// The page's address; `None` where there is no page.
    fn location(&self) -> Option<Url>;

    /// Changes the address shown, without loading anything and without a new history entry.
    fn replace(&self, url: &str);

    /// Leaves for another page, at once. The future ends only if this page is shown again: the user came back.
    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()>;
}
