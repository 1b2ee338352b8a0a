//! The suites, one module each. A new one is its module and a line in `SUITES`.

mod aws_endpoints;
mod aws_protocols;
mod aws_recordings;
mod ssm_automation;

use std::path::Path;

use crate::{Suite, SuiteReport, run::run_suite};

/// A suite of any kind of case.
trait Runnable: Sync {
    fn name(&self) -> &'static str;
    fn run(&self, folder: &Path) -> SuiteReport;
}

impl<S: Suite> Runnable for S {
    fn name(&self) -> &'static str {
        Suite::name(self)
    }

    fn run(&self, folder: &Path) -> SuiteReport {
        run_suite(self, folder)
    }
}

/// All suites, in the order in which they are run.
const SUITES: &[&dyn Runnable] = &[
    &aws_protocols::AwsProtocols,
    &aws_endpoints::AwsEndpoints,
    &aws_recordings::AwsRecordings,
    &ssm_automation::SsmAutomation,
];

/// The names of all suites.
pub fn names() -> Vec<&'static str> {
    SUITES.iter().map(|suite| suite.name()).collect()
}

/// Runs the suite of this name, if there is one.
pub(crate) fn run(name: &str, folder: &Path) -> Option<SuiteReport> {
    SUITES.iter().find(|suite| suite.name() == name).map(|suite| suite.run(folder))
}
