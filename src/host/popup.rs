//! Popup windows.

use super::JsHost;
use super::door::Door;
use crate::ports::{Popup, PopupState};
use std::rc::Rc;
#[cfg(feature = "js")]
use wasm_bindgen::JsValue;

/// A window that the page opened, and that the host holds.
pub(crate) struct PopupWindow {
    door: Rc<Door>,
    number: u32,
}

impl PopupWindow {
    /// The window that the host has under a number.
    pub(super) fn new(host: &JsHost, number: u32) -> Self {
        Self {
            door: host.door.clone(),
            number,
        }
    }

    /// A window that a script opened.
    #[cfg(feature = "js")]
    pub(crate) fn given(host: &JsHost, window: &JsValue) -> Self {
        Self::new(host, host.door.host.hold(window))
    }
}

impl Popup for PopupWindow {
    fn go(&self, url: &str) {
        self.door.navigate_popup(self.number, url);
    }

    fn state(&self) -> PopupState {
        match self.door.popup_state(self.number).as_deref() {
            Some("own") => PopupState::Own,
            Some("foreign") => PopupState::Foreign,
            Some("hidden") => PopupState::Hidden,
            _ => PopupState::Gone,
        }
    }

    fn close(&self) {
        self.door.close_popup(self.number);
    }
}
