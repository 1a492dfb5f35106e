//! `cargo xtask test`: runs every suite, also after failures of others. The last line counts all tests.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::process;
use crate::runner::Runner;
use crate::suites::Selection;
use crate::tally::Tally;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<ExitCode> {
    let suites = &selection.suites;
    let mut runner = Runner::new(workspace, selection);
    let mut report = Vec::new();
    let mut total = Tally::default();
    for suite in suites {
        println!("\n=== {} ===", suite.name());
        let start = Instant::now();
        let tally = match runner.run(*suite) {
            Ok(tally) => tally,
            Err(error) => {
                println!("error: {error:#}");
                Tally::FAILED
            }
        };
        total += tally;
        report.push(format!(
            "{:<8} {tally} ({:.0} s)",
            suite.name(),
            start.elapsed().as_secs_f64()
        ));
        if process::interrupted() {
            break;
        }
    }
    println!("\n{}\n", report.join("\n"));
    println!("{total}");
    Ok(if total.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
