//! Arrows between crates only go down, and the lower tiers know no runtime, database or HTTP.

use std::collections::HashSet;

use anyhow::Result;

use super::workspace::Workspace;

/// Every crate, lowest first. A crate may use only crates that stand before it.
const ORDER: &[(u8, &str)] = &[
    (0, "reeve-types"),
    (0, "reeve-time"),
    (0, "reeve-document"),
    (1, "reeve-model"),
    (1, "reeve-policy"),
    (1, "reeve-events"),
    (1, "reeve-runbook"),
    (1, "reeve-inventory"),
    (1, "reeve-care"),
    (1, "reeve-authority"),
    (1, "reeve-estate"),
    (1, "reeve-access"),
    (2, "reeve-aws"),
    // Beside the tiers: for tests only, knows nothing of the product.
    (2, "reeve-test-kit"),
    (2, "reeve-webhook"),
    (2, "reeve-script"),
    (2, "reeve-store"),
    // Beside the tiers: serves the models, knows nothing of the product. The binary embeds it.
    (2, "reeve-twin"),
    (3, "reeve-app"),
    (3, "reeve-rehearsal"),
    (3, "reeve-api"),
    (2, "reeve-conformance"),
    (3, "reeve-cli"),
    (3, "reeve-bench"),
    (3, "xtask"),
];

/// What the tiers of words and decisions must never reach, directly or not.
const EFFECTS: &[&str] = &["tokio", "sqlx", "axum", "reqwest", "hyper", "rusqlite"];

pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let place = |name: &str| ORDER.iter().position(|(_, known)| *known == name);
    let mut complaints = Vec::new();
    for member in workspace.members() {
        let Some(own) = place(&member.name) else {
            complaints.push(format!(
                "{}: not in the list of tiers (xtask/src/tidy/tiers.rs)",
                member.name
            ));
            continue;
        };
        for id in workspace.dependencies(&member.id) {
            let Some(dependency) = workspace.package(id) else { continue };
            if place(&dependency.name).is_some_and(|other| other >= own) {
                complaints.push(format!("{} must not use {}", member.name, dependency.name));
            }
        }
        let tier = ORDER.get(own).map(|(tier, _)| *tier);
        if tier.is_some_and(|tier| tier <= 1) {
            for effect in EFFECTS {
                if reaches(workspace, &member.id, effect) {
                    complaints.push(format!("{} must not reach {effect}", member.name));
                }
            }
        }
    }
    Ok(complaints)
}

fn reaches(workspace: &Workspace, from: &str, name: &str) -> bool {
    let mut seen = HashSet::new();
    let mut waiting = vec![from];
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        if workspace.package(id).is_some_and(|package| package.name == name) {
            return true;
        }
        waiting.extend(workspace.dependencies(id));
    }
    false
}
