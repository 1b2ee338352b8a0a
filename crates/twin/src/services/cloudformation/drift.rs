//! Drift: where the resources of a stack are not what their template says any more.

use std::collections::BTreeSet;

use jiff::Span;
use reeve_model::{Object, Value};

use super::{functions::same, record::STACK, stacks::named};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Missing},
    page::Paging,
    services::{
        Action, Part,
        cloudcontrol::{engine, registry},
    },
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&DETECTION],
    operations: &[
        ("DetectStackDrift", Action::Own(detect)),
        ("DetectStackResourceDrift", Action::Own(detect_one)),
        ("DescribeStackDriftDetectionStatus", Action::Own(status)),
        ("DescribeStackResourceDrifts", Action::Own(drifts)),
    ],
    tasks: &[("cloudformation:drift", finish)],
};

/// One detection of a stack's drift.
pub(crate) static DETECTION: Definition = Definition {
    resource_type: "AWS::CloudFormation::DriftDetection",
    arn: "arn:{partition}:cloudformation:{region}:{account}:drift-detection/{id}",
    identity: &[("StackDriftDetectionId", crate::kind::Identity::Id)],
    missing: Missing::new("ValidationError", "Drift detection with id {id} does not exist"),
    ..Definition::OF
};

static PAGES: Paging = Paging::of("MaxResults", "NextToken", (100, 100), "ValidationError");

/// How long a detection takes, in seconds.
const DETECTING: i64 = 20;

fn detect(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let status =
        world.get(&place, &id).and_then(|stack| stack.fact("StackStatus")).unwrap_or_default();
    if !status.ends_with("COMPLETE") || status.starts_with("DELETE") {
        return Err(
            call.invalid(format!("Drift detection cannot be run on a stack in the state {status}"))
        );
    }
    let detection = world.uuid();
    let at = call.place(&DETECTION);
    let kept = object! {
        "StackId": (place.arn_of(&STACK, &id)),
        "DetectionStatus": "DETECTION_IN_PROGRESS",
        "Timestamp": (world.now())
    };
    let inside = object! { "Stack": (id), "Only": (call.input.get("LogicalResourceIds").cloned().unwrap_or_default()) };
    let resource = Resource::new(facts(kept), std::sync::Arc::default()).with_inside(inside);
    world.put(at.clone(), detection.as_str(), resource);
    let due = world.now() + Span::new().seconds(DETECTING);
    world.schedule(due, Task::new("cloudformation:drift", &at, &detection));
    Ok(value!({ "StackDriftDetectionId": (detection) }))
}

fn finish(world: &mut World, task: &Task) {
    let Some(detection) = world.get(&task.place, &task.id).cloned() else {
        return;
    };
    let place = task.place.beside(&STACK);
    let id = detection.inside.text("Stack").to_owned();
    let only = detection.inside.list("Only");
    let logicals: Vec<String> = world
        .get(&place, &id)
        .and_then(|stack| stack.inside.get("Resources"))
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Object::names)
        .map(ToString::to_string)
        .filter(|logical| only.is_empty() || only.iter().any(|one| one.as_str() == Some(logical)))
        .collect();
    let mut drifted = 0_i64;
    for logical in logicals {
        let found = examine(world, &place, &id, &logical);
        let status = found.get("StackResourceDriftStatus").and_then(Value::as_str);
        drifted += i64::from(matches!(status, Some("MODIFIED" | "DELETED")));
    }
    let now = world.now();
    let status = if drifted > 0 { "DRIFTED" } else { "IN_SYNC" };
    world.change(&task.place, &task.id, |facts| {
        facts.insert("DetectionStatus", "DETECTION_COMPLETE");
        facts.insert("StackDriftStatus", status);
        facts.insert("DriftedStackResourceCount", drifted);
        facts.insert("Timestamp", now);
    });
    world.set(
        &place,
        &id,
        "DriftInformation",
        object! { "StackDriftStatus": (status), "LastCheckTimestamp": (now) },
    );
}

