//! Listeners: a port of a load balancer and what happens to what arrives there.

use reeve_model::{Object, Value};

use super::{
    LISTENER, LOAD_BALANCER, RULE, rule,
    support::{arn, completed, find, make, named, page, shown, under},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::acm,
    store::Place,
    value::{object, value},
    world::World,
};

/// The policy of secure listeners that name none.
const USUAL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// The protocols that a load balancer of a type listens for.
fn protocols(kind: &str) -> &'static [&'static str] {
    match kind {
        "application" => &["HTTP", "HTTPS"],
        "network" => &["TCP", "TLS", "UDP", "TCP_UDP"],
        _ => &["GENEVE"],
    }
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let balancer = named(call, world, (&LOAD_BALANCER, "LoadBalancerArn"))?;
    let place = call.place(&LISTENER);
    let kind =
        call.find(world, &LOAD_BALANCER, &balancer)?.fact("Type").unwrap_or_default().to_owned();
    let mut facts = object!("LoadBalancerArn": (arn(call, &LOAD_BALANCER, &balancer)));
    if kind != "gateway" {
        let protocol = call.required("Protocol")?;
        let port = call.integer("Port").ok_or_else(|| call.invalid("A port must be specified"))?;
        check_protocol(call, &kind, protocol)?;
        check_port(world, &place, (&balancer, ""), port)?;
        facts.insert("Protocol", protocol);
        facts.insert("Port", port);
        secure(call, world, (&mut facts, protocol))?;
    }
    facts.insert("DefaultActions", completed(call, world, call.list("DefaultActions"))?);
    copy(call, &mut facts, &["AlpnPolicy", "MutualAuthentication"]);
    let id = format!("{balancer}/{}", world.random_hex(16));
    make(call, world, (&LISTENER, &id), facts)?;
    rule::make_default(call, world, &id);
    Ok(one(call, world, &id))
}

fn one(call: &Call, world: &World, id: &str) -> Value {
    let listener = shown(call, world, &LISTENER, id);
    call.fit(Value::from_iter([("Listeners", vec![Value::from(listener)])]))
}

fn copy(call: &Call, facts: &mut Object, members: &[&str]) {
    for member in members {
        if let Some(value) = call.input.get(member) {
            facts.insert(*member, value.clone());
        }
    }
}

fn check_protocol(call: &Call, kind: &str, protocol: &str) -> Result<(), Failure> {
    if protocols(kind).contains(&protocol) {
        return Ok(());
    }
    Err(call.invalid(format!(
        "Listener protocol '{protocol}' must be one of '{}'",
        protocols(kind).join(", ")
    )))
}

fn check_port(
    world: &World,
    place: &Place,
    (balancer, but): (&str, &str),
    port: i64,
) -> Result<(), Failure> {
    let start = format!("{balancer}/");
    let taken = under(world, place, &LISTENER, &start).into_iter().any(|id| {
        id != but && world.get(place, &id).and_then(|one| one.value("Port")?.as_i64()) == Some(port)
    });
    if taken {
        return Err(Failure::new(
            "DuplicateListener",
            "A listener already exists on this port for this load balancer",
        ));
    }
    Ok(())
}

/// Secure listeners have a certificate and a policy.
fn secure(
    call: &Call,
    world: &World,
    (facts, protocol): (&mut Object, &str),
) -> Result<(), Failure> {
    if !matches!(protocol, "HTTPS" | "TLS") {
        if call.input.get("Certificates").is_some() || call.text("SslPolicy").is_some() {
            return Err(
                call.invalid("A certificate or SSL policy cannot be specified for this protocol")
            );
        }
        return Ok(());
    }
    let certificates = call.list("Certificates");
    if !certificates.is_empty() {
        check_certificates(call, world, certificates)?;
        facts.insert("Certificates", certificates.to_vec());
    } else if !facts.contains("Certificates") {
        return Err(Failure::new(
            "CertificateNotFound",
            "A certificate must be specified for HTTPS and TLS listeners",
        ));
    }
    let policy = call.text("SslPolicy").map(str::to_owned);
    if policy.as_ref().is_some_and(|policy| !policy.starts_with("ELBSecurityPolicy-")) {
        return Err(Failure::new(
            "SSLPolicyNotFound",
            format!("SSL policy '{}' not found", policy.unwrap_or_default()),
        ));
    }
    if let Some(policy) = policy {
        facts.insert("SslPolicy", policy);
    } else if !facts.contains("SslPolicy") {
        facts.insert("SslPolicy", USUAL_POLICY);
    }
    Ok(())
}

