//! Aggregators: compliance and resources of many accounts and Regions, seen from one.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    evaluation::{self, text},
    items,
    rules::{PAGES, RULE},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::Delete,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&AGGREGATOR],
    operations: &[
        ("PutConfigurationAggregator", Action::Own(put)),
        ("DescribeConfigurationAggregators", Action::Own(describe_aggregators)),
        ("DeleteConfigurationAggregator", Action::Delete(&DELETE)),
        ("DescribeAggregateComplianceByConfigRules", Action::Own(by_rules)),
        ("GetAggregateComplianceDetailsByConfigRule", Action::Own(details)),
        ("GetAggregateConfigRuleComplianceSummary", Action::Own(summary)),
        ("ListAggregateDiscoveredResources", Action::Own(list)),
        ("SelectAggregateResourceConfig", Action::Own(select)),
    ],
    tasks: &[],
};

/// An aggregator.
pub(crate) static AGGREGATOR: Definition = Definition {
    resource_type: "AWS::Config::ConfigurationAggregator",
    tagging_type: "config:config-aggregator",
    arn: "arn:{partition}:config:{region}:{account}:config-aggregator/{id}",
    identity: &[
        ("ConfigurationAggregatorName", Identity::Id),
        ("ConfigurationAggregatorArn", Identity::Arn),
    ],
    missing: Missing::new(
        "NoSuchConfigurationAggregatorException",
        "The configuration aggregator '{id}' does not exist.",
    ),
    ..Definition::OF
};

static DELETE: Delete =
    Delete { kind: &AGGREGATOR, id: "ConfigurationAggregatorName", ..Delete::OF };

fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigurationAggregatorName")?.to_owned();
    let has = |member: &str| call.input.get(member).is_some();
    if has("AccountAggregationSources") == has("OrganizationAggregationSource") {
        return Err(
            call.invalid("Give either AccountAggregationSources or OrganizationAggregationSource")
        );
    }
    if has("OrganizationAggregationSource") && world.directory.management.is_none() {
        let message = "The account is not in an organization.";
        return Err(Failure::new("NoAvailableOrganizationException", message));
    }
    let place = call.place(&AGGREGATOR);
    let now = world.now();
    let created = world.get(&place, &name).and_then(|one| one.value("CreationTime").cloned());
    let mut kept = object! { "CreationTime": (created.unwrap_or_else(|| now.into())), "LastUpdatedTime": (now) };
    for member in
        ["AccountAggregationSources", "OrganizationAggregationSource", "AggregatorFilters"]
    {
        if let Some(value) = call.input.get(member) {
            kept.insert(member, value.clone());
        }
    }
    let mut resource = world.get(&place, &name).cloned().unwrap_or_else(Resource::default);
    resource.facts = facts(kept);
    world.put(place.clone(), name.as_str(), resource.clone());
    let shown = place.describe(&AGGREGATOR, &name, &resource);
    Ok(call.fit(value!({ "ConfigurationAggregator": (shown) })))
}

fn describe_aggregators(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("ConfigurationAggregatorNames");
    for name in &wanted {
        call.find(world, &AGGREGATOR, name)?;
    }
    let place = call.place(&AGGREGATOR);
    let shown = world
        .shelf(&place)
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()))
        .map(|(name, found)| place.describe(&AGGREGATOR, name, found).into())
        .collect();
    PAGES.slice(call, "ConfigurationAggregators", shown)
}

fn named(values: Option<&Value>, wanted: &str) -> bool {
    values.map_or(&[][..], Value::as_list).iter().any(|one| one.as_str() == Some(wanted))
}

/// The accounts and Regions that have rules or items and that the aggregator gathers from.
fn places(call: &Call, world: &World) -> Result<Vec<Place>, Failure> {
    let name = call.required("ConfigurationAggregatorName")?;
    let aggregator = call.find(world, &AGGREGATOR, name)?;
    let gathers = |place: &Place| {
        let in_region = |source: &Value| {
            source.flag("AllAwsRegions") || named(source.get("AwsRegions"), place.region.as_str())
        };
        let account = place.account.as_str();
        let sources = aggregator.list("AccountAggregationSources");
        let by_account =
            sources.iter().any(|one| named(one.get("AccountIds"), account) && in_region(one));
        by_account || aggregator.value("OrganizationAggregationSource").is_some_and(in_region)
    };
    let filter = |member: &str| {
        call.input.get("Filters").and_then(|one| one.get(member)).and_then(Value::as_str)
    };
    let region = filter("AwsRegion").or_else(|| filter("Region"));
    let mut places = Vec::new();
    for account in world.directory.accounts.keys() {
        for at in &world.regions {
            let place = Place { account: account.clone(), region: at.clone(), kind: &RULE };
            let is_wanted = filter("AccountId").is_none_or(|wanted| wanted == account.as_str())
                && region.is_none_or(|wanted| wanted == at.as_str());
            if is_wanted && gathers(&place) {
                places.push(place);
            }
        }
    }
    Ok(places)
}

