//! From decisions to the actions of a plan.

use reeve_types::{ResourceRef, ResourceType};

use super::{Decision, EffectiveProfile};
use crate::plan::Action;

/// The Tagger's name in plans and in the estate's authority rules.
pub const CONTROLLER: &str = "resource-tagger";

/// The actions that make the decided resources what they shall be, numbered from 1 in order of account, Region, type and
/// id, whatever order the decisions come in.
///
/// A resource that needs no change has no action, and under `ReadOnly` none has. Who may act on which resources is the
/// caller's to know: it makes one plan of those that it may.
pub fn plan(
    profile: &EffectiveProfile,
    decisions: impl IntoIterator<Item = (ResourceRef, Decision)>,
) -> Vec<Action> {
    if profile.is_read_only() {
        return Vec::new();
    }
    let mut actions: Vec<Action> = decisions
        .into_iter()
        .filter(|(_, decision)| !decision.changes.is_empty())
        .map(|(resource, Decision { changes, reads, .. })| Action {
            number: 0,
            resource,
            changes,
            reads,
        })
        .collect();
    actions.sort_by(|left, right| left.resource.cmp(&right.resource));
    // Two looks at one resource must not become two actions: the second would find the first one's work.
    actions.dedup_by(|later, earlier| later.resource == earlier.resource);
    for (number, action) in (1..).zip(&mut actions) {
        action.number = number;
    }
    actions
}

/// The name under which differences on a type are reported, also under `ReadOnly`: `AMSResourceTagger-EC2Instance`.
pub fn rule_name(resource_type: &ResourceType) -> String {
    let name = resource_type.as_str();
    format!("AMSResourceTagger-{}", name.strip_prefix("AWS::").unwrap_or(name).replace("::", ""))
}
