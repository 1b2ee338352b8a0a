//! State Manager: associations of documents with machines, run when made and on their schedule.

mod read;
mod run;

pub(super) use run::compliance;

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;

use super::{
    document,
    documents::{self, DOCUMENT},
    shared::is_managed,
};
use crate::{
    call::{Answer, Call},
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
    kinds: &[&ASSOCIATION, &run::EXECUTION, &run::TARGET],
    operations: &[
        ("CreateAssociation", Action::Own(create)),
        ("UpdateAssociation", Action::Own(update)),
        ("DescribeAssociation", Action::Own(read::describe_association)),
        ("ListAssociations", Action::Own(read::list)),
        ("ListAssociationVersions", Action::Own(read::versions)),
        ("DeleteAssociation", Action::Own(delete)),
        ("StartAssociationsOnce", Action::Own(start_once)),
        ("DescribeAssociationExecutions", Action::Own(read::executions)),
        ("DescribeAssociationExecutionTargets", Action::Own(read::targets)),
        ("DescribeInstanceAssociationsStatus", Action::Own(read::of_instance)),
        ("DescribeEffectiveInstanceAssociations", Action::Own(read::effective)),
    ],
    tasks: &[("ssm:association", run::due), ("ssm:association-watch", run::watch)],
};

/// An association. Inside: `Versions`, oldest first, and `Revision`, by which its schedule is told from earlier ones.
pub(super) static ASSOCIATION: Definition = Definition {
    resource_type: "AWS::SSM::Association",
    tagging_type: "ssm:association",
    arn: "arn:{partition}:ssm:{region}:{account}:association/{id}",
    identity: &[("AssociationId", Identity::Id)],
    missing: Missing::new("AssociationDoesNotExist", "The specified association doesn't exist."),
    ..Definition::OF
};

const KEEP: [&str; 15] = [
    "Name",
    "DocumentVersion",
    "Parameters",
    "Targets",
    "ScheduleExpression",
    "OutputLocation",
    "AssociationName",
    "MaxErrors",
    "MaxConcurrency",
    "ComplianceSeverity",
    "SyncCompliance",
    "ApplyOnlyAtCronInterval",
    "CalendarNames",
    "ScheduleOffset",
    "InstanceId",
];

fn create(call: &Call, world: &mut World) -> Answer {
    let mut kept = Object::new();
    kept.extend(call.given(KEEP));
    if let Some(instance) = call.text("InstanceId") {
        if !is_managed(world, &call.place(&ASSOCIATION), instance) {
            let message = format!("{instance} is not a managed instance");
            return Err(Failure::new("InvalidInstanceId", message));
        }
        let taken = world.shelf(&call.place(&ASSOCIATION)).values().any(|one| {
            one.fact("InstanceId") == Some(instance) && one.fact("Name") == call.text("Name")
        });
        if taken {
            let message = "The specified association already exists.";
            return Err(Failure::new("AssociationAlreadyExists", message));
        }
        kept.insert("Targets", value!([{"Key": "InstanceIds", "Values": [instance]}]));
    }
    check(call, world, &kept)?;
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let id = world.uuid();
    let versions = Value::List(vec![version(&kept, "1", call)]);
    kept.insert("AssociationVersion", "1");
    kept.insert("Date", call.now);
    kept.insert("LastUpdateAssociationDate", call.now);
    kept.insert("Overview", value!({"Status": "Pending", "DetailedStatus": "Creating"}));
    let association = Resource::new(facts(kept), Arc::new(given.into_iter().collect()));
    let association = association.with_inside(object! {"Versions": versions, "Revision": 1});
    let place = call.place(&ASSOCIATION);
    world.put(place.clone(), id.as_str(), association);
    run::plan(world, &place, &id, true);
    shown(call, world, &id)
}

fn version(kept: &Object, number: &str, call: &Call) -> Value {
    let mut version = kept.clone();
    version.insert("AssociationVersion", number);
    version.insert("CreatedDate", call.now);
    version.into()
}