/// Certificates of this account's ACM exist and are issued; those of IAM are believed.
pub(super) fn check_certificates(
    call: &Call,
    world: &World,
    certificates: &[Value],
) -> Result<(), Failure> {
    for certificate in certificates {
        let arn = certificate.text("CertificateArn");
        if arn.contains(":acm:") && !acm::is_usable(call, world, arn) {
            return Err(Failure::new(
                "CertificateNotFound",
                format!("Certificate '{arn}' not found"),
            ));
        }
    }
    Ok(())
}

pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LISTENER, "ListenerArn"))?;
    let place = call.place(&LISTENER);
    let mut facts = Object::clone(&call.find(world, &LISTENER, &id)?.facts);
    let (balancer, _) = id.rsplit_once('/').unwrap_or((&id, ""));
    let kind =
        call.find(world, &LOAD_BALANCER, balancer)?.fact("Type").unwrap_or_default().to_owned();
    if let Some(port) = call.integer("Port") {
        check_port(world, &place, (balancer, &id), port)?;
        facts.insert("Port", port);
    }
    if let Some(protocol) = call.text("Protocol") {
        check_protocol(call, &kind, protocol)?;
        facts.insert("Protocol", protocol);
    }
    let protocol = facts.text("Protocol").to_owned();
    if matches!(protocol.as_str(), "HTTPS" | "TLS") {
        secure(call, world, (&mut facts, &protocol))?;
    } else {
        facts.remove("Certificates");
        facts.remove("SslPolicy");
    }
    let actions = call.list("DefaultActions");
    if !actions.is_empty() {
        let actions = completed(call, world, actions)?;
        rule::change_default(call, world, (&id, &actions));
        facts.insert("DefaultActions", actions);
    }
    copy(call, &mut facts, &["AlpnPolicy", "MutualAuthentication"]);
    world.change(&place, &id, |present| *present = facts);
    Ok(one(call, world, &id))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LISTENER, "ListenerArn"))?;
    let place = call.place(&LISTENER);
    let rules = call.place(&RULE);
    for rule in under(world, &place, &RULE, &format!("{id}/")) {
        world.remove(&rules, &rule);
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&LISTENER);
    let arns = call.texts("ListenerArns");
    let ids = match call.text("LoadBalancerArn") {
        Some(balancer) => {
            let balancer = find(call, world, (&LOAD_BALANCER, balancer))?;
            under(world, &place, &LISTENER, &format!("{balancer}/"))
        }
        None if arns.is_empty() => {
            return Err(
                call.invalid("You must specify either listener ARNs or a load balancer ARN")
            );
        }
        None => {
            arns.iter().map(|arn| find(call, world, (&LISTENER, arn))).collect::<Result<_, _>>()?
        }
    };
    let all = ids.into_iter().map(|id| {
        let listener = Value::from(shown(call, world, &LISTENER, &id));
        (id, listener)
    });
    page(call, "Listeners", all.collect())
}

pub(super) fn add_certificates(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LISTENER, "ListenerArn"))?;
    let certificates = call.list("Certificates");
    check_certificates(call, world, certificates)?;
    let added: Vec<Value> = certificates
        .iter()
        .map(|one| value!({"CertificateArn": (one.get("CertificateArn").cloned().unwrap_or_default()), "IsDefault": false}))
        .collect();
    world.change_inside(&call.place(&LISTENER), &id, |inside| {
        let mut list = inside.list("Certificates").to_vec();
        list.retain(|one| !added.contains(one));
        list.extend(added.iter().cloned());
        inside.insert("Certificates", list);
    });
    Ok(Value::from_iter([("Certificates", Value::List(added))]))
}

pub(super) fn remove_certificates(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LISTENER, "ListenerArn"))?;
    let gone: Vec<&str> = call
        .list("Certificates")
        .iter()
        .filter_map(|one| one.get("CertificateArn")?.as_str())
        .collect();
    let default = call.find(world, &LISTENER, &id)?.fact("Certificates.0.CertificateArn");
    if default.is_some_and(|default| gone.contains(&default)) {
        return Err(Failure::new("OperationNotPermitted", "Default certificate cannot be removed"));
    }
    world.change_inside(&call.place(&LISTENER), &id, |inside| {
        let mut list = inside.list("Certificates").to_vec();
        list.retain(|one| {
            !one.get("CertificateArn")
                .and_then(Value::as_str)
                .is_some_and(|arn| gone.contains(&arn))
        });
        inside.insert("Certificates", list);
    });
    Ok(Value::object())
}

pub(super) fn describe_certificates(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&LISTENER, "ListenerArn"))?;
    let listener = call.find(world, &LISTENER, &id)?;
    let default = listener.fact("Certificates.0.CertificateArn").into_iter();
    let default = default.map(|arn| value!({"CertificateArn": arn, "IsDefault": true}));
    let further = listener.inside.list("Certificates").iter().cloned();
    let all =
        default.chain(further).enumerate().map(|(at, one)| (format!("{at:04}"), one)).collect();
    page(call, "Certificates", all)
}
