//! The integration tests that run in wasm, and where: their first lines say so.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Test names, as `cargo test --test` takes them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct WasmTests {
    /// In a page or a worker.
    pub(crate) browser: Vec<String>,
    /// In Node: an app rendered on a server.
    pub(crate) node: Vec<String>,
}

impl WasmTests {
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        let mut tests = Self::default();
        let entries = fs::read_dir(workspace.path("tests")).context("cannot list tests")?;
        for entry in entries {
            let path = entry.context("cannot list tests")?.path();
            let file = if path.is_dir() {
                path.join("main.rs")
            } else {
                path.clone()
            };
            let is_rust = file.extension().is_some_and(|extension| extension == "rs");
            if let Some(name) = path.file_stem().filter(|_| is_rust && file.is_file()) {
                let text = fs::read_to_string(&file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                tests.add(&name.to_string_lossy(), &text);
            }
        }
        tests.browser.sort();
        tests.node.sort();
        Ok(tests)
    }

    fn add(&mut self, name: &str, text: &str) {
        if !text.contains("#![cfg(target_arch = \"wasm32\")]") {
            return;
        }
        // By default, wasm-bindgen's runner uses Node.
        let place = if text.contains("configure!(run_in_") {
            &mut self.browser
        } else {
            &mut self.node
        };
        place.push(name.to_owned());
    }

    /// Cargo's arguments for all of them.
    pub(crate) fn all(&self) -> Vec<String> {
        arguments(self.browser.iter().chain(&self.node))
    }
}

/// `--test NAME` for each.
pub(crate) fn arguments<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names
        .into_iter()
        .flat_map(|name| ["--test".to_owned(), name.clone()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_says_where_it_runs() {
        let mut tests = WasmTests::default();
        tests.add("native", "use std::fs;");
        tests.add("not_wasm", "#![cfg(not(target_arch = \"wasm32\"))]");
        tests.add(
            "page",
            "#![cfg(target_arch = \"wasm32\")]\nwasm_bindgen_test_configure!(run_in_browser);",
        );
        tests.add("worker", "#![cfg(target_arch = \"wasm32\")]\nwasm_bindgen_test_configure!(run_in_dedicated_worker);");
        tests.add("server", "#![cfg(target_arch = \"wasm32\")]");
        let expected = WasmTests {
            browser: vec!["page".to_owned(), "worker".to_owned()],
            node: vec!["server".to_owned()],
        };
        assert_eq!(tests, expected);
        assert_eq!(
            tests.all(),
            ["--test", "page", "--test", "worker", "--test", "server"]
        );
    }
}
