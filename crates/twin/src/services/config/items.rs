//! Configuration items: what a resource was like, each time that it changed.

use std::{collections::BTreeSet, sync::LazyLock};

use reeve_model::{Object, ShapeKind, Value, catalog};

use super::{judge, query, recorder};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{self, Definition, Missing},
    page::Paging,
    services::{Action, Part, guardduty::lowered},
    store::Place,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&HISTORY],
    operations: &[
        ("ListDiscoveredResources", Action::Own(list)),
        ("GetDiscoveredResourceCounts", Action::Own(counts)),
        ("GetResourceConfigHistory", Action::Own(history)),
        ("BatchGetResourceConfig", Action::Own(batch)),
        ("SelectResourceConfig", Action::Own(select)),
    ],
    tasks: &[],
};

/// What is known of one resource; its id is the type, a space and the resource's id.
pub(crate) static HISTORY: Definition = Definition {
    resource_type: "AWS::Config::ResourceHistory",
    arn: "arn:{partition}:config:{region}:{account}:resource-history/{id}",
    missing: Missing::new(
        "ResourceNotDiscoveredException",
        "Resource {id} has not been discovered.",
    ),
    ..Definition::OF
};

/// How many items are kept of each resource.
const LONGEST: usize = 100;

/// How listings of this part are paged.
pub(super) static PAGES: Paging =
    Paging::of("limit", "nextToken", (100, 100), "InvalidNextTokenException");

static TYPES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let model = catalog().service("config").ok();
    let shape = model.as_ref().and_then(|model| model.shape_named("ResourceType"));
    match shape.map(|(_, shape)| &shape.kind) {
        Some(ShapeKind::String(names)) => names.iter().map(ToString::to_string).collect(),
        _ => BTreeSet::new(),
    }
});

/// Whether AWS Config knows a type of resource.
pub(super) fn is_supported(resource_type: &str) -> bool {
    TYPES.contains(config_type(resource_type))
}

/// Some types have another name at AWS Config.
fn config_type(resource_type: &str) -> &str {
    match resource_type {
        "AWS::IAM::ManagedPolicy" => "AWS::IAM::Policy",
        "AWS::OpenSearch::Domain" => "AWS::OpenSearch::Domain",
        other => other,
    }
}

/// Everything of an account and Region that can be recorded.
pub(super) fn everything(world: &World, place: &Place) -> Vec<(Place, String)> {
    let owner = (&place.account, &place.region);
    kind::kinds()
        .filter(|kind| is_supported(kind.resource_type))
        .flat_map(|kind| judge::resources(world, owner, kind))
        .collect()
}

fn key(resource_type: &str, id: &str) -> String {
    format!("{} {id}", config_type(resource_type))
}

/// Writes down what a resource is like now. Whether anything is different.
pub(super) fn record(world: &mut World, place: &Place, id: &str) -> bool {
    let at = place.beside(&HISTORY);
    let key = key(place.kind.resource_type, id);
    let last = world.get(&at, &key).and_then(|found| {
        found.inside.get("Items").and_then(|items| items.as_list().first()).cloned()
    });
    let mut item = match current(world, place, id) {
        Some(item) => item,
        None => match &last {
            Some(last) if last.text("configurationItemStatus") != "ResourceDeleted" => gone(last),
            _ => return false,
        },
    };
    let is_same = |last: &Value| {
        ["configuration", "tags"].iter().all(|member| last.get(member) == item.get(member))
            && last.text("configurationItemStatus") != "ResourceDeleted"
    };
    let is_deleted = item.text("configurationItemStatus") == "ResourceDeleted";
    if !is_deleted && last.as_ref().is_some_and(is_same) {
        return false;
    }
    let now = world.now();
    let status = match (&last, is_deleted) {
        (_, true) => "ResourceDeleted",
        (None, false) => "ResourceDiscovered",
        (Some(_), false) => "OK",
    };
    item.insert("configurationItemStatus", status);
    item.insert("configurationItemCaptureTime", now);
    item.insert("configurationStateId", now.as_millisecond().to_string());
    let change = match (status, &last) {
        ("ResourceDeleted", _) => "DELETE",
        (_, None) => "CREATE",
        _ => "UPDATE",
    };
    store(world, &at, &key, item.clone());
    tell(world, &at, item, (change, last));
    true
}

