//! Parameter groups, subnet groups, and users.

use reeve_model::{Object, Value};

use super::PAGES;
use crate::{
    call::Call,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, List, NewId, TagInput},
    services::Part,
    value::{object, value},
};

pub(super) static PART: Part = Part {
    kinds: &[&PARAMETER_GROUP, &SUBNET_GROUP, &USER],
    operations: &[
        ("CreateCacheParameterGroup", Action::Create(&CREATE_PARAMETERS)),
        ("DescribeCacheParameterGroups", Action::List(&LIST_PARAMETERS)),
        ("DeleteCacheParameterGroup", Action::Delete(&DELETE_PARAMETERS)),
        ("CreateCacheSubnetGroup", Action::Create(&CREATE_SUBNETS)),
        ("DescribeCacheSubnetGroups", Action::List(&LIST_SUBNETS)),
        ("DeleteCacheSubnetGroup", Action::Delete(&DELETE_SUBNETS)),
        ("CreateUser", Action::Create(&CREATE_USER)),
        ("DescribeUsers", Action::List(&LIST_USERS)),
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
static DELETE_PARAMETERS: Delete =
    Delete { kind: &PARAMETER_GROUP, id: "CacheParameterGroupName", ..Delete::OF };

static CREATE_SUBNETS: Create = Create {
    kind: &SUBNET_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("CacheSubnetGroupName")?.to_lowercase())),
    keep: &[("CacheSubnetGroupDescription", "CacheSubnetGroupDescription")],
    facts: |call, _| subnets(call),
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
static DELETE_SUBNETS: Delete =
    Delete { kind: &SUBNET_GROUP, id: "CacheSubnetGroupName", ..Delete::OF };

fn subnets(call: &Call) -> Object {
    let shown = call.texts("SubnetIds").into_iter().map(|id| {
        value!({"SubnetIdentifier": (id), "SubnetAvailabilityZone": {"Name": (format!("{}a", call.region))}})
    });
    object! {"Subnets": (shown.collect::<Value>())}
}

static CREATE_USER: Create = Create {
    kind: &USER,
    id: NewId::Member("UserId"),
    keep: &[("UserName", "UserName"), ("Engine", "Engine"), ("AccessString", "AccessString")],
    facts: |call, _| {
        let kind = if call.flag("NoPasswordRequired") { "no-password" } else { "password" };
        let count = i64::try_from(call.list("Passwords").len()).unwrap_or(0);
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
