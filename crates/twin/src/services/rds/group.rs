//! Subnet groups and option groups.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{DATABASE_INSTANCE, PAGES, one_or_list};
use crate::{
    call::Call,
    failure::Failure,
    filter::Filters,
    kind::{self, Definition, Identity, Missing},
    recipe::{Action, Create, Delete, List, NewId, TagInput, Update},
    services::Part,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SUBNET_GROUP, &OPTION_GROUP],
    operations: &[
        ("CreateDBSubnetGroup", Action::Create(&CREATE_SUBNETS)),
        (
            "DescribeDBSubnetGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_SUBNETS, "DBSubnetGroupName"))
            }),
        ),
        ("ModifyDBSubnetGroup", Action::Update(&UPDATE_SUBNETS)),
        ("DeleteDBSubnetGroup", Action::Delete(&DELETE_SUBNETS)),
        ("CreateOptionGroup", Action::Create(&CREATE_OPTIONS)),
        (
            "DescribeOptionGroups",
            Action::Own(|call, world| one_or_list(call, world, (&LIST_OPTIONS, "OptionGroupName"))),
        ),
        ("DeleteOptionGroup", Action::Delete(&DELETE_OPTIONS)),
    ],
    tasks: &[],
};

/// `AWS::RDS::DBSubnetGroup`.
pub(crate) static SUBNET_GROUP: Definition = Definition {
    resource_type: "AWS::RDS::DBSubnetGroup",
    tagging_type: "rds:subgrp",
    arn: "arn:{partition}:rds:{region}:{account}:subgrp:{id}",
    identity: &[("DBSubnetGroupName", Identity::Id), ("DBSubnetGroupArn", Identity::Arn)],
    missing: Missing::new("DBSubnetGroupNotFoundFault", "DBSubnetGroup {id} not found.")
        .with_status(404),
    ..Definition::OF
};

/// `AWS::RDS::OptionGroup`.
pub(crate) static OPTION_GROUP: Definition = Definition {
    resource_type: "AWS::RDS::OptionGroup",
    tagging_type: "rds:og",
    arn: "arn:{partition}:rds:{region}:{account}:og:{id}",
    identity: &[("OptionGroupName", Identity::Id), ("OptionGroupArn", Identity::Arn)],
    missing: Missing::new("OptionGroupNotFoundFault", "Specified OptionGroupName: {id} not found.")
        .with_status(404),
    ..Definition::OF
};

static CREATE_SUBNETS: Create = Create {
    kind: &SUBNET_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("DBSubnetGroupName")?.to_lowercase())),
    keep: &[("DBSubnetGroupDescription", "DBSubnetGroupDescription")],
    facts: |call, world| subnets(call, world),
    tags: TagInput::List("Tags"),
    exists: ("DBSubnetGroupAlreadyExists", "The DB subnet group '{id}' already exists."),
    check: |call, world, _| check_coverage(call, world),
    wrap: "DBSubnetGroup",
    ..Create::OF
};

static LIST_SUBNETS: List = List {
    kind: &SUBNET_GROUP,
    member: "DBSubnetGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("DBSubnetGroupName", "")]),
    ..List::OF
};

static UPDATE_SUBNETS: Update = Update {
    kind: &SUBNET_GROUP,
    id: "DBSubnetGroupName",
    keep: &[("DBSubnetGroupDescription", "DBSubnetGroupDescription")],
    check: |call, world, _| check_coverage(call, world),
    then: |call, world, id| {
        let changed = subnets(call, world);
        world.change(&call.place(&SUBNET_GROUP), id, |facts| facts.extend(changed));
        Ok(())
    },
    wrap: "DBSubnetGroup",
};

static DELETE_SUBNETS: Delete = Delete {
    kind: &SUBNET_GROUP,
    id: "DBSubnetGroupName",
    check: |call, world, id| {
        let used = world
            .shelf(&call.place(&DATABASE_INSTANCE))
            .values()
            .any(|one| one.fact("DBSubnetGroup.DBSubnetGroupName") == Some(id));
        let message = format!(
            "Cannot delete the subnet group '{id}' because at least one database instance is still using it."
        );
        if used { Err(Failure::new("InvalidDBSubnetGroupStateFault", message)) } else { Ok(()) }
    },
    ..Delete::OF
};

