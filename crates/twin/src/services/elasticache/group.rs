//! Parameter groups, subnet groups, and users.

use reeve_model::Value;

use super::{PAGES, cluster::CLUSTER};
use crate::{
    call::Call,
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, List, NewId, TagInput},
    services::{
        Part,
        rds::{check_subnets, one_or_list, subnets},
    },
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PARAMETER_GROUP, &SUBNET_GROUP, &USER],
    operations: &[
        ("CreateCacheParameterGroup", Action::Create(&CREATE_PARAMETERS)),
        (
            "DescribeCacheParameterGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_PARAMETERS, "CacheParameterGroupName"))
            }),
        ),
        ("DeleteCacheParameterGroup", Action::Delete(&DELETE_PARAMETERS)),
        ("CreateCacheSubnetGroup", Action::Create(&CREATE_SUBNETS)),
        (
            "DescribeCacheSubnetGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_SUBNETS, "CacheSubnetGroupName"))
            }),
        ),
        ("DeleteCacheSubnetGroup", Action::Delete(&DELETE_SUBNETS)),
        ("CreateUser", Action::Create(&CREATE_USER)),
        (
            "DescribeUsers",
            Action::Own(|call, world| one_or_list(call, world, (&LIST_USERS, "UserId"))),
        ),
        ("DeleteUser", Action::Delete(&DELETE_USER)),
    ],
    tasks: &[],
};

/// `AWS::ElastiCache::ParameterGroup`.
pub(super) static PARAMETER_GROUP: Definition = Definition {
    resource_type: "AWS::ElastiCache::ParameterGroup",
    tagging_type: "elasticache:parametergroup",
    arn: "arn:{partition}:elasticache:{region}:{account}:parametergroup:{id}",
    identity: &[("CacheParameterGroupName", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new("CacheParameterGroupNotFound", "CacheParameterGroup {id} not found.")
        .with_status(404),
    ..Definition::OF
};

/// `AWS::ElastiCache::SubnetGroup`.
pub(super) static SUBNET_GROUP: Definition = Definition {
    resource_type: "AWS::ElastiCache::SubnetGroup",
    tagging_type: "elasticache:subnetgroup",
    arn: "arn:{partition}:elasticache:{region}:{account}:subnetgroup:{id}",
    identity: &[("CacheSubnetGroupName", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new(
        "CacheSubnetGroupNotFoundFault",
        "Cache Subnet Group {id} does not exist.",
    ),
    ..Definition::OF
};

/// `AWS::ElastiCache::User`.
pub(super) static USER: Definition = Definition {
    resource_type: "AWS::ElastiCache::User",
    tagging_type: "elasticache:user",
    arn: "arn:{partition}:elasticache:{region}:{account}:user:{id}",
    identity: &[("UserId", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new("UserNotFound", "User {id} not found.").with_status(404),
    ..Definition::OF
};

static CREATE_PARAMETERS: Create = Create {
    kind: &PARAMETER_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("CacheParameterGroupName")?.to_lowercase())),
    keep: &[
        ("CacheParameterGroupFamily", "CacheParameterGroupFamily"),
        ("Description", "Description"),
    ],
    facts: |_, _| object! {"IsGlobal": false},
    tags: TagInput::List("Tags"),
    exists: ("CacheParameterGroupAlreadyExists", "Cache parameter group {id} already exists"),
    wrap: "CacheParameterGroup",
    ..Create::OF
};
static LIST_PARAMETERS: List = List {
    kind: &PARAMETER_GROUP,
    member: "CacheParameterGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("CacheParameterGroupName", "")]),
    ..List::OF
};
static DELETE_PARAMETERS: Delete = Delete {
    kind: &PARAMETER_GROUP,
    id: "CacheParameterGroupName",
    check: |call, world, id| {
        let path = "CacheParameterGroup.CacheParameterGroupName";
        unused(call, world, (path, id), "InvalidCacheParameterGroupState")
    },
    ..Delete::OF
};

static CREATE_SUBNETS: Create = Create {
    kind: &SUBNET_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("CacheSubnetGroupName")?.to_lowercase())),
    keep: &[("CacheSubnetGroupDescription", "CacheSubnetGroupDescription")],
    check: |call, world, _| check_subnets(call, world),
    facts: |call, world| subnets(call, world),
    tags: TagInput::List("Tags"),
    exists: ("CacheSubnetGroupAlreadyExists", "Cache subnet group {id} already exists."),
    wrap: "CacheSubnetGroup",
    ..Create::OF
};
static LIST_SUBNETS: List = List {
    kind: &SUBNET_GROUP,
    member: "CacheSubnetGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("CacheSubnetGroupName", "")]),
    ..List::OF
};
static DELETE_SUBNETS: Delete = Delete {
    kind: &SUBNET_GROUP,
    id: "CacheSubnetGroupName",
    check: |call, world, id| {
        unused(call, world, ("CacheSubnetGroupName", id), "CacheSubnetGroupInUse")
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
        return Err(Failure::new(code, format!("{id} is in use by a cache cluster.")));
    }
    Ok(())
}

static CREATE_USER: Create = Create {
    kind: &USER,
    id: NewId::Member("UserId"),
    keep: &[("UserName", "UserName"), ("Engine", "Engine"), ("AccessString", "AccessString")],
    facts: |call, _| {
        let asked = call.input.path("AuthenticationMode.Type").and_then(Value::as_str);
        let kind = match asked {
            Some("iam") => "iam",
            Some("no-password-required") => "no-password",
            None if call.flag("NoPasswordRequired") => "no-password",
            _ => "password",
        };
        let passwords = call.input.path("AuthenticationMode.Passwords").map(Value::as_list);
        let passwords = passwords.unwrap_or_else(|| call.list("Passwords"));
        let count = i64::try_from(passwords.len()).unwrap_or(0);
        object! {
            "Status": "active", "UserGroupIds": [], "MinimumEngineVersion": "6.0",
            "Authentication": {"Type": (kind), "PasswordCount": (count)},
        }
    },
    tags: TagInput::List("Tags"),
    exists: ("UserAlreadyExists", "User {id} already exists."),
    ..Create::OF
};
static LIST_USERS: List = List {
    kind: &USER,
    member: "Users",
    paging: &PAGES,
    filters: Filters::Members(&[("UserId", ""), ("Engine", "Engine")]),
    ..List::OF
};
static DELETE_USER: Delete = Delete { kind: &USER, id: "UserId", ..Delete::OF };
