//! Tests that the documents are short, complete and lead somewhere.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

const README: &str = "README.md";
/// A newcomer reads it to the end.
const MOST_WORDS: usize = 1_200;
const FOLDER: &str = "docs";
/// Where paths in backticks begin.
const FOLDERS: [&str; 10] = [
    "benches/",
    "docs/",
    "examples/",
    "pkg-template/",
    "spec/",
    "src/",
    "tests/",
    "www/",
    "xtask/",
    ".ci/",
];

/// The documents' names and texts.
fn documents(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let mut names = [README, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(str::to_owned)
        .to_vec();
    let unreadable = || format!("cannot list {FOLDER}");
    for entry in fs::read_dir(workspace.path(FOLDER)).with_context(unreadable)? {
        names.push(format!("{FOLDER}/{}", entry?.file_name().to_string_lossy()));
    }
    let read = |name: String| workspace.read(&name).map(|text| (name, text));
    names.into_iter().map(read).collect()
}

/// A text without its blocks of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    };
    text.lines().filter(is_prose).collect::<Vec<_>>().join("\n")
}

/// What links lead to.
fn links(text: &str) -> Vec<String> {
    let ends = text.split("](").skip(1);
    let targets = ends.filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// The paths in backticks, without those that stand for several files.
fn paths(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |quoted: &&str| {
        FOLDERS.iter().any(|folder| quoted.starts_with(folder))
            && !quoted.contains(['*', ' ', '<'])
            && !quoted.contains("NAME")
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

/// The name that a heading goes by in links.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Why a link of a document leads nowhere, if it does.
fn broken(workspace: &Workspace, name: &str, text: &str, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = workspace.path(folder).join(file);
    let failed = |why| Some(format!("{name}: {target} {why}"));
    if !file.is_empty() && !path.exists() {
        return failed("is not there");
    }
    if fragment.is_empty() {
        return None;
    }
    let text = match file {
        "" => text.to_owned(),
        _ => fs::read_to_string(path).unwrap_or_default(),
    };
    let text = prose(&text);
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    match headings.any(|heading| anchor(heading) == fragment) {
        true => None,
        false => failed("has no such heading"),
    }
}

/// The crates that a manifest names as dependencies.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut is_list = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_list = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ")
            && is_list
            && !line.starts_with('#')
        {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn a_document_is_taken_apart() {
    let text = "# A b: `c`\n[x](docs/x.md#y), `src/lib.rs` `src/*.rs` `e`\n```sh\n# no\n```\n";
    assert_eq!(prose(text).lines().count(), 2);
    assert_eq!(links(text), ["docs/x.md#y"]);
    assert_eq!(paths(text), ["src/lib.rs"]);
    assert_eq!(anchor("## A b: `c-d`"), "a-b-c-d");
    let manifest = "[package]\nname = \"x\"\n[dev-dependencies]\n# a = 1\nserde = \"1\"\n[lib]\npath = \"y\"\n";
    assert_eq!(dependencies(manifest), ["serde"]);
}

#[test]
fn readme_is_short() -> Result<()> {
    let words = Workspace::find()?.read(README)?.split_whitespace().count();
    ensure!(
        words <= MOST_WORDS,
        "{README} has {words} words; {FOLDER}/ has room"
    );
    Ok(())
}

#[test]
fn readme_says_why_each_dependency_is_there() -> Result<()> {
    let workspace = Workspace::find()?;
    let readme = workspace.read(README)?;
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let rows: String = rows.collect();
    for manifest in ["Cargo.toml", "xtask/Cargo.toml"] {
        for name in dependencies(&workspace.read(manifest)?) {
            ensure!(rows.contains(&format!("`{name}`")), "{README} lacks {name}");
        }
    }
    Ok(())
}

#[test]
fn links_and_paths_lead_somewhere() -> Result<()> {
    let workspace = Workspace::find()?;
    let mut failed = Vec::new();
    for (name, text) in documents(&workspace)? {
        let prose = prose(&text);
        let broken = |target: &String| broken(&workspace, &name, &text, target);
        failed.extend(links(&prose).iter().filter_map(broken));
        let missing = paths(&prose)
            .into_iter()
            .filter(|path| !workspace.path(path).exists());
        failed.extend(missing.map(|path| format!("{name}: {path} is not there")));
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

#[test]
fn rust_in_documents_is_compiled() -> Result<()> {
    let workspace = Workspace::find()?;
    let root = workspace.read("src/lib.rs")?;
    for (name, text) in documents(&workspace)? {
        let included = root.contains(&format!("include_str!(\"../{name}\")"));
        ensure!(
            included == text.contains("\n```rust"),
            "src/lib.rs must include {name} if, and only if, it has Rust"
        );
    }
    Ok(())
}