fn by_rules(call: &Call, world: &mut World) -> Answer {
    let filter = |member: &str| {
        call.input.get("Filters").and_then(|one| one.get(member)).and_then(Value::as_str)
    };
    let mut shown = Vec::new();
    for place in places(call, world)? {
        for name in world.shelf(&place).keys() {
            let overall = evaluation::overall(&evaluation::results(world, &place, Some(name)));
            if filter("ConfigRuleName").is_none_or(|wanted| wanted == name)
                && filter("ComplianceType").is_none_or(|wanted| wanted == overall.0)
            {
                shown.push(value!({
                    "ConfigRuleName": (name.as_str()),
                    "Compliance": (evaluation::compliance(overall)),
                    "AccountId": (place.account.as_str()),
                    "AwsRegion": (place.region.as_str())
                }));
            }
        }
    }
    PAGES.slice(call, "AggregateComplianceByConfigRules", shown)
}

fn details(call: &Call, world: &mut World) -> Answer {
    let (rule, account) = (call.required("ConfigRuleName")?, call.required("AccountId")?);
    let region = call.required("AwsRegion")?;
    let wanted = call.text("ComplianceType");
    let mut shown = Vec::new();
    for place in places(call, world)? {
        if place.account.as_str() != account || place.region.as_str() != region {
            continue;
        }
        for result in evaluation::results(world, &place, Some(rule)) {
            if wanted.is_none_or(|wanted| text(&result, "ComplianceType") == wanted) {
                let mut one = evaluation::shown(&result);
                one.insert("AccountId", account);
                one.insert("AwsRegion", region);
                shown.push(one.into());
            }
        }
    }
    PAGES.slice(call, "AggregateEvaluationResults", shown)
}

fn summary(call: &Call, world: &mut World) -> Answer {
    let by_account = call.text("GroupByKey") != Some("AWS_REGION");
    let mut groups: BTreeMap<String, Vec<(&'static str, i64)>> = BTreeMap::new();
    for place in places(call, world)? {
        let group = if by_account { place.account.to_string() } else { place.region.to_string() };
        for name in world.shelf(&place).keys() {
            let overall = evaluation::overall(&evaluation::results(world, &place, Some(name)));
            groups.entry(group.clone()).or_default().push(overall);
        }
    }
    let shown = groups
        .into_iter()
        .map(|(name, each)| {
            value!({ "GroupName": (name), "ComplianceSummary": (evaluation::summary(world, each.into_iter())) })
        })
        .collect();
    let output = object! { "GroupByKey": (call.text("GroupByKey").unwrap_or("ACCOUNT_ID")) };
    PAGES.slice_beside(call, "AggregateComplianceCounts", shown, output)
}

fn gathered(call: &Call, world: &World) -> Result<Vec<Object>, Failure> {
    let places = places(call, world)?;
    Ok(places.iter().flat_map(|place| items::newest(world, place, false)).collect())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("ResourceType")?;
    let filter = |member: &str| {
        call.input.get("Filters").and_then(|one| one.get(member)).and_then(Value::as_str)
    };
    let shown = gathered(call, world)?
        .iter()
        .filter(|item| text(item, "resourceType") == wanted)
        .filter(|item| filter("ResourceId").is_none_or(|id| text(item, "resourceId") == id))
        .map(|item| {
            value!({
                "SourceAccountId": (text(item, "accountId")),
                "SourceRegion": (text(item, "awsRegion")),
                "ResourceId": (text(item, "resourceId")),
                "ResourceType": (text(item, "resourceType")),
                "ResourceName": (text(item, "resourceName"))
            })
        })
        .collect();
    PAGES.slice(call, "ResourceIdentifiers", shown)
}

fn select(call: &Call, world: &mut World) -> Answer {
    let items = gathered(call, world)?;
    items::answer(call, items)
}
