//! Compliance: of patches, of associations, and what others report.

use std::{collections::BTreeMap, sync::Arc};

use reeve_model::{Object, Value};

use super::{
    associations,
    patch::PATCH_STATE,
    shared::{FIFTY, texts},
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::Definition,
    pattern::matches,
    recipe::Action,
    services::{Part, ec2::compute::INSTANCE},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&REPORT],
    operations: &[
        ("ListComplianceItems", Action::Own(items)),
        ("ListComplianceSummaries", Action::Own(summaries)),
        ("ListResourceComplianceSummaries", Action::Own(resources)),
        ("PutComplianceItems", Action::Own(put)),
    ],
    tasks: &[],
};

/// What somebody reported about a resource, by its id, a slash, and the type of compliance.
static REPORT: Definition = Definition {
    resource_type: "AWS::SSM::ComplianceReport",
    arn: "arn:{partition}:ssm:{region}:{account}:compliance-report/{id}",
    ..Definition::OF
};

const LEVELS: [(&str, &str); 6] = [
    ("CRITICAL", "CriticalCount"),
    ("HIGH", "HighCount"),
    ("MEDIUM", "MediumCount"),
    ("LOW", "LowCount"),
    ("INFORMATIONAL", "InformationalCount"),
    ("UNSPECIFIED", "UnspecifiedCount"),
];

/// Every item of the place, as `ListComplianceItems` shows it.
fn all(world: &World, place: &Place) -> Vec<Object> {
    let mut found = Vec::new();
    for (id, state) in world.shelf(&place.beside(&PATCH_STATE)) {
        found.extend(of_patches(id, state));
    }
    for one in associations::compliance(world, place) {
        found.push(one);
    }
    for (key, report) in world.shelf(&place.beside(&REPORT)) {
        let (id, kind) = key.split_once('/').unwrap_or((key, ""));
        let summary = report.value("ExecutionSummary").cloned().unwrap_or_default();
        for item in report.list("Items") {
            let mut shown = item.as_object().cloned().unwrap_or_default();
            shown.insert("ComplianceType", kind);
            shown.insert(
                "ResourceType",
                report.fact("ResourceType").unwrap_or("ManagedInstance").to_owned(),
            );
            shown.insert("ResourceId", id);
            shown.insert("ExecutionSummary", summary.clone());
            found.push(shown);
        }
    }
    found
}

fn of_patches(id: &str, state: &Resource) -> Vec<Object> {
    let text_of = |member: &str| state.fact(member).unwrap_or_default().to_owned();
    let time = state.value("OperationEndTime").cloned().unwrap_or_default();
    let patches = state.inside.list("Patches").iter();
    let item = |patch: &Object| {
        let details = object! {
            "Classification": (patch.text("Classification")), "PatchBaselineId": (text_of("BaselineId")),
            "PatchGroup": (text_of("PatchGroup")), "PatchSeverity": (patch.text("Severity")),
            "PatchState": (camel(patch.text("State"))), "DocumentName": "", "DocumentVersion": "",
            "InstalledTime": (patch.get("InstalledTime").and_then(Value::as_timestamp).unwrap_or_default().to_string()),
        };
        object! {
            "ComplianceType": "Patch", "ResourceType": "ManagedInstance", "ResourceId": id,
            "Id": (patch.text("KBId")), "Title": (patch.text("Title")), "Status": (patch.text("Status")),
            "Severity": (patch.text("Level")), "Details": details,
            "ExecutionSummary": {"ExecutionTime": (time.clone()), "ExecutionId": (text_of("SnapshotId")), "ExecutionType": "Command"},
        }
    };
    patches.filter_map(Value::as_object).map(item).collect()
}

/// `INSTALLED_OTHER` as `InstalledOther`.
fn camel(state: &str) -> String {
    let words = state.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        format!("{first}{}", letters.as_str().to_lowercase())
    });
    words.collect()
}

fn holds(item: &Object, call: &Call) -> Result<bool, Failure> {
    let mut fits = true;
    for filter in call.list("Filters") {
        let key = filter.text("Key");
        let values = texts(filter, "Values");
        let name = key.rsplit([':', '.']).next().unwrap_or(key);
        let has = match name {
            "ComplianceType" | "ResourceType" | "ResourceId" | "Id" | "Title" | "Status"
            | "Severity" => item.text(name).to_owned(),
            "OverallSeverity" => item.text("Severity").to_owned(),
            "PatchState" | "Classification" | "PatchBaselineId" | "PatchGroup"
            | "PatchSeverity" => item
                .get("Details")
                .and_then(|all| all.get(name)?.as_str())
                .unwrap_or_default()
                .to_owned(),
            _ => {
                let message = format!("The filter key {key} is not valid");
                return Err(Failure::new("InvalidFilter", message));
            }
        };
        let equal = values.iter().any(|value| matches(value, &has));
        fits &= match filter.text("Type") {
            "NOT_EQUAL" => !equal,
            "BEGIN_WITH" => values.iter().any(|value| has.starts_with(value)),
            "LESS_THAN" | "GREATER_THAN" => {
                return Err(Failure::new(
                    "InvalidFilter",
                    "The filter type is not valid for texts",
                ));
            }
            _ => equal,
        };
    }
    Ok(fits)
}

