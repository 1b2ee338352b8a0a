//! Parameter groups of instances and clusters, and the parameters in them.

use reeve_model::{Object, Value};

use super::{DATABASE_INSTANCE, PAGES, catalog, event, one_or_list};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Kind, Missing},
    recipe::{Action, Create, Delete, List, NewId, TagInput},
    services::Part,
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PARAMETER_GROUP, &CLUSTER_PARAMETER_GROUP],
    operations: &[
        ("CreateDBParameterGroup", Action::Create(&CREATE)),
        (
            "DescribeDBParameterGroups",
            Action::Own(|call, world| one_or_list(call, world, (&LIST, "DBParameterGroupName"))),
        ),
        ("DeleteDBParameterGroup", Action::Delete(&DELETE)),
        ("DescribeDBParameters", Action::Own(parameters)),
        ("ModifyDBParameterGroup", Action::Own(modify)),
        ("ResetDBParameterGroup", Action::Own(reset)),
        ("CreateDBClusterParameterGroup", Action::Create(&CREATE_CLUSTER)),
        (
            "DescribeDBClusterParameterGroups",
            Action::Own(|call, world| {
                one_or_list(call, world, (&LIST_CLUSTER, "DBClusterParameterGroupName"))
            }),
        ),
        ("DeleteDBClusterParameterGroup", Action::Delete(&DELETE_CLUSTER)),
        ("DescribeDBClusterParameters", Action::Own(parameters)),
        ("ModifyDBClusterParameterGroup", Action::Own(modify)),
        ("ResetDBClusterParameterGroup", Action::Own(reset)),
    ],
    tasks: &[],
};

const MISSING: Missing =
    Missing::new("DBParameterGroupNotFound", "DBParameterGroup not found: {id}").with_status(404);

/// `AWS::RDS::DBParameterGroup`.
pub(crate) static PARAMETER_GROUP: Definition = Definition {
    resource_type: "AWS::RDS::DBParameterGroup",
    tagging_type: "rds:pg",
    arn: "arn:{partition}:rds:{region}:{account}:pg:{id}",
    identity: &[("DBParameterGroupName", Identity::Id), ("DBParameterGroupArn", Identity::Arn)],
    missing: MISSING,
    ..Definition::OF
};

/// `AWS::RDS::DBClusterParameterGroup`.
pub(crate) static CLUSTER_PARAMETER_GROUP: Definition = Definition {
    resource_type: "AWS::RDS::DBClusterParameterGroup",
    tagging_type: "rds:cluster-pg",
    arn: "arn:{partition}:rds:{region}:{account}:cluster-pg:{id}",
    identity: &[
        ("DBClusterParameterGroupName", Identity::Id),
        ("DBClusterParameterGroupArn", Identity::Arn),
    ],
    missing: MISSING,
    ..Definition::OF
};

const KEPT: &[(&str, &str)] =
    &[("DBParameterGroupFamily", "DBParameterGroupFamily"), ("Description", "Description")];

static CREATE: Create = Create {
    kind: &PARAMETER_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("DBParameterGroupName")?.to_lowercase())),
    keep: KEPT,
    tags: TagInput::List("Tags"),
    exists: ("DBParameterGroupAlreadyExists", "Parameter group {id} already exists"),
    check: |call, _, _| check_family(call),
    wrap: "DBParameterGroup",
    ..Create::OF
};

static CREATE_CLUSTER: Create = Create {
    kind: &CLUSTER_PARAMETER_GROUP,
    id: NewId::Made(|call, _| Ok(call.required("DBClusterParameterGroupName")?.to_lowercase())),
    keep: KEPT,
    tags: TagInput::List("Tags"),
    exists: ("DBParameterGroupAlreadyExists", "Parameter group {id} already exists"),
    check: |call, _, _| check_family(call),
    wrap: "DBClusterParameterGroup",
    ..Create::OF
};

static LIST: List = List {
    kind: &PARAMETER_GROUP,
    member: "DBParameterGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("DBParameterGroupName", "")]),
    ..List::OF
};

static LIST_CLUSTER: List = List {
    kind: &CLUSTER_PARAMETER_GROUP,
    member: "DBClusterParameterGroups",
    paging: &PAGES,
    filters: Filters::Members(&[("DBClusterParameterGroupName", "")]),
    ..List::OF
};

static DELETE: Delete = Delete {
    kind: &PARAMETER_GROUP,
    id: "DBParameterGroupName",
    check: |call, world, id| check_unused(call, world, id),
    ..Delete::OF
};

static DELETE_CLUSTER: Delete = Delete {
    kind: &CLUSTER_PARAMETER_GROUP,
    id: "DBClusterParameterGroupName",
    check: |call, world, id| check_unused(call, world, id),
    ..Delete::OF
};

fn check_family(call: &Call) -> Result<(), Failure> {
    let family = call.required("DBParameterGroupFamily")?;
    if catalog::LINES.iter().any(|line| line.family == family) {
        return Ok(());
    }
    Err(call
        .invalid(format!("ParameterGroupFamily {family} is not a valid parameter group family")))
}

