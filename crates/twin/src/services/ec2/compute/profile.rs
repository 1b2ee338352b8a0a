//! Instance profiles: which role the software on an instance has.

use reeve_model::{Object, Value};

use super::{
    instance::{INSTANCE, find},
    listing::Listing,
    support::{after, part, resource, text},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    store::Place,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

/// Associations of instance profiles.
pub(crate) static ASSOCIATION: Definition = Definition {
    resource_type: "AWS::EC2::IamInstanceProfileAssociation",
    arn: "arn:{partition}:ec2:{region}:{account}:iam-instance-profile-association/{id}",
    prefix: "iip-assoc-",
    identity: &[("AssociationId", Identity::Id)],
    missing: Missing::new(
        "InvalidAssociationID.NotFound",
        "An invalid association-id of '{id}' was given",
    ),
    ..Definition::OF
};

/// `DescribeIamInstanceProfileAssociations`.
pub(super) const ASSOCIATIONS: Listing = Listing {
    kind: &ASSOCIATION,
    output: "IamInstanceProfileAssociations",
    ids: "AssociationIds",
    malformed: "",
    filters: &[("instance-id", "InstanceId"), ("state", "State")],
};

/// The profile that a request names, as instances show it: refused if IAM does not know it.
pub(super) fn resolve(
    call: &Call,
    world: &mut World,
    asked: Option<&Value>,
) -> Result<Option<Value>, Failure> {
    let Some(asked) = asked else { return Ok(None) };
    let (arn, name) = (part(asked, "Arn"), part(asked, "Name"));
    let name = if name.is_empty() { arn.rsplit('/').next().unwrap_or_default() } else { name };
    if name.is_empty() {
        return Ok(None);
    }
    let place = call.place(&INSTANCE);
    let origin = Origin::at(&place, "ec2.amazonaws.com");
    let input = object! { "InstanceProfileName": name };
    match world.call(&origin, "iam", "GetInstanceProfile", input) {
        Ok(answer) => Ok(Some(value!({
            "Arn": (part(&answer, "InstanceProfile.Arn")),
            "Id": (part(&answer, "InstanceProfile.InstanceProfileId")),
        }))),
        Err(failure) if failure.code == "NotImplemented" => {
            let partition = call.region.partition();
            let made = format!("arn:{partition}:iam::{}:instance-profile/{name}", call.account());
            let arn = if arn.is_empty() { &made } else { arn };
            let id = format!("AIPA{}", hex_digest(arn, 17).to_uppercase());
            Ok(Some(value!({"Arn": arn, "Id": id})))
        }
        Err(_) if arn.is_empty() => Err(call.invalid(format!(
            "Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        ))),
        Err(_) => Err(call.invalid(format!(
            "Value ({arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
        ))),
    }
}

/// Gives an instance a profile.
pub(super) fn associate(
    world: &mut World,
    place: &Place,
    instance: &str,
    profile: Value,
) -> String {
    let id = format!("iip-assoc-0{}", world.random_hex(16));
    let facts = object! {
        "InstanceId": instance,
        "IamInstanceProfile": (profile.clone()),
        "State": "associating",
        "Timestamp": (world.now()),
    };
    let shelf = place.beside(&ASSOCIATION);
    world.put(shelf.clone(), id.clone(), resource(facts, reeve_types::Tags::new()));
    world.set(place, instance, "IamInstanceProfile", profile);
    let due = after(world, 3);
    world.schedule(due, Task::new("ec2:profile-associated", &shelf, &id));
    id
}

/// An association is complete, one way or the other.
pub(super) fn settled(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    if text(&found.facts, "State") == "disassociating" {
        world.remove(&task.place, &task.id);
        return;
    }
    world.set(&task.place, &task.id, "State", "associated");
}

/// The association of an instance, if it has one that stays.
fn current(world: &World, place: &Place, instance: &str) -> Option<String> {
    let shelf = world.shelf(&place.beside(&ASSOCIATION));
    let found = shelf.iter().find(|(_, known)| {
        known.fact("InstanceId") == Some(instance) && known.fact("State") != Some("disassociating")
    });
    found.map(|(id, _)| id.clone())
}

/// A terminated instance has no profile.
pub(super) fn forget(world: &mut World, place: &Place, instance: &str) {
    if let Some(id) = current(world, place, instance) {
        world.remove(&place.beside(&ASSOCIATION), &id);
    }
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let place = call.place(&ASSOCIATION);
    let found = call.find(world, &ASSOCIATION, id)?;
    let shown: Object = place.describe(&ASSOCIATION, id, found);
    Ok(value!({"IamInstanceProfileAssociation": shown}))
}

/// `AssociateIamInstanceProfile`.
pub(super) fn associate_one(call: &Call, world: &mut World) -> Answer {
    let instance = call.required("InstanceId")?;
    let known = find(call, world, instance)?.facts.contains("IamInstanceProfile");
    let place = call.place(&INSTANCE);
    if known || current(world, &place, instance).is_some() {
        let message = format!("There is an existing association for instance {instance}");
        return Err(Failure::new("IncorrectState", message));
    }
    let profile = resolve(call, world, call.input.get("IamInstanceProfile"))?;
    let profile = profile.ok_or_else(|| {
        let message = "The request must contain the parameter IamInstanceProfile";
        Failure::new("MissingParameter", message)
    })?;
    let id = associate(world, &place, instance, profile);
    shown(call, world, &id)
}

/// `DisassociateIamInstanceProfile`.
pub(super) fn disassociate(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AssociationId")?;
    let instance = text(&call.find(world, &ASSOCIATION, id)?.facts, "InstanceId").to_owned();
    end(call, world, (id, &instance));
    shown(call, world, id)
}

fn end(call: &Call, world: &mut World, (id, instance): (&str, &str)) {
    let place = call.place(&ASSOCIATION);
    world.set(&place, id, "State", "disassociating");
    world.change(&call.place(&INSTANCE), instance, |facts| {
        facts.remove("IamInstanceProfile");
    });
    let due = after(world, 3);
    world.schedule(due, Task::new("ec2:profile-associated", &place, id));
}

/// `ReplaceIamInstanceProfileAssociation`.
pub(super) fn replace(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AssociationId")?;
    let instance = text(&call.find(world, &ASSOCIATION, id)?.facts, "InstanceId").to_owned();
    let profile = resolve(call, world, call.input.get("IamInstanceProfile"))?;
    let profile = profile.ok_or_else(|| {
        let message = "The request must contain the parameter IamInstanceProfile";
        Failure::new("MissingParameter", message)
    })?;
    end(call, world, (id, &instance));
    let new = associate(world, &call.place(&INSTANCE), &instance, profile);
    shown(call, world, &new)
}
