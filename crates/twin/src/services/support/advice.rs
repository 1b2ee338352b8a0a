//! The checks of Trusted Advisor over the resources of an account: what each says about which resource.

use reeve_types::AccountId;

use super::catalogue::CHECKS;
use crate::{
    kind::{self, Definition, HOME_REGION, Scope},
    metrics::source::float,
    store::{Place, Resource},
    world::World,
};

/// A resource that is left out of a check.
pub(crate) static EXCLUSION: Definition = Definition {
    resource_type: "AWS::TrustedAdvisor::Exclusion",
    arn: "arn:{partition}:trustedadvisor::{account}:exclusion/{id}",
    scope: Scope::Global,
    ..Definition::OF
};

/// One check.
pub(crate) struct Check {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// As AWS Support names it.
    pub(crate) category: &'static str,
    /// The service that it is about.
    pub(crate) service: &'static str,
    pub(crate) description: &'static str,
    /// The names of the metadata of what it flags.
    pub(crate) metadata: &'static [&'static str],
    pub(crate) test: Test,
}

/// How a check comes to its results.
pub(crate) enum Test {
    /// Looks at every resource of a type.
    Scan(&'static str, fn(&World, &Place, &str, &Resource) -> Option<Flag>),
    /// Compares how many resources of a type there are in a Region with what is allowed.
    Limit(&'static str, f64),
    /// Nothing here can be wrong in this way.
    Sound,
}

/// What a check says about a resource.
#[derive(Debug, Clone)]
pub(crate) struct Flag {
    /// `ok`, `warning` or `error`.
    pub(crate) status: &'static str,
    pub(crate) region: String,
    pub(crate) resource: String,
    pub(crate) metadata: Vec<String>,
    /// Dollars a month.
    pub(crate) savings: f64,
    pub(crate) excluded: bool,
}

impl Flag {
    /// Something that is wrong with a resource.
    pub(super) fn new(status: &'static str, metadata: Vec<String>) -> Self {
        Self {
            status,
            region: String::new(),
            resource: String::new(),
            metadata,
            savings: 0.0,
            excluded: false,
        }
    }

    /// The same, and what it would save to put it right.
    pub(super) fn saving(mut self, dollars: f64) -> Self {
        self.savings = dollars;
        self
    }
}

/// What a check says about an account.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) processed: usize,
    pub(crate) flags: Vec<Flag>,
}

/// The check of an id.
pub(crate) fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// Every check.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter()
}

impl Check {
    /// What it says about an account now.
    pub(crate) fn run(&self, world: &World, account: &AccountId) -> Outcome {
        let mut outcome = match &self.test {
            Test::Scan(kind, look) => scan(world, account, kind, *look),
            Test::Limit(kind, limit) => count(world, account, (kind, *limit), self.name),
            Test::Sound => Outcome { processed: 0, flags: Vec::new() },
        };
        let excluded = excluded(account);
        for flag in &mut outcome.flags {
            let id = format!("{}/{}", self.id, flag.resource);
            flag.excluded = excluded.as_ref().is_some_and(|place| world.get(place, &id).is_some());
        }
        outcome
    }
}

/// Where exclusions of an account are kept.
pub(crate) fn excluded(account: &AccountId) -> Option<Place> {
    let region = HOME_REGION.parse().ok()?;
    Some(Place { account: account.clone(), region, kind: &EXCLUSION })
}

impl Outcome {
    /// `ok`, `warning` or `error`, or `not_available` where there was nothing to check.
    pub(crate) fn status(&self) -> &'static str {
        let has = |status: &str| self.included().any(|flag| flag.status == status);
        match () {
            () if has("error") => "error",
            () if has("warning") => "warning",
            () => "ok",
        }
    }

    /// What was flagged and not excluded.
    pub(crate) fn included(&self) -> impl Iterator<Item = &Flag> {
        self.flags.iter().filter(|flag| !flag.excluded)
    }

    /// Dollars a month.
    pub(crate) fn savings(&self) -> f64 {
        self.included().map(|flag| flag.savings).sum()
    }
}

fn scan(
    world: &World,
    account: &AccountId,
    kind: &str,
    look: fn(&World, &Place, &str, &Resource) -> Option<Flag>,
) -> Outcome {
    let mut outcome = Outcome { processed: 0, flags: Vec::new() };
    let Some(kind) = kind::named(kind) else { return outcome };
    for (place, id, resource) in world.every(kind).filter(|(place, ..)| place.account == *account) {
        outcome.processed += 1;
        if let Some(flag) = look(world, place, id, resource) {
            let region = place.region.to_string();
            outcome.flags.push(Flag { region, resource: id.clone(), ..flag });
        }
    }
    outcome
}

fn count(world: &World, account: &AccountId, (kind, limit): (&str, f64), name: &str) -> Outcome {
    const YELLOW: f64 = 0.8;
    let mut outcome = Outcome { processed: 0, flags: Vec::new() };
    let Some(kind) = kind::named(kind) else { return outcome };
    for region in &world.regions {
        let place = Place { account: account.clone(), region: region.clone(), kind };
        let used = i64::try_from(world.shelf(&place).len()).map_or(0.0, float);
        outcome.processed += 1;
        if used < limit * YELLOW {
            continue;
        }
        let status = if used >= limit { "error" } else { "warning" };
        let color = if used >= limit { "Red" } else { "Yellow" };
        let metadata = vec![
            region.to_string(),
            kind.resource_type.split("::").nth(1).unwrap_or_default().to_owned(),
            name.to_owned(),
            limit.to_string(),
            used.to_string(),
            color.to_owned(),
        ];
        let flag = Flag::new(status, metadata);
        outcome.flags.push(Flag {
            region: region.to_string(),
            resource: format!("{name}/{region}"),
            ..flag
        });
    }
    outcome
}