fn check_unused(call: &Call, world: &World, id: &str) -> Result<(), Failure> {
    let used = world.shelf(&call.place(&DATABASE_INSTANCE)).values().any(|one| {
        one.value("DBParameterGroups.0.DBParameterGroupName").and_then(Value::as_str) == Some(id)
    });
    if used || id.starts_with("default.") {
        let message = "One or more database instances are still members of this parameter group, so the group cannot be deleted";
        return Err(Failure::new("InvalidDBParameterGroupState", message));
    }
    Ok(())
}

/// The parameter group of a new instance: the one named, or the default of its family, which then exists.
pub(super) fn of_instance(
    call: &Call,
    world: &mut World,
    named: Option<&str>,
    family: &str,
) -> Result<String, Failure> {
    if let Some(name) = named.filter(|name| !name.starts_with("default.")) {
        return existing(call, world, name);
    }
    let name = format!("default.{family}");
    let place = call.place(&PARAMETER_GROUP);
    if world.get(&place, &name).is_none() {
        let described = object! {
            "DBParameterGroupFamily": (family),
            "Description": (format!("Default parameter group for {family}")),
        };
        world.put(place, name.as_str(), Resource::new(facts(described), std::sync::Arc::default()));
    }
    Ok(name)
}

/// The name of a parameter group that exists.
pub(super) fn existing(call: &Call, world: &World, name: &str) -> Result<String, Failure> {
    let name = name.to_lowercase();
    call.find(world, &PARAMETER_GROUP, &name)?;
    Ok(name)
}

/// A reboot puts the parameters of an instance's group in force.
pub(super) fn in_sync(world: &mut World, place: &Place, id: &str) {
    world.change(place, id, |facts| {
        let Some(Value::List(groups)) = facts.get_mut("DBParameterGroups") else { return };
        for group in groups.iter_mut().filter_map(Value::as_object_mut) {
            group.insert("ParameterApplyStatus", "in-sync");
        }
    });
}

