//! The requirements and commands of each test suite.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::beside::Beside;
use crate::compile::Profile;
use crate::node::Node;
use crate::suites::{Selection, Suite};
use crate::tally::Tally;
use crate::test_server::TestServer;
use crate::tools::{self, TARGET};
use crate::wasm_tests::{self, WasmTests};
use crate::workspace::Workspace;
use crate::{browser, examples, features, package, process, publishing, quick_start};

/// The time limit of one command: ends a browser that hangs, but not a first compilation on a busy machine.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// The time limit of one test file in a browser, in seconds: the runner's own limit of 20 is too short for two busy cores.
const BROWSER_LIMIT: &str = "180";
const ADVICE: &str = "see its messages above";

/// The project with the npm package's TypeScript and the JavaScript modules of the browser host.
const SCRIPTS: &str = "pkg-template";

/// The end-to-end tests whose number of rounds can be chosen; `SOAK` in their environment has them done in full.
const SOAKED: [&str; 4] = [
    "tests/e2e/faults.test.mjs",
    "tests/e2e/killed.test.mjs",
    "tests/e2e/many-tabs.test.mjs",
    "tests/e2e/outliving.test.mjs",
];

/// Runs suites, and builds the package for those that need it once.
pub(crate) struct Runner<'a> {
    workspace: &'a Workspace,
    package: Once,
    /// The one file to run, without its extension.
    file: Option<String>,
    /// The suites that have not run yet.
    later: Vec<Suite>,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(workspace: &'a Workspace, selection: &Selection) -> Self {
        Self {
            workspace,
            package: Once::new("the package"),
            file: selection.file.clone(),
            later: selection.suites.clone(),
        }
    }

    pub(crate) fn run(&mut self, suite: Suite) -> Result<Tally> {
        self.later.retain(|later| *later != suite);
        match suite {
            Suite::Lint => self.lint(),
            Suite::Native => self.native(),
            Suite::Wasm => self.wasm(),
            Suite::Package => self.package(),
            Suite::Crate => self.published(),
            Suite::EndToEnd => self.end_to_end(),
            Suite::Soak => self.soak(),
        }
    }

    /// Warnings are errors, natively and for the browser: each compiles code that the other does not.
    fn lint(&self) -> Result<Tally> {
        tools::wasm_target(self.workspace)?;
        tools::lint_components(self.workspace)?;
        let strict = ["--", "--deny", "warnings"];
        let browser = [
            "--target",
            TARGET,
            "--package",
            "atproto-oauth-wasm",
            "--features",
            "js,gloo-net",
            "--lib",
        ];
        let tests = WasmTests::find(self.workspace)?.all();
        let tests: Vec<&str> = tests.iter().map(String::as_str).collect();
        let cargo = |arguments: &[&[&str]]| {
            let mut command = self.workspace.cargo();
            command
                .args(arguments.concat())
                .env("RUSTDOCFLAGS", "--deny warnings");
            command
        };
        let mut steps = vec![
            cargo(&[&["fmt", "--all", "--check"]]),
            cargo(&[&["clippy", "--workspace", "--all-targets"], &strict]),
            cargo(&[&["clippy"], &browser, &tests, &strict]),
            cargo(&[&["doc", "--workspace", "--no-deps"]]),
            cargo(&[&["doc", "--no-deps"], &browser]),
        ];
        for combination in features::combinations(self.workspace)? {
            let combination: Vec<&str> = combination.iter().map(String::as_str).collect();
            steps.push(cargo(&[&["clippy"], &combination, &strict]));
        }
        // Before anything is built, as in an editor with a fresh clone.
        let mut scripts = Node::set_up(self.workspace)?.tool("tsc")?;
        scripts.args(["--project", SCRIPTS]);
        steps.push(scripts);
        each(steps)
    }

    fn native(&self) -> Result<Tally> {
        let mut command = self.workspace.cargo();
        let features = ["--features", "atproto-oauth-wasm/atrium"];
        command.args(["test", "--workspace", "--no-fail-fast"]);
        let outcome = watch(command.args(features))?;
        Ok(Tally::of_cargo(&outcome.output).judged(outcome.success))
    }

    /// With wasm-pack, in a browser and, for an app rendered on a server, in Node.
    fn wasm(&self) -> Result<Tally> {
        tools::wasm_target(self.workspace)?;
        browser::chrome(self.workspace)?;
        let driver = browser::driver(self.workspace)?;
        let node = Node::set_up(self.workspace)?;
        let tools = [
            tools::wasm_pack(self.workspace)?,
            tools::wasm_bindgen(self.workspace)?,
            node.folder()?,
        ];
        let tests = WasmTests::find(self.workspace)?;

        let wasm_pack = || {
            let mut command = self.workspace.command("wasm-pack");
            // Download nothing: the tools are on PATH in the right versions.
            command
                .args(["test", "--mode", "no-install"])
                .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_LIMIT);
            command
        };
        let server = TestServer::start()?;
        let mut in_browser = wasm_pack();
        in_browser
            .args(["--headless", "--chrome", "--chromedriver"])
            .arg(driver)
            .env("WASM_BINDGEN_TEST_ADDRESS", server.address());
        let mut in_node = wasm_pack();
        in_node.arg("--node");

        let mut tally = Tally::default();
        for (mut command, names, place) in [
            (in_browser, tests.browser, "a browser"),
            (in_node, tests.node, "Node"),
        ] {
            if names.is_empty() {
                println!("error: no test in tests/ runs as wasm in {place}");
                tally += Tally::FAILED;
                continue;
            }
            command
                .args([".", "--features", "gloo-net"])
                .args(wasm_tests::arguments(&names));
            tools::prepend_path(&mut command, &tools)?;
            let outcome = watch(&mut command)?;
            tally += Tally::of_cargo(&outcome.output).judged(outcome.success);
        }
        Ok(tally)
    }

    fn package(&mut self) -> Result<Tally> {
        self.build()?;
        self.node_tests(&["tests/package", "benches"], &[])
    }

    fn published(&self) -> Result<Tally> {
        let mut tally = match publishing::check_contents(self.workspace) {
            Ok(()) => Tally::PASSED,
            Err(error) => {
                println!("error: {error:#}");
                Tally::FAILED
            }
        };
        let mut steps = vec![publishing::dry_run(self.workspace)];
        match publishing::oldest_rust(self.workspace)? {
            Some(checks) => steps.extend(checks),
            None => tally.skipped += 1,
        }
        tally += each(steps)?;
        Ok(tally)
    }

    fn end_to_end(&mut self) -> Result<Tally> {
        let wants = |file| self.file.as_deref().is_none_or(|wanted| wanted == file);
        if wants("rust-apps") {
            // Unoptimized, which takes half the time: other suites have compiled many build scripts and macros already.
            examples::build(self.workspace, Profile::Dev)?;
        }
        if wants("quick-start") {
            quick_start::build(self.workspace)?;
        }
        self.build()?;
        let chrome = browser::chrome(self.workspace)?;
        browser::webkit(self.workspace)?;
        let geckodriver = browser::firefox(self.workspace)?;
        let compiling = self.compile_beside()?;
        // The tests' own support code is tested too.
        let browsers = [("CHROMIUM", &chrome), ("GECKODRIVER", &geckodriver)];
        let tally = self.node_tests(&["tests/network", "tests/e2e"], &browsers);
        let mut tally = tally?;
        if let Some(compiling) = compiling {
            tally += compiling.finish()?;
        }
        Ok(tally)
    }

    /// Runs later suites in the background to compile them while tests in a browser leave much of the processor idle. When it is
    /// their turn, they run again and have little to compile.
    fn compile_beside(&self) -> Result<Option<Beside>> {
        let suites: Vec<&str> = self
            .later
            .iter()
            .filter(|suite| suite.compiles())
            .map(|suite| suite.name())
            .collect();
        // On other systems it would slow the tests down.
        if suites.is_empty() || !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let mut again = self.workspace.command(std::env::current_exe()?);
        again.arg("test").args(suites);
        Beside::start(self.workspace, &again).map(Some)
    }

    /// What the end-to-end tests do a few times, as often as `docs/reliability.md` says.
    fn soak(&mut self) -> Result<Tally> {
        self.build()?;
        let chrome = browser::chrome(self.workspace)?;
        let mut command = Node::set_up(self.workspace)?.command()?;
        command
            .args(["--test", "--test-reporter=spec", "--test-concurrency=2"])
            .args(SOAKED)
            .env("CHROMIUM", chrome)
            .env("SOAK", "1");
        let outcome = watch(&mut command)?;
        Ok(Tally::of_node(&outcome.output).judged(outcome.success))
    }

    fn build(&mut self) -> Result<()> {
        self.package.build(|| package::build(self.workspace))
    }

    /// Runs the `*.test.mjs` of each folder: those that use a browser three files at a time, since each has a network of its own
    /// and waits a good deal; the others one after the other, since some measure time.
    fn node_tests(&self, folders: &[&str], browsers: &[(&str, &PathBuf)]) -> Result<Tally> {
        let node = Node::set_up(self.workspace)?;
        let at_once = match browsers {
            [] => "--test-concurrency=1",
            _ => "--test-concurrency=3",
        };
        let mut tally = Tally::default();
        for folder in folders {
            let mut files = self.files(folder, ".test.mjs")?;
            if let Some(wanted) = &self.file {
                files.retain(|file| *file == format!("{folder}/{wanted}.test.mjs"));
                if files.is_empty() {
                    continue;
                }
            }
            if files.is_empty() {
                println!("error: no *.test.mjs in {folder}");
                tally += Tally::FAILED;
                continue;
            }
            let mut command = node.command()?;
            command
                .args(["--test", "--test-reporter=spec", at_once])
                .args(files);
            if !browsers.is_empty() {
                // Each file loads the same servers, which takes seconds without a compile cache.
                let compiled = self.workspace.target().join("node");
                command
                    .envs(browsers.iter().copied())
                    .env("NODE_COMPILE_CACHE", compiled);
            }
            let outcome = watch(&mut command)?;
            tally += Tally::of_node(&outcome.output).judged(outcome.success);
        }
        ensure!(tally != Tally::default(), "there is no such file of tests");
        Ok(tally)
    }

    fn files(&self, folder: &str, ending: &str) -> Result<Vec<String>> {
        let Ok(entries) = fs::read_dir(self.workspace.path(folder)) else {
            return Ok(Vec::new());
        };
        let mut files = Vec::new();
        for entry in entries {
            let name = entry
                .with_context(|| format!("cannot list {folder}"))?
                .file_name();
            let name = name.to_string_lossy();
            if name.ends_with(ending) {
                files.push(format!("{folder}/{name}"));
            }
        }
        files.sort();
        Ok(files)
    }
}

