//! Checks the crate as it will be published: its files, that it builds from them alone, and with the oldest Rust it supports.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::tools::{self, TARGET};
use crate::workspace::Workspace;

const MANIFEST: &str = "Cargo.toml";
const ADVICE: &str = "crates.io must be reachable";

/// The files that are published beside the sources.
const FILES: [&str; 8] = [
    ".cargo_vcs_info.json",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
];

/// Fails unless the package holds the sources, the documents and [`FILES`], and nothing else.
pub(crate) fn check_contents(workspace: &Workspace) -> Result<()> {
    let mut list = cargo(workspace, "package");
    let list = process::read(list.args(["--list", "--quiet"]), ADVICE)?;
    let (sources, others): (Vec<&str>, Vec<&str>) =
        list.lines().partition(|file| file.starts_with("src/"));
    let (documents, mut others): (Vec<&str>, Vec<&str>) =
        others.iter().partition(|file| file.starts_with("docs/"));
    // Only a checkout has the first.
    others.retain(|file| *file != FILES[0]);
    if others != FILES[1..] || !sources.contains(&"src/lib.rs") || documents.is_empty() {
        bail!("the crate would be published with {}", others.join(", "));
    }
    println!(
        "  {} sources, {} documents, {}",
        sources.len(),
        documents.len(),
        others.join(", ")
    );
    Ok(())
}

/// Packs the crate, and builds what was packed.
pub(crate) fn dry_run(workspace: &Workspace) -> Command {
    let mut command = cargo(workspace, "publish");
    command.arg("--dry-run");
    // The packed crate is built from its own files, with dependencies that are compiled already.
    command.env("CARGO_TARGET_DIR", workspace.target());
    command
}

fn cargo(workspace: &Workspace, subcommand: &str) -> Command {
    let mut command = workspace.cargo();
    // Uncommitted changes are checked as well.
    command.args([
        subcommand,
        "--package",
        "atproto-oauth-wasm",
        "--allow-dirty",
    ]);
    command
}

/// Checks the crate natively and for the browser with the Rust that its manifest names. `None` if that cannot be installed.
pub(crate) fn oldest_rust(workspace: &Workspace) -> Result<Option<[Command; 2]>> {
    let manifest = workspace.read(MANIFEST)?;
    let version = minimum(&manifest).context("Cargo.toml names no rust-version")?;
    if let Err(error) = tools::toolchain(workspace, version) {
        println!("  not checked with Rust {version}: {error:#}");
        return Ok(None);
    }
    let check = |arguments: &[&str]| {
        let mut command = workspace.command("rustup");
        command
            .args(["run", version, "cargo", "check", "--lib"])
            .args(["--package", "atproto-oauth-wasm"])
            .args(arguments)
            // A folder of its own: otherwise each Rust would recompile the dependencies that the other has compiled.
            .env("CARGO_TARGET_DIR", workspace.target().join("oldest-rust"));
        command
    };
    Ok(Some([
        check(&[]),
        check(&["--features", "js,gloo-net", "--target", TARGET]),
    ]))
}

fn minimum(manifest: &str) -> Option<&str> {
    let (_, rest) = manifest.split_once("\nrust-version = \"")?;
    Some(rest.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_rust_is_the_manifest_s() {
        assert_eq!(minimum("[x]\nrust-version = \"1.88\"\ny = 1"), Some("1.88"));
        assert_eq!(minimum("[x]\nrust-version.workspace = true\n"), None);
    }
}
