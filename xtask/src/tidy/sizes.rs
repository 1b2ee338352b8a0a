//! Files stay short enough to read in one go. (Functions are held short by clippy.)

use anyhow::Result;

use super::workspace::Workspace;

const PRODUCT_LINES: usize = 600;
const TEST_LINES: usize = 900;

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in &workspace.rust_files {
        let lines = file.text.lines().count();
        let limit = if file.is_test() { TEST_LINES } else { PRODUCT_LINES };
        if lines > limit {
            complaints.push(format!("{}: {lines} lines, at most {limit}", file.path));
        }
    }
    Ok(complaints)
}
