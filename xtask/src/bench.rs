//! `cargo xtask bench`: the built package beside its peers, in one browser.

use anyhow::{Result, bail};

use crate::node::Node;
use crate::workspace::Workspace;
use crate::{browser, package, process};

/// The output of a quick run, which makes too few measurements to keep.
const PASSING: &str = "target/bench";

/// The command's options.
pub(crate) struct Options {
    quick: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        match arguments {
            [] => Ok(Self { quick: false }),
            [only] if only == "--quick" => Ok(Self { quick: true }),
            _ => bail!(
                "not an option of bench: {} (there is --quick)",
                arguments.join(" ")
            ),
        }
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    package::build(workspace)?;
    let chrome = browser::chrome(workspace)?;
    let node = Node::set_up(workspace)?;
    let mut command = node.command()?;
    command.arg("benches/run.mjs").env("CHROMIUM", chrome);
    if options.quick {
        command.args(["--quick", "--into", PASSING]);
    }
    process::run(&mut command, "see its messages above")
}
