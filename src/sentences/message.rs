//! The message of an error, for an app in Rust.

use super::Message;
use super::visible::Visible;
use std::fmt;

/// The arguments of a message, by their names.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<(&'static str, String)>);

impl Arguments {
    /// Adds a text.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.to_owned()));
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, name: &'static str, value: i64) {
        self.0.push((name, value.to_string()));
    }

    /// The value of an argument.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut arguments = self.0.iter();
        let (_, value) = arguments.find(|(known, _)| *known == name)?;
        Some(value)
    }
}

/// Writes an error's message.
pub(crate) fn write(error: &dyn Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut arguments = Arguments::default();
    error.arguments(&mut arguments);
    f.write_str(&fill(error.key().template(), &arguments))
}

/// Fills a template with its arguments. Text outside `<` and `>` is treated as a single alternative.
fn fill(template: &str, arguments: &Arguments) -> String {
    let parts = template.split(['<', '>']);
    let chosen =
        parts.filter_map(|part| part.split('|').find_map(|part| substitute(part, arguments)));
    chosen.collect()
}

/// Fills a text with its arguments; `None` if one is missing.
fn substitute(text: &str, arguments: &Arguments) -> Option<String> {
    let mut parts = text.split('{');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (name, behind) = part.split_once('}')?;
        let typed = name.strip_prefix('?');
        let name = typed.unwrap_or(name);
        let value = arguments.get(name)?;
        match typed {
            Some(_) => out.push_str(&Visible(value).to_string()),
            None => out.push_str(value),
        }
        out.push_str(behind);
    }
    Some(out)
}
