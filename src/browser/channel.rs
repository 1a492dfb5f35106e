//! One `BroadcastChannel`, closed when it is dropped.

use super::listener::Listener;
use super::reflect::{call, construct, get};
use wasm_bindgen::JsValue;

/// An open channel.
pub(super) struct Channel(JsValue);

impl Channel {
    /// Opens one; `None` where there are none.
    pub(super) fn open(name: &str) -> Option<Self> {
        let channel = construct("BroadcastChannel", &[&JsValue::from_str(name)]).ok()?;
        // In Node an open channel would keep the process alive; browsers have no such method.
        let _ = call(&channel, "unref", &[]);
        Some(Self(channel))
    }

    /// Takes over one that is open.
    pub(super) fn of(channel: JsValue) -> Self {
        Self(channel)
    }

    /// Tells all others; nothing comes back to this object.
    pub(super) fn post(&self, data: &JsValue) {
        let _ = call(&self.0, "postMessage", &[data]);
    }

    /// Hears the others.
    pub(super) fn hear(&self, heard: impl Fn(&JsValue) + 'static) -> Listener {
        Listener::new(&self.0, "message", move |event| heard(&get(&event, "data")))
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let _ = call(&self.0, "close", &[]);
    }
}
