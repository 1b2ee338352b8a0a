//! One scope, observed and decided.

use reeve_care::tagger::{Coverage, Decision, EffectiveProfile, decide};
use reeve_store::{Coverage as StoredCoverage, ObservedResource};
use reeve_types::{Attribute, Resource, ResourceRef, Tags, Unknown, Verdict};

use crate::observe::Observed;

/// A resource and what was decided about it.
pub(crate) struct Decided {
    pub(crate) reference: ResourceRef,
    pub(crate) tags: Tags,
    pub(crate) decision: Decision,
}

/// What came of looking at a scope.
#[derive(Default)]
pub(crate) struct Look {
    /// What is kept of each resource.
    pub(crate) resources: Vec<ObservedResource>,
    /// What was decided about those that were seen whole.
    pub(crate) decided: Vec<Decided>,
    /// Those that could not be seen whole.
    pub(crate) unseen: Vec<ResourceRef>,
}

impl Look {
    /// Decides about each resource that was seen whole.
    pub(crate) fn decide(profile: &EffectiveProfile, observed: Vec<Observed>) -> Self {
        let mut look = Self::default();
        for observed in observed {
            match observed {
                Observed::Known(resource) => {
                    let mut decision = decide(profile, &resource);
                    // What belongs to a tag is recorded with its change, so that undo can restore it.
                    for change in &decision.changes {
                        let name = Attribute::propagation_of(&change.key);
                        if let Some(flag) = resource.attributes.get(&name) {
                            decision.reads.attributes.insert(name, Some(flag.clone()));
                        }
                    }
                    look.decided.push(Decided {
                        reference: resource.reference.clone(),
                        tags: resource.tags.clone(),
                        decision: decision.clone(),
                    });
                    look.resources.push(judged(resource, decision));
                }
                Observed::Unknown { reference, unknown } => {
                    look.unseen.push(reference.clone());
                    look.resources.push(unseen(reference, unknown));
                }
            }
        }
        look
    }
}

/// A resource with its verdict, as it is kept.
pub(crate) fn judged(resource: Resource, decision: Decision) -> ObservedResource {
    let coverage = match (decision.coverage, &decision.verdict) {
        // A block applies to it and a tag is on it that none yields: kept, and not as it should be.
        (Coverage::Missing, _) | (Coverage::Managed, Verdict::Fail) => StoredCoverage::Missing,
        (Coverage::Managed, _) => StoredCoverage::Managed,
        (Coverage::Unmanaged, _) => StoredCoverage::Unmanaged,
    };
    let conflicts = decision.conflicts.iter().map(ToString::to_string);
    let notes = conflicts.chain(decision.obstacle.map(|obstacle| obstacle.to_string())).collect();
    ObservedResource {
        name: resource.tags.get("Name").cloned(),
        resource,
        verdict: decision.verdict,
        coverage,
        configurations: decision.configurations,
        changes: decision.changes,
        notes,
    }
}

fn unseen(reference: ResourceRef, unknown: Unknown) -> ObservedResource {
    let attributes = std::collections::BTreeMap::new();
    ObservedResource {
        resource: Resource { reference, tags: Tags::new(), attributes },
        name: None,
        verdict: Verdict::Unknown(unknown),
        coverage: StoredCoverage::Unknown,
        configurations: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
    }
}
