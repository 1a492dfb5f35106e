//! Popup windows, and the channel over which they answer.

use super::JsHost;
use super::door::Door;
use crate::identity::Did;
use crate::json::{Json, Writer};
use crate::oauth::PopupFailure;
use crate::ports::{Guard, Popup, PopupLink, PopupMessage, PopupState};
use crate::secret::Secret;
use crate::url::{form_of, parse_form};
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

impl PopupLink for JsHost {
    fn post(&self, message: &PopupMessage) {
        let (PopupMessage::Acknowledged { key }
        | PopupMessage::Answer { key, .. }
        | PopupMessage::Result { key, .. }) = message;
        let mut wire = Writer::object();
        wire.member("key", Some(key));
        match message {
            PopupMessage::Acknowledged { .. } => &mut wire,
            PopupMessage::Answer { params, .. } => wire.member("params", Some(params.expose())),
            PopupMessage::Result { result, .. } => match result {
                Ok(sub) => wire.member("did", Some(sub.as_str())),
                Err(failure) => wire
                    .member("failure", Some(&failure.message))
                    .member("failureParams", Some(&form_of(&failure.params))),
            },
        };
        self.door.post_to_popups(&wire.end());
    }

    fn listen(&self, heard: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        self.door.has_popup_channel().then(|| {
            self.door.listen_to_popups(Rc::new(move |message| {
                if let Some(message) = understood(&message) {
                    heard(message);
                }
            }))
        })
    }

    fn close_own_window(&self) {
        self.door.close_own_window();
    }
}

fn understood(message: &Json) -> Option<PopupMessage> {
    let text = |name| message.str(name);
    let key = text("key")?;
    if let Some(params) = text("params") {
        let params = Secret::new(params);
        return Some(PopupMessage::Answer { key, params });
    }
    let result = match (text("did"), text("failure")) {
        (Some(did), _) => Ok(Did::parse(&did).ok()?),
        (None, Some(message)) => Err(PopupFailure {
            message,
            params: parse_form(&text("failureParams")?),
        }),
        (None, None) => return Some(PopupMessage::Acknowledged { key }),
    };
    Some(PopupMessage::Result { key, result })
}
