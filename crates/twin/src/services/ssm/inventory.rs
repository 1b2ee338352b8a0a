//! Inventory: what agents gathered about machines when an association last told them to.

use std::{collections::BTreeMap, sync::Arc};

use reeve_model::{Object, Value};

use super::shared::{FIFTY, is_managed, pages, texts};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet,
    kind::Definition,
    page::Paging,
    pattern::matches,
    recipe::Action,
    services::{Part, ec2::compute::INSTANCE},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ENTRIES],
    operations: &[
        ("GetInventory", Action::Own(get)),
        ("PutInventory", Action::Own(put)),
        ("ListInventoryEntries", Action::Own(list)),
        ("GetInventorySchema", Action::Own(schema)),
    ],
    tasks: &[],
};

/// What is known of a machine of one type, by instance, a slash, and the type.
static ENTRIES: Definition = Definition {
    resource_type: "AWS::SSM::InventoryEntries",
    arn: "arn:{partition}:ssm:{region}:{account}:inventory/{id}",
    ..Definition::OF
};

static SCHEMA_PAGES: Paging = pages(50, 200);

/// The types that agents gather, and their attributes.
const TYPES: [(&str, &str, &[&str]); 6] = [
    (
        "AWS:Application",
        "1.1",
        &[
            "Name",
            "ApplicationType",
            "Publisher",
            "Version",
            "Release",
            "Epoch",
            "InstalledTime",
            "Architecture",
            "URL",
            "Summary",
            "PackageId",
        ],
    ),
    (
        "AWS:AWSComponent",
        "1.0",
        &[
            "Name",
            "ApplicationType",
            "Publisher",
            "Version",
            "InstalledTime",
            "Architecture",
            "URL",
        ],
    ),
    (
        "AWS:InstanceInformation",
        "1.0",
        &[
            "InstanceId",
            "AgentType",
            "AgentVersion",
            "ComputerName",
            "IpAddress",
            "PlatformName",
            "PlatformType",
            "PlatformVersion",
            "ResourceType",
            "InstanceStatus",
        ],
    ),
    (
        "AWS:Network",
        "1.0",
        &["Name", "SubnetMask", "Gateway", "DHCPServer", "DNSServer", "MacAddress", "IPV4", "IPV6"],
    ),
    (
        "AWS:Service",
        "1.0",
        &[
            "Name",
            "DisplayName",
            "ServiceType",
            "Status",
            "DependentServices",
            "ServicesDependedOn",
            "StartType",
        ],
    ),
    ("AWS:WindowsUpdate", "1.0", &["HotFixId", "Description", "InstalledTime", "InstalledBy"]),
];

/// An agent gathers what it knows of its machine.
pub(super) fn gather(world: &mut World, place: &Place, id: &str) {
    let Some(machine) = fleet::machine(world, place, id) else { return };
    let mut types: BTreeMap<&str, Vec<Object>> = BTreeMap::new();
    let packages = machine.packages();
    for package in packages {
        let release = machine.release_of(&package);
        let time = package.since.to_string();
        if machine.system.is_windows() {
            let shown = object! {"HotFixId": (release.advisory), "Description": (release.classification), "InstalledTime": time, "InstalledBy": "NT AUTHORITY\\SYSTEM"};
            types.entry("AWS:WindowsUpdate").or_default().push(shown);
            continue;
        }
        let (epoch, version) = release.version.split_once(':').unwrap_or(("0", &release.version));
        let (version, part) = version.rsplit_once('-').unwrap_or((version, ""));
        let shown = object! {
            "Name": (package.stream.name), "Version": version, "Release": part, "Epoch": epoch,
            "Architecture": "x86_64", "Publisher": (machine.system.name), "InstalledTime": time,
            "PackageId": (format!("{}-{version}", package.stream.name)),
        };
        types.entry("AWS:Application").or_default().push(shown);
    }
    let now = world.now();
    let (agent, cloudwatch) = machine.agent_names();
    for (name, present, version) in [
        (agent, machine.agent().present, machine.agent_version(now)),
        (cloudwatch, machine.cloudwatch_agent().present, fleet::latest_cloudwatch_version(now)),
    ] {
        if present {
            let shown = object! {"Name": name, "Publisher": "Amazon.com", "Version": version, "Architecture": "x86_64"};
            types.entry("AWS:AWSComponent").or_default().push(shown);
        }
    }
    types.insert("AWS:InstanceInformation", vec![information(&machine, now)]);
    let network = object! {"Name": "eth0", "IPV4": (machine.hardware.address.as_str()), "SubnetMask": "255.255.255.0"};
    types.insert("AWS:Network", vec![network]);
    if machine.system.is_windows() {
        let services = machine.services().into_iter().map(|service| {
            let status = if service.running { "Running" } else { "Stopped" };
            let start = if service.enabled { "Automatic" } else { "Disabled" };
            object! {"Name": (service.name), "DisplayName": (service.name), "Status": status, "StartType": start}
        });
        types.insert("AWS:Service", services.collect());
    }
    for (name, content) in types {
        let version = TYPES.iter().find(|one| one.0 == name).map_or("1.0", |one| one.1);
        let content: Value = content.into_iter().map(Value::from).collect();
        keep(
            world,
            place,
            (id, name),
            object! {"SchemaVersion": version, "CaptureTime": (time(now)), "Content": content},
        );
    }
}

fn information(machine: &fleet::Machine, now: jiff::Timestamp) -> Object {
    object! {
        "InstanceId": (machine.id()), "AgentType": "amazon-ssm-agent",
        "AgentVersion": (machine.agent_version(now)), "ComputerName": (machine.host_name()),
        "IpAddress": (machine.hardware.address.as_str()), "PlatformName": (machine.system.name),
        "PlatformType": (machine.system.platform_type()), "PlatformVersion": (machine.system.version),
        "ResourceType": "EC2Instance", "InstanceStatus": "Active",
    }
}

fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn keep(world: &mut World, place: &Place, (id, name): (&str, &str), facts: Object) {
    let here = place.beside(&ENTRIES);
    world.put(here, format!("{id}/{name}"), Resource::new(Arc::new(facts), Arc::default()));
}

fn put(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?.to_owned();
    let place = call.place(&INSTANCE);
    if !is_managed(world, &place, &id) {
        let message = format!("{id} is not a managed instance");
        return Err(Failure::new("InvalidInstanceId", message));
    }
    for item in call.list("Items") {
        let name = item.text("TypeName");
        if !name.starts_with("AWS:") && !name.starts_with("Custom:") {
            let message = format!("The type name {name} is not valid.");
            return Err(Failure::new("InvalidTypeNameException", message));
        }
        let content = item.get("Content").cloned().unwrap_or(Value::List(Vec::new()));
        let facts = object! {"SchemaVersion": (item.text("SchemaVersion")), "CaptureTime": (item.text("CaptureTime")), "Content": content};
        keep(world, &place, (&id, name), facts);
    }
    Ok(value!({"Message": "Inventory was successfully put."}))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (id, name) = (call.required("InstanceId")?, call.required("TypeName")?);
    if !is_managed(world, &call.place(&INSTANCE), id) {
        let message = format!("{id} is not a managed instance");
        return Err(Failure::new("InvalidInstanceId", message));
    }
    let found = world.get(&call.place(&ENTRIES), &format!("{id}/{name}"));
    let content = found.and_then(|found| found.value("Content")).map_or(&[][..], Value::as_list);
    let fits = |entry: &&Value| {
        call.list("Filters").iter().all(|filter| {
            let has = entry.get(filter.text("Key")).and_then(Value::as_str).unwrap_or_default();
            let equal = texts(filter, "Values").iter().any(|wanted| match filter.text("Type") {
                "BeginWith" => has.starts_with(wanted),
                _ => matches(wanted, has),
            });
            if filter.text("Type") == "NotEqual" { !equal } else { equal }
        })
    };
    let entries = content.iter().filter(fits).enumerate();
    let entries = entries.map(|(at, entry)| (format!("{at:06}"), entry.clone())).collect();
    let mut answer = FIFTY.sort(call, "Entries", entries)?;
    if let (Some(answer), Some(found)) = (answer.as_object_mut(), found) {
        answer.insert("TypeName", name);
        answer.insert("InstanceId", id);
        for member in ["SchemaVersion", "CaptureTime"] {
            answer.insert(member, found.fact(member).unwrap_or_default());
        }
    }
    Ok(answer)
}

fn get(call: &Call, world: &mut World) -> Answer {
    if !call.list("Aggregators").is_empty() {
        let message = "the twin does not implement Aggregators of GetInventory";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let wanted = call.list("ResultAttributes").first();
    let wanted = wanted.and_then(|one| one.get("TypeName")).and_then(Value::as_str);
    let wanted = wanted.unwrap_or("AWS:InstanceInformation");
    let mut entities: BTreeMap<String, Object> = BTreeMap::new();
    for (key, entries) in world.shelf(&call.place(&ENTRIES)) {
        let Some((id, name)) = key.split_once('/') else { continue };
        if name == wanted && holds(call, world, id)? {
            let mut shown = Object::clone(&entries.facts);
            shown.insert("TypeName", name);
            entities.entry(id.to_owned()).or_default().insert(name, shown);
        }
    }
    let items = entities.into_iter().map(|(id, data)| {
        let shown = value!({"Id": (id.as_str()), "Data": data});
        (id, shown)
    });
    FIFTY.sort(call, "Entities", items.collect())
}

/// Whether a machine's entries are what the caller's filters want: `Type.Attribute`.
fn holds(call: &Call, world: &World, id: &str) -> Result<bool, Failure> {
    for filter in call.list("Filters") {
        let Some((kind, attribute)) = filter.text("Key").split_once('.') else {
            let message = format!("The filter key {} is not valid", filter.text("Key"));
            return Err(Failure::new("InvalidFilter", message));
        };
        let found = world.get(&call.place(&ENTRIES), &format!("{id}/{kind}"));
        let content = found.and_then(|one| one.value("Content")).map_or(&[][..], Value::as_list);
        let values = texts(filter, "Values");
        let equal = content.iter().filter_map(|entry| entry.get(attribute)?.as_str()).any(|has| {
            values.iter().any(|wanted| match filter.text("Type") {
                "BeginWith" => has.starts_with(wanted),
                "LessThan" => has < *wanted,
                "GreaterThan" => has > *wanted,
                _ => matches(wanted, has),
            })
        });
        let fits = match filter.text("Type") {
            "NotEqual" => !equal,
            "Exists" => !content.is_empty(),
            _ => equal,
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn schema(call: &Call, _: &mut World) -> Answer {
    let wanted = call.text("TypeName");
    let shown = TYPES.iter().filter(|one| wanted.is_none_or(|wanted| one.0.starts_with(wanted)));
    let items = shown.map(|(name, version, attributes)| {
        let attributes: Value =
            attributes.iter().map(|one| value!({"Name": (*one), "DataType": "string"})).collect();
        let item = value!({"TypeName": (*name), "Version": (*version), "Attributes": attributes});
        ((*name).to_owned(), item)
    });
    SCHEMA_PAGES.sort(call, "Schemas", items.collect())
}
