//! HTTP requests and responses as plain values, which the pure layers build and judge.

use crate::json::Json;
use crate::sentences::{Arguments, Key, Message, key, said};
use std::fmt;

/// Whether a text contains another. The standard library's search is fast for long texts, but adds 1.5 kB.
pub(crate) fn mentions(text: &str, word: &str) -> bool {
    let mut parts = text.as_bytes().windows(word.len());
    parts.any(|part| part == word.as_bytes())
}

/// The largest response body that is read, in bytes. A server's metadata document has a few kilobytes.
pub const MAX_BODY: usize = 256 * 1024;

/// The response headers that a host must supply; no others are judged. All lower-case.
pub const READ_HEADERS: [&str; 5] = [
    "age",
    "content-type",
    "date",
    "dpop-nonce",
    "www-authenticate",
];

/// A request of the client itself, not of the app.
///
/// A host sends it without cookies and does not follow redirects: a redirected metadata document is refused, because RFC 8414
/// and RFC 9728 define its address, and a redirected token request would send a token to another server.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'static str,
    /// The absolute URL.
    pub url: String,
    /// Headers to send, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body: always `application/x-www-form-urlencoded`.
    pub body: Option<String>,
    /// Whether the host's HTTP cache must revalidate; a `HEAD` bypasses the cache.
    pub revalidate: bool,
    /// The time limit in milliseconds; `None`: no limit.
    pub timeout_ms: Option<u32>,
}

impl Request {
    /// A GET of a document.
    pub fn get(url: String, accept: &str) -> Self {
        Self {
            method: "GET",
            url,
            headers: vec![("accept", accept.to_owned())],
            body: None,
            revalidate: false,
            timeout_ms: Some(Timeouts::default().document_ms),
        }
    }

    /// A HEAD that bypasses every cache.
    pub fn head(url: String) -> Self {
        Self {
            method: "HEAD",
            revalidate: true,
            ..Self::get(url, "*/*")
        }
    }

    /// A POST of a form.
    pub fn post_form(url: String, form: String) -> Self {
        Self {
            method: "POST",
            url,
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: Some(form),
            revalidate: false,
            timeout_ms: Some(Timeouts::default().token_ms),
        }
    }
}

/// How long the client's own requests may take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// A document: metadata, or an identity. 10 s by default.
    pub document_ms: u32,
    /// A request to an endpoint of the authorization server. 30 s by default. A refresh itself has no limit, because its
    /// response holds the only valid tokens; this limits how long a caller waits for it.
    pub token_ms: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            document_ms: 10_000,
            token_ms: 30_000,
        }
    }
}

/// Omits headers and body, which contain proofs and tokens.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.url)
    }
}

/// A complete response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The received headers of [`READ_HEADERS`] that CORS exposes.
    pub headers: Vec<(&'static str, String)>,
    /// The body, at most [`MAX_BODY`] bytes.
    pub body: String,
}

impl Response {
    /// The value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The media type, without parameters and in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?.split(';').next()?;
        Some(value.trim_ascii().to_ascii_lowercase())
    }

    /// The server's time now, in milliseconds since the epoch: its `Date`, plus the `Age` of a response from a shared cache
    /// (RFC 9111 section 5.1).
    pub fn date(&self) -> Option<u64> {
        let date = parse_date(self.header("date")?)?;
        let age = self.header("age").and_then(|age| number(age.as_bytes()));
        let age = age.unwrap_or_default().saturating_mul(1000);
        Some(date.saturating_add(age))
    }

    /// Whether the status is 2xx.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The JSON object of a document, which must have status 200 and one of these media types.
    pub fn document(&self, media_types: &[&str]) -> Result<Json, HttpError> {
        if self.status != 200 {
            return Err(HttpError::Status(self.status));
        }
        match self.media_type() {
            Some(found) if media_types.contains(&found.as_str()) => self.json(),
            found => Err(HttpError::ContentType(found)),
        }
    }

    /// The JSON object of an OAuth endpoint's response with any status, because a refusal is JSON too.
    pub fn endpoint_json(&self) -> Result<Json, HttpError> {
        match self.media_type() {
            Some(found)
                if found == "application/json"
                    || (found.starts_with("application/") && found.ends_with("+json")) =>
            {
                self.json()
            }
            _ if !self.ok() => Err(HttpError::Status(self.status)),
            found => Err(HttpError::ContentType(found)),
        }
    }

    fn json(&self) -> Result<Json, HttpError> {
        Json::parse(&self.body)
            .filter(Json::is_object)
            .ok_or(HttpError::NotJson)
    }
}

