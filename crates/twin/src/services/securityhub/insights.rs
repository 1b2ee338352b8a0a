//! Insights, custom actions and the aggregation of Regions.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};
use reeve_types::Region;

use super::{
    filters, findings,
    hub::{PAGES, required},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::{Create, Delete, Describe, List, NewId, Update},
    services::{Action, Part, guardduty::criteria},
    store::Place,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&INSIGHT, &ACTION_TARGET, &AGGREGATOR],
    operations: &[
        ("CreateInsight", Action::Create(&CREATE_INSIGHT)),
        ("GetInsights", Action::List(&GET_INSIGHTS)),
        ("UpdateInsight", Action::Update(&UPDATE_INSIGHT)),
        ("DeleteInsight", Action::Delete(&DELETE_INSIGHT)),
        ("GetInsightResults", Action::Own(results)),
        ("CreateActionTarget", Action::Create(&CREATE_TARGET)),
        ("DescribeActionTargets", Action::List(&DESCRIBE_TARGETS)),
        ("UpdateActionTarget", Action::Update(&UPDATE_TARGET)),
        ("DeleteActionTarget", Action::Delete(&DELETE_TARGET)),
        ("CreateFindingAggregator", Action::Create(&CREATE_AGGREGATOR)),
        ("GetFindingAggregator", Action::Describe(&GET_AGGREGATOR)),
        ("ListFindingAggregators", Action::List(&LIST_AGGREGATORS)),
        ("UpdateFindingAggregator", Action::Update(&UPDATE_AGGREGATOR)),
        ("DeleteFindingAggregator", Action::Delete(&DELETE_AGGREGATOR)),
    ],
    tasks: &[],
};

const NOT_FOUND: Missing =
    Missing::new("ResourceNotFoundException", "{id} was not found").with_status(404);

/// Findings, grouped.
pub(crate) static INSIGHT: Definition = Definition {
    resource_type: "AWS::SecurityHub::Insight",
    arn: "arn:{partition}:securityhub:{region}:{account}:insight/{account}/custom/{id}",
    identity: &[("InsightArn", Identity::Arn)],
    missing: NOT_FOUND,
    ..Definition::OF
};

/// A custom action.
pub(crate) static ACTION_TARGET: Definition = Definition {
    resource_type: "AWS::SecurityHub::ActionTarget",
    arn: "arn:{partition}:securityhub:{region}:{account}:action/custom/{id}",
    identity: &[("ActionTargetArn", Identity::Arn)],
    missing: NOT_FOUND,
    ..Definition::OF
};

/// The Regions whose findings are gathered in one.
pub(crate) static AGGREGATOR: Definition = Definition {
    resource_type: "AWS::SecurityHub::FindingAggregator",
    arn: "arn:{partition}:securityhub:{region}:{account}:finding-aggregator/{id}",
    identity: &[
        ("FindingAggregatorArn", Identity::Arn),
        ("FindingAggregationRegion", Identity::Region),
    ],
    missing: NOT_FOUND,
    ..Definition::OF
};

static CREATE_INSIGHT: Create =
    Create { kind: &INSIGHT, id: NewId::Uuid, check: checked, ..Create::OF };

static GET_INSIGHTS: List =
    List { kind: &INSIGHT, member: "Insights", paging: &PAGES, ids: "InsightArns", ..List::OF };

static UPDATE_INSIGHT: Update = Update {
    kind: &INSIGHT,
    id: "InsightArn",
    keep: &[("Name", "Name"), ("Filters", "Filters"), ("GroupByAttribute", "GroupByAttribute")],
    check: checked,
    ..Update::OF
};

static DELETE_INSIGHT: Delete = Delete { kind: &INSIGHT, id: "InsightArn", ..Delete::OF };

static CREATE_TARGET: Create = Create {
    kind: &ACTION_TARGET,
    id: NewId::Member("Id"),
    keep: &[("Name", "Name"), ("Description", "Description")],
    check: |call, world, _| required(call, world),
    exists: ("ResourceConflictException", "An action target with the id {id} already exists"),
    ..Create::OF
};

