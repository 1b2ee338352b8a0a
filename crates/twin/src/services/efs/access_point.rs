//! Access points: doors to a file system with a user and a root of their own.

use reeve_model::Value;

use super::{
    FILE_SYSTEM, PAGES,
    file_system::{failure, named},
};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Identity, Missing, TagForm},
    page::plain,
    recipe::{Action, Create, Lifecycle, NewId, TagInput},
    services::Part,
    store::Resource,
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCESS_POINT],
    operations: &[
        ("CreateAccessPoint", Action::Create(&CREATE)),
        ("DescribeAccessPoints", Action::Own(list)),
        ("DeleteAccessPoint", Action::Own(delete)),
    ],
    tasks: &[("efs:access-point-available", |world, task| LIFE.pass(world, task))],
};

static LIFE: Lifecycle = Lifecycle {
    member: "LifeCycleState",
    passing: &[("creating", "efs:access-point-available", Some("available"))],
    ..Lifecycle::OF
};

/// `AWS::EFS::AccessPoint`.
pub(super) static ACCESS_POINT: Definition = Definition {
    resource_type: "AWS::EFS::AccessPoint",
    tagging_type: "elasticfilesystem:access-point",
    arn: "arn:{partition}:elasticfilesystem:{region}:{account}:access-point/{id}",
    prefix: "fsap-",
    identity: &[
        ("AccessPointId", Identity::Id),
        ("AccessPointArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new("AccessPointNotFound", "Access point '{id}' does not exist.")
        .with_status(404),
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &ACCESS_POINT,
    id: NewId::Prefixed("fsap-", 17),
    keep: &[
        ("ClientToken", "ClientToken"),
        ("PosixUser", "PosixUser"),
        ("RootDirectory", "RootDirectory"),
    ],
    facts: |call, _| {
        let system = call.id_of(&FILE_SYSTEM, call.text("FileSystemId").unwrap_or_default());
        let mut facts = object! {"FileSystemId": (system), "LifeCycleState": "creating"};
        if call.input.get("RootDirectory").is_none() {
            facts.insert("RootDirectory", object! {"Path": "/"});
        }
        facts
    },
    tags: TagInput::List("Tags"),
    check: |call, world, _| named(call, world).map(|_| ()),
    then: |call, world, id| {
        let place = call.place(&ACCESS_POINT);
        if let Some(tags) = world.get(&place, id).and_then(|one| one.tags.get("Name").cloned()) {
            world.set(&place, id, "Name", tags);
        }
        LIFE.enter(world, &place, id, ("creating", 4));
        Ok(())
    },
    ..Create::OF
};

fn list(call: &Call, world: &mut World) -> Answer {
    let point = call.text("AccessPointId").map(|id| call.id_of(&ACCESS_POINT, id));
    let system = call.text("FileSystemId").map(|id| call.id_of(&FILE_SYSTEM, id));
    if let Some(id) = &point {
        call.find(world, &ACCESS_POINT, id)?;
    }
    let keep = |id: &str, one: &Resource| {
        point.as_deref().is_none_or(|point| point == id)
            && system.as_deref().is_none_or(|system| one.fact("FileSystemId") == Some(system))
    };
    let pages =
        crate::page::Paging { size: "MaxResults", token: "NextToken", next: "NextToken", ..PAGES };
    pages
        .list((call, world), (&ACCESS_POINT, "AccessPoints"), keep, plain)
        .map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&ACCESS_POINT, call.required("AccessPointId")?);
    let missing =
        || failure("AccessPointNotFound", format!("Access point '{id}' does not exist."), 404);
    world.remove(&call.place(&ACCESS_POINT), &id).ok_or_else(missing)?;
    Ok(Value::object())
}
