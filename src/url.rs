//! URLs by the WHATWG standard: the browser's `URL` in wasm (the `url` crate would add 59 kB), the `url` crate elsewhere.

use std::fmt;
use std::sync::Arc;

/// An absolute URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Arc<Parts>);

/// The parts of a URL that are used, each read once.
#[derive(PartialEq, Eq)]
struct Parts {
    href: String,
    origin: String,
    hostname: String,
    pathname: String,
}

impl Url {
    /// Parses an absolute URL; `None` if it is none.
    pub fn parse(input: &str) -> Option<Self> {
        backend::parse(input, None)
    }

    /// Parses `input`, absolute or relative to this URL.
    pub fn join(&self, input: &str) -> Option<Self> {
        backend::parse(input, Some(self))
    }

    /// The serialization.
    pub fn as_str(&self) -> &str {
        &self.0.href
    }

    /// Scheme, host and port; without a trailing slash. `"null"` for schemes that have none.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The host without the port; an IPv6 address keeps its brackets.
    pub fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// The path, `/` at least for http and https.
    pub fn pathname(&self) -> &str {
        &self.0.pathname
    }

    /// The scheme, without the colon.
    pub fn scheme(&self) -> &str {
        self.0.href.split(':').next().unwrap_or_default()
    }

    /// The port, if it is given and is not the scheme's default.
    pub fn port(&self) -> Option<&str> {
        let (_, behind) = self.0.origin.split_once(':')?;
        behind
            .strip_prefix("//")?
            .strip_prefix(self.0.hostname.as_str())?
            .strip_prefix(':')
    }

    /// The query, without `?`; `None` if there is no `?`.
    pub fn query(&self) -> Option<&str> {
        Some(self.without_fragment().split_once('?')?.1)
    }

    /// The fragment, without `#`; `None` if there is no `#`.
    pub fn fragment(&self) -> Option<&str> {
        Some(self.0.href.split_once('#')?.1)
    }

    /// The URL without query and fragment: the `htu` claim of a DPoP proof (RFC 9449 section 4.2).
    pub fn without_query(&self) -> &str {
        without_query(&self.0.href)
    }

    /// The URL without the fragment.
    pub fn without_fragment(&self) -> &str {
        self.0.href.split('#').next().unwrap_or_default()
    }

    /// Whether the URL has a user name or a password.
    pub fn has_credentials(&self) -> bool {
        let authority = self.without_query()[self.scheme().len()..]
            .strip_prefix("://")
            .and_then(|rest| rest.split('/').next());
        authority.is_some_and(|authority| authority.contains('@'))
    }

    /// Whether the scheme is http or https.
    pub fn is_web(&self) -> bool {
        matches!(self.scheme(), "http" | "https")
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.href)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.0.href)
    }
}

/// Scheme, host and port of a URL in its normal form.
pub(crate) fn origin_of(url: &str) -> &str {
    let behind_scheme = url
        .split_once(':')
        .and_then(|(_, behind)| behind.strip_prefix("//"))
        .unwrap_or(url);
    let mut bytes = behind_scheme.bytes();
    let end = bytes.position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let end = end.unwrap_or(behind_scheme.len());
    &url[..url.len() - behind_scheme.len() + end]
}

/// A URL in its normal form, without query and fragment.
pub(crate) fn without_query(url: &str) -> &str {
    let end = url.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    &url[..end.unwrap_or(url.len())]
}

/// Whether a URL parser would leave a path, with an optional query, as it is, so that no parser is needed.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let mut before = b'x';
    path.starts_with('/')
        && path.bytes().enumerate().all(|(at, byte)| {
            let plain = match byte {
                // Another host, or a dot segment.
                b'/' => at != 1,
                b'.' => before != b'/',
                b'-' | b'_' | b'~' | b'?' | b'=' | b'&' | b':' | b'+' | b',' | b'@' => true,
                // A segment with an encoded dot can be a dot segment too.
                b'%' => before != b'/',
                _ => byte.is_ascii_alphanumeric(),
            };
            before = byte;
            plain
        })
}

/// Appends `name=value` to `out` in `application/x-www-form-urlencoded` form, after `&` unless it is the first.
pub(crate) fn push_form(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    push_encoded(out, name);
    out.push('=');
    push_encoded(out, value);
}

/// Percent-encodes all but the unreserved characters of RFC 3986, so that every form and URL parser reads the same.
pub(crate) fn push_encoded(out: &mut String, value: &str) {
    push_encoded_except(out, value, b"");
}

/// Like [`push_encoded`], but leaves these characters as they are too.
pub(crate) fn push_encoded_except(out: &mut String, value: &str, unencoded: &[u8]) {
    for byte in value.bytes() {
        match byte {
            byte if unencoded.contains(&byte) => out.push(byte as char),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char)
            }
            byte => push_escaped(out, byte),
        }
    }
}

/// Appends a byte as a percent-encoded triplet (RFC 3986 section 2.1).
pub(crate) fn push_escaped(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(HEX[usize::from(byte >> 4)] as char);
    out.push(HEX[usize::from(byte & 15)] as char);
}

/// `application/x-www-form-urlencoded` pairs, in their order.
pub(crate) fn form_of(pairs: &[(String, String)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        push_form(&mut form, name, value);
    }
    form
}

