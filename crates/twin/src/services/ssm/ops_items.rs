//! `OpsItems`: what somebody has to look into, what belongs to it, and what happened to it.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::shared::{FIFTY, latest_first, texts};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::Action,
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ITEM, &RELATED, &EVENT],
    operations: &[
        ("CreateOpsItem", Action::Own(create)),
        ("GetOpsItem", Action::Own(get)),
        ("UpdateOpsItem", Action::Own(update)),
        ("DescribeOpsItems", Action::Own(list)),
        ("DeleteOpsItem", Action::Own(delete)),
        ("GetOpsSummary", Action::Own(summary)),
        ("AssociateOpsItemRelatedItem", Action::Own(associate)),
        ("DisassociateOpsItemRelatedItem", Action::Own(disassociate)),
        ("ListOpsItemRelatedItems", Action::Own(list_related)),
        ("ListOpsItemEvents", Action::Own(list_events)),
    ],
    tasks: &[],
};

/// An `OpsItem`.
pub(super) static ITEM: Definition = Definition {
    resource_type: "AWS::SSM::OpsItem",
    tagging_type: "ssm:opsitem",
    arn: "arn:{partition}:ssm:{region}:{account}:opsitem/{id}",
    prefix: "oi-",
    identity: &[("OpsItemId", Identity::Id), ("OpsItemArn", Identity::Arn)],
    missing: Missing::new("OpsItemNotFoundException", "OpsItem ID {id} is not found"),
    sample: Some(|sample| {
        serde_json::json!({
            "Title": "EC2 instance is unreachable", "Description": "The instance fails its status checks.",
            "Source": "EC2", "Status": "Open", "OpsItemType": "/aws/issue", "Severity": "2", "Version": "1",
            "CreatedBy": sample.role("operator"), "CreatedTime": sample.created(),
            "LastModifiedBy": sample.role("operator"), "LastModifiedTime": sample.created(),
        })
    }),
    ..Definition::OF
};

/// What belongs to an `OpsItem`, by its id, a slash, and its own.
static RELATED: Definition = Definition {
    resource_type: "AWS::SSM::OpsItemRelatedItem",
    arn: "arn:{partition}:ssm:{region}:{account}:opsitem-related/{id}",
    identity: &[("OpsItemId", Identity::Segment(0)), ("AssociationId", Identity::Segment(1))],
    missing: Missing::new(
        "OpsItemRelatedItemAssociationNotFoundException",
        "The association {id} was not found",
    ),
    ..Definition::OF
};

/// What happened to an `OpsItem`, by its id, a slash, and its own.
static EVENT: Definition = Definition {
    resource_type: "AWS::SSM::OpsItemEvent",
    arn: "arn:{partition}:ssm:{region}:{account}:opsitem-event/{id}",
    identity: &[("OpsItemId", Identity::Segment(0)), ("EventId", Identity::Segment(1))],
    ..Definition::OF
};

const KEEP: [&str; 14] = [
    "Description",
    "OpsItemType",
    "OperationalData",
    "Notifications",
    "Priority",
    "RelatedOpsItems",
    "Source",
    "Title",
    "Category",
    "Severity",
    "ActualStartTime",
    "ActualEndTime",
    "PlannedStartTime",
    "PlannedEndTime",
];
const STATUSES: [&str; 6] = ["Open", "InProgress", "Resolved", "Closed", "Pending", "Cancelled"];

