//! The project's commands: `cargo xtask build | demo | test | bench | size`. Each sets up what it needs first.

mod bench;
mod beside;
mod browser;
mod compile;
mod demo;
#[cfg(test)]
mod directions;
#[cfg(test)]
mod documents;
mod examples;
mod features;
mod multivalue;
mod node;
mod package;
mod process;
mod publishing;
mod quick_start;
mod runner;
mod shims;
mod size;
mod suites;
mod tally;
mod test;
mod test_server;
mod tools;
mod wasm_tests;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  build                         make the npm package in pkg/, as it is published, and print its sizes
  demo [--port N] [--no-open]   build, start a local atproto network, and serve the demo page (port 3100)
  demo --example leptos|yew     the same with an example app in Rust
  test [lint|native|wasm|package|crate|e2e]...
                                run the test suites: all of them, or those named
  test e2e/NAME | package/NAME  run one file of such a suite: tests/e2e/NAME.test.mjs
  test soak                     what e2e does a few times, in full: 500 bad networks, every moment to die at (10 minutes)
  bench [--quick]               build, and measure the package beside its peers: benches/results.md, .json and .svg
                                (8 minutes on an idle machine; --quick takes 2, and writes to target/bench)

  size                          compile the core as it ships, and print what its modules and functions weigh

What a command needs is installed on first use: the wasm32 target, wasm-bindgen, wasm-pack and geckodriver (into
~/.cache/atproto-oauth-wasm or $XDG_CACHE_HOME), npm packages (into node_modules), and on Debian as root Chromium, Firefox and
WebKitGTK. $CHROME and $CHROMEDRIVER name another browser and its driver, $GECKODRIVER another driver of Firefox.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    let workspace = Workspace::find()?;
    process::stop_on_signals()?;
    match command.as_str() {
        "build" if rest.is_empty() => {
            package::build(&workspace)?;
            Ok(ExitCode::SUCCESS)
        }
        "demo" => {
            demo::run(&workspace, &demo::Options::parse(rest)?)?;
            Ok(ExitCode::SUCCESS)
        }
        "size" if rest.is_empty() => {
            size::run(&workspace)?;
            Ok(ExitCode::SUCCESS)
        }
        "bench" => {
            bench::run(&workspace, &bench::Options::parse(rest)?)?;
            Ok(ExitCode::SUCCESS)
        }
        "test" => test::run(&workspace, &suites::Selection::parse(rest)?),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("not a command: {}\n\n{USAGE}", arguments.join(" ")),
    }
}
