//! The authorization server's "no".

use crate::json::Json;
use std::fmt;

/// An error response (RFC 6749 section 5.2; RFC 9126 section 2.3 for pushed requests).
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The `error` code, such as `invalid_grant`.
    pub error: Option<String>,
    /// The `error_description`.
    pub description: Option<String>,
    /// The answer as it came.
    pub payload: Json,
}

impl Refusal {
    pub(super) fn new(status: u16, payload: Json) -> Self {
        Self {
            status,
            error: payload.str("error"),
            description: payload.str("error_description"),
            payload,
        }
    }

    /// Whether the `error` code is this one.
    pub fn is(&self, error: &str) -> bool {
        self.error.as_deref() == Some(error)
    }

    /// Whether the same request may well succeed later.
    pub fn is_retryable(&self) -> bool {
        self.status == 429
            || self.status >= 500
            || self.is("temporarily_unavailable")
            || self.is("server_error")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "OAuth \"{error}\" error")?,
            None => f.write_str("OAuth unknown error")?,
        }
        match &self.description {
            Some(description) => write!(f, ": {description}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}