/// A build that several suites need and the first of them makes. After a failure it is not tried again.
struct Once {
    name: &'static str,
    built: Option<bool>,
}

impl Once {
    fn new(name: &'static str) -> Self {
        Self { name, built: None }
    }

    fn build(&mut self, build: impl FnOnce() -> Result<()>) -> Result<()> {
        if let Some(built) = self.built {
            ensure!(built, "{} could not be built", self.name);
            return Ok(());
        }
        let result = build();
        self.built = Some(result.is_ok());
        result
    }
}

/// Runs commands, each of which counts as a test.
fn each(steps: Vec<Command>) -> Result<Tally> {
    let mut tally = Tally::default();
    for mut step in steps {
        tally += if watch(&mut step)?.success {
            Tally::PASSED
        } else {
            Tally::FAILED
        };
    }
    Ok(tally)
}

fn watch(command: &mut Command) -> Result<process::Outcome> {
    let start = Instant::now();
    let outcome = process::watch(command, LIMIT, ADVICE)?;
    let verdict = match (outcome.success, outcome.timed_out) {
        (true, _) => "done",
        (false, true) => "took too long and was stopped",
        (false, false) => "FAILED",
    };
    println!(
        "  {verdict}: {} ({:.1} s)",
        process::describe(command),
        start.elapsed().as_secs_f64()
    );
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_suites_share_is_built_once() {
        let mut rounds = 0;
        let mut good = Once::new("it");
        for _ in 0..2 {
            let built = good.build(|| {
                rounds += 1;
                Ok(())
            });
            assert!(built.is_ok());
        }
        let mut bad = Once::new("it");
        let first = bad.build(|| bail!("no disk"));
        assert_eq!(
            first.err().map(|error| error.to_string()).as_deref(),
            Some("no disk")
        );
        let second = bad.build(|| {
            rounds += 1;
            Ok(())
        });
        assert_eq!(
            second.err().map(|error| error.to_string()).as_deref(),
            Some("it could not be built")
        );
        assert_eq!(rounds, 1);
    }
}
