//! Keys of messages in the table.

use super::TABLE;

/// A message of the table, identified by its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(u8);

/// The [`Key`] of a text. A text that is not in the table does not compile.
macro_rules! key {
    ($text:literal) => {
        const { $crate::sentences::Key::of($text) }
    };
}
pub(crate) use key;

impl Key {
    pub(crate) const fn of(key: &str) -> Self {
        let (table, key) = (TABLE.as_bytes(), key.as_bytes());
        let (mut line, mut start) = (0, 0);
        loop {
            let mut at = 0;
            while at < key.len() && table[start + at] == key[at] {
                at += 1;
            }
            if at == key.len() && table[start + at] == b' ' {
                return Self(line);
            }
            while table[start] != b'\n' {
                start += 1;
            }
            start += 1;
            line += 1;
        }
    }

    /// The number of the line, from 0, which identifies it in the npm package.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(crate) fn line(self) -> u8 {
        self.0
    }

    /// The key and the template.
    fn row(self) -> (&'static str, &'static str) {
        let line = TABLE.lines().nth(self.0.into());
        line.and_then(|line| line.split_once(' '))
            .unwrap_or_default()
    }

    /// The text.
    pub(crate) fn text(self) -> &'static str {
        self.row().0
    }

    /// The code at the beginning of the key.
    pub(crate) fn code(self) -> &'static str {
        let text = self.text();
        text.split_once('/').map_or(text, |(code, _)| code)
    }

    /// The template.
    #[cfg(not(all(target_arch = "wasm32", feature = "js")))]
    pub(crate) fn template(self) -> &'static str {
        self.row().1
    }
}
