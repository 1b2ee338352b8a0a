//! Load balancers: provisioning for a minute or two, then active.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{
    LISTENER, LOAD_BALANCER, RULE, attribute,
    support::{arn, find, make, named, page, shown, under},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Kind, describe as described},
    services::ec2::network::{GROUP, SUBNET, interface, subnet},
    store::Place,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) const ACTIVE: &str = "elbv2:load-balancer-active";
/// Seconds until a new load balancer is active.
const PROVISIONING: (i64, i64) = (90, 180);
const LONGEST_NAME: usize = 32;

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let unsupported = ["CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools"];
    if let Some(member) = unsupported.iter().find(|member| call.input.get(member).is_some()) {
        return Err(call.invalid(format!("the twin does not implement {member}")));
    }
    let name = call.required("Name")?;
    check_name(call, name)?;
    let place = call.place(&LOAD_BALANCER);
    let kind = call.text("Type").unwrap_or("application");
    let make_of = match kind {
        "network" => "net",
        "gateway" => "gwy",
        _ => "app",
    };
    if world.shelf(&place).keys().any(|id| id.split('/').nth(1) == Some(name)) {
        let message = "A load balancer with the same name exists, but with different settings";
        return Err(Failure::new("DuplicateLoadBalancerName", message));
    }
    let zones = zones(call, world, kind)?;
    let groups = groups(call, world, (kind, &zones.vpc))?;
    let id = format!("{make_of}/{name}/{}", world.random_hex(16));
    let number = world.random_between(100_000_000, 2_000_000_000);
    let region = &call.region;
    let scheme = call.text("Scheme").unwrap_or("internet-facing");
    let host = match (kind, scheme) {
        ("network", _) => format!("{name}-{}.elb.{region}.amazonaws.com", world.random_hex(16)),
        (_, "internal") => format!("internal-{name}-{number}.{region}.elb.amazonaws.com"),
        _ => format!("{name}-{number}.{region}.elb.amazonaws.com"),
    };
    let mut facts = object!(
        "AvailabilityZones": (zones.shown),
        "CanonicalHostedZoneId": (crate::digest::hex_digest(region.as_str(), 14).to_uppercase()),
        "CreatedTime": (call.now),
        "DNSName": (host),
        "IpAddressType": (call.text("IpAddressType").unwrap_or("ipv4")),
        "State": {"Code": "provisioning"},
        "Type": (kind),
        "VpcId": (zones.vpc),
    );
    if kind != "gateway" {
        facts.insert("Scheme", scheme);
    }
    if !groups.is_empty() {
        facts.insert("SecurityGroups", groups.iter().map(Value::from).collect::<Value>());
    }
    make(call, world, (&LOAD_BALANCER, &id), facts)?;
    make_interfaces(world, &place, (&id, &zones.subnets), &groups)?;
    let due = later(call.now, world.random_between(PROVISIONING.0, PROVISIONING.1));
    world.schedule(due, Task::new(ACTIVE, &place, &id));
    let balancer = shown(call, world, &LOAD_BALANCER, &id);
    Ok(call.fit(Value::from_iter([("LoadBalancers", vec![Value::from(balancer)])])))
}

