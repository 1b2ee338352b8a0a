//! What came of a run, as text and as data.

use std::{fmt, path::PathBuf};

use serde_json::{Value as Json, json};

use crate::NotPassed;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The suites that were run.
    pub suites: Vec<SuiteReport>,
    /// The suites whose cases are not here, and where they would be.
    pub absent: Vec<(&'static str, PathBuf)>,
    /// The folders that no suite reads.
    pub without_suite: Vec<String>,
}

/// What came of one suite.
#[derive(Debug)]
pub struct SuiteReport {
    /// The suite.
    pub name: &'static str,
    /// Its cases, in the order of their files.
    pub cases: Vec<CaseReport>,
}

/// What came of one case.
#[derive(Debug)]
pub struct CaseReport {
    /// The case.
    pub name: String,
    /// Whether it passed, and if not, why.
    pub outcome: Result<(), NotPassed>,
}

impl Report {
    /// Whether no case failed.
    pub fn is_good(&self) -> bool {
        self.suites.iter().all(|suite| suite.failed().count() == 0)
    }

    /// All of it as data.
    pub fn to_json(&self) -> Json {
        let absent = self.absent.iter().map(|(name, folder)| {
            json!({ "suite": name, "absent": true, "folder": folder.to_string_lossy() })
        });
        json!({
            "suites": self.suites.iter().map(SuiteReport::to_json).chain(absent).collect::<Vec<_>>(),
            "folders_without_suite": self.without_suite,
        })
    }
}

impl SuiteReport {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.outcome.is_ok()).count()
    }

    /// The cases that failed, with what differs.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cases.iter().filter_map(|case| match &case.outcome {
            Err(NotPassed::Failed(difference)) => Some((case.name.as_str(), difference.as_str())),
            _ => None,
        })
    }

    /// The cases that cannot apply, with the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cases.iter().filter_map(|case| match &case.outcome {
            Err(NotPassed::Skipped(reason)) => Some((case.name.as_str(), reason.as_str())),
            _ => None,
        })
    }

    fn to_json(&self) -> Json {
        let failures = self.failed().map(|(name, why)| json!({ "case": name, "difference": why }));
        let skips = self.skipped().map(|(name, why)| json!({ "case": name, "reason": why }));
        json!({
            "suite": self.name,
            "passed": self.passed(),
            "failed": self.failed().count(),
            "skipped": self.skipped().count(),
            "failures": failures.collect::<Vec<_>>(),
            "skips": skips.collect::<Vec<_>>(),
        })
    }
}

/// The line that a suite ends with.
impl fmt::Display for SuiteReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed) = (self.passed(), self.failed().count());
        let skipped = self.skipped().count();
        write!(formatter, "{}: {passed} passed, {failed} failed, {skipped} skipped", self.name)
    }
}

/// What was skipped, what failed, then one line a suite.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for suite in &self.suites {
            for (case, reason) in suite.skipped() {
                writeln!(formatter, "{}: skipped {case}: {reason}", suite.name)?;
            }
        }
        for suite in &self.suites {
            for (case, difference) in suite.failed() {
                writeln!(formatter, "{}: FAILED {case}: {difference}", suite.name)?;
            }
        }
        if !self.without_suite.is_empty() {
            let folders = self.without_suite.join(", ");
            writeln!(formatter, "folders that no suite reads: {folders}")?;
        }
        for (name, folder) in &self.absent {
            writeln!(formatter, "{name}: absent, not run (no folder `{}`)", folder.display())?;
        }
        for suite in &self.suites {
            writeln!(formatter, "{suite}")?;
        }
        Ok(())
    }
}
