//! Permissions to upload media files.

use super::ScopeError;
use super::syntax::{Syntax, print};
use std::fmt;

pub(super) const RESOURCE: &str = "blob";
const ANY: &str = "*/*";

/// To upload blobs: `blob:image/*`.
///
/// Source: atproto specification, "Permissions", section "blob".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobPermission {
    /// In alphabetical order and lower case. None includes another.
    accept: Vec<String>,
}

impl BlobPermission {
    /// Creates a permission for media types, at least one: `image/png`, `image/*` or `*/*`. They are case-insensitive.
    ///
    /// ```
    /// use atproto_oauth_wasm::BlobPermission;
    ///
    /// let images = BlobPermission::new(["image/png", "image/*", "video/mp4"]);
    /// assert_eq!(
    ///     images.map(|images| images.to_string()).as_deref(),
    ///     Ok("blob?accept=image/*&accept=video/mp4")
    /// );
    /// ```
    pub fn new<A: Into<String>>(accept: impl IntoIterator<Item = A>) -> Result<Self, ScopeError> {
        Self::of(accept.into_iter().map(A::into).collect())
    }

    fn of(mut accept: Vec<String>) -> Result<Self, ScopeError> {
        if accept.is_empty() {
            return Err(ScopeError::MissingParameter(RESOURCE, "accept"));
        }
        if let Some(at) = accept.iter().position(|pattern| !is_pattern(pattern)) {
            return Err(ScopeError::InvalidValue("accept", accept.swap_remove(at)));
        }
        for pattern in &mut accept {
            pattern.make_ascii_lowercase();
        }
        accept.sort();
        accept.dedup();
        let is_within_another = |pattern: &String| {
            let mut others = accept.iter().filter(|other| *other != pattern);
            others.any(|other| matches(other, pattern))
        };
        let redundant: Vec<bool> = accept.iter().map(is_within_another).collect();
        let mut redundant = redundant.into_iter();
        accept.retain(|_| !redundant.next().unwrap_or_default());
        Ok(Self { accept })
    }

    /// The media types and patterns.
    pub fn accept(&self) -> &[String] {
        &self.accept
    }

    pub(super) fn read(syntax: &Syntax<'_>) -> Result<Self, ScopeError> {
        let [accept] = syntax.read(RESOURCE, ["accept"])?;
        Self::of(accept)
    }

    /// Whether it covers a media type, or all of a pattern.
    pub(super) fn allows(&self, pattern: &str) -> bool {
        self.accept.iter().any(|own| matches(own, pattern))
    }
}

/// Whether `wide` includes every media type of `narrow`.
fn matches(wide: &str, narrow: &str) -> bool {
    wide == ANY
        || wide == narrow
        || wide
            .strip_suffix('*')
            .is_some_and(|kind| narrow.starts_with(kind))
}

/// Whether a text is `type/subtype` of RFC 6838 section 4.2. The subtype, or both, may be `*`.
fn is_pattern(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text == ANY
        || text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_name(kind) && (subtype == "*" || is_name(subtype)))
}

impl fmt::Display for BlobPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print(RESOURCE, ("accept", &self.accept), ("", &[])))
    }
}