static DESCRIBE_TARGETS: List = List {
    kind: &ACTION_TARGET,
    member: "ActionTargets",
    paging: &PAGES,
    ids: "ActionTargetArns",
    ..List::OF
};

static UPDATE_TARGET: Update = Update {
    kind: &ACTION_TARGET,
    id: "ActionTargetArn",
    keep: &[("Name", "Name"), ("Description", "Description")],
    ..Update::OF
};

static DELETE_TARGET: Delete = Delete { kind: &ACTION_TARGET, id: "ActionTargetArn", ..Delete::OF };

static CREATE_AGGREGATOR: Create =
    Create { kind: &AGGREGATOR, id: NewId::Uuid, check: only_one, ..Create::OF };

static GET_AGGREGATOR: Describe =
    Describe { kind: &AGGREGATOR, id: "FindingAggregatorArn", ..Describe::OF };

static LIST_AGGREGATORS: List =
    List { kind: &AGGREGATOR, member: "FindingAggregators", paging: &PAGES, ..List::OF };

static UPDATE_AGGREGATOR: Update = Update {
    kind: &AGGREGATOR,
    id: "FindingAggregatorArn",
    keep: &[("RegionLinkingMode", "RegionLinkingMode"), ("Regions", "Regions")],
    ..Update::OF
};

static DELETE_AGGREGATOR: Delete =
    Delete { kind: &AGGREGATOR, id: "FindingAggregatorArn", ..Delete::OF };

/// The Regions whose findings are gathered in the one of a place, besides its own.
pub(super) fn linked(world: &World, place: &Place) -> Vec<Region> {
    let Some(aggregator) = world.shelf(place).values().next() else { return Vec::new() };
    let named = aggregator.value("Regions").map_or(&[][..], Value::as_list);
    let is_named = |region: &Region| named.iter().any(|one| one.as_str() == Some(region.as_str()));
    let is_linked = |region: &Region| match aggregator.fact("RegionLinkingMode") {
        Some("ALL_REGIONS") => true,
        Some("ALL_REGIONS_EXCEPT_SPECIFIED") => !is_named(region),
        Some("SPECIFIED_REGIONS") => is_named(region),
        _ => false,
    };
    world
        .regions
        .iter()
        .filter(|known| **known != place.region && is_linked(known))
        .cloned()
        .collect()
}

fn checked(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    required(call, world)?;
    let group = call.text("GroupByAttribute");
    if let Some(group) = group.filter(|group| filters::path(group).is_none()) {
        return Err(call.invalid(format!("Invalid parameter 'GroupByAttribute': {group}")));
    }
    let wanted = call.object("Filters").cloned().unwrap_or_default();
    filters::hold(&Object::new(), &wanted, call.now).map_err(|message| call.invalid(message))?;
    Ok(())
}

fn only_one(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    required(call, world)?;
    if world.shelf(&call.place(&AGGREGATOR)).is_empty() {
        return Ok(());
    }
    Err(Failure::new("LimitExceededException", "A finding aggregator already exists")
        .with_status(429))
}

fn results(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let arn = call.required("InsightArn")?;
    let id = call.id_of(&INSIGHT, arn);
    let insight = call.find(world, &INSIGHT, &id)?;
    let group = insight.fact("GroupByAttribute").unwrap_or_default();
    let wanted = insight.value("Filters").and_then(Value::as_object);
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for (_, finding) in findings::found(call, world, wanted)? {
        let path = filters::path(group).unwrap_or(group);
        for value in criteria::values(&Value::Object(finding), path) {
            *counts.entry(crate::filter::as_text(&value)).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| -count);
    let values: Value = counts
        .into_iter()
        .take(100)
        .map(|(value, count)| value!({ "GroupByAttributeValue": (value), "Count": (count) }))
        .collect();
    let results = object! {
        "InsightArn": (arn),
        "GroupByAttribute": (group),
        "ResultValues": (values)
    };
    Ok(value!({ "InsightResults": (results) }))
}
