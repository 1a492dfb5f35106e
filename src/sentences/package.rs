//! The table as the npm package reads it: the TypeScript has it, and no sentence is in the WebAssembly.

use super::Message;
use js_sys::{Object, Reflect};
use std::fmt;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./sentences.js")]
extern "C" {
    /// The message of a line, with the arguments that are members of an object.
    #[wasm_bindgen(js_name = messageOfLine)]
    fn message_of_line(line: u8, arguments: &Object) -> String;
}

/// The arguments of a message, as members of an object.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Object);

impl Arguments {
    /// Adds a text.
    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.set(name, &JsValue::from_str(value));
    }

    /// Adds a number.
    #[inline(never)]
    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.set(name, &JsValue::from_f64(value as f64));
    }

    /// The value of one, if that is a text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        Reflect::get(&self.0, &JsValue::from_str(name))
            .ok()?
            .as_string()
    }

    fn set(&self, name: &str, value: &JsValue) {
        // An object literal of ours has no setter that could refuse.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), value);
    }
}

impl From<Arguments> for Object {
    fn from(arguments: Arguments) -> Self {
        arguments.0
    }
}

/// Writes an error's message: for the other tabs and for a page that opened a popup, since the official client may run there.
pub(crate) fn write(error: &dyn Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut arguments = Arguments::default();
    error.arguments(&mut arguments);
    f.write_str(&message_of_line(error.key().line(), &arguments.0))
}
