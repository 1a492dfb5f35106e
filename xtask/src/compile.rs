//! Rust to a small wasm module with its JavaScript glue: cargo, wasm-bindgen, wasm-opt.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::multivalue;
use crate::node::Node;
use crate::process;
use crate::shims;
use crate::tools::{self, TARGET};
use crate::workspace::Workspace;

const CARGO_ADVICE: &str =
    "see the compiler's messages above; the switches for size were tried with Rust 1.95";

/// A panic ends the module at once without a message, and `Debug` prints nothing: nobody could read either in a visitor's
/// browser. The standard library is compiled with the same flags, which makes the download a tenth smaller. The flags are
/// unstable, so only the package uses them; an app in Rust compiles the crate with its own. Inlining in MIR, before LLVM,
/// makes the state of futures smaller.
///
/// Without reference types, JavaScript values are numbers throughout the module, and the glue looks them up in a list. That
/// takes less code than moving them in and out of a table at every export. LLVM's inline threshold is slightly above its
/// default for size: the calls that it removes are larger than the inlined code.
///
/// The default stack is one mebibyte, all of which each page would hold, and less than a tenth of it is ever used. The stack
/// lies below the module's data: a call that needs more traps at an access below zero, and overwrites nothing.
const SIZE_FLAGS: [&str; 12] = [
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    "-Zinline-mir=yes",
    "-Zinline-mir-threshold=30",
    "-Zinline-mir-hint-threshold=60",
    "-Zshare-generics=no",
    "-Cllvm-args=-inline-threshold=10",
    "-Cllvm-args=-sink-common-insts",
    "-Clink-arg=-zstack-size=131072",
    "-Ctarget-feature=-reference-types",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
];
const OWN_STD: [&str; 3] = [
    "-Zjson-target-spec",
    "-Zbuild-std=std,panic_abort",
    "-Zbuild-std-features=optimize_for_size",
];

/// Rust enables these for the target, but a stripped module does not list them, and wasm-opt would reject it.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Whether the functions of the module keep their names, which only developers read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Kept,
    Stripped,
}

/// What loads the module in a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loader {
    /// What wasm-bindgen writes into `NAME.js`.
    Generated,
    /// `pkg-template/src/core-loader.ts`.
    Own,
}

/// How cargo compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

/// Writes the optimized `core_bg.wasm`, its glue `core_bg.js` and its types `core.d.ts` into a folder of the checkout, and with
/// short names also `glue.js`.
pub(crate) fn compile(workspace: &Workspace, node: &Node, into: &str, names: Names) -> Result<()> {
    tools::wasm_target(workspace)?;
    tools::std_source(workspace)?;
    tools::wasm_bindgen(workspace)?;

    let mut fetch = workspace.cargo();
    process::run(
        fetch.args(["fetch", "--quiet", "--target", TARGET]),
        "crates.io must be reachable",
    )?;
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--release",
        "--package",
        "atproto-oauth-wasm",
        "--lib",
    ]);
    cargo
        .args(["--features", "js", "--target"])
        .arg(multivalue::describe(workspace)?)
        .args(OWN_STD)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags()?);
    process::run(&mut cargo, CARGO_ADVICE)?;

    let module = module(
        workspace,
        multivalue::NAME,
        Profile::Release,
        "atproto_oauth_wasm",
    );
    bind(workspace, &module, Loader::Own, "core", into)?;

    let bound = format!("{into}/core_bg.wasm");
    shims::drop_unused(&workspace.path(&bound))?;
    let small = format!("{into}/core_bg.small.wasm");
    let mut wasm_opt = node.tool("wasm-opt")?;
    wasm_opt
        .args([
            // Rewriting the control flow of futures makes it smaller than LLVM's output.
            "--flatten",
            "--rereloop",
            "-Oz",
            "-Oz",
            // Low addresses are unused, so adding a constant to an address cannot wrap around, and load and store
            // instructions can include the constant.
            "--low-memory-unused",
            // The alignment of loads and stores is a hint that engines ignore, and a single value compresses best.
            "--dealign",
            // The most used locals get the same short numbers in all functions.
            "--reorder-locals",
            // Functions with one caller are not inlined unless they are tiny, and functions with similar names, hence with
            // similar code, are adjacent: both give the compressor more repetitions.
            "--one-caller-inline-max-function-size=80",
            "--reorder-functions-by-name",
            match names {
                Names::Kept => "--debuginfo",
                Names::Stripped => "--strip-debug",
            },
            "--strip-producers",
            "--strip-target-features",
        ])
        .args(WASM_FEATURES);
    wasm_opt.args([&bound, "-o", &small]);
    process::run(
        &mut wasm_opt,
        "it is the npm package binaryen: `npm ci` installs it anew",
    )?;
    fs::rename(workspace.path(&small), workspace.path(&bound))
        .with_context(|| format!("cannot write {bound}"))?;

    if names == Names::Kept {
        return Ok(());
    }
    let mut connect = node.command()?;
    process::run(
        connect.args(["xtask/connect.mjs", into]),
        "it connects the module with the glue that wasm-bindgen writes",
    )
}

/// The path of the wasm that cargo compiles from a program or library for a target.
pub(crate) fn module(workspace: &Workspace, target: &str, profile: Profile, name: &str) -> PathBuf {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    let folder = workspace.target().join(target).join(folder);
    folder.join(format!("{name}.wasm"))
}

/// Writes what a browser loads of a compiled module into a folder of the checkout: `NAME_bg.wasm` and its JavaScript.
pub(crate) fn bind(
    workspace: &Workspace,
    module: &Path,
    loader: Loader,
    name: &str,
    into: &str,
) -> Result<()> {
    let program = tools::wasm_bindgen(workspace)?.join("wasm-bindgen");
    let target = match loader {
        Loader::Generated => "web",
        // All but the loader is in a module of its own, `NAME_bg.js`.
        Loader::Own => "bundler",
    };
    let mut bindgen = workspace.command(program);
    bindgen
        .args(["--target", target, "--out-name", name, "--out-dir", into])
        .arg(module);
    process::run(
        &mut bindgen,
        "its version must be that of the crate wasm-bindgen in Cargo.lock",
    )
}

/// The compiler's flags, as cargo takes them from the environment.
fn flags() -> Result<OsString> {
    let mut flags = OsString::from(SIZE_FLAGS.join("\u{1f}"));
    for folder in registry_sources()? {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push("/=");
    }
    Ok(flags)
}

/// The folders with the sources of dependencies. The module must not contain their paths, which are private and cost bytes.
fn registry_sources() -> Result<Vec<PathBuf>> {
    let sources = cargo_home()?.join("registry/src");
    let Ok(entries) = fs::read_dir(&sources) else {
        return Ok(Vec::new());
    };
    entries
        .map(|entry| {
            Ok(entry
                .with_context(|| format!("cannot list {}", sources.display()))?
                .path())
        })
        .collect()
}

fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(std::env::home_dir()
            .context("no home folder: set CARGO_HOME")?
            .join(".cargo")),
    }
}
