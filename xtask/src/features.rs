//! The combinations of the crate's features that are checked: none and all, natively and for the browser; for the browser also
//! each feature alone.

use anyhow::{Result, ensure};

use crate::tools::TARGET;
use crate::workspace::Workspace;

const MANIFEST: &str = "Cargo.toml";

/// Clippy's arguments for each combination.
pub(crate) fn combinations(workspace: &Workspace) -> Result<Vec<Vec<String>>> {
    let names = named(&workspace.read(MANIFEST)?);
    ensure!(!names.is_empty(), "no features in {MANIFEST}");
    let mut combinations = vec![String::new(), names.join(",")];
    combinations.extend(names);
    let arguments = |target: &[&str], features: &String| {
        let common = ["--package", "atproto-oauth-wasm", "--lib", "--features"];
        let all = common.iter().copied().chain([features.as_str()]);
        all.chain(target.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let browser: &[&str] = &["--target", TARGET];
    let natively = combinations[..2].iter().map(|each| arguments(&[], each));
    let in_browser = combinations.iter().map(|each| arguments(browser, each));
    Ok(natively.chain(in_browser).collect())
}

/// The names in the section `[features]`.
fn named(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
    names
        .filter(|name| !name.starts_with('#') && *name != "default")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_section() {
        let manifest = "[package]\nname = \"x\"\n\n[features]\ndefault = []\n# c = d\njs = [\"dep:y\"]\n\
             gloo-net = [\n]\n\n[dependencies]\ny = \"1\"\n";
        assert_eq!(named(manifest), ["js", "gloo-net"]);
        assert!(named("[package]\n").is_empty());
    }
}
