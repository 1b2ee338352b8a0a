//! Tests are run, do not sleep, and what is left to do names its issue.

use anyhow::Result;

use super::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in workspace.rust_files.iter().filter(|file| !file.path.starts_with("xtask/src/tidy"))
    {
        let mut in_tests = file.is_test();
        for (index, line) in file.text.lines().enumerate() {
            in_tests |= line.trim() == "#[cfg(test)]";
            let complaint = if line.contains("#[ignore") {
                "a test is ignored"
            } else if in_tests && line.contains("sleep(") {
                "a test sleeps"
            } else if line.contains("TODO") && !line.contains("TODO(#") {
                "a TODO names no issue: write TODO(#number)"
            } else {
                continue;
            };
            complaints.push(format!("{}:{}: {complaint}", file.path, index + 1));
        }
    }
    Ok(complaints)
}
