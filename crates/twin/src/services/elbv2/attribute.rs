//! The attributes of load balancers, target groups and listeners: texts by dotted names, with usual values by type.

use reeve_model::Value;

use super::{LISTENER, LOAD_BALANCER, TARGET_GROUP, support::named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    services::balancer_logs::{self, Log, Request, Writer},
    store::{Place, Resource},
    value::value,
    world::World,
};

type Usual = &'static [(&'static str, &'static str)];

const OF_ANY: Usual =
    &[("deletion_protection.enabled", "false"), ("load_balancing.cross_zone.enabled", "true")];
const OF_APPLICATION: Usual = &[
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("idle_timeout.timeout_seconds", "60"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];
const OF_NETWORK: Usual = &[
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("zonal_shift.config.enabled", "false"),
];
const OF_GROUP: Usual = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "lb_cookie"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.app_cookie.cookie_name", ""),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ("preserve_client_ip.enabled", "true"),
    ("proxy_protocol_v2.enabled", "false"),
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("lambda.multi_value_headers.enabled", "false"),
];
const OF_LISTENER: Usual =
    &[("routing.http.response.server.enabled", "true"), ("tcp.idle_timeout.seconds", "350")];

/// What a resource has if nobody said otherwise.
fn usual(kind: Kind, resource: &Resource) -> Vec<(&'static str, &'static str)> {
    if kind == &TARGET_GROUP {
        return OF_GROUP.to_vec();
    }
    if kind == &LISTENER {
        return OF_LISTENER.to_vec();
    }
    let own = match resource.fact("Type") {
        Some("application") => OF_APPLICATION,
        Some("network") => OF_NETWORK,
        _ => &[],
    };
    let application = resource.fact("Type") == Some("application");
    // Only application load balancers balance across zones unless they are told to.
    let any = OF_ANY.iter().map(|(key, value)| match *key {
        "load_balancing.cross_zone.enabled" if !application => (*key, "false"),
        _ => (*key, *value),
    });
    any.chain(own.iter().copied()).collect()
}

fn target(call: &Call, world: &World) -> Result<(Kind, String), Failure> {
    let kinds: [(Kind, &str); 3] = [
        (&LOAD_BALANCER, "LoadBalancerArn"),
        (&TARGET_GROUP, "TargetGroupArn"),
        (&LISTENER, "ListenerArn"),
    ];
    let (kind, member) = kinds
        .into_iter()
        .find(|(_, member)| call.input.get(member).is_some())
        .ok_or_else(|| call.invalid("The request must contain an ARN"))?;
    Ok((kind, named(call, world, (kind, member))?))
}

/// The value of an attribute of a load balancer or target group.
pub(super) fn value(world: &World, place: &Place, (id, key): (&str, &str)) -> String {
    let Some(found) = world.get(place, id) else { return String::new() };
    let own = found.inside.get("Attributes").and_then(|attributes| attributes.get(key)?.as_str());
    let default = usual(place.kind, found)
        .into_iter()
        .find(|(known, _)| *known == key)
        .map(|(_, value)| value);
    own.or(default).unwrap_or_default().to_owned()
}

/// How access logs are written.
pub(super) static WRITER: Writer = Writer {
    task: "elbv2:access-log",
    metric: ("AWS/ApplicationELB", "LoadBalancer"),
    log: |world, place, id| {
        let text = |key: &str| value(world, place, (id, key));
        (text("access_logs.s3.enabled") == "true").then(|| Log {
            bucket: text("access_logs.s3.bucket"),
            prefix: text("access_logs.s3.prefix"),
            minutes: 5,
        })
    },
    line,
    is_compressed: true,
};

