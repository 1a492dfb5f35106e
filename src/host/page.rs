//! The page that a client runs in.

use super::JsHost;
use super::popup::PopupWindow;
use crate::ports::{Change, Guard, Local, Page, Popup};
use crate::url::Url;
use std::rc::Rc;

impl Page for JsHost {
    fn location(&self) -> Option<Url> {
        Url::parse(&self.door.location()?)
    }

    /// Browsers refuse too many changes in a short time, and any in a sandboxed frame. The address then stays as it
    /// is, which is no reason to fail a sign-in.
    fn replace(&self, url: &str) {
        self.door.replace_location(url);
    }

    /// The page leaves before anyone polls: a caller who does not wait for the way back has left all the same.
    fn leave<'a>(&'a self, url: &'a str) -> Local<'a, ()> {
        self.door.leave(url).read(drop)
    }

    fn open_popup(&self) -> Option<Rc<dyn Popup>> {
        let number = self.door.open_popup()?;
        Some(Rc::new(PopupWindow::new(self, number)))
    }

    fn close(&self) {
        self.door.close_own_window();
    }

    fn listen(&self, handler: Box<dyn Fn(Change)>) -> Guard {
        self.door
            .listen_to_page(Rc::new(move |is_online| match is_online.as_bool() {
                Some(true) => handler(Change::Online),
                _ => handler(Change::Accounts),
            }))
    }
}
