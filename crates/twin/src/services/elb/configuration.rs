//! What a load balancer can be told after it was made: health check, attributes, security groups, subnets.

use reeve_model::{Object, Value};

use super::{LOAD_BALANCER, named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{
        balancer_logs::{self, Log, Writer},
        ec2::network::{GROUP, SUBNET, interface},
    },
    value::value,
    world::World,
};

pub(super) fn health_check(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let check = call.input.get("HealthCheck").cloned().unwrap_or_default();
    let number = |member: &str| check.get(member).and_then(Value::as_i64).unwrap_or(0);
    if number("Timeout") >= number("Interval") {
        return Err(call.invalid("HealthCheck timeout must be less than interval"));
    }
    let target = check.text("Target");
    let protocol = target.split(':').next().unwrap_or_default().to_uppercase();
    if !matches!(protocol.as_str(), "HTTP" | "HTTPS" | "TCP" | "SSL") {
        return Err(call.invalid("HealthCheck target must begin with one of HTTP, TCP, HTTPS, SSL"));
    }
    if protocol.starts_with("HTTP") && !target.contains('/') {
        return Err(call.invalid("HealthCheck HTTP Target must specify a port followed by a path that begins with a slash. e.g. HTTP:80/ping/this/path"));
    }
    world.set(&call.place(&LOAD_BALANCER), name, "HealthCheck", check.clone());
    Ok(Value::from_iter([("HealthCheck", check)]))
}

fn usual_attributes() -> Value {
    value!({
        "AccessLog": {"Enabled": false},
        "AdditionalAttributes": [{"Key": "elb.http.desyncmitigationmode", "Value": "defensive"}],
        "ConnectionDraining": {"Enabled": false, "Timeout": 300},
        "ConnectionSettings": {"IdleTimeout": 60},
        "CrossZoneLoadBalancing": {"Enabled": false},
    })
}

fn attributes(call: &Call, world: &World, name: &str) -> Result<Object, Failure> {
    let found = call.find(world, &LOAD_BALANCER, name)?;
    let kept = found.inside.get("Attributes").cloned().unwrap_or_else(usual_attributes);
    Ok(kept.as_object().cloned().unwrap_or_default())
}

pub(super) fn describe_attributes(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    Ok(Value::from_iter([("LoadBalancerAttributes", attributes(call, world, name)?)]))
}

pub(super) fn modify_attributes(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let mut kept = attributes(call, world, name)?;
    let changes = call.object("LoadBalancerAttributes").cloned().unwrap_or_default();
    let log = changes.get("AccessLog");
    if let Some(log) = log.and_then(log_of) {
        if !matches!(log.minutes, 5 | 60) {
            let message = "EmitInterval must be 5 or 60 minutes";
            return Err(Failure::new("InvalidConfigurationRequest", message));
        }
        balancer_logs::try_out(call, world, &log)?;
    }
    for (member, value) in changes.iter() {
        kept.insert(member, value.clone());
    }
    world.set_inside(&call.place(&LOAD_BALANCER), name, "Attributes", kept.clone());
    WRITER.begin(world, &call.place(&LOAD_BALANCER), name);
    Ok(value!({"LoadBalancerName": name, "LoadBalancerAttributes": changes}))
}

/// How access logs are written.
pub(super) static WRITER: Writer = Writer {
    task: "elb:access-log",
    metric: ("AWS/ELB", "LoadBalancerName"),
    log: |world, place, name| {
        log_of(world.get(place, name)?.inside.get("Attributes")?.get("AccessLog")?)
    },
    line: |_, name, request| {
        format!(
            "{} {name} {} 10.0.1.10:80 0.000073 0.001048 0.000057 200 200 0 29 \"GET http://{name}:80/ HTTP/1.1\" \"-\" - -",
            request.time.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            request.client(),
        )
    },
    is_compressed: false,
};

/// The access log that attributes ask for, if it is on.
fn log_of(attributes: &Value) -> Option<Log> {
    (attributes.get("Enabled")?.as_bool() == Some(true)).then(|| Log {
        bucket: balancer_logs::text(attributes, "S3BucketName").to_owned(),
        prefix: balancer_logs::text(attributes, "S3BucketPrefix").to_owned(),
        minutes: attributes.get("EmitInterval").and_then(Value::as_i64).unwrap_or(60),
    })
}

pub(super) fn apply_groups(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let vpc = call.find(world, &LOAD_BALANCER, name)?.fact("VPCId").unwrap_or_default().to_owned();
    let groups =
        interface::groups_in(world, &call.place(&GROUP), (&vpc, &call.texts("SecurityGroups")))
            .map_err(|failure| Failure::new("InvalidSecurityGroup", failure.message))?;
    let groups: Value = groups.iter().map(Value::from).collect();
    world.set(&call.place(&LOAD_BALANCER), name, "SecurityGroups", groups.clone());
    Ok(Value::from_iter([("SecurityGroups", groups)]))
}

fn texts(facts: &Object, member: &str) -> Vec<String> {
    let list = facts.list(member);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Puts a load balancer into these subnets, and so into their zones.
fn keep_subnets(call: &Call, world: &mut World, name: &str, subnets: &[String]) -> Answer {
    let place = call.place(&SUBNET);
    let mut zones: Vec<String> = Vec::new();
    for id in subnets {
        let found = world.get(&place, id).ok_or_else(|| {
            Failure::new("SubnetNotFound", format!("The requested subnet '{id}' does not exist."))
        })?;
        let zone = found.fact("AvailabilityZone").unwrap_or_default().to_owned();
        if zones.contains(&zone) {
            let message = "Requested subnets must be in different availability zones";
            return Err(Failure::new("InvalidConfigurationRequest", message));
        }
        zones.push(zone);
    }
    let subnets: Value = subnets.iter().map(Value::from).collect();
    world.change(&call.place(&LOAD_BALANCER), name, |facts| {
        facts.insert("Subnets", subnets.clone());
        facts.insert("AvailabilityZones", zones.iter().map(Value::from).collect::<Value>());
    });
    Ok(Value::from_iter([("Subnets", subnets)]))
}

pub(super) fn attach_subnets(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let mut subnets = texts(&call.find(world, &LOAD_BALANCER, name)?.facts, "Subnets");
    for added in call.texts("Subnets") {
        if !subnets.iter().any(|known| known == added) {
            subnets.push(added.to_owned());
        }
    }
    keep_subnets(call, world, name, &subnets)
}

pub(super) fn detach_subnets(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let gone = call.texts("Subnets");
    let mut subnets = texts(&call.find(world, &LOAD_BALANCER, name)?.facts, "Subnets");
    subnets.retain(|subnet| !gone.contains(&subnet.as_str()));
    if subnets.is_empty() {
        let message = "A load balancer cannot be detached from its last subnet";
        return Err(Failure::new("InvalidConfigurationRequest", message));
    }
    keep_subnets(call, world, name, &subnets)
}
