//! The example apps in Rust, as a browser loads them: cargo and wasm-bindgen, and nothing else.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::compile;
use crate::process::{self, Running};
use crate::tools::{self, TARGET};
use crate::workspace::Workspace;

/// What they are drawn with.
const FRAMEWORKS: [&str; 2] = ["leptos", "yew"];
/// The page that each is loaded by, at `/`; the app itself is at `/app`.
pub(crate) const PAGE: &str = "examples/shared/page";

/// An example app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Example(&'static str);

impl Example {
    pub(crate) fn named(name: &str) -> Result<Self> {
        match FRAMEWORKS.iter().find(|framework| **framework == name) {
            Some(framework) => Ok(Self(framework)),
            None => bail!(
                "not an example: {name} (there are {})",
                FRAMEWORKS.join(", ")
            ),
        }
    }

    /// Where its modules are, in the checkout.
    pub(crate) fn folder(self) -> String {
        format!("target/apps/{}", self.0)
    }
}

/// Builds all of them. They share their dependencies, and nearly all that a second one takes is its own linking.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    tools::wasm_target(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(compilation());
    println!("Compiling the example apps ...");
    process::run(&mut cargo, "see the compiler's messages above")?;
    for framework in FRAMEWORKS {
        let module = compile::module(workspace, TARGET, &format!("example_{framework}"));
        compile::bind(workspace, &module, "app", &Example(framework).folder())?;
    }
    Ok(())
}

/// Has them compiled while other things are done, by what those leave of the processor. What goes wrong, [`build`] tells.
pub(crate) fn compile_ahead(workspace: &Workspace) -> Result<Running> {
    tools::wasm_target(workspace)?;
    let mut nice = workspace.command("nice");
    nice.args(["-n", "19"])
        .arg(workspace.cargo().get_program())
        .args(compilation());
    nice.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Running::start(&mut nice, "they are compiled later")
}

fn compilation() -> Vec<String> {
    let mut arguments = ["build", "--release", "--target", TARGET]
        .map(str::to_owned)
        .to_vec();
    for framework in FRAMEWORKS {
        arguments.extend(["--package".to_owned(), format!("example-{framework}")]);
    }
    arguments.extend(["--features", "example-leptos/browser"].map(str::to_owned));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_found_by_its_framework() {
        let leptos = Example::named("leptos");
        assert_eq!(
            leptos.ok().map(Example::folder).as_deref(),
            Some("target/apps/leptos")
        );
        assert!(Example::named("react").is_err());
    }
}
