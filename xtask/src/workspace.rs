//! Paths of the checkout, and the versions in Cargo.toml and Cargo.lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The crate's name, also the npm package's.
const CRATE: &str = "atproto-oauth-wasm";

/// The checkout that the command works on.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The folder that Cargo names when it runs this program; if started directly, the folder where it was compiled.
    pub(crate) fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask lies in no folder")?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's output folder, which the environment can change.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |folder| self.root.join(folder))
    }

    /// A command that runs in the checkout.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The Cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    pub(crate) fn read(&self, relative: &str) -> Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("cannot read {relative}"))
    }

    /// The version that Cargo.toml gives the crate.
    pub(crate) fn crate_version(&self) -> Result<String> {
        locked_version(&self.read("Cargo.lock")?, CRATE)
    }

    /// The version of a dependency as locked.
    pub(crate) fn dependency_version(&self, name: &str) -> Result<String> {
        locked_version(&self.read("Cargo.lock")?, name)
    }
}

fn locked_version(lock: &str, name: &str) -> Result<String> {
    let head = format!("[[package]]\nname = \"{name}\"\nversion = \"");
    let mut found = lock
        .split(&head)
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    match (found.next(), found.next()) {
        (Some(version), None) => Ok(version.to_owned()),
        (Some(_), Some(_)) => {
            bail!("Cargo.lock has several versions of {name}: run `cargo update -p {name}`")
        }
        (None, _) => bail!("Cargo.lock has no package {name}: run `cargo check` first"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n
[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n
[[package]]\nname = \"twice\"\nversion = \"1.0.0\"\n
[[package]]\nname = \"twice\"\nversion = \"2.0.0\"\n";

    #[test]
    fn a_locked_version_is_found_by_its_whole_name() {
        assert_eq!(
            locked_version(LOCK, "wasm-bindgen").ok().as_deref(),
            Some("0.2.130")
        );
    }

    #[test]
    fn a_missing_or_ambiguous_version_is_an_error() {
        assert!(locked_version(LOCK, "wasm").is_err());
        assert!(locked_version(LOCK, "twice").is_err());
    }
}
