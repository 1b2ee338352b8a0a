//! Mount targets: where in a network a file system is mounted.

use reeve_model::{Object, Value};

use super::{FILE_SYSTEM, PAGES, file_system::failure};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{self, Definition, Identity},
    page::plain,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&MOUNT_TARGET],
    operations: &[
        ("CreateMountTarget", Action::Own(create)),
        ("DescribeMountTargets", Action::Own(list)),
        ("DeleteMountTarget", Action::Own(delete)),
        ("DescribeMountTargetSecurityGroups", Action::Own(groups)),
        ("ModifyMountTargetSecurityGroups", Action::Own(modify_groups)),
    ],
    tasks: &[
        ("efs:mount-available", |world, task| LIFE.pass(world, task)),
        ("efs:mount-gone", |world, task| LIFE.pass(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "LifeCycleState",
    passing: &[
        ("creating", "efs:mount-available", Some("available")),
        ("deleting", "efs:mount-gone", None),
    ],
    then: |world, task, was| {
        recount(world, &task.place, was.fact("FileSystemId").unwrap_or_default());
    },
};

/// `AWS::EFS::MountTarget`.
pub(super) static MOUNT_TARGET: Definition = Definition {
    resource_type: "AWS::EFS::MountTarget",
    arn: "arn:{partition}:elasticfilesystem:{region}:{account}:mount-target/{id}",
    prefix: "fsmt-",
    identity: &[("MountTargetId", Identity::Id), ("OwnerId", Identity::Account)],
    ..Definition::OF
};

/// How many mount targets a file system has.
pub(super) fn of_system(world: &World, place: &Place, system: &str) -> usize {
    world.shelf(place).values().filter(|one| one.fact("FileSystemId") == Some(system)).count()
}

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let id = call.required("MountTargetId")?;
    let missing =
        || failure("MountTargetNotFound", format!("Mount target '{id}' does not exist."), 404);
    Ok((id.to_owned(), call.resource(world, &MOUNT_TARGET, id).ok_or_else(missing)?))
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["Ipv6Address", "IpAddressType"])?;
    let (system, found) = super::file_system::named(call, world)?;
    if found.fact("LifeCycleState") != Some("available") {
        return Err(failure(
            "IncorrectFileSystemLifeCycleState",
            "File system is not available",
            409,
        ));
    }
    let subnet = call.required("SubnetId")?;
    let of_subnet = |member: &str| {
        let kind = kind::named("AWS::EC2::Subnet")?;
        call.resource(world, kind, subnet)?.fact(member).map(str::to_owned)
    };
    let is_known = kind::named("AWS::EC2::Subnet")
        .is_none_or(|kind| call.resource(world, kind, subnet).is_some());
    if !is_known {
        return Err(failure(
            "SubnetNotFound",
            format!("The subnet ID '{subnet}' does not exist"),
            400,
        ));
    }
    let zone = of_subnet("AvailabilityZone").unwrap_or_else(|| format!("{}a", call.region));
    let zone_id = of_subnet("AvailabilityZoneId").unwrap_or_default();
    let vpc = of_subnet("VpcId").unwrap_or_default();
    let place = call.place(&MOUNT_TARGET);
    let taken = world.shelf(&place).values().any(|one| {
        one.fact("FileSystemId") == Some(&system) && one.fact("AvailabilityZoneName") == Some(&zone)
    });
    if taken {
        return Err(failure("MountTargetConflict", "mount target already exists in this AZ", 409));
    }
    let address = call.text("IpAddress").map(str::to_owned);
    let address = address.unwrap_or_else(|| {
        format!("10.0.{}.{}", world.random_between(0, 255), world.random_between(4, 254))
    });
    let described = object! {
        "FileSystemId": (system.as_str()),
        "SubnetId": (subnet),
        "LifeCycleState": "creating",
        "IpAddress": (address),
        "NetworkInterfaceId": (format!("eni-{}", world.random_hex(17))),
        "AvailabilityZoneName": (zone),
        "AvailabilityZoneId": (zone_id),
        "VpcId": (vpc),
    };
    let inside =
        Object::from_iter([("SecurityGroups", Value::List(call.list("SecurityGroups").to_vec()))]);
    let id = format!("fsmt-{}", world.random_hex(17));
    let made = Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), id.as_str(), made);
    LIFE.enter(world, &place, &id, ("creating", 80));
    recount(world, &place, &system);
    let found = call.resource(world, &MOUNT_TARGET, &id);
    let shown = found.map(|one| call.describe(&MOUNT_TARGET, &id, one));
    Ok(call.fit(shown.unwrap_or_default().into()))
}

fn recount(world: &mut World, place: &Place, system: &str) {
    let count = i64::try_from(of_system(world, place, system)).unwrap_or(i64::MAX);
    let systems = place.beside(&FILE_SYSTEM);
    world.set(&systems, system, "NumberOfMountTargets", count);
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (system, target, point) =
        (call.text("FileSystemId"), call.text("MountTargetId"), call.text("AccessPointId"));
    if [system, target, point].into_iter().flatten().count() != 1 {
        return Err(call.invalid(
            "Exactly one of FileSystemId, MountTargetId and AccessPointId must be given",
        ));
    }
    if target.is_some() {
        named(call, world)?;
    }
    let of_point = point.map(|point| {
        let found = call.resource(world, &super::access_point::ACCESS_POINT, point);
        found.and_then(|one| one.fact("FileSystemId")).unwrap_or_default().to_owned()
    });
    let system = match (system, &of_point) {
        (Some(_), _) => Some(super::file_system::named(call, world)?.0),
        (None, of_point) => of_point.clone(),
    };
    let keep = |id: &str, one: &Resource| {
        target.is_none_or(|target| target == id)
            && system.as_deref().is_none_or(|system| one.fact("FileSystemId") == Some(system))
    };
    PAGES
        .list((call, world), (&MOUNT_TARGET, "MountTargets"), keep, plain)
        .map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    LIFE.enter(world, &call.place(&MOUNT_TARGET), &id, ("deleting", 20));
    Ok(Value::object())
}

fn groups(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let groups = found.inside.list("SecurityGroups").to_vec();
    Ok(value!({"SecurityGroups": (groups)}))
}

fn modify_groups(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    let groups = call.list("SecurityGroups").to_vec();
    world.set_inside(&call.place(&MOUNT_TARGET), &id, "SecurityGroups", groups);
    Ok(Value::object())
}
