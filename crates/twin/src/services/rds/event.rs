//! What RDS says has happened: kept for two weeks, told to EventBridge and to whoever subscribed.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{PAGES, daily, subscription};
use crate::{
    call::{Answer, Call},
    event::Event,
    kind::{Definition, Kind},
    page::plain,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::later,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&EVENT],
    operations: &[
        ("DescribeEvents", Action::Own(list)),
        ("DescribeEventCategories", Action::Own(categories)),
    ],
    tasks: &[],
};

/// Something that happened to a database. Its id begins with its time.
static EVENT: Definition = Definition {
    resource_type: "AWS::RDS::Event",
    arn: "arn:{partition}:rds:{region}:{account}:event:{id}",
    ..Definition::OF
};

/// How long events are kept.
const KEPT_SECONDS: i64 = 14 * 86_400;

/// One thing that RDS says: its number, its category and its words.
pub(super) type Said<'s> = (&'s str, &'s str, &'s str);

/// Says that something happened to a resource.
pub(super) fn say(
    world: &mut World,
    place: &Place,
    id: &str,
    (number, category, message): Said<'_>,
) {
    let now = world.now();
    let (source_type, upper, detail_type) = names(place.kind);
    let arn = place.arn_of(place.kind, id);
    let events = place.beside(&EVENT);
    forget(world, &events, later(now, -KEPT_SECONDS));
    let key = format!("{:014}-{:06}-{id}", now.as_millisecond(), world.shelf(&events).len());
    let described = object! {
        "SourceIdentifier": (id),
        "SourceType": (source_type),
        "SourceArn": (arn.as_str()),
        "Message": (message),
        "EventCategories": [(category)],
        "Date": (now),
        "EventId": (number),
    };
    world.put(events, key, Resource::new(facts(described), std::sync::Arc::default()));
    let detail = value!({
        "EventCategories": [(category)],
        "SourceType": (upper),
        "SourceArn": (arn.as_str()),
        "Date": (now.to_string()),
        "Message": (message),
        "SourceIdentifier": (id),
        "EventID": (number),
    });
    world.emit(Event::new("aws.rds", detail_type, place).about(arn).with(detail));
    subscription::tell(world, place, id, (number, category, message));
}

/// What a kind is called: in the API, in events, and as a type of event.
fn names(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind.resource_type {
        "AWS::RDS::DBCluster" => ("db-cluster", "CLUSTER", "RDS DB Cluster Event"),
        "AWS::RDS::DBSnapshot" => ("db-snapshot", "SNAPSHOT", "RDS DB Snapshot Event"),
        "AWS::RDS::DBClusterSnapshot" => {
            ("db-cluster-snapshot", "CLUSTER_SNAPSHOT", "RDS DB Cluster Snapshot Event")
        }
        "AWS::RDS::DBParameterGroup" => {
            ("db-parameter-group", "DB_PARAMETER_GROUP", "RDS DB Parameter Group Event")
        }
        _ => ("db-instance", "DB_INSTANCE", "RDS DB Instance Event"),
    }
}

/// What the API calls a kind.
pub(super) fn source_type(kind: Kind) -> &'static str {
    names(kind).0
}

fn forget(world: &mut World, events: &Place, before: Timestamp) {
    let limit = format!("{:014}", before.as_millisecond().max(0));
    let old: Vec<String> = world.shelf(events).range(..limit).map(|(id, _)| id.clone()).collect();
    for id in old {
        world.remove(events, &id);
    }
}

fn list(call: &Call, world: &mut World) -> Answer {
    daily::watch(call, world);
    let end = call.time("EndTime").unwrap_or(call.now);
    let minutes = call.integer("Duration").unwrap_or(60);
    let start = call.time("StartTime").unwrap_or_else(|| later(end, -minutes * 60));
    if start > end {
        return Err(call.invalid("The StartTime must be earlier than the EndTime"));
    }
    let wanted = call.texts("EventCategories");
    let keep = |_: &str, event: &Resource| {
        let at = event.value("Date").and_then(Value::as_timestamp);
        let category = event.fact("EventCategories.0").unwrap_or_default();
        at.is_some_and(|at| at >= start && at <= end)
            && (wanted.is_empty() || wanted.contains(&category))
            && call.text("SourceType").is_none_or(|t| event.fact("SourceType") == Some(t))
            && call
                .text("SourceIdentifier")
                .is_none_or(|id| event.fact("SourceIdentifier") == Some(id))
    };
    let listed = PAGES.list((call, world), (&EVENT, "Events"), keep, plain);
    listed.map(|output| call.fit(output))
}

const CATEGORIES: [(&str, &[&str]); 4] = [
    (
        "db-instance",
        &[
            "availability",
            "backup",
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "low storage",
            "maintenance",
            "notification",
            "read replica",
            "recovery",
            "restoration",
            "security",
        ],
    ),
    (
        "db-cluster",
        &[
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "global-failover",
            "maintenance",
            "notification",
        ],
    ),
    ("db-snapshot", &["creation", "deletion", "notification", "restoration"]),
    ("db-cluster-snapshot", &["backup", "notification"]),
];

fn categories(call: &Call, _: &mut World) -> Answer {
    let wanted = call.text("SourceType");
    let shown = CATEGORIES.iter().filter(|(source, _)| wanted.is_none_or(|w| w == *source));
    let shown = shown.map(|(source, names)| {
        let names: Value = names.iter().map(|name| Value::from(*name)).collect();
        value!({"SourceType": (*source), "EventCategories": (names)})
    });
    Ok(Object::from_iter([("EventCategoriesMapList", shown.collect::<Value>())]).into())
}
