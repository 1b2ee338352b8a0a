//! Groups behind load balancers: instances are registered when they go into service and taken out before they end.

use reeve_model::{Object, Value};

use super::{
    GROUP, PAGES, converge,
    members::{self, entries, named, state_of},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::ec2::compute::support::{part, text, texts},
    store::Place,
    value::{object, value},
    world::{Origin, World},
};

/// Registers instances with everything in front of a group.
pub(super) fn register(world: &mut World, (place, group): (&Place, &str), ids: &[String]) {
    let Some(facts) = members::facts(world, place, group) else { return };
    if members::suspended(&facts, "AddToLoadBalancer") {
        return;
    }
    for target_group in texts(&facts, "TargetGroupARNs") {
        tell(world, place, ("elbv2", "RegisterTargets"), targets(target_group, ids));
    }
    for name in texts(&facts, "LoadBalancerNames") {
        let operation = ("elb", "RegisterInstancesWithLoadBalancer");
        tell(world, place, operation, instances(name, ids));
    }
}

/// Takes instances out of everything in front of a group.
pub(super) fn deregister(world: &mut World, (place, group): (&Place, &str), ids: &[String]) {
    let Some(facts) = members::facts(world, place, group) else { return };
    for target_group in texts(&facts, "TargetGroupARNs") {
        tell(world, place, ("elbv2", "DeregisterTargets"), targets(target_group, ids));
    }
    for name in texts(&facts, "LoadBalancerNames") {
        let operation = ("elb", "DeregisterInstancesFromLoadBalancer");
        tell(world, place, operation, instances(name, ids));
    }
}

fn targets(target_group: &str, ids: &[String]) -> Object {
    let targets: Value = ids.iter().map(|id| value!({"Id": id})).collect();
    object! { "TargetGroupArn": target_group, "Targets": targets }
}

fn instances(name: &str, ids: &[String]) -> Object {
    let instances: Value = ids.iter().map(|id| value!({"InstanceId": id})).collect();
    object! { "LoadBalancerName": name, "Instances": instances }
}

fn tell(world: &mut World, place: &Place, (service, operation): (&str, &str), input: Object) {
    let origin = Origin::at(place, converge::BY);
    if let Err(failure) = world.call(&origin, service, operation, input) {
        tracing::debug!(code = failure.code, operation, "a load balancer refused");
    }
}

/// Whether something in front of a group says that an instance is unhealthy.
pub(super) fn is_unhealthy(world: &mut World, place: &Place, facts: &Object, id: &str) -> bool {
    let origin = Origin::at(place, converge::BY);
    for target_group in texts(facts, "TargetGroupARNs") {
        let input = object! { "TargetGroupArn": target_group, "Targets": [{"Id": id}] };
        let Ok(answer) = world.call(&origin, "elbv2", "DescribeTargetHealth", input) else {
            continue;
        };
        let states = answer.list("TargetHealthDescriptions");
        if states.iter().any(|state| part(state, "TargetHealth.State") == "unhealthy") {
            return true;
        }
    }
    for name in texts(facts, "LoadBalancerNames") {
        let input = object! { "LoadBalancerName": name, "Instances": [{"InstanceId": id}] };
        let Ok(answer) = world.call(&origin, "elb", "DescribeInstanceHealth", input) else {
            continue;
        };
        let states = answer.list("InstanceStates");
        if states.iter().any(|state| part(state, "State") == "OutOfService") {
            return true;
        }
    }
    false
}

/// What is changed, and how it is called in requests and facts.
type Change = (&'static str, &'static str);

const TARGET_GROUPS: Change = ("TargetGroupARNs", "TargetGroupARNs");
const LOAD_BALANCERS: Change = ("LoadBalancerNames", "LoadBalancerNames");

/// `AttachLoadBalancerTargetGroups`.
pub(super) fn attach_target_groups(call: &Call, world: &mut World) -> Answer {
    let arns: Value = call.texts("TargetGroupARNs").into_iter().map(Value::from).collect();
    check(call, world, ("elbv2", "DescribeTargetGroups"), object! { "TargetGroupArns": arns })?;
    attach(call, world, TARGET_GROUPS)
}