fn wanted(call: &Call, world: &World) -> Result<Vec<Object>, Failure> {
    let ids = call.texts("ResourceIds");
    let mut kept = Vec::new();
    for item in all(world, &call.place(&PATCH_STATE)) {
        if (ids.is_empty() || ids.contains(&item.text("ResourceId"))) && holds(&item, call)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn items(call: &Call, world: &mut World) -> Answer {
    let items = wanted(call, world)?.into_iter().enumerate().map(|(at, item)| {
        let key = format!(
            "{}/{}/{}/{at:08}",
            item.text("ResourceId"),
            item.text("ComplianceType"),
            item.text("Id")
        );
        (key, item.into())
    });
    FIFTY.sort(call, "ComplianceItems", items.collect())
}

/// How many of some items have each severity, of those that comply or do not.
fn counted<'i>(
    items: impl Iterator<Item = &'i Object> + Clone,
    status: &str,
    member: &str,
) -> Value {
    let of = items.filter(|item| item.text("Status") == status);
    let number = |count: usize| i64::try_from(count).unwrap_or(0);
    let severities: Object = LEVELS
        .iter()
        .map(|(level, name)| {
            (*name, number(of.clone().filter(|item| item.text("Severity") == *level).count()))
        })
        .collect();
    Object::from_iter([
        (member, Value::from(number(of.count()))),
        ("SeveritySummary", severities.into()),
    ])
    .into()
}

fn summaries(call: &Call, world: &mut World) -> Answer {
    // Counted are resources, each at its worst.
    let mut kinds: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for (_, items) in grouped(wanted(call, world)?) {
        let Some(first) = items.first() else { continue };
        let kind = first.text("ComplianceType").to_owned();
        kinds.entry(kind).or_default().push(worst(&items));
    }
    let items = kinds.into_iter().map(|(kind, items)| {
        let shown = value!({
            "ComplianceType": (kind.as_str()),
            "CompliantSummary": (counted(items.iter(), "COMPLIANT", "CompliantCount")),
            "NonCompliantSummary": (counted(items.iter(), "NON_COMPLIANT", "NonCompliantCount")),
        });
        (kind, shown)
    });
    FIFTY.sort(call, "ComplianceSummaryItems", items.collect())
}

fn grouped(items: Vec<Object>) -> BTreeMap<String, Vec<Object>> {
    let mut groups: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for item in items {
        let key = format!("{}/{}", item.text("ResourceId"), item.text("ComplianceType"));
        groups.entry(key).or_default().push(item);
    }
    groups
}

/// The status and severity of a resource with these items.
fn worst(items: &[Object]) -> Object {
    let bad = items.iter().filter(|item| item.text("Status") == "NON_COMPLIANT");
    let severity = LEVELS
        .iter()
        .find(|(level, _)| bad.clone().any(|item| item.text("Severity") == *level))
        .map_or("UNSPECIFIED", |(level, _)| *level);
    let status = if bad.count() > 0 { "NON_COMPLIANT" } else { "COMPLIANT" };
    object! {"Status": status, "Severity": severity}
}

fn resources(call: &Call, world: &mut World) -> Answer {
    let items = grouped(wanted(call, world)?).into_iter().filter_map(|(key, items)| {
        let first = items.first()?;
        let worst = worst(&items);
        let shown = value!({
            "ComplianceType": (first.text("ComplianceType")), "ResourceType": (first.text("ResourceType")),
            "ResourceId": (first.text("ResourceId")), "Status": (worst.text("Status")),
            "OverallSeverity": (worst.text("Severity")),
            "ExecutionSummary": (first.get("ExecutionSummary").cloned().unwrap_or_default()),
            "CompliantSummary": (counted(items.iter(), "COMPLIANT", "CompliantCount")),
            "NonCompliantSummary": (counted(items.iter(), "NON_COMPLIANT", "NonCompliantCount")),
        });
        Some((key, shown))
    });
    FIFTY.sort(call, "ResourceComplianceSummaryItems", items.collect())
}

fn put(call: &Call, world: &mut World) -> Answer {
    let (id, kind) = (call.required("ResourceId")?, call.required("ComplianceType")?);
    if !kind.starts_with("Custom:") && !matches!(kind, "Patch" | "Association") {
        return Err(call.invalid(format!("Compliance type {kind} must begin with Custom:")));
    }
    if call.text("ResourceType") != Some("ManagedInstance") {
        let message = "The resource type must be ManagedInstance.";
        return Err(Failure::new("InvalidResourceType", message));
    }
    let place = call.place(&REPORT);
    let key = format!("{id}/{kind}");
    let mut reported = call.list("Items").to_vec();
    if call.text("UploadType") == Some("PARTIAL")
        && let Some(before) = world.get(&place, &key)
    {
        let new: Vec<&Value> = reported.iter().filter_map(|item| item.get("Id")).collect();
        let kept = before.list("Items").iter();
        let kept: Vec<Value> = kept
            .filter(|item| item.get("Id").is_none_or(|id| !new.contains(&id)))
            .cloned()
            .collect();
        reported.extend(kept);
    }
    let facts = object! {
        "ResourceType": "ManagedInstance", "Items": (Value::List(reported)),
        "ExecutionSummary": (call.input.get("ExecutionSummary").cloned().unwrap_or_default()),
    };
    world.put(place, key, Resource::new(Arc::new(facts), Arc::default()));
    Ok(Value::object())
}

/// Tells of a machine that complies, or does no longer.
pub(super) fn tell(world: &mut World, place: &Place, instance: &str, (kind, status): (&str, &str)) {
    let arn = place.arn_of(&INSTANCE, instance);
    let detail = value!({
        "last-runtime": (world.now().to_string()), "compliance-status": (status.to_lowercase()),
        "resource-type": "managed-instance", "resource-id": instance, "compliance-type": kind,
    });
    let event = Event::new("aws.ssm", "Configuration Compliance State Change", place);
    world.emit(event.about(arn).with(detail));
}
