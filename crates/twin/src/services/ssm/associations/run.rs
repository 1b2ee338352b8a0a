//! Associations run: a command for documents of that kind, the gathering of inventory for its policy.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, tz::TimeZone};
use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;

use super::{
    super::{commands, inventory, shared::targeted},
    ASSOCIATION,
};
use crate::{
    fleet,
    kind::{Definition, Identity, Missing},
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

/// From when it is made until it first runs.
const FIRST_RUN: SignedDuration = SignedDuration::from_secs(10);
const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(20);
const INVENTORY_POLICY: &str = "AWS-GatherSoftwareInventory";

/// One run of an association, by its id, a slash, and the run's.
pub(super) static EXECUTION: Definition = Definition {
    resource_type: "AWS::SSM::AssociationExecution",
    arn: "arn:{partition}:ssm:{region}:{account}:association-execution/{id}",
    identity: &[("AssociationId", Identity::Segment(0)), ("ExecutionId", Identity::Segment(1))],
    missing: Missing::new("AssociationExecutionDoesNotExist", "The execution does not exist."),
    ..Definition::OF
};

/// What a run did to one machine, by association, run and instance.
pub(super) static TARGET: Definition = Definition {
    resource_type: "AWS::SSM::AssociationExecutionTarget",
    arn: "arn:{partition}:ssm:{region}:{account}:association-target/{id}",
    identity: &[
        ("AssociationId", Identity::Segment(0)),
        ("ExecutionId", Identity::Segment(1)),
        ("ResourceId", Identity::Segment(2)),
    ],
    ..Definition::OF
};

/// Plans the next run of an association, the first one soon unless it keeps to its schedule.
pub(super) fn plan(world: &mut World, place: &Place, id: &str, first: bool) {
    let Some(association) = world.get(place, id) else { return };
    let only = association.flag("ApplyOnlyAtCronInterval");
    let detail =
        value!({"Revision": (association.inside.get("Revision").cloned().unwrap_or_default())});
    let now = world.now();
    let due = if first && !only {
        Some(now + FIRST_RUN)
    } else {
        let expression = association.fact("ScheduleExpression").unwrap_or_default();
        let since = association.value("LastUpdateAssociationDate").and_then(Value::as_timestamp);
        ScheduleExpression::parse_for_systems_manager(expression)
            .ok()
            .and_then(|one| one.next_after(now, &TimeZone::UTC, since.unwrap_or(now)))
    };
    if let Some(due) = due {
        world.schedule(due, Task::new("ssm:association", place, id).with(detail));
    }
}

/// An association is due.
pub(super) fn due(world: &mut World, task: &Task) {
    let Some(association) = world.get(&task.place, &task.id) else { return };
    if task.detail.get("Revision") != association.inside.get("Revision") {
        return;
    }
    plan(world, &task.place, &task.id, false);
    execute(world, &task.place, &task.id);
}

/// Runs an association now.
pub(super) fn execute(world: &mut World, place: &Place, id: &str) {
    let Some(association) = world.get(place, id) else { return };
    let facts = Object::clone(&association.facts);
    let targets = facts.get("Targets").cloned().unwrap_or_default();
    let now = world.now();
    let key = format!("{id}/{}", world.uuid());
    let mut shown = object! {
        "AssociationVersion": (facts.text("AssociationVersion")), "Status": "InProgress",
        "DetailedStatus": "Pending", "CreatedTime": now, "LastExecutionDate": now,
    };
    let executions = place.beside(&EXECUTION);
    if facts.text("Name") == INVENTORY_POLICY {
        let machines = targeted(world, place, targets.as_list()).unwrap_or_default();
        let mut statuses = BTreeMap::new();
        for machine in machines {
            let well = fleet::takes_commands(world, place, &machine);
            if well {
                inventory::gather(world, place, &machine);
            }
            statuses.insert(machine, (if well { "Success" } else { "Pending" }, String::new()));
        }
        world.put(executions, key.as_str(), Resource::new(Arc::new(shown), Arc::default()));
        return conclude(world, place, &key, &statuses);
    }
    let mut input = object! {"DocumentName": (facts.text("Name")), "Targets": targets};
    input.extend(facts.pick(["DocumentVersion", "Parameters", "MaxErrors", "MaxConcurrency"]));
    if !input.contains("MaxErrors") {
        input.insert("MaxErrors", "100%");
    }
    if let Some(location) = facts.get("OutputLocation").and_then(|one| one.get("S3Location")) {
        input.extend(location.pick(["OutputS3BucketName", "OutputS3KeyPrefix", "OutputS3Region"]));
    }
    let answer = world.call(&Origin::at(place, "ssm.amazonaws.com"), "ssm", "SendCommand", input);
    let command =
        answer.ok().and_then(|sent| sent.path("Command.CommandId")?.as_str().map(str::to_owned));
    if command.is_none() {
        shown.insert("Status", "Failed");
        shown.insert("DetailedStatus", "Failed");
    }
    let inside = object! {"Command": (command.clone().unwrap_or_default())};
    let execution = Resource::new(Arc::new(shown), Arc::default()).with_inside(inside);
    world.put(executions.clone(), key.as_str(), execution);
    overview(world, place, id, ("Pending", "Associated"));
    if command.is_some() {
        world.schedule(now + WATCH_EVERY, Task::new("ssm:association-watch", &executions, &key));
    }
}

/// A run's command is looked after.
pub(super) fn watch(world: &mut World, task: &Task) {
    let Some(execution) = world.get(&task.place, &task.id) else { return };
    let command = execution.inside.text("Command").to_owned();
    let commands = task.place.beside(&commands::COMMAND);
    let status =
        world.get(&commands, &command).and_then(|one| one.fact("Status")).unwrap_or("Failed");
    if matches!(status, "Pending" | "InProgress" | "Cancelling") {
        let again = Task::new("ssm:association-watch", &task.place, &task.id);
        return world.schedule(world.now() + WATCH_EVERY, again);
    }
    let invocations = task.place.beside(&commands::INVOCATION);
    let prefix = format!("{command}/");
    let mut statuses = BTreeMap::new();
    for (key, one) in world
        .shelf(&invocations)
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
    {
        let well = one.fact("Status") == Some("Success");
        let instance = key.strip_prefix(&prefix).unwrap_or(key).to_owned();
        statuses.insert(instance, (if well { "Success" } else { "Failed" }, command.clone()));
    }
    conclude(world, &task.place, &task.id, &statuses);
}

fn conclude(
    world: &mut World,
    place: &Place,
    execution: &str,
    statuses: &BTreeMap<String, (&'static str, String)>,
) {
    let now = world.now();
    let association = execution.split('/').next().unwrap_or_default().to_owned();
    let executions = place.beside(&EXECUTION);
    let targets = place.beside(&TARGET);
    let version = world
        .get(&executions, execution)
        .and_then(|one| one.fact("AssociationVersion"))
        .unwrap_or("1")
        .to_owned();
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (instance, (status, command)) in statuses {
        *counts.entry(status).or_default() += 1;
        let mut shown = object! {
            "AssociationVersion": (version.as_str()), "ResourceType": "ManagedInstance", "Status": (*status),
            "DetailedStatus": (*status), "LastExecutionDate": now,
        };
        if !command.is_empty() {
            shown.insert(
                "OutputSource",
                value!({"OutputSourceId": (command.as_str()), "OutputSourceType": "RunCommand"}),
            );
        }
        world.put(
            targets.clone(),
            format!("{execution}/{instance}"),
            Resource::new(Arc::new(shown), Arc::default()),
        );
    }
    let failed = counts.contains_key("Failed");
    let status = if failed { "Failed" } else { "Success" };
    let summary: Vec<String> =
        counts.iter().map(|(status, count)| format!("{status}={count}")).collect();
    world.change(&executions, execution, |facts| {
        facts.insert("Status", status);
        facts.insert("DetailedStatus", status);
        facts.insert("ResourceCountByStatus", format!("{{{}}}", summary.join(", ")));
        facts.insert("LastExecutionDate", now);
    });
    let associations = place.beside(&ASSOCIATION);
    overview(world, &associations, &association, (status, status));
    let counts: Object = counts.into_iter().collect();
    world.change(&associations, &association, |facts| {
        facts.insert("LastExecutionDate", now);
        if !failed {
            facts.insert("LastSuccessfulExecutionDate", now);
        }
        if let Some(Value::Object(overview)) = facts.get_mut("Overview") {
            overview.insert("AssociationStatusAggregatedCount", counts);
        }
    });
}

fn overview(world: &mut World, place: &Place, id: &str, (status, details): (&str, &str)) {
    world.set(place, id, "Overview", value!({"Status": status, "DetailedStatus": details}));
}

/// The last run of each association on each machine, as compliance shows it.
pub(in crate::services::ssm) fn compliance(world: &World, place: &Place) -> Vec<Object> {
    let mut latest: BTreeMap<(String, String), Object> = BTreeMap::new();
    let targets = place.beside(&TARGET);
    let associations = place.beside(&ASSOCIATION);
    for (key, target) in world.shelf(&targets) {
        let mut parts = key.split('/');
        let (id, execution, instance) = (parts.next(), parts.next(), parts.next());
        let (Some(id), Some(execution), Some(instance)) = (id, execution, instance) else {
            continue;
        };
        let Some(association) = world.get(&associations, id) else { continue };
        let time =
            target.value("LastExecutionDate").and_then(Value::as_timestamp).unwrap_or_default();
        let well = target.fact("Status") == Some("Success");
        let item = object! {
            "ComplianceType": "Association", "ResourceType": "ManagedInstance", "ResourceId": instance,
            "Id": id, "Title": (association.fact("AssociationName").unwrap_or_default()),
            "Status": (if well { "COMPLIANT" } else { "NON_COMPLIANT" }),
            "Severity": (association.fact("ComplianceSeverity").unwrap_or("UNSPECIFIED")),
            "ExecutionSummary": {"ExecutionTime": time, "ExecutionId": execution, "ExecutionType": "Command"},
            "Details": {"DocumentName": (association.fact("Name").unwrap_or_default()), "DocumentVersion": "1"},
        };
        let slot =
            latest.entry((id.to_owned(), instance.to_owned())).or_insert_with(|| item.clone());
        let before =
            slot.get("ExecutionSummary").and_then(|one| one.get("ExecutionTime")?.as_timestamp());
        if before.is_none_or(|before| before <= time) {
            *slot = item;
        }
    }
    latest.into_values().collect()
}