fn store(world: &mut World, at: &Place, key: &str, item: Object) {
    let mut found = world.get(at, key).cloned().unwrap_or_default();
    let mut items = match found.inside.get("Items") {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    items.insert(0, item.into());
    items.truncate(LONGEST);
    found.inside_mut().insert("Items", Value::List(items));
    world.put(at.clone(), key, found);
}

fn tell(world: &mut World, at: &Place, item: Object, (change, last): (&str, Option<Value>)) {
    let mut difference = object! { "changeType": (change), "changedProperties": {} };
    if let Some(before) = last.as_ref().and_then(|last| last.get("configuration")) {
        difference.insert(
            "changedProperties",
            object! {
                "Configuration": {
                    "previousValue": (before.clone()),
                    "updatedValue": (item.get("configuration").cloned().unwrap_or_default()),
                    "changeType": (change)
                }
            },
        );
    }
    let arn = item.text("ARN").to_owned();
    let detail = value!({
        "recordVersion": "1.3",
        "messageType": "ConfigurationItemChangeNotification",
        "configurationItemDiff": (difference),
        "notificationCreationTime": (world.now().to_string()),
        "configurationItem": (lowered(&Value::Object(item)))
    });
    if let Some(message) = detail.as_object().cloned() {
        super::delivery::notify(world, at, &message);
    }
    let event = Event::new("aws.config", "Config Configuration Item Change", at);
    world.emit(event.about(arn).with(detail));
}

fn gone(last: &Value) -> Object {
    let mut item = last.as_object().cloned().unwrap_or_default();
    item.insert("configurationItemStatus", "ResourceDeleted");
    item.insert("configuration", Value::Null);
    item
}

/// What a resource is like.
fn current(world: &World, place: &Place, id: &str) -> Option<Object> {
    let found = world.get(place, id)?;
    let kind = place.kind;
    let described = place.describe(kind, id, found);
    let name = found.tags.get("Name").map_or(id, String::as_str);
    let created = [
        "CreateTime",
        "CreationDate",
        "CreateDate",
        "LaunchTime",
        "InstanceCreateTime",
        "StartTime",
    ];
    let created = created.iter().find_map(|member| found.value(member)?.as_timestamp());
    let mut item = object! {
        "version": "1.3",
        "accountId": (place.account.as_str()),
        "resourceType": (config_type(kind.resource_type)),
        "resourceId": (id),
        "resourceName": (name),
        "arn": (place.arn_of(kind, id)),
        "awsRegion": (place.region.as_str()),
        "availabilityZone": (zone(&described).unwrap_or_else(|| "Not Applicable".to_owned())),
        "recordingFrequency": "CONTINUOUS",
        "tags": (kind::tag_map(&found.tags)),
        "relationships": (relationships(&described)),
        "relatedEvents": [],
        "configuration": (lowered(&Value::Object(described)).to_json().to_string()),
        "supplementaryConfiguration": {}
    };
    if let Some(created) = created {
        item.insert("resourceCreationTime", created);
    }
    Some(item)
}

fn zone(described: &Object) -> Option<String> {
    let own = described.get("AvailabilityZone");
    let own = own.or_else(|| described.get("Placement")?.get("AvailabilityZone"));
    own.and_then(Value::as_str).map(str::to_owned)
}

/// The members that say what a resource belongs to.
const RELATIONS: [(&str, &str, &str); 7] = [
    ("VpcId", "AWS::EC2::VPC", "Is contained in Vpc"),
    ("SubnetId", "AWS::EC2::Subnet", "Is contained in Subnet"),
    ("GroupId", "AWS::EC2::SecurityGroup", "Is associated with SecurityGroup"),
    ("VolumeId", "AWS::EC2::Volume", "Is attached to Volume"),
    ("InstanceId", "AWS::EC2::Instance", "Is attached to Instance"),
    ("NetworkInterfaceId", "AWS::EC2::NetworkInterface", "Contains NetworkInterface"),
    ("InternetGatewayId", "AWS::EC2::InternetGateway", "Is attached to InternetGateway"),
];

fn relationships(described: &Object) -> Value {
    let mut found = BTreeSet::new();
    for (member, value) in described.iter() {
        gather(member, value, &mut found, 0);
    }
    // A resource is not related to itself: its own id stands at the top.
    found
        .into_iter()
        .map(|(resource_type, id, name)| {
            value!({ "resourceType": (resource_type), "resourceId": (id), "relationshipName": (name) })
        })
        .collect()
}

type Related = BTreeSet<(&'static str, String, &'static str)>;

fn gather(member: &str, value: &Value, found: &mut Related, depth: usize) {
    match value {
        Value::List(elements) => {
            for one in elements {
                gather(member, one, found, depth + 1);
            }
        }
        Value::Object(members) => {
            for (name, inner) in members.iter() {
                gather(name, inner, found, depth + 1);
            }
        }
        Value::String(id) => {
            let known = RELATIONS.iter().find(|(known, _, _)| *known == member);
            let nested = depth > 0 || member == "VpcId" || member == "SubnetId";
            if let Some((_, resource_type, name)) = known.filter(|_| nested && !id.is_empty()) {
                found.insert((resource_type, id.clone(), name));
            }
        }
        _ => {}
    }
}

/// The newest items of an account and Region; those of what is gone only if wanted.
pub(super) fn newest(world: &World, place: &Place, with_deleted: bool) -> Vec<Object> {
    let place = place.beside(&HISTORY);
    let items = world
        .shelf(&place)
        .values()
        .filter_map(|found| found.inside.get("Items")?.as_list().first()?.as_object().cloned());
    let stays =
        |item: &Object| with_deleted || item.text("configurationItemStatus") != "ResourceDeleted";
    items.filter(stays).collect()
}

fn text<'i>(item: &'i Object, member: &str) -> &'i str {
    item.text(member)
}