/// Compares a resource with what it should be, and keeps what was found.
fn examine(world: &mut World, place: &Place, id: &str, logical: &str) -> Object {
    let record = world
        .get(place, id)
        .and_then(|stack| stack.inside.get("Resources")?.get(logical)?.as_object().cloned())
        .unwrap_or_default();
    let expected = record.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let now = world.now();
    let (kind, physical) =
        (record.text("ResourceType").to_owned(), record.text("PhysicalResourceId").to_owned());
    let mut drift = object! {
        "StackId": (place.arn_of(&STACK, id)),
        "LogicalResourceId": (logical),
        "PhysicalResourceId": (physical.as_str()),
        "ResourceType": (kind.as_str()),
        "Timestamp": (now)
    };
    let origin = Origin::at(place, "cloudformation.amazonaws.com");
    let registered = registry::named(&kind).filter(|kind| !kind.read.operation.is_empty());
    let found =
        registered.map(|kind| (kind, engine::read(world, &origin, kind, (&physical, &expected))));
    let status = match found {
        None | Some((_, Err(_))) => "NOT_CHECKED",
        Some((_, Ok(None))) => "DELETED",
        Some((kind, Ok(Some(found)))) => {
            let names: BTreeSet<String> = expected.names().map(ToString::to_string).collect();
            let actual = engine::actual(kind, &names, &found);
            let differences = differences(&expected, &actual);
            drift.insert(
                "ExpectedProperties",
                Value::Object(expected.clone()).to_json().to_string(),
            );
            let mut shown = expected.clone();
            shown.extend(actual);
            drift.insert("ActualProperties", Value::Object(shown).to_json().to_string());
            let status = if differences.is_empty() { "IN_SYNC" } else { "MODIFIED" };
            drift.insert("PropertyDifferences", Value::List(differences));
            status
        }
    };
    drift.insert("StackResourceDriftStatus", status);
    world.change_inside(place, id, |inside| {
        let mut all =
            inside.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut record = record;
        record.insert(
            "Drift",
            object! { "StackResourceDriftStatus": (status), "LastCheckTimestamp": (now) },
        );
        record.insert("DriftDetail", drift.clone());
        all.insert(logical, record);
        inside.insert("Resources", all);
    });
    drift
}

/// What differs of the properties that can be read back.
fn differences(expected: &Object, actual: &Object) -> Vec<Value> {
    let mut differences = Vec::new();
    for (name, found) in actual.iter() {
        let Some(wanted) = expected.get(name) else {
            continue;
        };
        let (wanted, found) = (comparable(name, wanted), comparable(name, found));
        if !contains(&found, &wanted) {
            let text = |value: &Value| {
                value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned)
            };
            differences.push(value!({
                "PropertyPath": (format!("/{name}")),
                "ExpectedValue": (text(&wanted)),
                "ActualValue": (text(&found)),
                "DifferenceType": "NOT_EQUAL"
            }));
        }
    }
    differences
}

/// Tags are compared without those of AWS and of the stack, in order.
fn comparable(name: &str, value: &Value) -> Value {
    let Value::List(elements) = value else {
        return value.clone();
    };
    if !name.ends_with("Tags") {
        return value.clone();
    }
    let mut tags = elements.clone();
    tags.sort_by_key(|tag| tag.get("Key").and_then(Value::as_str).map(str::to_owned));
    Value::List(tags)
}

/// Whether what is found is what is wanted; it may say more.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted.iter().all(|(name, wanted)| {
            let found = found.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.is_none_or(|(_, found)| contains(found, wanted))
        }),
        (Value::List(found), Value::List(wanted)) => {
            wanted.iter().all(|wanted| found.iter().any(|found| contains(found, wanted)))
        }
        _ => same(found, wanted),
    }
}

fn detect_one(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let logical = call.required("LogicalResourceId")?;
    let is_there = world
        .get(&place, &id)
        .and_then(|stack| stack.inside.get("Resources")?.get(logical))
        .is_some();
    if !is_there {
        return Err(call.invalid(format!("Resource {logical} does not exist for stack {id}")));
    }
    let drift = examine(world, &place, &id, logical);
    Ok(call.fit(value!({ "StackResourceDrift": (drift) })))
}

fn status(call: &Call, world: &mut World) -> Answer {
    let id = call.required("StackDriftDetectionId")?;
    let found = call.find(world, &DETECTION, id)?;
    let place = call.place(&DETECTION);
    Ok(call.fit(place.describe(&DETECTION, id, found).into()))
}

fn drifts(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let wanted = call.texts("StackResourceDriftStatusFilters");
    let records = world
        .get(&place, &id)
        .and_then(|stack| stack.inside.get("Resources"))
        .and_then(Value::as_object);
    let drifts = records
        .into_iter()
        .flat_map(Object::iter)
        .filter_map(|(_, record)| record.get("DriftDetail"))
        .filter(|drift| {
            let status = drift.text("StackResourceDriftStatus");
            wanted.is_empty() || wanted.contains(&status)
        })
        .cloned()
        .collect();
    PAGES.slice(call, "StackResourceDrifts", drifts)
}