/// Parses a time such as `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send (RFC 9110 section 5.6.7), as
/// milliseconds since the epoch.
pub(crate) fn parse_date(text: &str) -> Option<u64> {
    let text = text.as_bytes();
    let field = |from: usize, to| number(text.get(from..to)?);
    let name = text.get(8..11)?;
    let month = b"JanFebMarAprMayJunJulAugSepOctNovDec"
        .chunks(3)
        .position(|month| month == name)? as u64;
    // Count years from March, so that the leap day is the last day.
    let (year, month) = match month {
        0 | 1 => (field(12, 16)?.checked_sub(1)?, month + 10),
        _ => (field(12, 16)?, month - 2),
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
    // The number of days between 1 March of the year 0 and the epoch.
    let days = (days + field(5, 7)?).checked_sub(719_469)?;
    let hours = days * 24 + field(17, 19)?;
    let minutes = hours * 60 + field(20, 22)?;
    Some((minutes * 60 + field(23, 25)?) * 1000)
}

/// A number of at most ten decimal digits.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = digits.len() <= 10 && digits.iter().all(u8::is_ascii_digit);
    let value = |value, digit: &u8| value * 10 + u64::from(digit - b'0');
    is_number.then(|| digits.iter().fold(0, value))
}

/// Omits the body, which can contain a token.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why a request has no response, or a response in the wrong form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// No response: offline, unknown name, connection refused, or CORS. A page cannot see which. Holds the host's message.
    Unreachable(String),
    /// No complete response within the time limit.
    Timeout,
    /// The response was longer than [`MAX_BODY`].
    TooLarge,
    /// The response was a redirect.
    Redirected,
    /// The response had an unexpected status.
    Status(u16),
    /// The response had an unexpected media type.
    ContentType(Option<String>),
    /// The body of the response was no JSON object.
    NotJson,
    /// The body of the response was a JSON object without the expected members.
    NotMetadata,
}

impl HttpError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout => true,
            Self::Status(status) => matches!(*status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }
}

impl Message for HttpError {
    fn key(&self) -> Key {
        match self {
            Self::Unreachable(_) => key!("NETWORK_UNREACHABLE"),
            Self::Timeout => key!("NETWORK_TIMEOUT"),
            Self::TooLarge => key!("RESPONSE_TOO_LARGE"),
            Self::Redirected => key!("RESPONSE_REDIRECTED"),
            Self::Status(_) => key!("RESPONSE_STATUS"),
            Self::ContentType(_) => key!("RESPONSE_CONTENT_TYPE"),
            Self::NotJson => key!("RESPONSE_NOT_JSON"),
            Self::NotMetadata => key!("RESPONSE_NOT_METADATA"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::Unreachable(why) => to.text("reason", why),
            Self::Status(status) => to.number("status", (*status).into()),
            Self::ContentType(Some(found)) => to.text("value", found),
            _ => {}
        }
    }
}

said!(HttpError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Sat, 31 Dec 2022 12:00:00 GMT", Some(1_672_488_000)),
            ("Mon, 01 Jan 2024 00:00:00 GMT", Some(1_704_067_200)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Sun, 01 Jan 0000 00:00:00 GMT", None),
            ("Sun, 06 Xyz 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            (
                "Sun, \u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
                None,
            ),
            ("1994", None),
            ("", None),
        ] {
            let expected = seconds.map(|seconds: u64| seconds * 1000);
            assert_eq!(parse_date(text), expected, "{text}");
        }
    }

    #[test]
    fn the_age_of_a_cached_response_is_added_to_its_date() {
        let date = ("date", "Thu, 01 Jan 1970 00:01:00 GMT".to_owned());
        let time_of = |headers| {
            let (status, body) = (200, String::new());
            Response {
                status,
                headers,
                body,
            }
            .date()
        };
        assert_eq!(time_of(vec![]), None);
        assert_eq!(time_of(vec![date.clone()]), Some(60_000));
        for (age, expected) in [("30", 90_000), ("-1", 60_000), ("x", 60_000)] {
            assert_eq!(
                time_of(vec![date.clone(), ("age", age.to_owned())]),
                Some(expected)
            );
        }
    }
}