fn line(_: &Place, id: &str, request: &Request) -> String {
    let time = request.time.strftime("%Y-%m-%dT%H:%M:%S.000000Z");
    let name = id.split('/').nth(1).unwrap_or(id);
    let trace = request.digest.get(..24).unwrap_or_default();
    let trace = format!("Root=1-{:08x}-{trace}", request.time.as_second());
    format!(
        "http {time} {id} {} 10.0.1.10:80 0.000 0.001 0.000 200 200 34 366 \"GET http://{name}:80/ HTTP/1.1\" \"-\" - - - \"{trace}\" \"-\" \"-\" 0 {time} \"forward\" \"-\" \"-\" \"10.0.1.10:80\" \"200\" \"-\" \"-\"",
        request.client(),
    )
}

/// Refuses logs that the twin does not write, and tries out the bucket of those that it does.
fn check_logs(
    call: &Call,
    world: &mut World,
    (place, id): (&Place, &str),
    changes: &[(String, String)],
) -> Result<(), Failure> {
    let wanted = |world: &World, key: &str| {
        let changed = changes.iter().find(|(changed, _)| changed == key);
        changed.map_or_else(|| value(world, place, (id, key)), |(_, wanted)| wanted.clone())
    };
    let unsupported = |what: &str| {
        let message = format!("{what} are not implemented");
        Err(Failure::new("NotImplemented", message).with_status(501))
    };
    if !changes.iter().any(|(key, _)| key.contains("_logs.s3.")) {
        return Ok(());
    }
    if wanted(world, "connection_logs.s3.enabled") == "true" {
        return unsupported("Connection logs");
    }
    if wanted(world, "access_logs.s3.enabled") != "true" {
        return Ok(());
    }
    if id.starts_with("net/") {
        return unsupported("Access logs of TLS connections");
    }
    let log = Log {
        bucket: wanted(world, "access_logs.s3.bucket"),
        prefix: wanted(world, "access_logs.s3.prefix"),
        minutes: 5,
    };
    balancer_logs::try_out(call, world, &log)
}

fn all(world: &World, place: &Place, id: &str) -> Value {
    let Some(found) = world.get(place, id) else { return Value::List(Vec::new()) };
    let pairs = usual(place.kind, found)
        .into_iter()
        .map(|(key, _)| value!({"Key": key, "Value": (value(world, place, (id, key)))}));
    pairs.collect()
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let (kind, id) = target(call, world)?;
    Ok(Value::from_iter([("Attributes", all(world, &call.place(kind), &id))]))
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let (kind, id) = target(call, world)?;
    let place = call.place(kind);
    let known = usual(kind, call.find(world, kind, &id)?);
    let mut changes = Vec::new();
    for attribute in call.list("Attributes") {
        let (key, wanted) = (attribute.text("Key"), attribute.text("Value"));
        let Some((_, usual)) = known.iter().find(|(known, _)| *known == key) else {
            let message = format!("Load balancer attribute key '{key}' is not recognized");
            return Err(Failure::new("InvalidConfigurationRequest", message));
        };
        let flag = matches!(*usual, "true" | "false");
        let number = usual.parse::<u32>().is_ok() && !key.ends_with("percentage");
        let wrong = (flag && !matches!(wanted, "true" | "false"))
            || (number && wanted.parse::<u32>().is_err() && wanted != "off");
        if wrong {
            let message = format!("The value '{wanted}' of the attribute '{key}' is not valid");
            return Err(Failure::new("InvalidConfigurationRequest", message));
        }
        changes.push((key.to_owned(), wanted.to_owned()));
    }
    check_logs(call, world, (&place, &id), &changes)?;
    world.change_inside(&place, &id, |inside| {
        let mut attributes = inside.get("Attributes").cloned().unwrap_or_else(Value::object);
        if let Some(attributes) = attributes.as_object_mut() {
            for (key, wanted) in changes {
                attributes.insert(key, wanted);
            }
        }
        inside.insert("Attributes", attributes);
    });
    if kind == &LOAD_BALANCER {
        WRITER.begin(world, &place, &id);
    }
    Ok(Value::from_iter([("Attributes", all(world, &place, &id))]))
}
