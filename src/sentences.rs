//! The messages and help of errors: a table of sentences, which the npm package reads too.
//!
//! The core gives codes and arguments. They become sentences only when an error is shown. `sentences.txt` has three kinds of
//! lines:
//!
//! - `CLASS` is what the npm package throws for the messages that follow.
//! - `KEY TEMPLATE` is a message. The key is a code, followed by `/` and a word if the code has several messages.
//! - `SUBJECT,SUBJECT: TEXT` is help. A subject is a topic, `error=` and the `error` code of a server's refusal, a code, or
//!   the first word of several codes; `@` and a step narrow it. [`help()`] defines their order.
//!
//! In a template, `{name}` is an argument; `{?name}` is one that a user typed, with its invisible characters shown as numbers.
//! `<a|b>` is the first alternative with all arguments present, or nothing.

mod help;
mod key;
#[cfg(not(all(target_arch = "wasm32", feature = "js")))]
mod message;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
mod package;
// These tests parse JSON with a library that only native tests have.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
#[cfg(not(all(target_arch = "wasm32", feature = "js")))]
mod visible;

pub(crate) use help::help;
pub(crate) use key::{Key, key};
#[cfg(not(all(target_arch = "wasm32", feature = "js")))]
pub(crate) use message::{Arguments, write};
#[cfg(all(target_arch = "wasm32", feature = "js"))]
pub(crate) use package::{Arguments, write};

pub(crate) const TABLE: &str = include_str!("sentences.txt");

/// Something that has a message in the table.
pub(crate) trait Message {
    /// The key of the message.
    fn key(&self) -> Key;

    /// Adds the arguments.
    fn arguments(&self, to: &mut Arguments);
}

/// The help for an error without a topic or a step.
pub(crate) fn help_of(error: &dyn Message) -> &'static str {
    help(None, error.key().code(), "")
}

/// Implements `Display` and `Error` with the table.
macro_rules! said {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::sentences::write(self, f)
            }
        }

        impl std::error::Error for $error {}
    )+};
}
pub(crate) use said;