/// A parameter: the engines that have it (by what their families begin with), its name, its usual value, its type, what
/// it may be, and whether a change needs a reboot.
type Parameter = (&'static str, &'static str, &'static str, &'static str, &'static str, bool);

const PARAMETERS: [Parameter; 24] = [
    ("mysql", "character_set_server", "utf8mb4", "string", "big5,latin1,utf8,utf8mb4", false),
    ("mysql", "event_scheduler", "ON", "string", "ON,OFF", false),
    ("mysql", "general_log", "0", "boolean", "0,1", false),
    (
        "mysql",
        "innodb_buffer_pool_size",
        "{DBInstanceClassMemory*3/4}",
        "integer",
        "5242880-18446744073709551615",
        false,
    ),
    ("mysql", "innodb_flush_log_at_trx_commit", "1", "integer", "0,1,2", false),
    ("mysql", "innodb_default_row_format", "DYNAMIC", "string", "REDUNDANT,COMPACT,DYNAMIC", false),
    ("mysql", "long_query_time", "10", "float", "0-31536000", false),
    ("mysql", "max_connections", "{DBInstanceClassMemory/12582880}", "integer", "1-100000", false),
    ("mysql", "performance_schema", "0", "boolean", "0,1", true),
    ("mysql", "require_secure_transport", "0", "boolean", "0,1", false),
    ("mysql", "slow_query_log", "0", "boolean", "0,1", false),
    ("mysql", "sync_binlog", "1", "integer", "0-4294967295", false),
    ("mysql", "time_zone", "UTC", "string", "UTC,Europe/Dublin,US/Eastern", false),
    ("postgres", "autovacuum", "1", "boolean", "0,1", false),
    ("postgres", "log_min_duration_statement", "-1", "integer", "-1-2147483647", false),
    ("postgres", "log_statement", "none", "string", "none,ddl,mod,all", false),
    (
        "postgres",
        "max_connections",
        "LEAST({DBInstanceClassMemory/9531392},5000)",
        "integer",
        "6-8388607",
        true,
    ),
    ("postgres", "rds.force_ssl", "1", "boolean", "0,1", false),
    ("postgres", "rds.logical_replication", "0", "boolean", "0,1", true),
    (
        "postgres",
        "shared_buffers",
        "{DBInstanceClassMemory/32768}",
        "integer",
        "16-1073741823",
        true,
    ),
    ("postgres", "shared_preload_libraries", "pg_stat_statements", "list", "", true),
    ("postgres", "synchronous_commit", "on", "string", "local,on,off", false),
    ("postgres", "work_mem", "4096", "integer", "64-2147483647", false),
    ("sqlserver", "max degree of parallelism", "0", "integer", "0-32767", false),
];

/// What parameters' families begin with: `MariaDB` has those of `MySQL`.
fn has(family: &str, engine: &str) -> bool {
    family.contains(engine) || (engine == "mysql" && family.starts_with("mariadb"))
}

fn kind_of(call: &Call) -> (Kind, &'static str) {
    if call.operation.contains("DBCluster") {
        (&CLUSTER_PARAMETER_GROUP, "DBClusterParameterGroupName")
    } else {
        (&PARAMETER_GROUP, "DBParameterGroupName")
    }
}

fn parameters(call: &Call, world: &mut World) -> Answer {
    let (kind, member) = kind_of(call);
    let id = call.required(member)?.to_lowercase();
    let default = id.strip_prefix("default.").map(str::to_owned);
    let group = call.resource(world, kind, &id);
    let family = match (group, default) {
        (Some(group), _) => group.fact("DBParameterGroupFamily").unwrap_or_default().to_owned(),
        (None, Some(family)) => family,
        (None, None) => return Err(kind.missing.failure(&id)),
    };
    let set =
        group.and_then(|group| group.inside.get("Set")).cloned().unwrap_or_else(Value::object);
    let shown = PARAMETERS.iter().filter(|one| has(&family, one.0)).map(|(_, name, usual, of_type, allowed, reboots)| {
        let own = set.get(name);
        value!({
            "ParameterName": (*name),
            "ParameterValue": (own.and_then(|own| own.get("Value")).cloned().unwrap_or_else(|| Value::from(*usual))),
            "Source": (if own.is_some() { "user" } else { "engine-default" }),
            "ApplyType": (if *reboots { "static" } else { "dynamic" }),
            "ApplyMethod": (own.and_then(|own| own.get("Method")).cloned().unwrap_or_else(|| Value::from("pending-reboot"))),
            "DataType": (*of_type),
            "AllowedValues": (*allowed),
            "IsModifiable": true,
        })
    });
    let wanted = call.text("Source");
    let shown = shown
        .filter(|one| wanted.is_none_or(|w| one.get("Source").and_then(Value::as_str) == Some(w)));
    Ok(Value::from_iter([("Parameters", shown.collect::<Value>())]))
}

fn modify(call: &Call, world: &mut World) -> Answer {
    let (kind, member) = kind_of(call);
    let id = call.required(member)?.to_lowercase();
    let family =
        call.find(world, kind, &id)?.fact("DBParameterGroupFamily").unwrap_or_default().to_owned();
    if id.starts_with("default.") {
        return Err(Failure::new(
            "InvalidDBParameterGroupState",
            "Default parameter groups cannot be modified",
        ));
    }
    let mut set = Object::new();
    let mut waits = false;
    for given in call.list("Parameters") {
        let name = given.text("ParameterName");
        let known = PARAMETERS.iter().find(|one| one.1 == name && has(&family, one.0));
        let (_, _, _, _, allowed, reboots) = known
            .ok_or_else(|| call.invalid(format!("Could not find parameter with name: {name}")))?;
        if *reboots && given.text("ApplyMethod") == "immediate" {
            let message = "cannot use immediate apply method for static parameter";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        let value = given.text("ParameterValue");
        let choices: Vec<&str> = allowed.split(',').collect();
        if choices.len() > 1 && !choices.contains(&value) {
            return Err(call.invalid(format!(
                "Invalid parameter value: {value} for: {name} allowed values are: {allowed}"
            )));
        }
        waits |= given.text("ApplyMethod") == "pending-reboot";
        set.insert(name, value!({"Value": (value), "Method": (given.text("ApplyMethod"))}));
    }
    let place = call.place(kind);
    world.change_inside(&place, &id, |inside| {
        let mut all = inside.get("Set").and_then(Value::as_object).cloned().unwrap_or_default();
        all.extend(set);
        inside.insert("Set", all);
    });
    changed(call, world, &id, waits);
    event::say(
        world,
        &place,
        &id,
        ("RDS-EVENT-0037", "configuration change", "Updated parameters of the group"),
    );
    Ok(Value::from_iter([(member, id)]))
}

/// The instances of a group are told that a reboot is due.
fn changed(call: &Call, world: &mut World, group: &str, waits: bool) {
    if !waits {
        return;
    }
    let place = call.place(&DATABASE_INSTANCE);
    let members: Vec<String> = world
        .shelf(&place)
        .iter()
        .filter(|(_, one)| {
            one.value("DBParameterGroups.0.DBParameterGroupName").and_then(Value::as_str)
                == Some(group)
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in members {
        world.change(&place, &id, |facts| {
            let shown = value!([{"DBParameterGroupName": (group), "ParameterApplyStatus": "pending-reboot"}]);
            facts.insert("DBParameterGroups", shown);
        });
    }
}

fn reset(call: &Call, world: &mut World) -> Answer {
    let (kind, member) = kind_of(call);
    let id = call.required(member)?.to_lowercase();
    call.find(world, kind, &id)?;
    let all = call.flag("ResetAllParameters");
    let names: Vec<String> = call
        .list("Parameters")
        .iter()
        .filter_map(|one| Some(one.get("ParameterName")?.as_str()?.to_owned()))
        .collect();
    world.change_inside(&call.place(kind), &id, |inside| {
        let mut set = inside.get("Set").and_then(Value::as_object).cloned().unwrap_or_default();
        if all {
            set = Object::new();
        }
        for name in &names {
            set.remove(name);
        }
        inside.insert("Set", set);
    });
    changed(call, world, &id, true);
    Ok(Value::from_iter([(member, id)]))
}
