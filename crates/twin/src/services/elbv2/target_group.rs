//! Target groups: what is checked, how, and which load balancers use them.

use reeve_model::{Object, Value};

use super::{
    LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP, balancer,
    support::{arn, find, forwarded, make, named, page, shown},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    services::ec2::network::VPC,
    store::Place,
    value::object,
    world::World,
};

/// The members that say how targets are checked.
const CHECKS: [&str; 9] = [
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckPath",
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
];

/// What a load balancer can speak with its targets.
const PROTOCOLS: [&str; 9] =
    ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    balancer::check_name(call, name)?;
    let place = call.place(&TARGET_GROUP);
    if world.shelf(&place).keys().any(|id| id.split('/').next() == Some(name)) {
        let message = format!(
            "A target group with the same name '{name}' exists, but with different settings"
        );
        return Err(Failure::new("DuplicateTargetGroupName", message));
    }
    let target_type = call.text("TargetType").unwrap_or("instance");
    let mut facts = usual(target_type, call.text("Protocol").unwrap_or("HTTP"));
    if target_type != "lambda" {
        let vpc = call.text("VpcId").ok_or_else(|| call.invalid("A VPC ID must be specified"))?;
        if world.get(&call.place(&VPC), vpc).is_none() {
            return Err(call.invalid(format!("The VPC ID '{vpc}' is not found")));
        }
        let (Some(protocol), Some(port)) = (call.text("Protocol"), call.integer("Port")) else {
            return Err(call.invalid("A protocol and a port must be specified"));
        };
        if !PROTOCOLS.contains(&protocol) {
            return Err(call.invalid(format!("Protocol '{protocol}' must be one of {PROTOCOLS:?}")));
        }
        facts.insert("VpcId", vpc);
        facts.insert("Protocol", protocol);
        facts.insert("Port", port);
        if matches!(protocol, "HTTP" | "HTTPS") {
            facts.insert("ProtocolVersion", call.text("ProtocolVersion").unwrap_or("HTTP1"));
        }
    }
    facts.insert("TargetType", target_type);
    facts.insert("IpAddressType", call.text("IpAddressType").unwrap_or("ipv4"));
    change_checks(call, &mut facts)?;
    let id = format!("{name}/{}", world.random_hex(16));
    make(call, world, (&TARGET_GROUP, &id), facts)?;
    Ok(one(call, world, &id))
}

/// How targets are checked if nobody says.
fn usual(target_type: &str, protocol: &str) -> Object {
    if target_type == "lambda" {
        return object!(
            "HealthCheckEnabled": false,
            "HealthCheckIntervalSeconds": 35,
            "HealthCheckPath": "/",
            "HealthCheckTimeoutSeconds": 30,
            "HealthyThresholdCount": 5,
            "Matcher": {"HttpCode": "200"},
            "UnhealthyThresholdCount": 2,
        );
    }
    let web = matches!(protocol, "HTTP" | "HTTPS");
    let mut facts = object!(
        "HealthCheckEnabled": true,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckPort": (if protocol == "GENEVE" { "80" } else { "traffic-port" }),
        "HealthCheckProtocol": (if web { protocol } else { "TCP" }),
        "HealthCheckTimeoutSeconds": (if web { 5 } else { 10 }),
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
    );
    if web {
        facts.insert("HealthCheckPath", "/");
        facts.insert("Matcher", object!("HttpCode": "200"));
    }
    facts
}

fn change_checks(call: &Call, facts: &mut Object) -> Result<(), Failure> {
    facts.extend(call.given(CHECKS));
    let web = facts
        .get("HealthCheckProtocol")
        .and_then(Value::as_str)
        .is_some_and(|protocol| protocol.starts_with("HTTP"));
    if web && !facts.contains("Matcher") {
        facts.insert("Matcher", object!("HttpCode": "200"));
        facts.insert("HealthCheckPath", call.text("HealthCheckPath").unwrap_or("/"));
    }
    let number = |name: &str| facts.get(name).and_then(Value::as_i64).unwrap_or(0);
    if number("HealthCheckTimeoutSeconds") >= number("HealthCheckIntervalSeconds") {
        let message = "Health check timeout must be smaller than the interval";
        return Err(call.invalid(message));
    }
    Ok(())
}

fn one(call: &Call, world: &World, id: &str) -> Value {
    let group = described(call, world, id);
    call.fit(Value::from_iter([("TargetGroups", vec![group])]))
}

fn described(call: &Call, world: &World, id: &str) -> Value {
    let mut group = shown(call, world, &TARGET_GROUP, id);
    let own = arn(call, &TARGET_GROUP, id);
    let users = users(world, &call.place(&TARGET_GROUP), &own);
    group.insert(
        "LoadBalancerArns",
        users.iter().map(|id| Value::from(arn(call, &LOAD_BALANCER, id))).collect::<Value>(),
    );
    group.into()
}

/// The ids of the load balancers whose listeners and rules forward to a target group.
pub(super) fn users(world: &World, place: &Place, group: &str) -> Vec<String> {
    let mut users = Vec::new();
    let kinds: [(Kind, &str, usize); 2] = [(&LISTENER, "DefaultActions", 1), (&RULE, "Actions", 2)];
    for (kind, member, depth) in kinds {
        for (id, one) in world.shelf(&Place { kind, ..place.clone() }) {
            let forwards = one
                .value(member)
                .is_some_and(|actions| forwarded(actions).iter().any(|arn| arn == group));
            let balancer = id.rsplitn(depth + 1, '/').last().unwrap_or_default().to_owned();
            if forwards && !users.contains(&balancer) {
                users.push(balancer);
            }
        }
    }
    users
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&TARGET_GROUP, "TargetGroupArn"))?;
    let mut facts = Object::clone(&call.find(world, &TARGET_GROUP, &id)?.facts);
    change_checks(call, &mut facts)?;
    world.change(&call.place(&TARGET_GROUP), &id, |present| *present = facts);
    Ok(one(call, world, &id))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("TargetGroupArn")?;
    let Ok(id) = find(call, world, (&TARGET_GROUP, wanted)) else { return Ok(Value::object()) };
    let place = call.place(&TARGET_GROUP);
    if !users(world, &place, wanted).is_empty() {
        let message =
            format!("Target group '{wanted}' is currently in use by a listener or a rule");
        return Err(Failure::new("ResourceInUse", message));
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&TARGET_GROUP);
    let (arns, names) = (call.texts("TargetGroupArns"), call.texts("Names"));
    let mut ids: Vec<String> = Vec::new();
    if let Some(wanted) = call.text("LoadBalancerArn") {
        let balancer = find(call, world, (&LOAD_BALANCER, wanted))?;
        let uses =
            |id: &&String| users(world, &place, &arn(call, &TARGET_GROUP, id)).contains(&balancer);
        ids.extend(world.shelf(&place).keys().filter(uses).cloned());
    } else if arns.is_empty() && names.is_empty() {
        ids.extend(world.shelf(&place).keys().cloned());
    }
    for arn in arns {
        ids.push(find(call, world, (&TARGET_GROUP, arn))?);
    }
    for name in names {
        let id = world.shelf(&place).keys().find(|id| id.split('/').next() == Some(name));
        ids.push(id.cloned().ok_or_else(|| TARGET_GROUP.missing.failure(name))?);
    }
    ids.sort();
    let all = ids.into_iter().map(|id| {
        let group = described(call, world, &id);
        (id, group)
    });
    page(call, "TargetGroups", all.collect())
}
