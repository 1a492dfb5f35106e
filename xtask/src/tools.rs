//! Tools that come from crates.io, and the compile target. Tools are kept in the user's cache, one folder per version.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The compile target of everything that a browser loads.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const RUSTUP_ADVICE: &str = "Rust is expected from rustup (rustup.rs)";

/// A program that `cargo install` builds.
struct CargoTool<'a> {
    package: &'a str,
    version: &'a str,
    program: &'a str,
    flags: &'a [&'a str],
    /// How long the installation takes.
    patience: &'a str,
}

/// The folder with `wasm-bindgen` and its test runner, in exactly the crate's version: their formats must match.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let version = workspace.dependency_version("wasm-bindgen")?;
    CargoTool {
        package: "wasm-bindgen-cli",
        version: &version,
        program: "wasm-bindgen",
        // Not --locked: its lock file names a version that was withdrawn from some copies of the index.
        flags: &[],
        patience: "about 4 minutes on two cores",
    }
    .folder(workspace)
}

/// The folder with `wasm-pack`, which drives the browser tests.
pub(crate) fn wasm_pack(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool {
        package: "wasm-pack",
        version: "0.15.1",
        program: "wasm-pack",
        // It only starts other programs, so a debug build will do and takes half the time.
        flags: &["--locked", "--debug"],
        patience: "about 5 minutes on two cores",
    }
    .folder(workspace)
}

/// The folder with `geckodriver`, which drives Firefox.
pub(crate) fn geckodriver(workspace: &Workspace) -> Result<PathBuf> {
    CargoTool {
        package: "geckodriver",
        version: "0.37.1",
        program: "geckodriver",
        flags: &["--locked", "--debug"],
        patience: "about 3 minutes on two cores",
    }
    .folder(workspace)
}

impl CargoTool<'_> {
    fn folder(&self, workspace: &Workspace) -> Result<PathBuf> {
        let tools = cache()?.join("tools");
        let name = format!("{}-{}", self.package, self.version);
        let kept = tools.join(&name);
        let program = format!("bin/{}{}", self.program, std::env::consts::EXE_SUFFIX);
        if !kept.join(&program).is_file() {
            println!(
                "Installing {} {} ({}) ...",
                self.package, self.version, self.patience
            );
            // Install under a temporary name: another run may look for it, or install the same.
            let partial = tools.join(format!(".{name}-{}", std::process::id()));
            let installed = self
                .install(workspace, &partial)
                .and_then(|()| publish(&partial, &kept, &program));
            if partial.exists() {
                fs::remove_dir_all(&partial)
                    .with_context(|| format!("cannot remove {}", partial.display()))?;
            }
            installed?;
        }
        Ok(kept.join("bin"))
    }

    fn install(&self, workspace: &Workspace, into: &Path) -> Result<()> {
        let mut command = workspace.cargo();
        command
            .args(["install", self.package, "--version", self.version, "--root"])
            .arg(into);
        // The flags of the checkout's build must not apply.
        command
            .args(self.flags)
            .current_dir(std::env::temp_dir())
            .env_remove("CARGO_TARGET_DIR");
        process::run(
            &mut command,
            "crates.io must be reachable; run the command again to try again",
        )
    }
}

/// Moves a finished installation into its place, unless another run was faster.
fn publish(partial: &Path, kept: &Path, program: &str) -> Result<()> {
    if !kept.join(program).is_file() && kept.exists() {
        fs::remove_dir_all(kept).with_context(|| format!("cannot replace {}", kept.display()))?;
    }
    match fs::rename(partial, kept) {
        Err(_) if kept.join(program).is_file() => Ok(()),
        moved => moved.with_context(|| format!("cannot write {}", kept.display())),
    }
}

fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME") {
        Some(folder) if Path::new(&folder).is_absolute() => PathBuf::from(folder),
        _ => {
            let home = std::env::home_dir()
                .context("no home folder: set XDG_CACHE_HOME to a folder for tools")?;
            home.join(".cache")
        }
    };
    Ok(base.join("atproto-oauth-wasm"))
}

/// The wasm32 target; added through rustup if it is missing.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let mut rustc = workspace.command("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let folder = process::read(&mut rustc, RUSTUP_ADVICE)?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = workspace.command("rustup");
    process::run(rustup.args(["target", "add", TARGET]), RUSTUP_ADVICE)
}

/// The source of the standard library, which the package's build compiles itself.
pub(crate) fn std_source(workspace: &Workspace) -> Result<()> {
    let mut rustc = workspace.command("rustc");
    let sysroot = process::read(rustc.args(["--print", "sysroot"]), RUSTUP_ADVICE)?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib/src/rust/library")
        .is_dir()
    {
        return Ok(());
    }
    let mut rustup = workspace.command("rustup");
    process::run(rustup.args(["component", "add", "rust-src"]), RUSTUP_ADVICE)
}

/// Installs another version of Rust, with the compile target.
pub(crate) fn toolchain(workspace: &Workspace, version: &str) -> Result<()> {
    let has_target = |targets: String| targets.lines().any(|line| line == TARGET);
    let mut installed = workspace.command("rustup");
    installed.args(["target", "list", "--installed", "--toolchain", version]);
    if process::read(&mut installed, RUSTUP_ADVICE).is_ok_and(has_target) {
        return Ok(());
    }
    let mut rustup = workspace.command("rustup");
    rustup
        .args(["toolchain", "install", version, "--profile", "minimal"])
        .args(["--target", TARGET]);
    process::run(&mut rustup, RUSTUP_ADVICE)
}

/// The formatter and the linter, which a minimal installation of Rust lacks.
pub(crate) fn lint_components(workspace: &Workspace) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if process::read(
            workspace.cargo().args([subcommand, "--version"]),
            RUSTUP_ADVICE,
        )
        .is_err()
        {
            process::run(
                workspace
                    .command("rustup")
                    .args(["component", "add", component]),
                RUSTUP_ADVICE,
            )?;
        }
    }
    Ok(())
}

/// A program on PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Puts folders before all others on a command's PATH.
pub(crate) fn prepend_path(command: &mut Command, folders: &[PathBuf]) -> Result<()> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&rest));
    match std::env::join_paths(all) {
        Ok(path) => {
            command.env("PATH", path);
            Ok(())
        }
        Err(error) => bail!("a folder name cannot stand in PATH: {error}"),
    }
}
