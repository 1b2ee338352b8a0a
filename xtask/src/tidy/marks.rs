//! Tests are run, do not sleep, and what is left to do names its issue.

use anyhow::Result;

use super::workspace::Workspace;

// Put together, so that this file is checked like any other.
const IGNORED: &str = concat!("#[", "ignore");
const SLEEP: &str = concat!("sleep", "(");
const TO_DO: &str = concat!("TO", "DO");

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let named = format!("{TO_DO}(#");
    for file in &workspace.rust_files {
        let mut in_tests = file.is_test();
        for (index, line) in file.text.lines().enumerate() {
            in_tests |= line.trim() == "#[cfg(test)]";
            let complaint = if line.contains(IGNORED) {
                "a test is ignored"
            } else if in_tests && line.contains(SLEEP) {
                "a test sleeps"
            } else if line.contains(TO_DO) && !line.contains(&named) {
                concat!("what is left to do names no issue: write TO", "DO(#number)")
            } else {
                continue;
            };
            complaints.push(format!("{}:{}: {complaint}", file.path, index + 1));
        }
    }
    Ok(complaints)
}
