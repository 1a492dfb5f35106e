//! The test suites by name.

use anyhow::{Result, bail};

/// A part of the tests that can be asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    Lint,
    Native,
    Wasm,
    Package,
    Crate,
    EndToEnd,
    Soak,
}

impl Suite {
    /// In the order in which they run: what fails fast comes first, but for what can be compiled while tests wait for a browser.
    const ALL: [Self; 6] = [
        Self::Native,
        Self::Wasm,
        Self::Package,
        Self::EndToEnd,
        Self::Crate,
        Self::Lint,
    ];

    /// Whether it compiles nearly all the time, and would be done soon where that is done already.
    pub(crate) fn compiles(self) -> bool {
        matches!(self, Self::Crate | Self::Lint)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Package => "package",
            Self::Crate => "crate",
            Self::EndToEnd => "e2e",
            Self::Soak => "soak",
        }
    }

    /// The suites named, or all but the long one.
    pub(crate) fn parse_all(names: &[String]) -> Result<Vec<Self>> {
        if names.is_empty() {
            return Ok(Self::ALL.to_vec());
        }
        let known = Self::ALL.iter().chain([&Self::Soak]);
        let find = |name: &String| match known.clone().find(|suite| suite.name() == name) {
            Some(suite) => Ok(*suite),
            None => bail!(
                "not a test suite: {name} (there are {}, and soak)",
                Self::ALL.map(Self::name).join(", ")
            ),
        };
        names.iter().map(find).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_found_by_name() {
        let named = Suite::parse_all(&["e2e".to_owned(), "lint".to_owned()]);
        assert_eq!(named.ok(), Some(vec![Suite::EndToEnd, Suite::Lint]));
        assert_eq!(
            Suite::parse_all(&[]).ok().map(|suites| suites.len()),
            Some(6)
        );
        assert!(Suite::parse_all(&["everything".to_owned()]).is_err());
    }
}
