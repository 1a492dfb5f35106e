//! Follows README's quick start in Rust: runs its commands and compiles its code.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::compile::{self, Loader, Profile};
use crate::process;
use crate::tools::TARGET;
use crate::workspace::Workspace;

/// The folder of the built app.
const FOLDER: &str = "target/apps/quick-start";
const ADVICE: &str = "README's quick start does not work";

const PAGE: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Quick start</title>\n<script type=\"module\" src=\"/start.js\"></script>\n";
const START: &str = "import start from './app.js'\n\nawait start()\n";

/// Creates the app in a folder outside of this workspace, like a user, and builds it.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let readme = workspace.read("README.md")?;
    let (commands, code) = instructions(&readme)?;
    let place = std::env::temp_dir().join(format!("quick-start-{}", std::process::id()));
    fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let built = build_in(workspace, &place, &commands, code);
    let removed = fs::remove_dir_all(&place);
    built?;
    removed.with_context(|| format!("cannot remove {}", place.display()))
}

fn build_in(workspace: &Workspace, place: &Path, commands: &[&str], code: &str) -> Result<()> {
    let mut folder = place.to_path_buf();
    for command in commands {
        let mut words: Vec<&str> = command.split(' ').collect();
        if let ["cd", inner] = words[..] {
            folder.push(inner);
            continue;
        }
        let run = |program: &str| {
            let mut run = Command::new(program);
            run.current_dir(&folder);
            run
        };
        // The test is of this checkout, which may not be published yet.
        if let Some(at) = words.iter().position(|word| *word == "atproto-oauth-wasm") {
            words.remove(at);
            let mut add = run("cargo");
            process::run(add.args(["add", "--path"]).arg(workspace.root()), ADVICE)?;
        }
        process::run(run(words[0]).args(&words[1..]), ADVICE)?;
    }
    // One more option, since the local network uses http.
    let local = code.replace(".build()?", ".allow_http(true).build()?");
    ensure!(local != code, "{ADVICE}: no client is built in its code");
    fs::write(folder.join("src/main.rs"), local).context("cannot write the app's code")?;
    // The same versions as here: those of wasm-bindgen's program and crate must match.
    fs::copy(workspace.path("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;
    let mut cargo = workspace.cargo();
    cargo
        .current_dir(&folder)
        .args(["build", "--quiet", "--target", TARGET])
        .env("CARGO_TARGET_DIR", workspace.target());
    process::run(&mut cargo, ADVICE)?;
    bind(
        workspace,
        &compile::module(workspace, TARGET, Profile::Dev, "hello-atproto"),
    )
}

fn bind(workspace: &Workspace, module: &Path) -> Result<()> {
    compile::bind(workspace, module, Loader::Generated, "app", FOLDER)?;
    for (name, text) in [("index.html", PAGE), ("start.js", START)] {
        fs::write(workspace.path(FOLDER).join(name), text)
            .with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// The first commands and the first program behind the heading "Rust".
fn instructions(readme: &str) -> Result<(Vec<&str>, &str)> {
    let (_, rust) = readme
        .split_once("\n## Rust\n")
        .context("README has no section Rust")?;
    let commands = block(rust, "sh").context("README's section Rust has no commands")?;
    let code = block(rust, "rust,no_run").context("README's section Rust has no program")?;
    Ok((commands.lines().collect(), code))
}

fn block<'a>(text: &'a str, language: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\n```{language}\n"))?;
    Some(rest.split_once("\n```")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_those_of_the_section() {
        let readme = "```sh\nnpm install\n```\n\n## Rust\n\nType:\n\n```sh\ncargo new x\ncd x\n```\n\n```rust,no_run\nfn main() {}\n```\n";
        let found = instructions(readme).ok();
        assert_eq!(found, Some((vec!["cargo new x", "cd x"], "fn main() {}")));
        assert!(instructions("# Nothing\n").is_err());
    }
}