/// `AttachLoadBalancers`.
pub(super) fn attach_load_balancers(call: &Call, world: &mut World) -> Answer {
    let names: Value = call.texts("LoadBalancerNames").into_iter().map(Value::from).collect();
    check(call, world, ("elb", "DescribeLoadBalancers"), object! { "LoadBalancerNames": names })?;
    attach(call, world, LOAD_BALANCERS)
}

/// Refuses load balancers that do not exist.
fn check(
    call: &Call,
    world: &mut World,
    (service, operation): (&str, &str),
    input: Object,
) -> Result<(), Failure> {
    let place = call.place(&GROUP);
    let origin = Origin::at(&place, converge::BY);
    match world.call(&origin, service, operation, input) {
        Err(failure) if failure.code != "NotImplemented" => Err(call.invalid(format!(
            "Provided Load Balancers may not be valid. Please ensure they exist and try again. {}",
            failure.message
        ))),
        _ => Ok(()),
    }
}

fn attach(call: &Call, world: &mut World, (member, fact): Change) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    let place = call.place(&GROUP);
    let mut known: Vec<String> = texts(&facts, fact).into_iter().map(str::to_owned).collect();
    for new in call.texts(member) {
        if !known.iter().any(|known| known == new) {
            known.push(new.to_owned());
        }
    }
    let known: Value = known.iter().map(Value::from).collect();
    world.set(&place, &name, fact, known);
    let ids = in_service(&facts);
    if !ids.is_empty() {
        register(world, (&place, &name), &ids);
    }
    Ok(Value::object())
}

fn in_service(facts: &Object) -> Vec<String> {
    let entries = entries(facts).into_iter();
    let serving = entries.filter(|entry| state_of(entry) == "InService");
    serving.map(|entry| text(&entry, "InstanceId").to_owned()).collect()
}

/// `DetachLoadBalancerTargetGroups`.
pub(super) fn detach_target_groups(call: &Call, world: &mut World) -> Answer {
    detach(call, world, TARGET_GROUPS)
}

/// `DetachLoadBalancers`.
pub(super) fn detach_load_balancers(call: &Call, world: &mut World) -> Answer {
    detach(call, world, LOAD_BALANCERS)
}

fn detach(call: &Call, world: &mut World, (member, fact): Change) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    let place = call.place(&GROUP);
    let gone = call.texts(member);
    let ids = in_service(&facts);
    for leaving in &gone {
        if fact == "TargetGroupARNs" {
            tell(world, &place, ("elbv2", "DeregisterTargets"), targets(leaving, &ids));
        } else {
            let operation = ("elb", "DeregisterInstancesFromLoadBalancer");
            tell(world, &place, operation, instances(leaving, &ids));
        }
    }
    let known = texts(&facts, fact).into_iter();
    let kept: Value = known.filter(|known| !gone.contains(known)).map(Value::from).collect();
    world.set(&place, &name, fact, kept);
    Ok(Value::object())
}

/// `DescribeLoadBalancerTargetGroups`.
pub(super) fn describe_target_groups(call: &Call, world: &mut World) -> Answer {
    shown(
        call,
        world,
        ("TargetGroupARNs", "LoadBalancerTargetGroups", "LoadBalancerTargetGroupARN"),
    )
}

/// `DescribeLoadBalancers`.
pub(super) fn describe_load_balancers(call: &Call, world: &mut World) -> Answer {
    shown(call, world, ("LoadBalancerNames", "LoadBalancers", "LoadBalancerName"))
}

fn shown(call: &Call, world: &World, (fact, output, member): (&str, &str, &str)) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?.unwrap_or_default());
    let facts = Object::clone(&named(call, world)?.1.facts);
    let health = text(&facts, "HealthCheckType").contains("ELB");
    let state = if health { "InService" } else { "Added" };
    let mut known = texts(&facts, fact);
    known.sort_unstable();
    let rest: Vec<&str> = known.into_iter().filter(|id| *id > start.as_str()).collect();
    let page: Vec<&str> = rest.iter().copied().take(size).collect();
    let last = page.last().copied().filter(|_| rest.len() > page.len());
    let shown: Value =
        page.iter().map(|id| Value::from_iter([(member, *id), ("State", state)])).collect();
    Ok(PAGES.finish(call, Object::from_iter([(output, shown)]), last))
}
