//! What is said when something fails.

use atproto_oauth_wasm::{Error, Json};

/// A failure, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was being done.
    pub title: &'static str,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// What to search for, or to report.
    pub code: String,
}

impl Problem {
    /// A failure of the client.
    pub fn new(title: &'static str, error: &Error) -> Self {
        Self {
            title,
            message: error.to_string(),
            help: error.help().to_owned(),
            code: error.code().to_owned(),
        }
    }

    /// The failure that something ended in, if it did.
    pub fn of<T>(title: &'static str, outcome: Result<T, Error>) -> Option<Self> {
        outcome.err().map(|error| Self::new(title, &error))
    }

    /// A server's refusal of a request (the atproto HTTP API specification, "Error Responses").
    pub(crate) fn refused(title: &'static str, status: u16, answer: &Json) -> Self {
        let code = answer.str("error");
        Self {
            title,
            message: answer
                .str("message")
                .unwrap_or_else(|| format!("The server answered {status}")),
            help: "The account's server refused this; its message says why.".to_owned(),
            code: code.unwrap_or_else(|| status.to_string()),
        }
    }
}