/// Parses `application/x-www-form-urlencoded` pairs in their order. Invalid escapes stay as they are, as in browsers.
pub(crate) fn parse_form(input: &str) -> Vec<(String, String)> {
    backend::parse_form(input)
}

/// Decodes a form-encoded value. Invalid escapes stay as they are.
pub(crate) fn decode(input: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    let bytes = input.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(target_arch = "wasm32")]
mod backend {
    use super::{Arc, Parts, Url};
    use js_sys::Array;
    use wasm_bindgen::JsCast;

    pub(super) fn parse_form(input: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        // A leading question mark is not part of the form.
        if let Ok(params) = web_sys::UrlSearchParams::new_with_str(&["?", input].concat()) {
            for pair in Array::from(&params).iter() {
                let pair: Array = pair.unchecked_into();
                let text = |at| pair.get(at).as_string().unwrap_or_default();
                pairs.push((text(0), text(1)));
            }
        }
        pairs
    }

    pub(super) fn parse(input: &str, base: Option<&Url>) -> Option<Url> {
        let url = match base {
            None => web_sys::Url::new(input),
            Some(base) => web_sys::Url::new_with_base(input, base.as_str()),
        }
        .ok()?;
        Some(Url(Arc::new(Parts {
            href: url.href(),
            origin: url.origin(),
            hostname: url.hostname(),
            pathname: url.pathname(),
        })))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod backend {
    use super::{Arc, Parts, Url};

    pub(super) fn parse_form(input: &str) -> Vec<(String, String)> {
        let pairs = url::form_urlencoded::parse(input.as_bytes());
        pairs.into_owned().collect()
    }

    pub(super) fn parse(input: &str, base: Option<&Url>) -> Option<Url> {
        let url = url::Url::options()
            .base_url(base.and_then(|b| url::Url::parse(b.as_str()).ok()).as_ref())
            .parse(input)
            .ok()?;
        Some(Url(Arc::new(Parts {
            href: url.to_string(),
            origin: url.origin().ascii_serialization(),
            hostname: url.host_str().unwrap_or_default().to_owned(),
            pathname: url.path().to_owned(),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(input: &str) -> Url {
        Url::parse(input).expect(input)
    }

    #[test]
    fn parts_are_those_of_the_standard() {
        let u = url("https://user@Example.com:8443/a/b?x=1?2#y#z");
        assert_eq!(u.origin(), "https://example.com:8443");
        assert_eq!(
            (u.scheme(), u.hostname(), u.port()),
            ("https", "example.com", Some("8443"))
        );
        assert_eq!((u.query(), u.fragment()), (Some("x=1?2"), Some("y#z")));
        assert!(u.has_credentials());
        assert_eq!(url("http://[::1]:3100/").port(), Some("3100"));
        assert_eq!(url("https://a.example:443").port(), None);
        assert_eq!(
            u.join("/xrpc/q?a#b").expect("joins").without_query(),
            "https://user@example.com:8443/xrpc/q"
        );
    }

    /// Tries all pairs of ASCII characters in all places: the parser leaves every plain path as it is.
    #[test]
    fn plain_paths_are_what_a_parser_makes_of_them() {
        let base = url("https://example.com/");
        let ascii = || (0..128_u8).map(char::from);
        let mut plain = 0;
        for (one, other) in ascii().flat_map(|one| ascii().map(move |other| (one, other))) {
            for path in [
                format!("{one}{other}"),
                format!("/{one}{other}"),
                format!("/{one}{other}/x"),
                format!("/a/{one}{other}2E/x"),
                format!("/a?{one}{other}"),
            ] {
                if is_plain_path(&path) {
                    plain += 1;
                    let joined = base.join(&path).expect("a URL");
                    assert_eq!(joined.as_str(), format!("https://example.com{path}"));
                }
            }
        }
        assert!(plain > 15_000);
        for path in [
            "/xrpc/app.bsky.feed.getTimeline?limit=50&cursor=2026-11-21T20:00:00.000Z",
            "/xrpc/com.atproto.repo.getRecord?repo=did:plc:abc&rkey=self",
            "/xrpc/x?uri=at%3A%2F%2Fdid%3Aplc%3Aabc%2Fapp.bsky.feed.post%2F3k",
        ] {
            assert!(is_plain_path(path), "{path}");
        }
        for path in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "/a/../b",
            "/a/%2e%2E/b",
            "/a b",
        ] {
            assert!(!is_plain_path(path), "{path}");
        }
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_credential() {
        assert!(!url("https://example.com/@alice?u=a@b").has_credentials());
        assert!(!url("app:x://a@b").has_credentials());
    }

    #[test]
    fn forms_read_back() {
        let mut form = String::new();
        push_form(&mut form, "scope", "atproto transition:generic");
        push_form(&mut form, "é&", "1+1=2");
        assert_eq!(
            form,
            "scope=atproto%20transition%3Ageneric&%C3%A9%26=1%2B1%3D2"
        );
        let read = parse_form(&form);
        assert_eq!(
            read[0],
            ("scope".into(), "atproto transition:generic".into())
        );
        assert_eq!(read[1], ("é&".into(), "1+1=2".into()));
        assert_eq!(
            parse_form("a=%zz&b=x+y&&c"),
            [
                ("a".into(), "%zz".into()),
                ("b".into(), "x y".into()),
                ("c".into(), String::new())
            ]
        );
    }
}
