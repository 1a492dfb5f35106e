//! Tests messages and help with the table that the npm package is tested with too.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

use super::{Arguments, Key, Message, help, write};
use serde_json::Value;
use std::fmt;

struct Said<'a>(&'a Value);

impl Message for Said<'_> {
    fn key(&self) -> Key {
        let text = |name| self.0[name].as_str();
        Key::of(text("key").or(text("code")).expect("a key"))
    }

    fn arguments(&self, to: &mut Arguments) {
        for (name, value) in self.0.as_object().expect("details") {
            // The names of arguments are part of the code.
            let name = name.clone().leak();
            match value {
                Value::String(text) => to.text(name, text),
                Value::Number(number) => to.number(name, number.as_i64().expect("an integer")),
                _ => {}
            }
        }
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

#[test]
fn messages_and_help_are_those_of_the_table() {
    let table: Value = serde_json::from_str(include_str!("../../spec/errors.json")).expect("JSON");
    for case in table["cases"].as_array().expect("cases") {
        let details = &case["details"];
        assert_eq!(Said(details).to_string(), case["message"], "{case}");
        let text = |name| details[name].as_str();
        let error = text("error").map(|error| format!("error={error}"));
        let topic = text("topic").or(error.as_deref());
        let (code, step) = (text("code").expect("a code"), text("step").expect("a step"));
        assert_eq!(help(topic, code, step), case["help"], "{case}");
    }
}
