//! Parameter groups and subnet groups of clusters.

use reeve_model::{Object, Value};

use super::{CLUSTER, PAGES};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, Create, Delete, List, NewId, TagInput},
    services::{
        Part,
        rds::{check_subnets, one_or_list, subnets},
    },
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PARAMETER_GROUP, &SUBNET_GROUP],
    operations: &[
        ("CreateClusterParameterGroup", Action::Create(&CREATE_PARAMETERS)),
        (
            "DescribeClusterParameterGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_PARAMETERS, "ParameterGroupName"))
            }),
        ),
        ("DeleteClusterParameterGroup", Action::Delete(&DELETE_PARAMETERS)),
        ("DescribeClusterParameters", Action::Own(parameters)),
        ("ModifyClusterParameterGroup", Action::Own(modify)),
        ("CreateClusterSubnetGroup", Action::Create(&CREATE_SUBNETS)),
        (
            "DescribeClusterSubnetGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_SUBNETS, "ClusterSubnetGroupName"))
            }),
        ),
        ("DeleteClusterSubnetGroup", Action::Delete(&DELETE_SUBNETS)),
    ],
    tasks: &[],
};

static PARAMETER_GROUP: Definition = Definition {
    resource_type: "AWS::Redshift::ClusterParameterGroup",
    tagging_type: "redshift:parametergroup",
    arn: "arn:{partition}:redshift:{region}:{account}:parametergroup:{id}",
    identity: &[("ParameterGroupName", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("ClusterParameterGroupNotFound", "ParameterGroup not found: {id}")
        .with_status(404),
    ..Definition::OF
};

static SUBNET_GROUP: Definition = Definition {
    resource_type: "AWS::Redshift::ClusterSubnetGroup",
    tagging_type: "redshift:subnetgroup",
    arn: "arn:{partition}:redshift:{region}:{account}:subnetgroup:{id}",
    identity: &[("ClusterSubnetGroupName", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "ClusterSubnetGroupNotFoundFault",
        "Cluster subnet group {id} not found.",
    ),
    ..Definition::OF
};

static CREATE_PARAMETERS: Create = Create {
    kind: &PARAMETER_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("ParameterGroupName")?.to_lowercase())),
    keep: &[("ParameterGroupFamily", "ParameterGroupFamily"), ("Description", "Description")],
    tags: TagInput::List("Tags"),
    exists: ("ClusterParameterGroupAlreadyExists", "Parameter group {id} already exists"),
    wrap: "ClusterParameterGroup",
    ..Create::OF
};
static LIST_PARAMETERS: List = List {
    kind: &PARAMETER_GROUP,
    member: "ParameterGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("ParameterGroupName", "")]),
    ..List::OF
};
static DELETE_PARAMETERS: Delete = Delete {
    kind: &PARAMETER_GROUP,
    id: "ParameterGroupName",
    check: |call, world, id| {
        let path = "ClusterParameterGroups.0.ParameterGroupName";
        unused(call, world, (path, id), "InvalidClusterParameterGroupState")
    },
    ..Delete::OF
};

static CREATE_SUBNETS: Create = Create {
    kind: &SUBNET_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("ClusterSubnetGroupName")?.to_lowercase())),
    keep: &[("Description", "Description")],
    check: |call, world, _| check_subnets(call, world),
    facts: |call, world| subnets(call, world),
    tags: TagInput::List("Tags"),
    exists: ("ClusterSubnetGroupAlreadyExists", "Cluster subnet group {id} already exists."),
    wrap: "ClusterSubnetGroup",
    ..Create::OF
};
static LIST_SUBNETS: List = List {
    kind: &SUBNET_GROUP,
    member: "ClusterSubnetGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("ClusterSubnetGroupName", "")]),
    ..List::OF
};
static DELETE_SUBNETS: Delete = Delete {
    kind: &SUBNET_GROUP,
    id: "ClusterSubnetGroupName",
    check: |call, world, id| {
        unused(call, world, ("ClusterSubnetGroupName", id), "InvalidClusterSubnetGroupStateFault")
    },
    ..Delete::OF
};

/// A group that a cluster uses cannot be deleted.
fn unused(
    call: &Call,
    world: &World,
    (path, id): (&str, &str),
    code: &'static str,
) -> Result<(), Failure> {
    let clusters = world.shelf(&call.place(&CLUSTER));
    if clusters.values().any(|one| one.fact(path) == Some(id)) {
        return Err(Failure::new(code, format!("{id} is in use by a cluster.")));
    }
    Ok(())
}

const PARAMETERS: [(&str, &str, &str, &str); 7] = [
    ("auto_analyze", "true", "boolean", "true,false"),
    ("datestyle", "ISO, MDY", "string", ""),
    ("enable_user_activity_logging", "false", "boolean", "true,false"),
    ("max_concurrency_scaling_clusters", "1", "integer", "0-10"),
    ("require_ssl", "true", "boolean", "true,false"),
    ("search_path", "$user, public", "string", ""),
    ("statement_timeout", "0", "integer", "0,100-2147483647"),
];

fn parameters(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ParameterGroupName")?.to_lowercase();
    let group = call.resource(world, &PARAMETER_GROUP, &id);
    if group.is_none() && !id.starts_with("default.") {
        return Err(PARAMETER_GROUP.missing.failure(&id));
    }
    let set = group.and_then(|group| group.inside.get("Set"));
    let wanted = call.text("Source");
    let shown = PARAMETERS.iter().map(|(name, usual, of_type, allowed)| {
        let own = set.and_then(|set| set.get(name)).cloned();
        value!({
            "ParameterName": (*name),
            "Source": (if own.is_some() { "user" } else { "engine-default" }),
            "ParameterValue": (own.unwrap_or_else(|| Value::from(*usual))),
            "DataType": (*of_type),
            "AllowedValues": (*allowed),
            "ApplyType": "static",
            "IsModifiable": true,
        })
    });
    let shown = shown
        .filter(|one| wanted.is_none_or(|w| one.get("Source").and_then(Value::as_str) == Some(w)));
    Ok(Value::from_iter([("Parameters", shown.collect::<Value>())]))
}

fn modify(call: &Call, world: &mut World) -> Answer {
    let id = call.required("ParameterGroupName")?.to_lowercase();
    call.find(world, &PARAMETER_GROUP, &id)?;
    let mut set = Object::new();
    for given in call.list("Parameters") {
        let name = given.text("ParameterName");
        if !PARAMETERS.iter().any(|(known, ..)| *known == name) {
            return Err(call.invalid(format!("Could not find parameter with name: {name}")));
        }
        set.insert(name, given.text("ParameterValue"));
    }
    world.change_inside(&call.place(&PARAMETER_GROUP), &id, |inside| {
        let mut all = inside.get("Set").and_then(Value::as_object).cloned().unwrap_or_default();
        all.extend(set);
        inside.insert("Set", all);
    });
    let status = "Your parameter group has been updated. If you changed only dynamic parameters, associated clusters are being modified now.";
    Ok(value!({"ParameterGroupName": (id), "ParameterGroupStatus": (status)}))
}
