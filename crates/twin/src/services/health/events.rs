//! What an account sees of its own events.

use std::collections::{BTreeMap, BTreeSet};

use reeve_model::{Object, Value};

use super::{
    filter::{Found, all, holds},
    publish::DESCRIPTION,
};
use crate::{
    call::{Answer, Call},
    page::Paging,
    value::value,
    world::World,
};

const PAGES: Paging = Paging::of("maxResults", "nextToken", (100, 100), "InvalidPaginationToken");

/// Kinds of event that everybody knows, besides those that happened.
const TYPES: [(&str, &str, &str); 14] = [
    ("EC2", "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED", "scheduledChange"),
    ("EC2", "AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED", "scheduledChange"),
    ("EC2", "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED", "scheduledChange"),
    ("EC2", "AWS_EC2_INSTANCE_STOP_SCHEDULED", "scheduledChange"),
    ("EC2", "AWS_EC2_OPERATIONAL_ISSUE", "issue"),
    ("EC2", "AWS_EC2_API_ISSUE", "issue"),
    ("EBS", "AWS_EBS_VOLUME_LOST", "accountNotification"),
    ("EBS", "AWS_EBS_DEGRADED_EBS_VOLUME_PERFORMANCE", "issue"),
    ("RDS", "AWS_RDS_MAINTENANCE_SCHEDULED", "scheduledChange"),
    ("RDS", "AWS_RDS_OPERATIONAL_ISSUE", "issue"),
    ("VPN", "AWS_VPN_REDUNDANCY_LOSS", "accountNotification"),
    ("ACM", "AWS_ACM_RENEWAL_STATE_CHANGE", "accountNotification"),
    ("LAMBDA", "AWS_LAMBDA_PLANNED_LIFECYCLE_EVENT", "scheduledChange"),
    ("RISK", "AWS_RISK_CREDENTIALS_EXPOSED", "issue"),
];

/// One page of a list.
pub(super) fn page(call: &Call, member: &str, all: Vec<Value>, further: Object) -> Answer {
    PAGES.slice_beside(call, member, all, further)
}

/// The caller's own events that a filter lets through.
fn own<'w>(call: &Call, world: &'w World) -> Vec<Found<'w>> {
    let mut found = all(world);
    found.retain(|found| {
        found.place.account == *call.account() && holds(call.object("filter"), found, call.now)
    });
    found
}

/// `DescribeEvents`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let shown = own(call, world).iter().map(|found| found.shown(call.now).into()).collect();
    page(call, "events", shown, Object::new())
}

/// `DescribeEventDetails`.
pub(super) fn details(call: &Call, world: &mut World) -> Answer {
    let events = all(world);
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for arn in call.texts("eventArns") {
        let found = events
            .iter()
            .find(|found| found.place.account == *call.account() && found.arn() == arn);
        match found {
            Some(found) => successful.push(detailed(call, found)),
            None => failed.push(value!({
                "eventArn": (arn), "errorName": "InvalidArn", "errorMessage": "The event does not exist.",
            })),
        }
    }
    let output = Value::from_iter([
        ("successfulSet", Value::List(successful)),
        ("failedSet", Value::List(failed)),
    ]);
    Ok(call.fit(output))
}

/// An event with its text.
pub(super) fn detailed(call: &Call, found: &Found<'_>) -> Value {
    let text = found.event.inside.text(DESCRIPTION);
    value!({
        "event": (found.shown(call.now)),
        "eventDescription": {"latestDescription": (text)},
    })
}

/// `DescribeAffectedEntities`.
pub(super) fn entities(call: &Call, world: &mut World) -> Answer {
    let filter = call.object("filter");
    let statuses =
        filter.and_then(|filter| filter.get("statusCodes")).map_or(&[][..], Value::as_list);
    let found = own(call, world);
    let entities = found.iter().flat_map(Found::entities);
    let wanted = |entity: &&Value| {
        statuses.is_empty() || statuses.iter().any(|one| Some(one) == entity.get("statusCode"))
    };
    let entities = entities.filter(wanted).cloned().collect();
    page(call, "entities", entities, Object::new())
}

/// `DescribeEntityAggregates`.
pub(super) fn entity_aggregates(call: &Call, world: &mut World) -> Answer {
    let arns = call.texts("eventArns");
    let mut found = all(world);
    found.retain(|found| {
        found.place.account == *call.account()
            && (arns.is_empty() || arns.contains(&found.arn().as_str()))
    });
    let aggregates: Value = found.iter().map(aggregate).collect();
    Ok(call.fit(Value::from_iter([("entityAggregates", aggregates)])))
}

fn aggregate(found: &Found<'_>) -> Value {
    let mut statuses: BTreeMap<&str, i64> = BTreeMap::new();
    for entity in found.entities() {
        *statuses.entry(entity.text("statusCode")).or_default() += 1;
    }
    let count: i64 = statuses.values().sum();
    let statuses: Value =
        statuses.into_iter().map(|(name, count)| (name, Value::from(count))).collect();
    value!({"eventArn": (found.arn()), "count": (count), "statuses": (statuses)})
}

/// `DescribeEventAggregates`.
pub(super) fn aggregates(call: &Call, world: &mut World) -> Answer {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for found in own(call, world) {
        let category = found.event.fact("eventTypeCategory").unwrap_or_default().to_owned();
        *counts.entry(category).or_default() += 1;
    }
    let shown = counts
        .into_iter()
        .map(|(name, count)| value!({"aggregateValue": (name), "count": (count)}));
    page(call, "eventAggregates", shown.collect(), Object::new())
}

/// `DescribeEventTypes`.
pub(super) fn types(call: &Call, world: &mut World) -> Answer {
    let events = all(world);
    let mut types: BTreeSet<(String, String, String)> = TYPES
        .iter()
        .map(|(service, code, category)| {
            ((*service).to_owned(), (*code).to_owned(), (*category).to_owned())
        })
        .collect();
    for found in &events {
        let text = |member: &str| found.event.fact(member).unwrap_or_default().to_owned();
        types.insert((text("service"), text("eventTypeCode"), text("eventTypeCategory")));
    }
    let filter = call.object("filter");
    let any = |member: &str, value: &str| {
        let wanted = filter.and_then(|filter| filter.get(member)).map_or(&[][..], Value::as_list);
        wanted.is_empty() || wanted.iter().any(|one| one.as_str() == Some(value))
    };
    let shown = types
        .into_iter()
        .filter(|(service, code, category)| {
            any("services", service) && any("eventTypeCodes", code) && any("eventTypeCategories", category)
        })
        .map(|(service, code, category)| value!({"service": (service), "code": (code), "category": (category)}));
    page(call, "eventTypes", shown.collect(), Object::new())
}