fn create(call: &Call, world: &mut World) -> Answer {
    if call.text("AccountId").is_some_and(|account| account != call.account().as_str()) {
        let message = "the twin does not implement OpsItems of other accounts";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let place = call.place(&ITEM);
    let key = deduplication(call.input.get("OperationalData"));
    if let Some(key) = &key {
        let same = |one: &Resource| {
            deduplication(one.value("OperationalData")).as_ref() == Some(key)
                && !matches!(one.fact("Status"), Some("Resolved" | "Closed"))
        };
        if let Some((id, _)) = world.shelf(&place).iter().find(|(_, one)| same(one)) {
            let message = "OpsItem with the same deduplication string already exists.";
            return Err(Failure::new("OpsItemAlreadyExistsException", message)
                .with_detail("OpsItemId", id.as_str()));
        }
    }
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let arn = call.caller.arn.clone();
    let mut kept = object! {
        "Status": "Open", "OpsItemType": "/aws/issue", "CreatedBy": (arn.as_str()), "CreatedTime": (call.now),
        "LastModifiedBy": (arn.as_str()), "LastModifiedTime": (call.now), "Version": "1",
    };
    kept.extend(call.given(KEEP));
    let id = format!("oi-{}", world.random_hex(12));
    world.put(
        place,
        id.as_str(),
        Resource::new(facts(kept), Arc::new(given.into_iter().collect())),
    );
    tell(world, call, &id, "OpsItem Create");
    let arn = call.arn_of(&ITEM, &id);
    Ok(value!({"OpsItemId": id, "OpsItemArn": arn}))
}

/// What two `OpsItems` about the same thing have in common.
fn deduplication(data: Option<&Value>) -> Option<String> {
    let value = data?.get("/aws/dedup")?.get("Value")?.as_str()?;
    Some(value.to_owned())
}

fn tell(world: &mut World, call: &Call, id: &str, kind: &str) {
    let place = call.place(&ITEM);
    let Some(item) = world.get(&place, id) else { return };
    let detail = value!({
        "ops-item-id": id, "title": (item.fact("Title").unwrap_or_default()),
        "status": (item.fact("Status").unwrap_or_default()), "source": (item.fact("Source").unwrap_or_default()),
        "created-by": (item.fact("CreatedBy").unwrap_or_default()),
    });
    let kept = object! {
        "Source": "aws.ssm", "DetailType": kind, "Detail": (detail.to_json().to_string()),
        "CreatedBy": {"Arn": (call.caller.arn.as_str())}, "CreatedTime": (call.now),
    };
    let key = format!("{id}/{}", world.uuid());
    world.put(call.place(&EVENT), key, Resource::new(Arc::new(kept), Arc::default()));
    let arn = place.arn_of(&ITEM, id);
    world.emit(Event::new("aws.ssm", kind, &place).about(arn).with(detail));
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&ITEM, call.required("OpsItemId")?);
    let item = call.find(world, &ITEM, &id)?;
    let shown = call.describe(&ITEM, &id, item);
    Ok(call.fit(value!({"OpsItem": shown})))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&ITEM, call.required("OpsItemId")?);
    call.find(world, &ITEM, &id)?;
    if call.text("Status").is_some_and(|status| !STATUSES.contains(&status)) {
        let message = format!(
            "{} is not a status of OpsItems of this type",
            call.text("Status").unwrap_or_default()
        );
        return Err(Failure::new("OpsItemInvalidParameterException", message));
    }
    let input = call.input.clone();
    let (now, arn) = (call.now, call.caller.arn.clone());
    let removed: Vec<String> =
        call.texts("OperationalDataToDelete").into_iter().map(str::to_owned).collect();
    world.change(&call.place(&ITEM), &id, |facts| {
        for member in KEEP.iter().copied().chain(["Status"]) {
            let Some(value) = input.get(member) else { continue };
            if member == "OperationalData" {
                // What is said is added to what there is.
                let mut data =
                    facts.get(member).and_then(Value::as_object).cloned().unwrap_or_default();
                data.extend(
                    value
                        .as_object()
                        .into_iter()
                        .flat_map(Object::iter)
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
                facts.insert(member, data);
            } else {
                facts.insert(member, value.clone());
            }
        }
        if let Some(Value::Object(data)) = facts.get_mut("OperationalData") {
            for name in &removed {
                data.remove(name);
            }
        }
        let version = facts.text("Version").parse::<i64>().unwrap_or(1) + 1;
        facts.insert("Version", version.to_string());
        facts.insert("LastModifiedTime", now);
        facts.insert("LastModifiedBy", arn);
    });
    tell(world, call, &id, "OpsItem Update");
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&ITEM, call.required("OpsItemId")?);
    // Deleting what is not there succeeds, as on AWS.
    world.remove(&call.place(&ITEM), &id);
    Ok(Value::object())
}

