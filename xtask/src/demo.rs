//! `cargo xtask demo`: the built package, a local atproto network, and the demo page, until Ctrl-C.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::compile::Profile;
use crate::examples::{self, Example};
use crate::node::Node;
use crate::process::{self, Running};
use crate::workspace::Workspace;
use crate::{browser, package};

const PAGE_PORT: u16 = 3100;
/// As in tests/network/network.mjs, which opens them.
const NETWORK_PORTS: [(u16, &str); 3] = [
    (2580, "the network's control server"),
    (2582, "the PLC directory"),
    (2583, "the PDS"),
];

/// The command's options.
pub(crate) struct Options {
    port: u16,
    open: bool,
    example: Option<Example>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            port: PAGE_PORT,
            open: true,
            example: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--no-open" => options.open = false,
                "--port" => {
                    let port = arguments.next().context("--port needs a number")?;
                    options.port = port
                        .parse()
                        .with_context(|| format!("not a port: {port}"))?;
                }
                "--example" => {
                    let name = arguments.next().context("--example needs a name")?;
                    options.example = Some(Example::named(name)?);
                }
                other => bail!(
                    "not an option of demo: {other} (there are --port N, --no-open and --example NAME)"
                ),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    // Before the build, since that takes a while.
    check_ports(options.port)?;
    let (root, mount) = build(workspace, options.example)?;
    let node = Node::set_up(workspace)?;

    println!("\nStarting the local atproto network ...");
    let mut command = node.command()?;
    command.args([
        "tests/network/demo.mjs",
        "--root",
        root,
        "--mount",
        &mount,
        "--port",
    ]);
    command
        .arg(options.port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut servers = Running::start(&mut command, "`npm ci` installs Node anew")?;
    let output = servers
        .take_stdout()
        .context("the servers have no output")?;
    follow(BufReader::new(output), options.open)?;

    // The end of its output means that it ends or has ended: by Ctrl-C, or with an error.
    servers.stop();
    if process::interrupted() {
        println!("Stopped.");
        return Ok(());
    }
    bail!("the local network ended by itself; its last messages are above")
}

/// Builds the page. Returns its folder and the folders of the modules that it loads.
fn build(workspace: &Workspace, example: Option<Example>) -> Result<(&'static str, String)> {
    match example {
        None => {
            package::build(workspace)?;
            Ok(("www", "/pkg=pkg".to_owned()))
        }
        Some(example) => {
            examples::build(workspace, Profile::Release)?;
            Ok((examples::PAGE, format!("/app={}", example.folder())))
        }
    }
}

/// Prints the servers' output. The first line is the page's address, and means that all servers are ready.
fn follow(output: impl BufRead, open: bool) -> Result<()> {
    for (number, line) in output.lines().enumerate() {
        let line = line.context("cannot read the servers' output")?;
        if number == 0 {
            println!("\nThe demo is at {line} (Ctrl-C stops it)");
            if open {
                browser::open(&line);
            }
        } else {
            println!("{line}");
        }
    }
    Ok(())
}

fn check_ports(page: u16) -> Result<()> {
    for (port, user) in NETWORK_PORTS {
        if is_taken(port) {
            bail!(
                "port {port} is in use, and {user} needs it: stop what listens there, perhaps another demo"
            );
        }
    }
    if is_taken(page) {
        bail!(
            "port {page} is in use: stop what listens there, or choose another for the page with --port"
        );
    }
    Ok(())
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(
            &arguments
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_are_read() {
        let options = parse(&["--no-open", "--port", "4000"]);
        assert!(options.is_ok_and(|options| options.port == 4000 && !options.open));
        assert!(parse(&[]).is_ok_and(|options| options.port == PAGE_PORT && options.open));
        let options = parse(&["--example", "yew"]);
        assert!(options.is_ok_and(|options| options.example.is_some()));
    }

    #[test]
    fn wrong_options_are_errors() {
        for wrong in [
            &["--port"][..],
            &["--port", "x"],
            &["--port", "70000"],
            &["--fast"],
            &["--example", "react"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
