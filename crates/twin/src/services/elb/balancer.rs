//! Load balancers and their listeners.

use reeve_model::{Object, Value};

use super::{LOAD_BALANCER, PAGES, named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    page::{all, plain},
    services::{
        acm,
        ec2::network::{GROUP, SUBNET, interface},
    },
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("LoadBalancerName")?;
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if name.len() > 32 || !letters || name.starts_with('-') || name.ends_with('-') {
        return Err(call.invalid(
            "LoadBalancerName must have at most 32 letters, digits and hyphens, not at its ends",
        ));
    }
    let place = call.place(&LOAD_BALANCER);
    if world.get(&place, name).is_some() {
        let message = format!(
            "Load Balancer named '{name}' already exists and it is configured with different parameters"
        );
        return Err(Failure::new("DuplicateLoadBalancerName", message));
    }
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let mut listeners = Vec::new();
    for listener in call.list("Listeners") {
        listeners.push(listener_description(call, world, (listener, &listeners))?);
    }
    let (vpc, zones, subnets) = zones(call, world)?;
    let groups =
        interface::groups_in(world, &call.place(&GROUP), (&vpc, &call.texts("SecurityGroups")))
            .map_err(|failure| Failure::new("InvalidSecurityGroup", failure.message))?;
    let scheme = call.text("Scheme").unwrap_or("internet-facing");
    let number = world.random_between(100_000_000, 2_000_000_000);
    let prefix = if scheme == "internal" { "internal-" } else { "" };
    let host = format!("{prefix}{name}-{number}.{}.elb.amazonaws.com", call.region);
    let port = listeners
        .first()
        .and_then(|one: &Value| one.path("Listener.InstancePort")?.as_i64())
        .unwrap_or(80);
    let described = object!(
        "AvailabilityZones": zones,
        "BackendServerDescriptions": [],
        "CanonicalHostedZoneName": (host.as_str()),
        "CanonicalHostedZoneNameID": (crate::digest::hex_digest(call.region.as_str(), 14).to_uppercase()),
        "CreatedTime": (call.now),
        "DNSName": (host.as_str()),
        "HealthCheck": {
            "HealthyThreshold": 10,
            "Interval": 30,
            "Target": (format!("TCP:{port}")),
            "Timeout": 5,
            "UnhealthyThreshold": 2,
        },
        "Instances": [],
        "ListenerDescriptions": listeners,
        "Policies": {"AppCookieStickinessPolicies": [], "LBCookieStickinessPolicies": [], "OtherPolicies": []},
        "Scheme": scheme,
        "SecurityGroups": (groups.iter().map(Value::from).collect::<Value>()),
        "SourceSecurityGroup": (source_group(world, &place, &groups)),
        "Subnets": subnets,
        "VPCId": vpc,
    );
    world.put(place, name, Resource::new(facts(described), std::sync::Arc::new(tags)));
    Ok(Value::from_iter([("DNSName", host)]))
}

fn source_group(world: &World, place: &Place, groups: &[String]) -> Value {
    let shown = interface::shown_groups(world, place, groups);
    let name = shown.path("0.GroupName").and_then(Value::as_str).unwrap_or_default().to_owned();
    value!({"OwnerAlias": (place.account.as_str()), "GroupName": name})
}

/// The VPC, zones and subnets asked for.
fn zones(call: &Call, world: &World) -> Result<(String, Value, Value), Failure> {
    let place = call.place(&SUBNET);
    let wanted = call.texts("Subnets");
    let (mut vpc, mut zones, mut subnets) = (String::new(), Vec::new(), Vec::new());
    for id in wanted {
        let subnet = world.get(&place, id).ok_or_else(|| {
            Failure::new("SubnetNotFound", format!("The requested subnet '{id}' does not exist."))
        })?;
        let zone = Value::from(subnet.fact("AvailabilityZone").unwrap_or_default());
        if zones.contains(&zone) {
            let message = "Requested subnets must be in different availability zones";
            return Err(Failure::new("InvalidConfigurationRequest", message));
        }
        subnet.fact("VpcId").unwrap_or_default().clone_into(&mut vpc);
        zones.push(zone);
        subnets.push(Value::from(id));
    }
    if subnets.is_empty() {
        // Zones alone mean the default subnets in them.
        for zone in call.texts("AvailabilityZones") {
            let in_zone = |(_, one): &(&String, &Resource)| {
                one.fact("AvailabilityZone") == Some(zone) && one.flag("DefaultForAz")
            };
            let (id, subnet) = world.shelf(&place).iter().find(in_zone).ok_or_else(|| {
                call.invalid(format!("There is no default subnet in availability zone {zone}"))
            })?;
            subnet.fact("VpcId").unwrap_or_default().clone_into(&mut vpc);
            zones.push(Value::from(zone));
            subnets.push(Value::from(id));
        }
    }
    if subnets.is_empty() {
        return Err(call.invalid("Either AvailabilityZones or SubnetIds must be specified"));
    }
    Ok((vpc, Value::List(zones), Value::List(subnets)))
}

