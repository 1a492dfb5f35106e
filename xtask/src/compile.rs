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

/// A panic ends the module at once, without a message, and no type can print its insides: nobody could read either in a
/// stranger's browser. The standard library is compiled the same way, which takes a tenth off the download. Unstable,
/// hence only for the package: an app in Rust compiles the crate as it compiles everything else. Inlining before LLVM is
/// what rustc does for speed, and leaves out of futures what they would otherwise keep.
///
/// Without reference types, JavaScript's values are numbers all through the module and its glue looks them up in a list,
/// which takes less code than moving them in and out of a table at every export. LLVM's threshold is a little above what
/// it is for size: the calls that go take more than what comes in their place.
///
/// Of the default stack, a mebibyte, less than a tenth is ever used, and each page would hold all of it. It lies below the
/// module's data: a call that needs more ends the module with an access below zero, and overwrites nothing.
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

/// Rust switches these on for the target, but a stripped module does not say so and wasm-opt would refuse it.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Whether the functions of the module keep their names, for a developer to read.
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
            // Control flow as it comes out of futures, written anew, is smaller than what LLVM makes of it.
            "--flatten",
            "--rereloop",
            "-Oz",
            "-Oz",
            // Nothing lies below the stack's far end, so that no address wraps around where a constant is added to it: the
            // instruction can add it.
            "--low-memory-unused",
            // How loads and stores are aligned is a hint that engines do not heed, and one value compresses best.
            "--dealign",
            // Those that are used most get the same short numbers in all functions.
            "--reorder-locals",
            // What has one caller stays outside it unless it is tiny, and functions of like names, hence of like code,
            // stand together: both give the compressor more repetitions.
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

/// Where cargo puts the wasm of a program or library, compiled for a target.
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

/// Where dependencies lie on the machine that built the package is nobody's business, and bytes.
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
