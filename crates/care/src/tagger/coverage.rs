//! Figures: how many resources there are of each type, and how many the Tagger manages.
//!
//! Folded one resource at a time, in memory that grows with the scopes and blocks and not with the resources. The figures
//! are those of the AMS metrics and dashboard, per type, account and Region.

use std::collections::BTreeMap;

use reeve_types::{Scope, Verdict};

use super::{Coverage, Decision, EffectiveProfile};

/// The figures of one resource type in one Region of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeCoverage {
    /// What the figures are of.
    pub scope: Scope,
    /// How many resources there are.
    pub resources: usize,
    /// How many of them are as they shall be.
    pub compliant: usize,
    /// How many match a block and lack a tag that it yields.
    pub missing: usize,
    /// How many match no enabled block.
    pub unmanaged: usize,
    /// How many match each enabled block, by its id; none is left out because nothing matches it.
    pub matching: BTreeMap<String, usize>,
}

/// Figures in the making.
#[derive(Debug)]
pub struct CoverageTally<'p> {
    profile: &'p EffectiveProfile,
    scopes: BTreeMap<Scope, TypeCoverage>,
}

/// More unmanaged resources of a type than before, by more than may be taken for chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedRise {
    /// Where.
    pub scope: Scope,
    /// How many there were.
    pub before: usize,
    /// How many there are.
    pub now: usize,
    /// How many resources of the type there are.
    pub resources: usize,
}

impl TypeCoverage {
    /// How many resources match an enabled block.
    pub fn managed(&self) -> usize {
        self.resources - self.unmanaged
    }
}

impl<'p> CoverageTally<'p> {
    /// Starts with nothing counted.
    pub fn new(profile: &'p EffectiveProfile) -> Self {
        Self { profile, scopes: BTreeMap::new() }
    }

    /// Notes that a scope was looked at, so that it has figures even if nothing is in it.
    pub fn look(&mut self, scope: &Scope) {
        self.figures(scope);
    }

    /// Counts a resource.
    pub fn add(&mut self, scope: &Scope, decision: &Decision) {
        let figures = self.figures(scope);
        figures.resources += 1;
        figures.compliant += usize::from(decision.verdict == Verdict::Pass);
        figures.missing += usize::from(decision.coverage == Coverage::Missing);
        figures.unmanaged += usize::from(decision.coverage == Coverage::Unmanaged);
        for id in &decision.configurations {
            if let Some(count) = figures.matching.get_mut(id) {
                *count += 1;
            }
        }
    }

    /// The figures, in order of account, Region and type.
    pub fn finish(self) -> Vec<TypeCoverage> {
        self.scopes.into_values().collect()
    }

    fn figures(&mut self, scope: &Scope) -> &mut TypeCoverage {
        let profile = self.profile;
        self.scopes.entry(scope.clone()).or_insert_with(|| {
            let rules = profile.rules(scope.resource_type.as_str());
            let enabled = rules.into_iter().flat_map(|rules| &rules.enabled);
            TypeCoverage {
                scope: scope.clone(),
                resources: 0,
                compliant: 0,
                missing: 0,
                unmanaged: 0,
                matching: enabled.map(|rule| (rule.configuration.id.clone(), 0)).collect(),
            }
        })
    }
}

/// Where unmanaged resources rose by more than three of a type, or by more than half of all there are of it.
///
/// A scope that was not looked at before has nothing to compare with, and is left out.
pub fn unmanaged_rises(before: &[TypeCoverage], now: &[TypeCoverage]) -> Vec<UnmanagedRise> {
    let before: BTreeMap<&Scope, usize> =
        before.iter().map(|figures| (&figures.scope, figures.unmanaged)).collect();
    let rise = |figures: &TypeCoverage| {
        let before = *before.get(&figures.scope)?;
        let rise = figures.unmanaged.saturating_sub(before);
        (rise > 3 || rise * 2 > figures.resources).then(|| UnmanagedRise {
            scope: figures.scope.clone(),
            before,
            now: figures.unmanaged,
            resources: figures.resources,
        })
    };
    now.iter().filter_map(rise).collect()
}