fn port_of(description: &Value) -> Option<i64> {
    description.path("Listener.LoadBalancerPort").and_then(Value::as_i64)
}

/// A listener as it is described, refused if it cannot be.
fn listener_description(
    call: &Call,
    world: &World,
    (listener, present): (&Value, &[Value]),
) -> Result<Value, Failure> {
    let mut listener = listener.as_object().cloned().unwrap_or_default();
    let protocol = listener.text("Protocol").to_uppercase();
    if !matches!(protocol.as_str(), "HTTP" | "HTTPS" | "TCP" | "SSL") {
        return Err(Failure::new(
            "UnsupportedProtocol",
            format!("The protocol {protocol} is not supported"),
        ));
    }
    let port = listener.get("LoadBalancerPort").and_then(Value::as_i64);
    if present.iter().any(|other| port_of(other) == port) {
        let message =
            format!("A listener already exists for the load balancer port {}", port.unwrap_or(0));
        return Err(Failure::new("DuplicateListener", message));
    }
    if matches!(protocol.as_str(), "HTTPS" | "SSL") {
        let certificate = listener.text("SSLCertificateId");
        check_certificate(call, world, certificate)?;
    }
    if !listener.contains("InstanceProtocol") {
        listener.insert(
            "InstanceProtocol",
            if matches!(protocol.as_str(), "HTTP" | "HTTPS") { "HTTP" } else { "TCP" },
        );
    }
    listener.insert("Protocol", protocol);
    Ok(value!({"Listener": listener, "PolicyNames": []}))
}

fn check_certificate(call: &Call, world: &World, certificate: &str) -> Result<(), Failure> {
    let known = certificate.contains(":iam:") || acm::is_usable(call, world, certificate);
    if known {
        return Ok(());
    }
    Err(Failure::new(
        "CertificateNotFound",
        format!("Server Certificate not found for the key: {certificate}"),
    ))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    // What does not exist is deleted already.
    world.remove(&call.place(&LOAD_BALANCER), call.required("LoadBalancerName")?);
    Ok(Value::object())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LoadBalancerNames");
    if names.is_empty() {
        let listed = (&LOAD_BALANCER, "LoadBalancerDescriptions");
        return PAGES.list((call, world), listed, all, plain).map(|output| call.fit(output));
    }
    let mut found = Vec::new();
    for name in names {
        let balancer = call.find(world, &LOAD_BALANCER, name)?;
        let owner = (call.account(), &call.region);
        found.push(described(&LOAD_BALANCER, owner, name, balancer).into());
    }
    Ok(call.fit(Value::from_iter([("LoadBalancerDescriptions", Value::List(found))])))
}

/// The listeners of a load balancer.
pub(super) fn listeners(world: &World, place: &Place, name: &str) -> Vec<Value> {
    let found = world.get(place, name).and_then(|one| one.value("ListenerDescriptions"));
    found.map_or(&[][..], Value::as_list).to_vec()
}

/// Keeps the listeners of a load balancer.
pub(super) fn keep_listeners(world: &mut World, place: &Place, name: &str, listeners: Vec<Value>) {
    world.change(place, name, |facts: &mut Object| {
        facts.insert("ListenerDescriptions", listeners);
    });
}

pub(super) fn create_listeners(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&LOAD_BALANCER);
    let mut present = listeners(world, &place, name);
    for listener in call.list("Listeners") {
        present.push(listener_description(call, world, (listener, &present))?);
    }
    keep_listeners(world, &place, name, present);
    Ok(Value::object())
}

pub(super) fn delete_listeners(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&LOAD_BALANCER);
    let gone: Vec<i64> = call.list("LoadBalancerPorts").iter().filter_map(Value::as_i64).collect();
    let mut present = listeners(world, &place, name);
    present.retain(|one| port_of(one).is_none_or(|port| !gone.contains(&port)));
    keep_listeners(world, &place, name, present);
    Ok(Value::object())
}

/// Changes the listener on the port that a call names.
pub(super) fn change_listener(
    call: &Call,
    world: &mut World,
    change: impl FnOnce(&mut Object),
) -> Result<(), Failure> {
    let name = named(call, world)?;
    let place = call.place(&LOAD_BALANCER);
    let port = call.integer("LoadBalancerPort");
    let mut present = listeners(world, &place, name);
    let found = present.iter_mut().find(|one| port_of(one) == port).and_then(Value::as_object_mut);
    let found = found.ok_or_else(|| {
        let message =
            format!("There is no listener on port {} of load balancer '{name}'", port.unwrap_or(0));
        Failure::new("ListenerNotFound", message)
    })?;
    change(found);
    keep_listeners(world, &place, name, present);
    Ok(())
}

pub(super) fn set_certificate(call: &Call, world: &mut World) -> Answer {
    named(call, world)?;
    let certificate = call.required("SSLCertificateId")?;
    check_certificate(call, world, certificate)?;
    change_listener(call, world, |found| {
        if let Some(listener) = found.get_mut("Listener").and_then(Value::as_object_mut) {
            listener.insert("SSLCertificateId", certificate);
        }
    })?;
    Ok(Value::object())
}
