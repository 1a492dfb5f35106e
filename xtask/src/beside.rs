//! A step that runs in the background with the processor time that other steps leave; its output is shown if it fails.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::process::{self, Running};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// A running background step.
pub(crate) struct Beside {
    running: Running,
    name: String,
    output: PathBuf,
    start: Instant,
}

impl Beside {
    /// Starts a command and prints that.
    pub(crate) fn start(workspace: &Workspace, command: &Command) -> Result<Self> {
        let name = process::describe(command);
        let output = workspace.target().join("beside.log");
        let file =
            File::create(&output).with_context(|| format!("cannot write {}", output.display()))?;
        println!("  $ {name}   (beside what follows)");
        Ok(Self {
            running: Running::start_nice(command, file, "it could run by itself")?,
            name,
            output,
            start: Instant::now(),
        })
    }

    /// Waits for the command to end and prints its result.
    pub(crate) fn finish(mut self) -> Result<Tally> {
        let success = self.running.wait()?.success();
        let seconds = self.start.elapsed().as_secs_f64();
        if success {
            println!("  done: {} ({seconds:.1} s)", self.name);
            return Ok(Tally::PASSED);
        }
        println!("{}", fs::read_to_string(&self.output).unwrap_or_default());
        println!("  FAILED: {} ({seconds:.1} s)", self.name);
        Ok(Tally::FAILED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_step_beside_another_that_fails_counts_as_failed() -> Result<()> {
        let workspace = Workspace::find()?;
        for (program, expected) in [("true", Tally::PASSED), ("false", Tally::FAILED)] {
            let beside = Beside::start(&workspace, &Command::new(program))?;
            assert_eq!(beside.finish()?, expected, "{program}");
        }
        Ok(())
    }
}
