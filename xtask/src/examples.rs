//! The example apps in Rust, as a browser loads them: cargo and wasm-bindgen, and nothing else.

use anyhow::{Result, bail};

use crate::compile::{self, Loader, Profile};
use crate::process;
use crate::tools::{self, TARGET};
use crate::workspace::Workspace;

/// What they are drawn with.
const FRAMEWORKS: [&str; 2] = ["leptos", "yew"];
/// The page that loads each app, at `/`; the app itself is at `/app`.
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

    /// The folder of its modules in the checkout.
    pub(crate) fn folder(self) -> String {
        format!("target/apps/{}", self.0)
    }
}

/// Builds all examples. They share their dependencies, so after the first, each takes little more than its linking.
pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    tools::wasm_target(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--target", TARGET]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    for framework in FRAMEWORKS {
        cargo.args(["--package", &format!("example-{framework}")]);
    }
    cargo.args(["--features", "example-leptos/browser"]);
    println!("Compiling the example apps ...");
    process::run(&mut cargo, "see the compiler's messages above")?;
    for framework in FRAMEWORKS {
        let library = format!("example_{framework}");
        let module = compile::module(workspace, TARGET, profile, &library);
        let folder = Example(framework).folder();
        compile::bind(workspace, &module, Loader::Generated, "app", &folder)?;
    }
    Ok(())
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
