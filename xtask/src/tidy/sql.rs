//! All SQL is in the store.

use anyhow::Result;

use super::workspace::Workspace;

const STATEMENTS: &[&str] =
    &["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM ", "\"CREATE TABLE ", "\"PRAGMA "];

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let elsewhere = |path: &str| !path.starts_with("crates/store/") && !path.starts_with("xtask/");
    for file in workspace.rust_files.iter().filter(|file| elsewhere(&file.path)) {
        for (number, line) in file.product_lines().filter(|_| !file.is_test()) {
            if STATEMENTS.iter().any(|statement| line.contains(statement)) {
                complaints.push(format!("{}:{number}: SQL outside the store", file.path));
            }
        }
    }
    Ok(complaints)
}
