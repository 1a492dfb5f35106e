//! What a user types or pastes to sign in.

use super::{Did, Handle, IdentityError};
use crate::text::is_ignorable;
use crate::url::Url;

/// Where a sign-in begins.
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
    /// Reads what was typed, once it is [normalized](Self::normalize). What is neither a URL nor a DID is taken for a
    /// handle, so that is what the error names.
    pub fn parse(typed: &str) -> Result<Self, IdentityError> {
        Self::read(&Self::normalize(typed))
    }

    /// Reads a text that is normalized.
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

    /// What was meant by a text that was typed or pasted. This is what is judged, suggested to the server, shown in
    /// messages and given to the app's own resolver.
    ///
    /// - Characters that show nothing are left out wherever they are, and white space around the text.
    /// - Full-width characters, and the full stops that internationalized domain names know (RFC 3490 section 3.1), are
    ///   those of ASCII.
    /// - `@` before a handle is left out ("Handle", section "Usage and Implementation Guidelines"). Of an `at://` URI, the
    ///   account is left, which is its authority.
    /// - A handle is in lower case, as is the scheme of a URL. So is a DID: the DID specification allows that for text
    ///   fields, since no DID of the methods that atproto supports has capitals.
    ///
    /// What is wrong otherwise stays as it is, to be refused. A web URL stays that of a server, whatever its path says.
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
        // All that has capitals in such a DID: the escaped colon before a port.
        if let Some(port) = lower.strip_prefix("did:web:localhost%3a") {
            lower = ["did:web:localhost%3A", port].concat();
        }
        match Did::parse(&lower).is_ok() || Handle::parse(&lower).is_ok() {
            true => lower,
            false => rest.to_owned(),
        }
    }
}

/// What stands for a character; `None`: nothing.
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
