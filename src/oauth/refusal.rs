//! The error response of an authorization server.

use crate::json::Json;
use crate::sentences::{Arguments, Key, Message, key, said};

/// An error response (RFC 6749 section 5.2; RFC 9126 section 2.3 for pushed requests).
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The `error` code, such as `invalid_grant`.
    pub error: Option<String>,
    /// The `error_description`, or the `message` of an XRPC error.
    pub description: Option<String>,
    /// The body: these members, and the others within the bounds of what is kept.
    pub payload: Json,
}

impl Refusal {
    /// Reads a refusal in the format of OAuth or of XRPC (`error` and `message`), which some servers use at their OAuth
    /// endpoints too. The members may be nested in `error`.
    pub(super) fn new(status: u16, payload: Json) -> Self {
        const DESCRIPTIONS: [&str; 2] = ["error_description", "message"];
        let payload = payload.bounded(&["error", "error_description", "message"]);
        let inner = payload.get("error").filter(Json::is_object);
        let members = inner.as_ref().unwrap_or(&payload);
        let first = |json: &Json, names: &[&str]| names.iter().find_map(|name| json.str(name));
        Self {
            status,
            error: match inner.is_some() {
                true => first(members, &["error", "name", "code", "type"]),
                false => payload.str("error"),
            },
            description: first(members, &DESCRIPTIONS).or_else(|| first(&payload, &DESCRIPTIONS)),
            payload,
        }
    }

    /// Whether the `error` code is this one.
    pub fn is(&self, error: &str) -> bool {
        self.error.as_deref() == Some(error)
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.status == 429
            || self.status >= 500
            || self.is("temporarily_unavailable")
            || self.is("server_error")
    }
}

impl Message for Refusal {
    fn key(&self) -> Key {
        key!("OAUTH_REFUSED")
    }

    fn arguments(&self, to: &mut Arguments) {
        for (name, text) in [("error", &self.error), ("description", &self.description)] {
            if let Some(text) = text {
                to.text(name, text);
            }
        }
    }
}

said!(Refusal);
