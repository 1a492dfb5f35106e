//! The user's input to sign in with.

use super::{Did, Handle, IdentityError};
use crate::text::is_ignorable;
use crate::url::Url;

/// An input that a sign-in can begin with.
///
/// Source: atproto specification, "OAuth", section "Identity Authentication".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// An account, by its handle.
    Handle(Handle),
    /// An account, by its DID.
    Did(Did),
    /// A server: a PDS, or an authorization server such as an entryway. Only the origin counts.
    Service(Url),
}

impl Input {
    /// [Normalizes](Self::normalize) and parses an input. Text that is neither a URL nor a DID counts as a handle, so the error
    /// names a handle.
    pub fn parse(typed: &str) -> Result<Self, IdentityError> {
        Self::read(&Self::normalize(typed))
    }

    /// Parses a normalized input.
    pub(crate) fn read(input: &str) -> Result<Self, IdentityError> {
        if input.starts_with("https://") || input.starts_with("http://") {
            return Url::parse(input)
                .map(Self::Service)
                .ok_or_else(|| IdentityError::InvalidService(input.to_owned()));
        }
        match Did::parse(input) {
            Ok(did) => Ok(Self::Did(did)),
            Err(_) => Handle::parse(input).map(Self::Handle),
        }
    }

    /// Normalizes a text that was typed or pasted. The result is parsed, suggested to the server, shown in messages and passed
    /// to the app's own resolver.
    ///
    /// - Invisible characters are removed anywhere, and white space around the text.
    /// - Full-width characters, and the full stops of internationalized domain names (RFC 3490 section 3.1), become ASCII.
    /// - `@` before a handle is removed ("Handle", section "Usage and Implementation Guidelines"). An `at://` URI becomes its
    ///   authority, which is the account.
    /// - A handle and the scheme of a URL become lower case. So does a DID: the DID specification allows that for text fields,
    ///   because no DID of the methods that atproto supports has capitals.
    ///
    /// Other errors stay in the text, so that it is refused. A web URL remains that of a server, regardless of its path.
    pub fn normalize(typed: &str) -> String {
        let meant: String = typed.chars().filter_map(plain).collect();
        let mut rest = meant.trim();
        loop {
            rest = if let Some(handle) = rest.strip_prefix('@') {
                handle.trim()
            } else if has_scheme(rest, "at://") {
                let authority = rest["at://".len()..].split(['/', '?', '#']).next();
                authority.unwrap_or_default().trim()
            } else {
                break;
            };
        }
        for scheme in ["https://", "http://"] {
            if has_scheme(rest, scheme) {
                return [scheme, &rest[scheme.len()..]].concat();
            }
        }
        let mut lower = rest.to_ascii_lowercase();
        // Only the escaped colon before a port has capitals in such a DID.
        if let Some(port) = lower.strip_prefix("did:web:localhost%3a") {
            lower = ["did:web:localhost%3A", port].concat();
        }
        match Did::parse(&lower).is_ok() || Handle::parse(&lower).is_ok() {
            true => lower,
            false => rest.to_owned(),
        }
    }
}

/// The replacement of a character; `None` if it is removed.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{3002}' | '\u{ff61}' => Some('.'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
        c => (!is_ignorable(c)).then_some(c),
    }
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    let start = text.get(..scheme.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}
