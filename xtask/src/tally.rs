//! Counts of tests, read from the summary lines that test runners print.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };

    /// Of cargo's and wasm-bindgen's runner: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`, one for each test binary.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut tally = Self::default();
        let summaries = output
            .lines()
            .filter_map(|line| line.trim().strip_prefix("test result:"));
        for part in summaries.flat_map(|summary| summary.split([';', '.'])) {
            match part
                .trim()
                .split_once(' ')
                .map(|(count, what)| (count.parse().unwrap_or(0), what))
            {
                Some((count, "passed")) => tally.passed += count,
                Some((count, "failed")) => tally.failed += count,
                Some((count, "ignored")) => tally.skipped += count,
                _ => {}
            }
        }
        tally
    }

    /// Of Node's runner: lines such as `ℹ pass 3`, or `# pass 3` in its other form.
    pub(crate) fn of_node(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            let Some(summary) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))
            else {
                continue;
            };
            match summary
                .split_once(' ')
                .map(|(what, count)| (what, count.trim().parse().unwrap_or(0)))
            {
                Some(("pass", count)) => tally.passed += count,
                Some(("fail" | "cancelled", count)) => tally.failed += count,
                Some(("skipped", count)) => tally.skipped += count,
                _ => {}
            }
        }
        tally
    }

    /// Never better than the runner's exit status: a run that fails, or that has no test, counts as a failure.
    pub(crate) fn judged(mut self, success: bool) -> Self {
        if self.failed == 0 && (!success || self.passed == 0) {
            self.failed = 1;
        }
        self
    }

    pub(crate) fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "\
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests atproto_oauth_wasm
test result: FAILED. 4 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n";

    const NODE: &str = "✔ a test (1.2ms)\nℹ tests 7\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 2\nℹ todo 0\n";

    #[test]
    fn cargo_summaries_add_up() {
        assert_eq!(
            Tally::of_cargo(CARGO),
            Tally {
                passed: 6,
                failed: 3,
                skipped: 1
            }
        );
    }

    #[test]
    fn node_summaries_count_cancelled_tests_as_failed() {
        let expected = Tally {
            passed: 3,
            failed: 2,
            skipped: 2,
        };
        assert_eq!(Tally::of_node(NODE), expected);
        assert_eq!(Tally::of_node(&NODE.replace('ℹ', "#")), expected);
    }

    #[test]
    fn a_bad_end_or_an_empty_run_is_a_failure() {
        assert_eq!(
            Tally::of_cargo("error: could not compile").judged(false),
            Tally::FAILED
        );
        assert_eq!(Tally::of_cargo("").judged(true), Tally::FAILED);
        assert_eq!(Tally::of_cargo(CARGO).judged(false).failed, 3);
        assert_eq!(
            Tally::PASSED.judged(false),
            Tally {
                passed: 1,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(Tally::PASSED.judged(true), Tally::PASSED);
    }

    #[test]
    fn the_closing_line_has_its_exact_form() {
        assert_eq!(
            Tally {
                passed: 12,
                failed: 0,
                skipped: 0
            }
            .to_string(),
            "12 passed, 0 failed"
        );
        assert_eq!(
            Tally {
                passed: 12,
                failed: 1,
                skipped: 2
            }
            .to_string(),
            "12 passed, 1 failed, 2 skipped"
        );
    }
}
