//! The test suites by name.

use anyhow::{Result, bail};

/// The suites to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) suites: Vec<Suite>,
    /// If given, only this file of the suite, without its extension.
    pub(crate) file: Option<String>,
}

impl Selection {
    /// Parses the names of suites, or one file of a suite, such as `e2e/refresh`. Without names: all suites except the long one.
    pub(crate) fn parse(names: &[String]) -> Result<Self> {
        if let [name] = names
            && let Some((suite, file)) = name.split_once('/')
        {
            let suites = Suite::parse_all(&[suite.to_owned()])?;
            if !matches!(suites[..], [Suite::Package | Suite::EndToEnd]) {
                bail!("only a file of package or e2e can be tested alone, not {name}");
            }
            let file = Some(file.to_owned());
            return Ok(Self { suites, file });
        }
        Ok(Self {
            suites: Suite::parse_all(names)?,
            file: None,
        })
    }
}

/// A part of the tests that can be run by name.
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
    /// In the order in which they run: suites that fail fast come first, except those that compile while tests wait for a browser.
    const ALL: [Self; 6] = [
        Self::Native,
        Self::Wasm,
        Self::Package,
        Self::EndToEnd,
        Self::Crate,
        Self::Lint,
    ];

    /// Whether it spends nearly all its time compiling, and is fast when that is done already.
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
    fn parse_all(names: &[String]) -> Result<Vec<Self>> {
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

    #[test]
    fn one_file_of_a_suite_can_be_asked_for() {
        let selected = |name: &str| Selection::parse(&[name.to_owned()]).ok();
        let refresh = Selection {
            suites: vec![Suite::EndToEnd],
            file: Some("refresh".to_owned()),
        };
        assert_eq!(selected("e2e/refresh"), Some(refresh));
        assert_eq!(selected("native/refresh"), None);
        assert_eq!(selected("nothing/refresh"), None);
        assert_eq!(selected("e2e").and_then(|selection| selection.file), None);
    }
}
