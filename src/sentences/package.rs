//! The table in the npm package: it is part of the TypeScript, and the WebAssembly contains no sentence.

use super::Message;
use crate::json::{Json, Writer};
use std::fmt;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./sentences.js")]
extern "C" {
    /// The message of a line, with its arguments as the members of a JSON object.
    #[wasm_bindgen(js_name = messageOfLine)]
    fn message_of_line(line: u8, arguments: &str) -> String;
}

/// The arguments of a message, as members of an object.
pub(crate) struct Arguments(Writer);

impl Default for Arguments {
    fn default() -> Self {
        Self(Writer::object())
    }
}

impl Arguments {
    /// Adds a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.0.member(name, Some(value));
    }

    /// The value of an argument, if it is a text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        Json::parse(&self.0.clone().end())?.str(name)
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.0.number_member(name, Some(value));
    }
}

impl From<Arguments> for Writer {
    fn from(arguments: Arguments) -> Self {
        arguments.0
    }
}

/// Writes an error's message, for other tabs and for the page that opened a popup: the official client may run there.
pub(crate) fn write(error: &dyn Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut arguments = Arguments::default();
    error.arguments(&mut arguments);
    f.write_str(&message_of_line(error.key().line(), &arguments.0.end()))
}
