//! Judges resources: which a rule is about, and what it finds of each.

use std::collections::BTreeMap;

use reeve_model::Value;
use reeve_types::{AccountId, Region};

use super::managed::{self, Check};
use crate::{
    kind::{self, HOME_REGION, Kind, Scope},
    store::{Place, Resource},
    world::{Origin, World},
};

/// What a rule finds of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compliance {
    /// It is as it should be.
    Compliant,
    /// It is not, for this reason.
    NonCompliant(String),
    /// The rule does not apply to it.
    NotApplicable,
    /// It cannot be judged here, for this reason.
    Unknown(String),
}

impl Compliance {
    /// As AWS Config writes it.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant(_) => "NON_COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Unknown(_) => "INSUFFICIENT_DATA",
        }
    }

    /// Compliant if so, otherwise not for a reason.
    pub(super) fn of(is: bool, reason: &str) -> Self {
        if is { Self::Compliant } else { Self::NonCompliant(reason.to_owned()) }
    }
}

/// What was judged.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    /// Its type.
    pub(crate) resource_type: String,
    /// Its id.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
}

/// The parameters of a rule.
pub(super) type Parameters = BTreeMap<String, String>;

/// One resource before its judge.
#[derive(Debug)]
pub(super) struct Subject<'w> {
    /// The world that it is in.
    pub(super) world: &'w mut World,
    /// Where it is.
    pub(super) place: Place,
    /// Its id; the account's for rules about the account.
    pub(super) id: String,
    /// Itself; nothing for rules about the account.
    pub(super) resource: Resource,
    /// What the rule was given.
    pub(super) parameters: Parameters,
}

impl Subject<'_> {
    /// A text in its description.
    pub(super) fn text(&self, path: &str) -> &str {
        self.resource.fact(path).unwrap_or_default()
    }

    /// A flag in its description.
    pub(super) fn flag(&self, path: &str) -> Option<bool> {
        self.resource.value(path).and_then(Value::as_bool)
    }

    /// A list in its description.
    pub(super) fn list(&self, path: &str) -> &[Value] {
        self.resource.value(path).map_or(&[], Value::as_list)
    }

    /// What the rule was given.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Asks a service about it; the code of a refusal otherwise.
    pub(super) fn ask(
        &mut self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, String> {
        let place = self.place.clone();
        let origin = Origin::at(&place, "config.amazonaws.com");
        self.world.call(&origin, service, operation, input).map_err(|failure| failure.code)
    }

    /// A flag by which it must be as said; not known if it does not say.
    pub(super) fn must(&self, path: &str, wanted: bool, reason: &str) -> Compliance {
        match self.flag(path) {
            Some(is) => Compliance::of(is == wanted, reason),
            None => Compliance::Unknown(format!("{path} is not known")),
        }
    }
}

/// Judges everything in an account and Region that a managed rule is about, with the rule's usual parameters.
pub(crate) fn judge(
    world: &mut World,
    owner: (&AccountId, &Region),
    identifier: &str,
) -> Vec<(Judged, Compliance)> {
    let Some(rule) = managed::named(identifier) else {
        return Vec::new();
    };
    let types: Vec<String> = rule.types.iter().map(|name| (*name).to_owned()).collect();
    judge_all(world, owner, (identifier, &types, &Parameters::new()))
}

/// The same for some types of resources, with parameters.
pub(super) fn judge_all(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    (identifier, types, parameters): (&str, &[String], &Parameters),
) -> Vec<(Judged, Compliance)> {
    let Some(rule) = managed::named(identifier) else {
        return Vec::new();
    };
    if let Check::Account(_) = rule.check {
        let judged = Judged {
            resource_type: "AWS::::Account".to_owned(),
            id: account.to_string(),
            arn: format!("AWS::::Account:{account}"),
        };
        let place = Place { account: account.clone(), region: region.clone(), kind: &ACCOUNT };
        let compliance = one(world, rule, (place, account.as_str()), parameters);
        return vec![(judged, compliance)];
    }
    let mut all = Vec::new();
    for kind in types.iter().filter_map(|name| kind::named(name)) {
        for (place, id) in resources(world, (account, region), kind) {
            let judged = Judged {
                resource_type: kind.resource_type.to_owned(),
                id: id.clone(),
                arn: place.arn_of(kind, &id),
            };
            let compliance = one(world, rule, (place, &id), parameters);
            all.push((judged, compliance));
        }
    }
    all
}

/// What accounts are for the store: nothing is kept under it.
static ACCOUNT: kind::Definition =
    kind::Definition { resource_type: "AWS::::Account", ..kind::Definition::OF };

/// The resources of a kind in an account and Region; what belongs to no Region is in the first.
pub(super) fn resources(
    world: &World,
    (account, region): (&AccountId, &Region),
    kind: Kind,
) -> Vec<(Place, String)> {
    let is_home = region.as_str() == HOME_REGION;
    if kind.scope == Scope::Global && !is_home {
        return Vec::new();
    }
    let place = Place { account: account.clone(), region: region.clone(), kind };
    world.shelf(&place).keys().map(|id| (place.clone(), id.clone())).collect()
}

/// Judges one resource.
pub(super) fn one(
    world: &mut World,
    rule: &managed::ManagedRule,
    (place, id): (Place, &str),
    parameters: &Parameters,
) -> Compliance {
    let mut given: Parameters = rule
        .parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    given.extend(parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
    let resource = match rule.check {
        Check::Account(_) | Check::Never => Resource::default(),
        Check::Resource(_) => match world.get(&place, id) {
            Some(found) => found.clone(),
            None => return Compliance::NotApplicable,
        },
    };
    let mut subject = Subject { world, place, id: id.to_owned(), resource, parameters: given };
    match rule.check {
        Check::Account(judge) | Check::Resource(judge) => judge(&mut subject),
        Check::Never => Compliance::Unknown("this rule cannot be judged here".to_owned()),
    }
}