fn holds(call: &Call, shown: &Object) -> Result<bool, Failure> {
    let mut fits = true;
    for filter in call.list("OpsItemFilters") {
        let (key, operator) = (filter.text("Key"), filter.text("Operator"));
        let values = texts(filter, "Values");
        let data = shown.get("OperationalData").and_then(Value::as_object);
        let data = || data.into_iter().flat_map(Object::iter);
        let compared = |has: &str| {
            values.iter().any(|value| {
                if operator == "Contains" { has.contains(value) } else { has == *value }
            })
        };
        fits &= match key {
            "Priority" => {
                let has = shown.get("Priority").and_then(Value::as_i64).unwrap_or_default();
                compared(&has.to_string())
            }
            "CreatedTime" | "LastModifiedTime" | "ActualStartTime" | "ActualEndTime"
            | "PlannedStartTime" | "PlannedEndTime" => {
                let has = shown.get(key).and_then(Value::as_timestamp);
                let limit = values.first().and_then(|value| value.parse::<jiff::Timestamp>().ok());
                match operator {
                    "GreaterThan" => has > limit,
                    "LessThan" => has < limit,
                    _ => has == limit,
                }
            }
            "OperationalDataKey" => data().any(|(name, _)| compared(name)),
            "OperationalDataValue" => data()
                .any(|(_, value)| value.get("Value").and_then(Value::as_str).is_some_and(compared)),
            "OperationalData" => values.iter().any(|wanted| {
                let Ok(wanted) = serde_json::from_str::<serde_json::Value>(wanted) else {
                    return false;
                };
                let (name, value) = (
                    wanted.get("key").and_then(|one| one.as_str()),
                    wanted.get("value").and_then(|one| one.as_str()),
                );
                data().any(|(has, held)| {
                    Some(has.as_str()) == name && held.get("Value").and_then(Value::as_str) == value
                })
            }),
            "ResourceId" => data().any(|(name, value)| {
                name.as_str() == "/aws/resources"
                    && value
                        .get("Value")
                        .and_then(Value::as_str)
                        .is_some_and(|has| values.iter().any(|value| has.contains(value)))
            }),
            "Status" | "CreatedBy" | "Source" | "Title" | "OpsItemId" | "Category" | "Severity"
            | "OpsItemType" => compared(shown.text(key)),
            _ => return Err(call.invalid(format!("The filter key {key} is not supported"))),
        };
    }
    Ok(fits)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let mut items = Vec::new();
    for (id, item) in world.shelf(&call.place(&ITEM)) {
        let shown = call.describe(&ITEM, id, item);
        if holds(call, &shown)? {
            let at = shown.get("CreatedTime").and_then(Value::as_timestamp).unwrap_or_default();
            items.push((latest_first(at, id), shown.into()));
        }
    }
    FIFTY.sort(call, "OpsItemSummaries", items)
}

