//! Handles: host names that stand for an account.

use super::IdentityError;
use std::fmt;
use std::str::FromStr;

/// A handle in its normal form, lower case.
///
/// Source: atproto specification, "Handle", section "Handle Identifier Syntax".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

impl Handle {
    /// Reads a handle of any case; [`IdentityError::InvalidHandle`] where it is none. Nothing is trimmed.
    pub fn parse(input: &str) -> Result<Self, IdentityError> {
        let (mut labels, mut last) = (0, "");
        let labels_ok = input.split('.').all(|label| {
            labels += 1;
            last = label;
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        let last_is_name = last.starts_with(|c: char| c.is_ascii_alphabetic());
        if labels_ok && labels > 1 && last_is_name && input.len() <= 253 {
            Ok(Self(input.to_ascii_lowercase()))
        } else {
            Err(IdentityError::InvalidHandle(input.to_owned()))
        }
    }

    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Handle {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = IdentityError;

    fn from_str(input: &str) -> Result<Self, IdentityError> {
        Self::parse(input)
    }
}

#[cfg(test)]
mod tests {
    use super::Handle;

    #[test]
    fn the_specification_s_own_examples() {
        for ok in [
            "jay.bsky.social",
            "8.cn",
            "name.t--t",
            "XX.LCS.MIT.EDU",
            "a.co",
            "xn--notarealidn.com",
            "xn--fiqa61au8b7zsevnm8ak20mc4a87e.xn--fiqs8s",
            "xn--ls8h.test",
            "example.t",
        ] {
            assert_eq!(
                Handle::parse(ok).expect(ok).as_str(),
                ok.to_ascii_lowercase()
            );
        }
        for bad in [
            "jo@hn.test",
            "💩.test",
            "john..test",
            "xn--bcher-.tld",
            "john.0",
            "cn.8",
            "www.masełkowski.pl.com",
            "org",
            "name.org.",
            "",
            ".",
            "@alice.test",
            " alice.test",
            "alice.test ",
            "at://alice.test",
            "alice .test",
        ] {
            assert!(Handle::parse(bad).is_err(), "{bad}");
        }
        let long = format!("{}.test", ["a"; 126].join("."));
        assert!(Handle::parse(&long).is_err());
        assert!(Handle::parse(&format!("{}.test", "a".repeat(64))).is_err());
    }
}