pub(super) fn check_name(call: &Call, name: &str) -> Result<(), Failure> {
    let fits = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if name.len() > LONGEST_NAME {
        let message =
            format!("The name '{name}' cannot be longer than '{LONGEST_NAME}' characters");
        return Err(call.invalid(message));
    }
    if !fits {
        let message = format!(
            "The name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        );
        return Err(call.invalid(message));
    }
    if name.starts_with('-') || name.ends_with('-') || name.starts_with("internal-") {
        return Err(call.invalid(format!(
            "The name '{name}' cannot begin or end with a hyphen(-), or begin with 'internal-'"
        )));
    }
    Ok(())
}

/// Where a load balancer is.
struct Zones {
    vpc: String,
    subnets: Vec<String>,
    shown: Vec<Value>,
}

/// The subnets asked for: of one VPC, each in a zone of its own, of two zones at least for application load balancers.
fn zones(call: &Call, world: &World, kind: &str) -> Result<Zones, Failure> {
    let mapped =
        call.list("SubnetMappings").iter().filter_map(|mapping| mapping.get("SubnetId")?.as_str());
    let wanted: Vec<&str> = call.texts("Subnets").into_iter().chain(mapped).collect();
    if wanted.is_empty() {
        return Err(call.invalid("At least one subnet must be specified"));
    }
    let place = call.place(&SUBNET);
    let mut zones = Zones { vpc: String::new(), subnets: Vec::new(), shown: Vec::new() };
    let mut seen = BTreeSet::new();
    for id in wanted {
        let subnet = world.get(&place, id).ok_or_else(|| {
            Failure::new("SubnetNotFound", format!("The subnet ID '{id}' does not exist"))
        })?;
        let (zone, vpc) = (
            subnet.fact("AvailabilityZone").unwrap_or_default(),
            subnet.fact("VpcId").unwrap_or_default(),
        );
        if !seen.insert(zone.to_owned()) {
            let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
            return Err(Failure::new("InvalidConfigurationRequest", message));
        }
        if !zones.vpc.is_empty() && zones.vpc != vpc {
            return Err(Failure::new(
                "InvalidConfigurationRequest",
                "All subnets must belong to the same VPC",
            ));
        }
        vpc.clone_into(&mut zones.vpc);
        zones.subnets.push(id.to_owned());
        zones.shown.push(value!({"ZoneName": zone, "SubnetId": id, "LoadBalancerAddresses": []}));
    }
    if kind == "application" && seen.len() < 2 {
        let message = "At least two subnets in two different Availability Zones must be specified";
        return Err(call.invalid(message));
    }
    Ok(zones)
}

/// The security groups asked for, or the default one of the VPC for application load balancers.
fn groups(call: &Call, world: &World, (kind, vpc): (&str, &str)) -> Result<Vec<String>, Failure> {
    let wanted = call.texts("SecurityGroups");
    if kind == "gateway" || (kind == "network" && wanted.is_empty()) {
        return Ok(Vec::new());
    }
    let invalid = |failure: Failure| Failure::new("InvalidSecurityGroup", failure.message);
    interface::groups_in(world, &call.place(&GROUP), (vpc, &wanted)).map_err(invalid)
}

fn make_interfaces(
    world: &mut World,
    place: &Place,
    (id, subnets): (&str, &[String]),
    groups: &[String],
) -> Result<(), Failure> {
    let description = format!("ELB {id}");
    let mut made = Vec::new();
    for subnet in subnets {
        let address = subnet::allocate(world, place, (subnet, None))
            .map_err(|failure| Failure::new("InvalidSubnet", failure.message))?;
        let wanted = interface::Requested {
            subnet,
            address: &address,
            description: &description,
            kind: "interface",
            groups,
        };
        made.push(Value::from(interface::make_for_aws(world, place, &wanted)?));
    }
    world.set_inside(place, id, "Interfaces", made);
    Ok(())
}

fn drop_interfaces(world: &mut World, place: &Place, id: &str) {
    let own = world
        .get(place, id)
        .and_then(|found| found.inside.get("Interfaces").cloned())
        .unwrap_or_default();
    for eni in own.as_list().iter().filter_map(Value::as_str) {
        interface::drop(world, place, eni);
    }
}

/// A new load balancer is active.
pub(super) fn active(world: &mut World, task: &Task) {
    let state = match world.fate(&task.place, &task.id, "LoadBalancer") {
        Fate::Succeeds => value!({"Code": "active"}),
        Fate::Fails(reason) => value!({"Code": "failed", "Reason": (reason)}),
        Fate::Never => return,
    };
    world.set(&task.place, &task.id, "State", state);
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let (arns, names) = (call.texts("LoadBalancerArns"), call.texts("Names"));
    let place = call.place(&LOAD_BALANCER);
    let mut ids = Vec::new();
    for arn in &arns {
        ids.push(find(call, world, (&LOAD_BALANCER, arn))?);
    }
    for name in &names {
        let id = world.shelf(&place).keys().find(|id| id.split('/').nth(1) == Some(name));
        ids.push(id.cloned().ok_or_else(|| LOAD_BALANCER.missing.failure(name))?);
    }
    if arns.is_empty() && names.is_empty() {
        let owner = (&place.account, &place.region);
        let show = |(id, found): (&String, _)| {
            (id.clone(), Value::from(described(&LOAD_BALANCER, owner, id, found)))
        };
        return page(call, "LoadBalancers", world.shelf(&place).iter().map(show).collect());
    }
    let found: Value =
        ids.iter().map(|id| Value::from(shown(call, world, &LOAD_BALANCER, id))).collect();
    Ok(call.fit(Value::from_iter([("LoadBalancers", found)])))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("LoadBalancerArn")?;
    // What is gone already is deleted.
    let Ok(id) = find(call, world, (&LOAD_BALANCER, wanted)) else { return Ok(Value::object()) };
    let place = call.place(&LOAD_BALANCER);
    if attribute::value(world, &place, (&id, "deletion_protection.enabled")) == "true" {
        let message = format!(
            "Load balancer '{wanted}' cannot be deleted because deletion protection is enabled"
        );
        return Err(Failure::new("OperationNotPermitted", message));
    }
    drop_interfaces(world, &place, &id);
    let start = format!("{id}/");
    for kind in [&LISTENER, &RULE] as [Kind; 2] {
        for child in under(world, &place, kind, &start) {
            world.remove(&Place { kind, ..place.clone() }, &child);
        }
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

pub(super) fn set_groups(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LOAD_BALANCER, "LoadBalancerArn"))?;
    let place = call.place(&LOAD_BALANCER);
    let found = call.find(world, &LOAD_BALANCER, &id)?;
    let (kind, vpc) = (
        found.fact("Type").unwrap_or_default().to_owned(),
        found.fact("VpcId").unwrap_or_default().to_owned(),
    );
    if kind != "application" && found.value("SecurityGroups").is_none() {
        let message =
            "Security groups cannot be set on a load balancer that was created without them";
        return Err(Failure::new("InvalidConfigurationRequest", message));
    }
    let groups: Value = groups(call, world, (&kind, &vpc))?.iter().map(Value::from).collect();
    world.set(&place, &id, "SecurityGroups", groups.clone());
    Ok(Value::from_iter([("SecurityGroupIds", groups)]))
}

pub(super) fn set_subnets(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LOAD_BALANCER, "LoadBalancerArn"))?;
    let place = call.place(&LOAD_BALANCER);
    let found = call.find(world, &LOAD_BALANCER, &id)?;
    let kind = found.fact("Type").unwrap_or_default().to_owned();
    let vpc = found.fact("VpcId").unwrap_or_default().to_owned();
    let groups: Vec<String> = found
        .list("SecurityGroups")
        .iter()
        .filter_map(|group| group.as_str().map(str::to_owned))
        .collect();
    let zones = zones(call, world, &kind)?;
    if zones.vpc != vpc {
        let message = "The subnets must belong to the VPC of the load balancer";
        return Err(Failure::new("InvalidConfigurationRequest", message));
    }
    drop_interfaces(world, &place, &id);
    make_interfaces(world, &place, (&id, &zones.subnets), &groups)?;
    let shown = Value::List(zones.shown);
    world.change(&place, &id, |facts: &mut Object| {
        facts.insert("AvailabilityZones", shown.clone());
    });
    Ok(Value::from_iter([("AvailabilityZones", shown)]))
}

pub(super) fn set_address_type(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LOAD_BALANCER, "LoadBalancerArn"))?;
    let wanted = call.required("IpAddressType")?;
    if wanted != "ipv4" {
        let message = format!(
            "The subnets of {} must have an associated IPv6 CIDR block",
            arn(call, &LOAD_BALANCER, &id)
        );
        return Err(Failure::new("InvalidSubnet", message));
    }
    world.set(&call.place(&LOAD_BALANCER), &id, "IpAddressType", wanted);
    Ok(Value::from_iter([("IpAddressType", wanted)]))
}