fn list(call: &Call, world: &mut World) -> Answer {
    recorder::required(call, world)?;
    let wanted = call.required("resourceType")?;
    let (ids, name) = (call.texts("resourceIds"), call.text("resourceName"));
    let items = newest(world, &call.place(&HISTORY), call.flag("includeDeletedResources"));
    let shown = items
        .iter()
        .filter(|item| text(item, "resourceType") == wanted)
        .filter(|item| ids.is_empty() || ids.contains(&text(item, "resourceId")))
        .filter(|item| name.is_none_or(|name| text(item, "resourceName") == name))
        .map(|item| {
            let mut shown = Object::new();
            for member in ["resourceType", "resourceId", "resourceName"] {
                shown.insert(member, text(item, member));
            }
            if text(item, "configurationItemStatus") == "ResourceDeleted" {
                shown.insert(
                    "resourceDeletionTime",
                    item.get("configurationItemCaptureTime").cloned().unwrap_or_default(),
                );
            }
            shown.into()
        })
        .collect();
    PAGES.slice(call, "resourceIdentifiers", shown)
}

fn counts(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("resourceTypes");
    let mut counts = std::collections::BTreeMap::<String, i64>::new();
    for item in newest(world, &call.place(&HISTORY), false) {
        let resource_type = text(&item, "resourceType");
        if wanted.is_empty() || wanted.contains(&resource_type) {
            *counts.entry(resource_type.to_owned()).or_default() += 1;
        }
    }
    let total: i64 = counts.values().sum();
    let shown = counts
        .into_iter()
        .map(|(name, count)| value!({ "resourceType": (name), "count": (count) }))
        .collect();
    PAGES.slice_beside(
        call,
        "resourceCounts",
        shown,
        object! { "totalDiscoveredResources": (total) },
    )
}

fn history(call: &Call, world: &mut World) -> Answer {
    recorder::required(call, world)?;
    let (resource_type, id) = (call.required("resourceType")?, call.required("resourceId")?);
    let place = call.place(&HISTORY);
    let found = world
        .get(&place, &key(resource_type, id))
        .ok_or_else(|| HISTORY.missing.failure(&format!("{resource_type} {id}")))?;
    let (later, earlier) = (call.time("laterTime"), call.time("earlierTime"));
    if later.zip(earlier).is_some_and(|(later, earlier)| later < earlier) {
        let message = "The earlier time must be before the later time.";
        return Err(Failure::new("InvalidTimeRangeException", message));
    }
    let items = found.inside.list("Items").iter();
    let mut items: Vec<Value> = items
        .filter(|item| {
            let time = item.get("configurationItemCaptureTime").and_then(Value::as_timestamp);
            time.is_some_and(|time| {
                later.is_none_or(|later| time <= later)
                    && earlier.is_none_or(|earlier| time >= earlier)
            })
        })
        .cloned()
        .collect();
    if call.text("chronologicalOrder") == Some("Forward") {
        items.reverse();
    }
    PAGES.slice(call, "configurationItems", items)
}

fn batch(call: &Call, world: &mut World) -> Answer {
    recorder::required(call, world)?;
    let items = newest(world, &call.place(&HISTORY), false);
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for wanted in call.list("resourceKeys") {
        let item = items.iter().find(|item| {
            text(item, "resourceType") == wanted.text("resourceType")
                && text(item, "resourceId") == wanted.text("resourceId")
        });
        match item {
            Some(item) => found.push(Value::from(item.clone())),
            None => missing.push(wanted.clone()),
        }
    }
    Ok(call
        .fit(value!({ "baseConfigurationItems": (found), "unprocessedResourceKeys": (missing) })))
}

fn select(call: &Call, world: &mut World) -> Answer {
    let items = newest(world, &call.place(&HISTORY), false);
    answer(call, items)
}

/// Runs the caller's query over items.
pub(super) fn answer(call: &Call, items: Vec<Object>) -> Answer {
    static PAGES: Paging = Paging::of("Limit", "NextToken", (25, 100), "InvalidNextTokenException");
    let invalid = |message: String| Failure::new("InvalidExpressionException", message);
    let query = query::Query::parse(call.required("Expression")?).map_err(invalid)?;
    let rows: Vec<Value> = items.into_iter().map(searchable).collect();
    let results =
        query.run(&rows).into_iter().map(|row| Value::from(row.to_json().to_string())).collect();
    let fields: Value = query.names().into_iter().map(|name| value!({ "Name": (name) })).collect();
    let output = object! { "QueryInfo": { "SelectFields": (fields) } };
    PAGES.slice_beside(call, "Results", results, output)
}

/// An item as queries see it: the configuration as an object, tags as a list.
fn searchable(mut item: Object) -> Value {
    let configuration =
        item.get("configuration").and_then(Value::as_str).unwrap_or("{}").to_owned();
    let configuration = serde_json::from_str(&configuration).unwrap_or_default();
    item.insert("configuration", Value::from_json(&configuration));
    let tags: Value = item
        .get("tags")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Object::iter)
        .map(|(key, value)| {
            let text = value.as_str().unwrap_or_default();
            value!({ "key": (key.as_str()), "value": (text), "tag": (format!("{key}={text}")) })
        })
        .collect();
    item.insert("tags", tags);
    item.into()
}
