//! The compile target of the shipped wasm: the usual one, except that functions return two values directly.
//!
//! By default they write them to memory in the caller's frame, which needs code in both functions. Since Chrome 85, Firefox 78
//! and Safari 13.1 a function can return both values. Nothing changes for wasm-bindgen: functions with the C calling convention
//! return as before.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::tools::TARGET;
use crate::workspace::Workspace;

/// The name of the target and of cargo's folder for it.
pub(crate) const NAME: &str = "wasm32-multivalue";

const ADVICE: &str = "rustc may describe its targets differently now: see xtask/src/multivalue.rs";

/// Writes the target's description, derived from the compiler's own, to cargo's output folder. Returns its path.
pub(crate) fn describe(workspace: &Workspace) -> Result<PathBuf> {
    let mut rustc = workspace.command("rustc");
    rustc
        .args(["-Zunstable-options", "--print", "target-spec-json"])
        .args(["--target", TARGET])
        .env("RUSTC_BOOTSTRAP", "1");
    let usual = process::read(&mut rustc, ADVICE)?;
    let own = usual.replacen('{', "{\n  \"llvm-abiname\": \"experimental-mv\",", 1);
    ensure!(
        usual.trim_start().starts_with('{') && !usual.contains("llvm-abiname"),
        "unexpected description of {TARGET}: {ADVICE}"
    );
    let folder = workspace.target();
    let path = folder.join(format!("{NAME}.json"));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, own))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