/// Refuses an association that could not run.
fn check(call: &Call, world: &World, kept: &Object) -> Result<(), Failure> {
    for unsupported in [
        "TargetLocations",
        "TargetMaps",
        "AlarmConfiguration",
        "CalendarNames",
        "AssociationDispatchAssumeRole",
    ] {
        if call.input.get(unsupported).is_some_and(|value| {
            !value.as_list().is_empty() || value.as_object().is_some() || value.as_str().is_some()
        }) {
            let message = format!("the twin does not implement {unsupported} of associations");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    }
    let (name, version) = (kept.text("Name"), kept.text("DocumentVersion"));
    let version = Some(version).filter(|version| !version.is_empty());
    let document = documents::runnable(world, &call.place(&DOCUMENT), name, version)?;
    if !matches!(document.kind.as_str(), "Command" | "Policy") {
        let message = "the twin does not implement associations with automations";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    document::resolve(&document.content, kept.get("Parameters").and_then(Value::as_object))?;
    let schedule = kept.text("ScheduleExpression");
    if !schedule.is_empty() && ScheduleExpression::parse_for_systems_manager(schedule).is_err() {
        let message = format!("The schedule {schedule} is not valid.");
        return Err(Failure::new("InvalidSchedule", message));
    }
    if kept.get("Targets").is_none_or(|targets| targets.as_list().is_empty()) {
        let message = "Targets or InstanceId must be specified.";
        return Err(Failure::new("InvalidTarget", message));
    }
    Ok(())
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AssociationId")?.to_owned();
    let association = call.find(world, &ASSOCIATION, &id)?;
    let mut kept = Object::new();
    for member in KEEP {
        let value = call.input.get(member).or_else(|| match member {
            // What identifies it stays; everything else that is not said again is gone.
            "Name" | "Targets" | "InstanceId" => association.facts.get(member),
            _ => None,
        });
        if let Some(value) = value {
            kept.insert(member, value.clone());
        }
    }
    check(call, world, &kept)?;
    let association = call.find(world, &ASSOCIATION, &id)?;
    let before: i64 =
        association.fact("AssociationVersion").and_then(|one| one.parse().ok()).unwrap_or(1);
    let number = (before + 1).to_string();
    kept.extend(association.facts.pick([
        "Date",
        "Overview",
        "LastExecutionDate",
        "LastSuccessfulExecutionDate",
        "Status",
    ]));
    let version = version(&kept, &number, call);
    kept.insert("AssociationVersion", number);
    kept.insert("LastUpdateAssociationDate", call.now);
    let place = call.place(&ASSOCIATION);
    world.change(&place, &id, |facts| *facts = kept);
    world.change_inside(&place, &id, |inside| {
        let revision = inside.get("Revision").and_then(Value::as_i64).unwrap_or(0) + 1;
        inside.insert("Revision", revision);
        if let Some(Value::List(versions)) = inside.get_mut("Versions") {
            versions.push(version);
        }
    });
    run::plan(world, &place, &id, true);
    shown(call, world, &id)
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let association = call.find(world, &ASSOCIATION, id)?;
    let shown = call.describe(&ASSOCIATION, id, association);
    Ok(call.fit(value!({"AssociationDescription": shown})))
}

/// The id of the association that the caller means: by id, or by document and instance.
fn meant(call: &Call, world: &World) -> Result<String, Failure> {
    if let Some(id) = call.text("AssociationId") {
        return call.find(world, &ASSOCIATION, id).map(|_| id.to_owned());
    }
    let (name, instance) = (call.text("Name"), call.text("InstanceId"));
    let shelf = world.shelf(&call.place(&ASSOCIATION));
    let found = shelf.iter().find(|(_, one)| {
        name.is_some() && one.fact("Name") == name && one.fact("InstanceId") == instance
    });
    found.map(|(id, _)| id.clone()).ok_or_else(|| ASSOCIATION.missing.failure(""))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = meant(call, world)?;
    world.remove(&call.place(&ASSOCIATION), &id);
    Ok(Value::object())
}

fn start_once(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&ASSOCIATION);
    let ids: Vec<String> = call.texts("AssociationIds").into_iter().map(str::to_owned).collect();
    for id in &ids {
        call.find(world, &ASSOCIATION, id)?;
    }
    for id in &ids {
        run::execute(world, &place, id);
    }
    Ok(Value::object())
}