static CREATE_OPTIONS: Create = Create {
    kind: &OPTION_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("OptionGroupName")?.to_lowercase())),
    keep: &[
        ("EngineName", "EngineName"),
        ("MajorEngineVersion", "MajorEngineVersion"),
        ("OptionGroupDescription", "OptionGroupDescription"),
    ],
    facts: |_, _| object! {"Options": [], "AllowsVpcAndNonVpcInstanceMemberships": true},
    tags: TagInput::List("Tags"),
    exists: ("OptionGroupAlreadyExistsFault", "An option group named {id} already exists."),
    wrap: "OptionGroup",
    ..Create::OF
};

static LIST_OPTIONS: List = List {
    kind: &OPTION_GROUP,
    member: "OptionGroupsList",
    paging: &PAGES,
    filters: Filters::Members(&[
        ("OptionGroupName", ""),
        ("EngineName", "EngineName"),
        ("MajorEngineVersion", "MajorEngineVersion"),
    ]),
    ..List::OF
};

static DELETE_OPTIONS: Delete = Delete { kind: &OPTION_GROUP, id: "OptionGroupName", ..Delete::OF };

/// Refuses subnets that do not exist.
pub(in crate::services) fn check_subnets(call: &Call, world: &World) -> Result<(), Failure> {
    let Some(kind) = kind::named("AWS::EC2::Subnet") else { return Ok(()) };
    let place = call.place(kind);
    let unknown: Vec<&str> =
        call.texts("SubnetIds").into_iter().filter(|id| world.get(&place, id).is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "InvalidSubnet",
        format!("Some input subnets in :[{}] are invalid.", unknown.join(", ")),
    ))
}

/// Refuses subnets that do not exist, or are all in one zone: a database could not go elsewhere.
fn check_coverage(call: &Call, world: &World) -> Result<(), Failure> {
    check_subnets(call, world)?;
    let Some(kind) = kind::named("AWS::EC2::Subnet") else { return Ok(()) };
    let place = call.place(kind);
    let zone = |id: &str| world.get(&place, id)?.fact("AvailabilityZone").map(str::to_owned);
    let zones: BTreeSet<String> = call.texts("SubnetIds").into_iter().filter_map(zone).collect();
    if zones.len() >= 2 {
        return Ok(());
    }
    let zones: Vec<String> = zones.into_iter().collect();
    let message = format!(
        "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {}. Add subnets to cover at least 2 AZs.",
        zones.join(", ")
    );
    Err(Failure::new("DBSubnetGroupDoesNotCoverEnoughAZs", message))
}

/// The subnets of a group as all these services show them.
pub(in crate::services) fn subnets(call: &Call, world: &World) -> Object {
    let kind = kind::named("AWS::EC2::Subnet");
    let fact = |id: &str, member: &str| {
        let found = world.get(&call.place(kind?), id)?;
        found.fact(member).map(str::to_owned)
    };
    let ids = call.texts("SubnetIds");
    let shown = ids.iter().enumerate().map(|(place, id)| {
        let letter = ["a", "b", "c"].get(place % 3).copied().unwrap_or("a");
        let zone =
            fact(id, "AvailabilityZone").unwrap_or_else(|| format!("{}{letter}", call.region));
        value!({
            "SubnetIdentifier": (*id),
            "SubnetAvailabilityZone": {"Name": (zone)},
            "SubnetStatus": "Active",
        })
    });
    let vpc = ids.first().and_then(|id| fact(id, "VpcId"));
    object! {
        "SubnetGroupStatus": "Complete",
        "Subnets": (shown.collect::<Value>()),
        "VpcId": (vpc.map_or(Value::Null, Value::from)),
        "SupportedNetworkTypes": ["IPV4"],
    }
}

/// Puts an instance into its subnet group, if it is to be in one.
pub(super) fn place_instance(
    call: &Call,
    world: &World,
    described: &mut Object,
) -> Result<(), Failure> {
    let Some(name) = call.text("DBSubnetGroupName") else { return Ok(()) };
    let name = name.to_lowercase();
    let group = call.find(world, &SUBNET_GROUP, &name)?;
    let shown = call.describe(&SUBNET_GROUP, &name, group);
    described.insert("DBSubnetGroup", shown);
    Ok(())
}
