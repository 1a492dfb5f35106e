//! The npm package as published: the compiled core and the TypeScript of `pkg-template/` become `pkg/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::compile::{Names, compile};
use crate::node::Node;
use crate::process;
use crate::workspace::Workspace;

const TEMPLATE: &str = "pkg-template";
const STAGE: &str = "target/package";
/// The folder with the compiled core.
const CORE: &str = "target/package/core";
/// The folder with the declarations of all modules, by their paths in the checkout.
const DECLARATIONS: &str = "target/package/declarations";
/// The types of the core's classes. They are committed, so that the TypeScript can be checked before anything is compiled.
const TYPES_OF_CORE: &str = "pkg-template/src/core.d.ts";
const OUTPUT: &str = "pkg";
/// The modules of the package: those that an app imports, and those that are loaded for a refresh in a worker.
const MODULES: [&str; 5] = [
    "index",
    "refresh-page",
    "refresh-shared",
    "refresh-worker",
    "scopes",
];
const ENTRIES: [&str; 3] = ["index", "refresh-worker", "scopes"];
const TYPESCRIPT_ADVICE: &str = "the sources are pkg-template/src and src/host/browser/*.js";

/// Builds `pkg/`. A failed build leaves the previous one unchanged.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let node = Node::set_up(workspace)?;
    check_version(workspace)?;

    let stage = workspace.path(STAGE);
    let out = stage.join("out");
    remove(&stage)?;
    create(&out)?;

    println!("Compiling the core ...");
    compile(workspace, &node, CORE, Names::Stripped)?;
    check_types_of_core(workspace)?;
    println!("Making the package ...");
    bundle(&node)?;
    copy(
        &workspace.path(CORE).join("core_bg.wasm"),
        &out.join("core_bg.wasm"),
    )?;
    let declarations = workspace.path(DECLARATIONS).join(TEMPLATE).join("src");
    copy_reachable(&declarations, &out.join("types"))?;
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

/// The crate and the npm package have the same version: they are the same code.
fn check_version(workspace: &Workspace) -> Result<()> {
    let manifest = workspace.read("pkg-template/package.json")?;
    let version = workspace.crate_version()?;
    ensure!(
        manifest.contains(&format!("\"version\": \"{version}\"")),
        "pkg-template/package.json must have the version of Cargo.toml, {version}"
    );
    Ok(())
}

/// The TypeScript is checked against committed types, which must be those of the core that it is bundled with.
fn check_types_of_core(workspace: &Workspace) -> Result<()> {
    let compiled = format!("{CORE}/core.d.ts");
    ensure!(
        workspace.read(&compiled)? == workspace.read(TYPES_OF_CORE)?,
        "{TYPES_OF_CORE} is not what the crate's feature `js` exports: copy {compiled} to it, and check what it changes"
    );
    Ok(())
}

/// Type-checks the TypeScript, writes its declarations, and bundles it with the glue. The loader refers to
/// `core_bg.wasm` by `new URL(..., import.meta.url)`, which bundlers of apps understand and esbuild leaves as it is.
fn bundle(node: &Node) -> Result<()> {
    let mut tsc = node.tool("tsc")?;
    tsc.args(["--project", TEMPLATE, "--noEmit", "false"]);
    tsc.args(["--declaration", "--emitDeclarationOnly"]);
    tsc.args(["--rootDir", ".", "--outDir", DECLARATIONS]);
    process::run(&mut tsc, TYPESCRIPT_ADVICE)?;

    let mut bundle = node.command()?;
    bundle
        .args(["xtask/bundle.mjs", CORE, "target/package/out"])
        .args(MODULES);
    process::run(&mut bundle, TYPESCRIPT_ADVICE)
}

/// Copies the declarations of what an app imports, and those that these refer to. Internal declarations are not published.
fn copy_reachable(declarations: &Path, types: &Path) -> Result<()> {
    create(types)?;
    let mut reached = BTreeSet::new();
    let mut waiting = Vec::from(ENTRIES.map(|module| format!("{module}.d.ts")));
    while let Some(name) = waiting.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let file = declarations.join(&name);
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        ensure!(
            !text.contains("'../") && !text.contains("\"../"),
            "{name} leads out of the package: what an app sees must be declared in {TEMPLATE}/src"
        );
        waiting.extend(references(&text));
        copy(&file, &types.join(name))?;
    }
    Ok(())
}

/// The other declarations that a declaration refers to, as `'./name.js'`.
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
