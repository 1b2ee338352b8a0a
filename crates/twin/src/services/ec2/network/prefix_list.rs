//! Prefix lists: those that AWS keeps, and those that customers manage by version.

use reeve_model::{Object, Value};

use super::{
    cidr,
    make::{make, shown},
    permission::Peer,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::{FilterPath, Filters},
    kind::{Definition, Identity, Missing, TagForm},
    recipe::List,
    services::ec2::PAGES,
    value::{object, value},
    world::World,
};

/// `AWS::EC2::PrefixList`.
pub(crate) static PREFIX_LIST: Definition = Definition {
    resource_type: "AWS::EC2::PrefixList",
    tagging_type: "ec2:prefix-list",
    arn: "arn:{partition}:ec2:{region}:{account}:prefix-list/{id}",
    prefix: "pl-",
    identity: &[
        ("PrefixListId", Identity::Id),
        ("PrefixListArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidPrefixListID.NotFound",
        "The prefix list ID '{id}' does not exist",
    ),
    ..Definition::OF
};

const FILTERS: [FilterPath; 3] =
    [("prefix-list-id", ""), ("prefix-list-name", "PrefixListName"), ("owner-id", "OwnerId")];

/// Lists managed prefix lists.
pub(super) static LIST: List = List {
    kind: &PREFIX_LIST,
    member: "PrefixLists",
    paging: &PAGES,
    filters: Filters::Named("Filters", &FILTERS),
    ids: "PrefixListIds",
    ..List::OF
};

/// The block that an entry of a request names, as EC2 writes it.
fn block_of(call: &Call, entry: &Value) -> Result<String, Failure> {
    let text = entry.text("Cidr");
    let ipv4 = cidr::parse(text).map(|block| block.to_string());
    let ipv6 = || text.parse::<ipnet::Ipv6Net>().ok().map(|block| block.trunc().to_string());
    ipv4.or_else(ipv6).ok_or_else(|| call.invalid(format!("Invalid CIDR block: {text}")))
}

fn read(call: &Call, member: &str) -> Result<Vec<Value>, Failure> {
    let entries = call.list(member).iter().map(|entry| {
        let mut read = object!("Cidr": (block_of(call, entry)?));
        if let Some(description) = entry.get("Description") {
            read.insert("Description", description.clone());
        }
        Ok(read.into())
    });
    entries.collect()
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let most = call.integer("MaxEntries").unwrap_or(0);
    let entries = read(call, "Entries")?;
    if i64::try_from(entries.len()).is_ok_and(|count| count > most) {
        let message =
            "The number of entries exceeds the maximum number of entries for the prefix list";
        return Err(Failure::new("PrefixListMaxEntriesExceeded", message));
    }
    let facts = object!(
        "AddressFamily": (call.required("AddressFamily")?),
        "MaxEntries": (most),
        "PrefixListName": (call.required("PrefixListName")?),
        "State": "create-complete",
        "Version": 1,
    );
    let id = make(call, world, &PREFIX_LIST, (facts, "prefix-list"))?;
    keep(call, world, (&id, 1), entries);
    shown(call, world, (&PREFIX_LIST, &id), "PrefixList")
}

/// Keeps the entries of a version; older versions stay.
fn keep(call: &Call, world: &mut World, (id, version): (&str, i64), mut entries: Vec<Value>) {
    let cidr = |entry: &Value| entry.text("Cidr").to_owned();
    entries.sort_by_key(cidr);
    world.change_inside(&call.place(&PREFIX_LIST), id, |inside| {
        inside.insert(version.to_string(), entries);
    });
}

fn entries_of(
    call: &Call,
    world: &World,
    (id, version): (&str, i64),
) -> Result<Vec<Value>, Failure> {
    let list = call.find(world, &PREFIX_LIST, id)?;
    let kept = list.inside.get(&version.to_string()).map(|entries| entries.as_list().to_vec());
    kept.ok_or_else(|| {
        let message = format!("The prefix list {id} has no version {version}");
        Failure::new("PrefixListVersionNotFound", message)
    })
}

fn version_of(call: &Call, world: &World, id: &str) -> Result<i64, Failure> {
    Ok(call.find(world, &PREFIX_LIST, id)?.value("Version").and_then(Value::as_i64).unwrap_or(1))
}

pub(super) fn entries(call: &Call, world: &mut World) -> Answer {
    let id = call.required("PrefixListId")?;
    let current = version_of(call, world, id)?;
    let entries = entries_of(call, world, (id, call.integer("TargetVersion").unwrap_or(current)))?;
    Ok(call.fit(Value::from_iter([("Entries", Value::List(entries))])))
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let id = call.required("PrefixListId")?;
    let current = version_of(call, world, id)?;
    let changed = !call.list("AddEntries").is_empty() || !call.list("RemoveEntries").is_empty();
    if changed && call.integer("CurrentVersion") != Some(current) {
        let message = format!("The prefix list has the incorrect version number: {current}");
        return Err(Failure::new("PrefixListVersionMismatch", message));
    }
    let mut entries = entries_of(call, world, (id, current))?;
    let gone: Vec<String> = call
        .list("RemoveEntries")
        .iter()
        .map(|entry| block_of(call, entry))
        .collect::<Result<_, _>>()?;
    let added = read(call, "AddEntries")?;
    let named = |entry: &Value, blocks: &[String]| {
        entry
            .get("Cidr")
            .and_then(Value::as_str)
            .is_some_and(|block| blocks.iter().any(|other| other == block))
    };
    entries.retain(|entry| !named(entry, &gone));
    let new: Vec<String> =
        added.iter().filter_map(|entry| Some(entry.get("Cidr")?.as_str()?.to_owned())).collect();
    entries.retain(|entry| !named(entry, &new));
    entries.extend(added);
    let most = call.integer("MaxEntries").or_else(|| {
        call.find(world, &PREFIX_LIST, id).ok()?.value("MaxEntries").and_then(Value::as_i64)
    });
    if most.zip(i64::try_from(entries.len()).ok()).is_some_and(|(most, count)| count > most) {
        let message =
            "The number of entries exceeds the maximum number of entries for the prefix list";
        return Err(Failure::new("PrefixListMaxEntriesExceeded", message));
    }
    let version = if changed { current + 1 } else { current };
    keep(call, world, (id, version), entries);
    world.change(&call.place(&PREFIX_LIST), id, |facts| {
        facts.insert("Version", version);
        facts.insert("State", "modify-complete");
        facts.extend(call.given(["PrefixListName", "MaxEntries"]));
    });
    shown(call, world, (&PREFIX_LIST, id), "PrefixList")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("PrefixListId")?;
    call.find(world, &PREFIX_LIST, id)?;
    let place = call.place(&PREFIX_LIST);
    let peer = Peer::PrefixList(id.to_owned());
    let used = super::make::any(world, &place, &super::group::RULE, |rule| {
        super::permission::Rule::of_facts(&rule.facts).is_some_and(|rule| rule.peer == peer)
    });
    if used {
        return Err(super::make::in_use(format!(
            "The prefix list {id} is in use and cannot be deleted."
        )));
    }
    let mut shown = shown(call, world, (&PREFIX_LIST, id), "PrefixList")?;
    world.remove(&place, id);
    if let Some(list) = shown
        .as_object_mut()
        .and_then(|output| output.get_mut("PrefixList"))
        .and_then(Value::as_object_mut)
    {
        list.insert("State", "delete-complete");
    }
    Ok(shown)
}

/// The lists that AWS keeps of its own services' addresses.
const OF_AWS: [(&str, &str, &str); 2] =
    [("s3", "pl-6da54004", "52.218.0.0/17"), ("dynamodb", "pl-6fa54006", "52.94.24.0/23")];

pub(super) fn of_aws(call: &Call, _: &mut World) -> Answer {
    let wanted = call.texts("PrefixListIds");
    let lists: Value = OF_AWS
        .iter()
        .filter(|(_, id, _)| wanted.is_empty() || wanted.contains(id))
        .map(|(service, id, block)| {
            let name = format!("com.amazonaws.{}.{service}", call.region);
            value!({"PrefixListId": (*id), "PrefixListName": (name), "Cidrs": [(*block)]})
        })
        .collect();
    Ok(Object::from_iter([("PrefixLists", lists)]).into())
}
