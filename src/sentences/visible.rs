//! Shows invisible characters in messages that quote a user's input.

use crate::text::is_ignorable;
use std::fmt;
use std::fmt::Write;

/// Whether a character is invisible or looks like a plain space. That includes the braille pattern without dots.
fn is_invisible(c: char) -> bool {
    c.is_control() || is_ignorable(c) || c == '\u{2800}' || (c.is_whitespace() && c != ' ')
}

/// A text for quoting in a message, with invisible characters shown as numbers, such as `\u{202a}`.
pub(super) struct Visible<'a>(pub(super) &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_invisible(c) {
                c.escape_unicode().fmt(f)?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Visible;

    #[test]
    fn what_is_invisible_is_quoted_by_its_number() {
        for (text, shown) in [
            ("alice.example.com", "alice.example.com"),
            ("al ice \"é💩\"", "al ice \"é💩\""),
            ("\u{202a}a\u{2069}", "\\u{202a}a\\u{2069}"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\0b\nc\u{7f}d\u{9f}", "a\\u{0}b\\u{a}c\\u{7f}d\\u{9f}"),
            ("a\u{a0}b\u{3000}c\u{2028}", "a\\u{a0}b\\u{3000}c\\u{2028}"),
            ("\u{e0041}\u{2800}", "\\u{e0041}\\u{2800}"),
        ] {
            assert_eq!(Visible(text).to_string(), shown);
        }
    }
}
