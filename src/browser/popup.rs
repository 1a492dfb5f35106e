//! Popup windows, and the channel over which they answer. Its messages are the official client's.

use super::reflect::{call, get, get_str, global, set, set_text, texts};
use crate::identity::Did;
use crate::oauth::PopupFailure;
use crate::ports::{Guard, Popup, PopupLink, PopupMessage, PopupState};
use crate::secret::Secret;
use js_sys::{Array, Function, Reflect};
use std::cell::OnceCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// A window that the page opened.
#[derive(Clone, Debug)]
pub struct PopupWindow(JsValue);

impl PopupWindow {
    /// Wraps what `window.open` gave.
    pub fn new(window: JsValue) -> Self {
        Self(window)
    }
}

/// Opens a blank popup; `None` where the browser does not.
pub(crate) fn open_popup() -> Option<PopupWindow> {
    let features = "width=600,height=600,menubar=no,toolbar=no";
    let window = call(
        &js_sys::global(),
        "open",
        &[&"about:blank".into(), &"_blank".into(), &features.into()],
    );
    let window = window.ok().filter(JsValue::is_object)?;
    disown(&window);
    let _ = call(&window, "focus", &[]);
    Some(PopupWindow(window))
}

/// Takes the app's window from the popup's reach: otherwise any page that the popup comes to could send it elsewhere.
fn disown(popup: &JsValue) {
    set(popup, "opener", &JsValue::NULL);
}

impl Popup for PopupWindow {
    fn go(&self, url: &str) {
        // Again: a popup that was opened before, by its name, may not have been blank when it was disowned.
        disown(&self.0);
        set_text(&get(&self.0, "location"), "href", url);
    }

    fn state(&self) -> PopupState {
        if get(&self.0, "closed").is_truthy() {
            // A window that the user closed gives the focus back; one whose new page only hides it from us keeps it.
            return match call(&global("document"), "hasFocus", &[]) {
                Ok(focused) if focused.is_falsy() => PopupState::Hidden,
                _ => PopupState::Gone,
            };
        }
        // Reading where a page of another origin is throws; that it does is all we want to know.
        let location = get(&self.0, "location");
        match Reflect::get(&location, &JsValue::from_str("href")) {
            Ok(_) => PopupState::Own,
            Err(_) => PopupState::Foreign,
        }
    }

    fn close(&self) {
        let _ = call(&self.0, "close", &[]);
    }
}

#[wasm_bindgen(module = "/src/browser/broadcast_channel.js")]
extern "C" {
    type Channel;

    #[wasm_bindgen(constructor)]
    fn new(name: &str) -> Channel;

    #[wasm_bindgen(method, getter, js_name = isOpen)]
    fn is_open(this: &Channel) -> bool;

    #[wasm_bindgen(method)]
    fn post(this: &Channel, data: &JsValue);

    /// Gives the function that ends it.
    #[wasm_bindgen(method)]
    fn hear(this: &Channel, heard: &Closure<dyn Fn(JsValue)>) -> Function;

    #[wasm_bindgen(method)]
    fn close(this: &Channel);
}

/// The popup channel, opened at first use.
pub(super) struct Link {
    name: String,
    channel: OnceCell<Channel>,
}

impl Link {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            channel: OnceCell::new(),
        }
    }

    fn channel(&self) -> &Channel {
        self.channel.get_or_init(|| Channel::new(&self.name))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.get() {
            channel.close();
        }
    }
}

impl PopupLink for Link {
    fn post(&self, message: &PopupMessage) {
        self.channel().post(&to_wire(message));
    }

    fn listen(&self, heard: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        let channel = self.channel();
        if !channel.is_open() {
            return None;
        }
        let listener: Closure<dyn Fn(JsValue)> = Closure::new(move |data| {
            if let Some(message) = from_wire(&data) {
                heard(message);
            }
        });
        let end = channel.hear(&listener);
        Some(Guard::new(move || {
            let _ = end.call0(&JsValue::UNDEFINED);
            drop(listener);
        }))
    }

    fn close_own_window(&self) {
        let _ = call(&js_sys::global(), "close", &[]);
    }
}

fn to_wire(message: &PopupMessage) -> JsValue {
    let wire = texts(&[]);
    let (PopupMessage::Acknowledged { key }
    | PopupMessage::Answer { key, .. }
    | PopupMessage::Result { key, .. }) = message;
    set_text(&wire, "key", key);
    match message {
        PopupMessage::Acknowledged { .. } => set(&wire, "ack", &JsValue::TRUE),
        // The official client, which listens too, heeds no message without `result` or `ack`.
        PopupMessage::Answer { params, .. } => set_text(&wire, "params", params.expose()),
        PopupMessage::Result { result, .. } => {
            let settled = match result {
                Ok(sub) => texts(&[("status", "fulfilled"), ("value", sub.as_str())]),
                Err(failure) => {
                    let text = JsValue::from_str;
                    let pair =
                        |(name, value): &(String, String)| Array::of2(&text(name), &text(value));
                    let params: Array = failure.params.iter().map(pair).collect();
                    let reason = texts(&[("message", &failure.message)]);
                    set(&reason, "params", &params);
                    let rejected = texts(&[("status", "rejected")]);
                    set(&rejected, "reason", &reason);
                    rejected
                }
            };
            set(&wire, "result", &settled);
        }
    }
    wire
}

fn from_wire(data: &JsValue) -> Option<PopupMessage> {
    let key = get_str(data, "key")?;
    if get(data, "ack").is_truthy() {
        return Some(PopupMessage::Acknowledged { key });
    }
    if let Some(params) = get_str(data, "params") {
        let params = Secret::new(params);
        return Some(PopupMessage::Answer { key, params });
    }
    let found = get(data, "result");
    let result = match get_str(&found, "status")?.as_str() {
        "fulfilled" => Ok(Did::parse(&get_str(&found, "value")?).ok()?),
        "rejected" => {
            let reason = get(&found, "reason");
            let params = get(&reason, "params").dyn_into::<Array>().ok()?;
            Err(PopupFailure {
                message: get_str(&reason, "message")?,
                params: params
                    .iter()
                    .filter_map(|pair| Some((get_str(&pair, "0")?, get_str(&pair, "1")?)))
                    .collect(),
            })
        }
        _ => return None,
    };
    Some(PopupMessage::Result { key, result })
}
