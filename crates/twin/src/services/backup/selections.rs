//! Resource selections of backup plans.

use reeve_model::{Object, Value};

use super::{PAGES, not_found, plan::PLAN};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, List},
    services::Part,
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SELECTION],
    operations: &[
        ("CreateBackupSelection", Action::Own(create)),
        ("GetBackupSelection", Action::Own(get)),
        ("ListBackupSelections", Action::Own(list)),
        ("DeleteBackupSelection", Action::Own(delete)),
    ],
    tasks: &[],
};

/// `AWS::Backup::BackupSelection`.
pub(super) static SELECTION: Definition = Definition {
    resource_type: "AWS::Backup::BackupSelection",
    arn: "arn:{partition}:backup:{region}:{account}:backup-selection:{id}",
    identity: &[("SelectionId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Cannot find selection {id}"),
    ..Definition::OF
};

static LIST: List = List {
    kind: &SELECTION,
    member: "BackupSelectionsList",
    paging: &PAGES,
    filters: Filters::Members(&[("BackupPlanId", "BackupPlanId")]),
    ..List::OF
};

/// The selections of a plan.
pub(super) fn of_plan<'w>(
    world: &'w World,
    place: &Place,
    plan: &'w str,
) -> impl Iterator<Item = (&'w String, &'w Resource)> + use<'w> {
    let shelf = world.shelf(&place.beside(&SELECTION));
    shelf.iter().filter(move |(_, selection)| selection.fact("BackupPlanId") == Some(plan))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let plan = call.required("BackupPlanId")?;
    call.find(world, &PLAN, plan)?;
    let selection = call.object("BackupSelection").cloned().unwrap_or_default();
    let name = selection.text("SelectionName").to_owned();
    check(call, &selection)?;
    let place = call.place(&SELECTION);
    let taken =
        of_plan(world, &place, plan).any(|(_, other)| other.fact("SelectionName") == Some(&name));
    if taken {
        let message = "Backup selection with the same name already exists";
        return Err(Failure::new("AlreadyExistsException", message));
    }
    let mut described = object! {
        "BackupPlanId": (plan),
        "SelectionName": (name),
        "IamRoleArn": (selection.get("IamRoleArn").cloned().unwrap_or_default()),
        "CreationDate": (call.now),
    };
    described.extend(call.given_texts(["CreatorRequestId"]));
    let id = world.uuid();
    let inside = Object::from_iter([("Selection", selection)]);
    world.put(
        place,
        id.clone(),
        Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside),
    );
    Ok(value!({"SelectionId": (id), "BackupPlanId": (plan), "CreationDate": (call.now)}))
}

fn check(call: &Call, selection: &Object) -> Result<(), Failure> {
    let name = selection.text("SelectionName");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=50).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(call.invalid(format!("Invalid selection name: {name}")));
    }
    let role = selection.text("IamRoleArn");
    if !role.contains(":role/") {
        return Err(call.invalid(format!("Invalid role arn: {role}")));
    }
    for member in ["Resources", "NotResources"] {
        for pattern in selection.list(member) {
            let pattern = pattern.as_str().unwrap_or_default();
            if pattern != "*" && !pattern.starts_with("arn:") {
                return Err(call.invalid(format!("Invalid ARN: {pattern}. Specify a valid ARN.")));
            }
        }
    }
    Ok(())
}

fn of_call<'w>(call: &'w Call, world: &'w World) -> Result<(&'w str, &'w Resource), Failure> {
    let plan = call.required("BackupPlanId")?;
    let id = call.required("SelectionId")?;
    let found = call.resource(world, &SELECTION, id);
    let found = found.filter(|selection| selection.fact("BackupPlanId") == Some(plan));
    Ok((
        id,
        found
            .ok_or_else(|| not_found(format!("Cannot find Backup plan selection with ID {id}")))?,
    ))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let (id, selection) = of_call(call, world)?;
    let mut output = Object::clone(&selection.facts);
    output.insert("SelectionId", id);
    output
        .insert("BackupSelection", selection.inside.get("Selection").cloned().unwrap_or_default());
    Ok(call.fit(output.into()))
}

fn list(call: &Call, world: &mut World) -> Answer {
    call.find(world, &PLAN, call.required("BackupPlanId")?)?;
    Action::List(&LIST).perform(call, world)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = of_call(call, world)?.0.to_owned();
    world.remove(&call.place(&SELECTION), &id);
    Ok(Value::object())
}