/// Counts of `OpsItems` by an attribute, as the console's dashboard asks for them.
fn summary(call: &Call, world: &mut World) -> Answer {
    let aggregator = call.list("Aggregators").first();
    let part = |member: &str| aggregator.and_then(|one| one.get(member)).and_then(Value::as_str);
    let supported = part("AggregatorType") == Some("count")
        && part("TypeName").is_none_or(|name| name == "AWS:OpsItem")
        && call.list("Filters").is_empty()
        && aggregator
            .is_some_and(|one| one.get("Filters").is_none() && one.get("Aggregators").is_none());
    let Some(attribute) = part("AttributeName").filter(|_| supported).map(str::to_owned) else {
        let message =
            "the twin implements GetOpsSummary only as a count of AWS:OpsItem by one attribute";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    };
    let mut counts: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    for item in world.shelf(&call.place(&ITEM)).values() {
        let value = item.fact(&attribute).unwrap_or_default().to_owned();
        *counts.entry(value).or_default() += 1;
    }
    let items = counts.into_iter().map(|(value, count)| {
        let content = Object::from_iter([
            (attribute.as_str(), value.as_str()),
            ("Count", &count.to_string()),
        ]);
        let shown =
            value!({"Id": (value.as_str()), "Data": {"AWS:OpsItem": {"Content": [(content)]}}});
        (value, shown)
    });
    FIFTY.sort(call, "Entities", items.collect())
}

fn associate(call: &Call, world: &mut World) -> Answer {
    let id = call.required("OpsItemId")?.to_owned();
    call.find(world, &ITEM, &id)?;
    let place = call.place(&RELATED);
    let uri = call.required("ResourceUri")?;
    let prefix = format!("{id}/");
    let mut mine = world.shelf(&place).iter().filter(|(key, _)| key.starts_with(&prefix));
    if mine.any(|(_, one)| one.fact("ResourceUri") == Some(uri)) {
        let message = "The Amazon Resource Name (ARN) is already associated with the OpsItem.";
        return Err(Failure::new("OpsItemRelatedItemAlreadyExistsException", message));
    }
    let by = value!({"Arn": (call.caller.arn.as_str())});
    let kept = object! {
        "ResourceType": (call.required("ResourceType")?), "AssociationType": (call.required("AssociationType")?),
        "ResourceUri": uri, "CreatedBy": (by.clone()), "CreatedTime": (call.now), "LastModifiedBy": by,
        "LastModifiedTime": (call.now),
    };
    let association = world.uuid();
    world.put(
        place,
        format!("{prefix}{association}"),
        Resource::new(Arc::new(kept), Arc::default()),
    );
    Ok(value!({"AssociationId": association}))
}

fn disassociate(call: &Call, world: &mut World) -> Answer {
    let id = call.required("OpsItemId")?;
    call.find(world, &ITEM, id)?;
    let key = format!("{id}/{}", call.required("AssociationId")?);
    match world.remove(&call.place(&RELATED), &key) {
        Some(_) => Ok(Value::object()),
        None => Err(RELATED.missing.failure(call.required("AssociationId")?)),
    }
}

fn list_related(call: &Call, world: &mut World) -> Answer {
    let prefix = call.text("OpsItemId").map(|id| format!("{id}/")).unwrap_or_default();
    let mut items = Vec::new();
    for (key, related) in world.shelf(&call.place(&RELATED)) {
        let shown = call.describe(&RELATED, key, related);
        let fits = call.list("Filters").iter().all(|filter| {
            let name = filter.text("Key");
            texts(filter, "Values").contains(&shown.text(name))
        });
        if key.starts_with(&prefix) && fits {
            items.push((key.clone(), shown.into()));
        }
    }
    FIFTY.sort(call, "Summaries", items)
}

fn list_events(call: &Call, world: &mut World) -> Answer {
    let wanted: Vec<&str> =
        call.list("Filters").iter().flat_map(|filter| texts(filter, "Values")).collect();
    let mut items = Vec::new();
    for (key, event) in world.shelf(&call.place(&EVENT)) {
        let item = key.split('/').next().unwrap_or_default();
        if wanted.is_empty() || wanted.contains(&item) {
            let shown = call.describe(&EVENT, key, event);
            let at = shown.get("CreatedTime").and_then(Value::as_timestamp).unwrap_or_default();
            items.push((latest_first(at, key), shown.into()));
        }
    }
    FIFTY.sort(call, "Summaries", items)
}
