//! The open halves of the public suites, where they are present.

use std::io::Write as _;

use reeve_conformance::{run, suites_folder};

#[test]
fn every_case_that_is_here_passes_or_says_why_it_cannot_apply() {
    let report = run(&suites_folder(), &[]).unwrap();
    // To be seen also when all is well: which cases ran, and which suites did not.
    let mut out = std::io::stderr().lock();
    for suite in &report.suites {
        writeln!(out, "{suite}").unwrap();
    }
    for (name, folder) in &report.absent {
        writeln!(out, "{name}: absent, not run (no folder `{}`)", folder.display()).unwrap();
    }
    let failures: Vec<String> = report
        .suites
        .iter()
        .flat_map(|suite| {
            suite.failed().map(|(case, why)| format!("{}: {case}: {why}", suite.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}
