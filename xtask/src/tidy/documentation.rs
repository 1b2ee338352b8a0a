//! Each crate has a README that is its crate documentation, and each module opens with its purpose.

use anyhow::Result;

use super::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for member in workspace.members().filter(|member| member.name != "xtask") {
        let Some(folder) = member.manifest_path.parent() else { continue };
        if !folder.join("README.md").is_file() {
            complaints.push(format!("{}: has no README.md", member.name));
        }
    }
    for file in &workspace.rust_files {
        let is_documented = file.text.starts_with("//!") || file.text.starts_with("#![doc");
        if !is_documented {
            complaints.push(format!("{}: does not open with `//!`", file.path));
        }
    }
    Ok(complaints)
}
