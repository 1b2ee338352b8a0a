//! Dependencies are declared once at the root, none is banned, and every licence is one that `deny.toml` allows.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};

use super::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for member in workspace.members() {
        let manifest = fs::read_to_string(&member.manifest_path)?;
        let mut in_dependencies = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                complaints
                    .push(format!("{}: `{line}`: declare it in the root manifest", member.name));
            }
        }
    }
    let policy = fs::read_to_string(workspace.root.join("deny.toml")).context("deny.toml")?;
    let banned = quoted_after(&policy, "deny = [");
    let allowed = quoted_after(&policy, "allow = [");
    for package in &workspace.metadata.packages {
        if banned.contains(package.name.as_str()) {
            complaints.push(format!("{} is banned by deny.toml", package.name));
        }
        let license = package.license.as_deref().unwrap_or("none stated");
        if !permits(license, &allowed) {
            complaints.push(format!("{}: licence `{license}` is not allowed", package.name));
        }
    }
    Ok(complaints)
}

/// The quoted words of the list that follows `start`.
fn quoted_after<'a>(policy: &'a str, start: &str) -> BTreeSet<&'a str> {
    let list = policy.split_once(start).and_then(|(_, rest)| rest.split_once("\n]"));
    let list = list.map(|(list, _)| list).unwrap_or_default();
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether an SPDX expression of `AND`, `OR` and parentheses can be met with the allowed licences.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // `A OR B AND C` is met by A, or by B and C; the parenthesised forms in use need no more than that.
    expression.split(" OR ").any(|choice| {
        choice.split(" AND ").all(|license| {
            let license = license.trim();
            allowed.contains(license)
                || allowed.contains(license.split(" WITH ").next().unwrap_or(license))
        })
    })
}
