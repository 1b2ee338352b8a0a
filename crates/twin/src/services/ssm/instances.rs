//! Managed instances: which machines' agents report, and what they say.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::shared::{conditions, pages};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet::{self, Machine, Ping},
    page::Paging,
    pattern::matches,
    recipe::Action,
    services::{Part, ec2::compute::INSTANCE},
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeInstanceInformation", Action::Own(describe_information)),
        ("DescribeInstanceProperties", Action::Own(describe_properties)),
        ("GetConnectionStatus", Action::Own(connection)),
    ],
    tasks: &[],
};

static PAGES: Paging = pages(5, 50);
static PROPERTY_PAGES: Paging = pages(5, 1_000);

fn describe_information(call: &Call, world: &mut World) -> Answer {
    let mut wanted = conditions(call, "Filters", ("Key", "Values"));
    wanted.extend(conditions(call, "InstanceInformationFilterList", ("key", "valueSet")));
    list(call, world, (&PAGES, "InstanceInformationList"), &wanted)
}

fn describe_properties(call: &Call, world: &mut World) -> Answer {
    let mut wanted = conditions(call, "InstancePropertyFilterList", ("key", "valueSet"));
    for filter in call.list("FiltersWithOperator") {
        if filter.get("Operator").and_then(Value::as_str).is_some_and(|one| one != "Equal") {
            return Err(Failure::new(
                "InvalidInstancePropertyFilterValue",
                "Only Equal is supported",
            ));
        }
    }
    wanted.extend(conditions(call, "FiltersWithOperator", ("Key", "Values")));
    list(call, world, (&PROPERTY_PAGES, "InstanceProperties"), &wanted)
}

type Wanted<'c> = [(&'c str, Vec<&'c str>)];

fn list(
    call: &Call,
    world: &World,
    (paging, member): (&Paging, &str),
    wanted: &Wanted<'_>,
) -> Answer {
    for (key, _) in wanted {
        let known = [
            "InstanceIds",
            "AgentVersion",
            "PingStatus",
            "PlatformTypes",
            "ActivationIds",
            "IamRole",
            "ResourceType",
            "AssociationStatus",
            "SourceIds",
            "SourceTypes",
            "tag-key",
            "PlatformName",
            "PlatformVersion",
            "PlatformType",
        ];
        if !known.contains(key) && !key.starts_with("tag:") {
            let message = format!("The filter key {key} is not valid");
            return Err(Failure::new("InvalidFilterKey", message));
        }
    }
    let (size, start) = (paging.size(call)?, paging.start(call)?);
    let after = start.map_or(Bound::Unbounded, Bound::Excluded);
    let place = call.place(&INSTANCE);
    let mut shown = Vec::new();
    let mut last: Option<&String> = None;
    for (id, instance) in world.shelf(&place).range((after, Bound::Unbounded)) {
        if !early(id, instance, wanted) {
            continue;
        }
        let Some(machine) = fleet::machine(world, &place, id) else { continue };
        let trusted = fleet::is_trusted(world, &place, &machine);
        let Some(described) = describe(call, &machine, instance, trusted) else { continue };
        if !wanted.iter().all(|(key, values)| holds(&described, key, values)) {
            continue;
        }
        if shown.len() == size {
            let output = Object::from_iter([(member, Value::List(shown))]);
            return Ok(call.fit(paging.finish(call, output, last.map(String::as_str))));
        }
        shown.push(described.into());
        last = Some(id);
    }
    Ok(call.fit(Object::from_iter([(member, Value::List(shown))]).into()))
}

/// What can be told without looking at the machine.
fn early(id: &str, instance: &Resource, wanted: &Wanted<'_>) -> bool {
    let gone = matches!(instance.fact("State.Name"), Some("terminated" | "shutting-down"));
    !gone
        && wanted.iter().all(|(key, values)| match *key {
            "InstanceIds" | "SourceIds" => values.contains(&id),
            "tag-key" => values.iter().any(|value| instance.tags.contains_key(*value)),
            _ => key.strip_prefix("tag:").is_none_or(|tag| {
                instance.tags.get(tag).is_some_and(|has| values.contains(&has.as_str()))
            }),
        })
}

fn describe(call: &Call, machine: &Machine, instance: &Resource, trusted: bool) -> Option<Object> {
    let (ping, last) = machine.ping(trusted, call.now);
    let ping = match ping {
        Ping::Online => "Online",
        Ping::ConnectionLost => "ConnectionLost",
        Ping::Unregistered => return None,
    };
    let version = machine.agent_version(call.now);
    let mut shown = object! {
        "InstanceId": (machine.id()), "PingStatus": ping, "LastPingDateTime": last,
        "IsLatestVersion": (version == fleet::latest_version(call.now)), "AgentVersion": version,
        "PlatformType": (machine.system.platform_type()), "PlatformName": (machine.system.name),
        "PlatformVersion": (machine.system.version), "ResourceType": "EC2Instance",
        "IPAddress": (machine.hardware.address.as_str()), "ComputerName": (machine.host_name()),
        "SourceId": (machine.id()), "SourceType": "AWS::EC2::Instance",
    };
    if call.operation == "DescribeInstanceProperties" {
        shown.insert("Name", machine.hardware.name.as_str());
        shown.insert("Architecture", "x86_64");
        for (member, fact) in [
            ("InstanceType", "InstanceType"),
            ("KeyName", "KeyName"),
            ("InstanceState", "State.Name"),
        ] {
            if let Some(text) = instance.fact(fact) {
                shown.insert(member, text);
            }
        }
        shown.insert("LaunchTime", machine.hardware.launched);
        shown.insert("RegistrationDate", machine.registered());
    }
    Some(shown)
}

fn holds(shown: &Object, key: &str, values: &[&str]) -> bool {
    let member = match key {
        "InstanceIds" | "SourceIds" | "tag-key" => return true,
        "PlatformTypes" => "PlatformType",
        "SourceTypes" => "SourceType",
        key if key.starts_with("tag:") => return true,
        other => other,
    };
    let has = shown.get(member).and_then(Value::as_str);
    has.is_some_and(|has| values.iter().any(|value| matches(value, has)))
}

fn connection(call: &Call, world: &mut World) -> Answer {
    let target = call.required("Target")?;
    let connected = fleet::takes_commands(world, &call.place(&INSTANCE), target);
    let status = if connected { "connected" } else { "notconnected" };
    Ok(value!({"Target": target, "Status": status}))
}
