//! The npm package as published: the compiled core and the TypeScript of `pkg-template/` become `pkg/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::compile::{Names, compile};
use crate::node::Node;
use crate::process;
use crate::workspace::Workspace;

const TEMPLATE: &str = "pkg-template";
const STAGE: &str = "target/package";
const STAGED_SOURCES: &str = "target/package/src";
const OUTPUT: &str = "pkg";
/// The modules of the package.
const MODULES: [&str; 3] = ["index", "refresh-worker", "scopes"];
const ESBUILD: [&str; 7] = [
    "--bundle",
    "--format=esm",
    "--platform=browser",
    "--target=es2022",
    "--minify",
    "--sourcemap",
    "--log-level=warning",
];
const TYPESCRIPT_ADVICE: &str =
    "the sources are pkg-template/src and, as ./core.js, what the crate's feature `js` exports";

/// Builds `pkg/`. A failed build leaves the former one as it was.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let node = Node::set_up(workspace)?;
    check_version(workspace)?;

    let stage = workspace.path(STAGE);
    let sources = workspace.path(STAGED_SOURCES);
    let out = stage.join("out");
    remove(&stage)?;
    create(&out)?;
    copy_folder(&workspace.path(TEMPLATE).join("src"), &sources)?;
    copy(
        &workspace.path(TEMPLATE).join("tsconfig.json"),
        &stage.join("tsconfig.json"),
    )?;

    println!("Compiling the core ...");
    compile(workspace, &node, STAGED_SOURCES, Names::Stripped)?;
    println!("Making the package ...");
    bundle(&node, &stage)?;
    copy(&sources.join("core_bg.wasm"), &out.join("core_bg.wasm"))?;
    let types = out.join("types");
    copy(&sources.join("core.d.ts"), &types.join("core.d.ts"))?;
    keep_reachable(&types)?;
    copy_loose_files(&workspace.path(TEMPLATE), &out)?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workspace.path(licence), &out.join(licence))?;
    }

    let output = workspace.path(OUTPUT);
    remove(&output)?;
    fs::rename(&out, &output).with_context(|| format!("cannot write {}", output.display()))?;
    let mut sizes = node.command()?;
    process::run(
        sizes.args(["xtask/sizes.mjs", OUTPUT]),
        "it prints the sizes of the files in pkg/",
    )
}

/// One number for the crate and the npm package: they are the same code.
fn check_version(workspace: &Workspace) -> Result<()> {
    let manifest = workspace.read("pkg-template/package.json")?;
    let version = workspace.crate_version()?;
    ensure!(
        manifest.contains(&format!("\"version\": \"{version}\"")),
        "pkg-template/package.json must have the version of Cargo.toml, {version}"
    );
    Ok(())
}

/// Type-checks the TypeScript, writes its declarations, and bundles it with the glue. The glue refers to
/// `core_bg.wasm` by `new URL(..., import.meta.url)`, which bundlers of apps understand and esbuild leaves as it is.
fn bundle(node: &Node, stage: &Path) -> Result<()> {
    let mut tsc = node.tool("tsc")?;
    tsc.args([
        "--project",
        "tsconfig.json",
        "--noEmit",
        "false",
        "--declaration",
        "--emitDeclarationOnly",
    ]);
    tsc.args(["--rootDir", "src", "--outDir", "out/types"])
        .current_dir(stage);
    process::run(&mut tsc, TYPESCRIPT_ADVICE)?;

    for module in MODULES {
        let mut esbuild = node.tool("esbuild")?;
        esbuild.args([
            format!("src/{module}.ts"),
            format!("--outfile=out/{module}.js"),
        ]);
        // Each stays a module of its own: one core, and nothing of a worker where none is wanted.
        let others = MODULES.into_iter().filter(|other| *other != module);
        esbuild.args(others.map(|other| format!("--external:./{other}.js")));
        esbuild.args(ESBUILD).current_dir(stage);
        process::run(&mut esbuild, TYPESCRIPT_ADVICE)?;
    }
    Ok(())
}

/// Removes the declarations that those of the modules do not lead to: what only the implementation uses is nobody else's to see.
fn keep_reachable(types: &Path) -> Result<()> {
    let mut reached = BTreeSet::new();
    let modules = MODULES.map(|module| types.join(format!("{module}.d.ts")));
    let mut waiting = Vec::from(modules);
    while let Some(file) = waiting.pop() {
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        waiting.extend(
            references(&text)
                .map(|name| types.join(name))
                .filter(|file| !reached.contains(file)),
        );
        reached.insert(file);
    }
    for file in list(types)?.iter().filter(|file| !reached.contains(*file)) {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(())
}

/// The declarations beside it that one refers to, as `'./name.js'`.
fn references(text: &str) -> impl Iterator<Item = String> {
    let modules = text
        .split(['\'', '"'])
        .filter_map(|part| part.strip_prefix("./")?.strip_suffix(".js"));
    modules.map(|name| format!("{name}.d.ts"))
}

/// The template's own files, such as package.json and README.md; its sources and their settings are not published.
fn copy_loose_files(template: &Path, out: &Path) -> Result<()> {
    for entry in list(template)? {
        if let Some(name) = entry.file_name().filter(|name| *name != "tsconfig.json")
            && entry.is_file()
        {
            copy(&entry, &out.join(name))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    for entry in list(from)? {
        let Some(name) = entry.file_name() else {
            bail!("no file name: {}", entry.display())
        };
        if entry.is_dir() {
            copy_folder(&entry, &to.join(name))?;
        } else {
            copy(&entry, &to.join(name))?;
        }
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let cannot = || format!("cannot list {}", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    entries
        .map(|entry| Ok(entry.with_context(cannot)?.path()))
        .collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_a_declaration_are_found_in_either_quotes() {
        let text = "import { A } from './a.js';\nexport * from \"./b.js\";\nimport 'elsewhere'; type C = import('./c.js').C";
        assert_eq!(
            references(text).collect::<Vec<_>>(),
            ["a.d.ts", "b.d.ts", "c.d.ts"]
        );
    }
}
