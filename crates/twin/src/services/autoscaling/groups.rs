//! Groups: made, changed, described, deleted.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    GROUP, PAGES, activity, converge, health, hooks, launch_configuration,
    members::{self, entries, named, size},
    policy, scheduled,
    tags::filters,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{self, describe},
    page::plain,
    services::ec2::compute::support::{list, number, part, resource, says_something, text},
    store::{Place, Resource},
    tagging,
    value::{object, value},
    world::World,
};

/// What the twin does not do for groups.
const UNSUPPORTED: [&str; 9] = [
    "AvailabilityZoneDistribution",
    "AvailabilityZoneIds",
    "CapacityReservationSpecification",
    "DeletionProtection",
    "InstanceId",
    "MaxInstanceLifetime",
    "MixedInstancesPolicy",
    "Operator",
    "TrafficSources",
];

/// What a caller says of a group and it keeps as said.
const KEPT: [&str; 15] = [
    "CapacityRebalance",
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DesiredCapacityType",
    "HealthCheckGracePeriod",
    "HealthCheckType",
    "InstanceMaintenancePolicy",
    "LoadBalancerNames",
    "MaxSize",
    "MinSize",
    "NewInstancesProtectedFromScaleIn",
    "ServiceLinkedRoleARN",
    "TargetGroupARNs",
    "TerminationPolicies",
];

/// Refuses parameters that the twin would otherwise have to ignore.
pub(super) fn refuse(call: &Call, members: &[&str]) -> Result<(), Failure> {
    match members.iter().find(|member| call.input.get(member).is_some_and(says_something)) {
        Some(member) => {
            let operation = &call.operation;
            let message =
                format!("the twin does not implement `{member}` of `autoscaling:{operation}`");
            Err(Failure::new("NotImplemented", message).with_status(501))
        }
        None => Ok(()),
    }
}

/// `CreateAutoScalingGroup`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    refuse(call, &UNSUPPORTED)?;
    let name = call.required("AutoScalingGroupName")?;
    let place = call.place(&GROUP);
    if world.get(&place, name).is_some() {
        let message = format!(
            "AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        );
        return Err(Failure::new("AlreadyExists", message));
    }
    let mut facts = object! {
        "CreatedTime": (call.now),
        "DefaultCooldown": 300,
        "HealthCheckGracePeriod": 0,
        "HealthCheckType": "EC2",
        "Instances": [],
        "LoadBalancerNames": [],
        "TargetGroupARNs": [],
        "SuspendedProcesses": [],
        "EnabledMetrics": [],
        "TerminationPolicies": ["Default"],
        "NewInstancesProtectedFromScaleIn": false,
        "VPCZoneIdentifier": "",
        "TrafficSources": [],
        "CapacityRebalance": false,
    };
    facts.insert("ServiceLinkedRoleARN", service_role(call));
    say(call, world, &mut facts)?;
    if !facts.contains("LaunchTemplate") && !facts.contains("LaunchConfigurationName") {
        let message = "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, \
                       InstanceId or MixedInstancesPolicy parameter.";
        return Err(call.invalid(message));
    }
    if list(&facts, "AvailabilityZones").is_empty() {
        let message = "At least one Availability Zone or VPC Subnet is required.";
        return Err(call.invalid(message));
    }
    let desired = call.integer("DesiredCapacity").unwrap_or_else(|| size(&facts, "MinSize"));
    facts.insert("DesiredCapacity", desired);
    check_sizes(call, &facts)?;
    let given: Vec<(String, String)> = call
        .list("Tags")
        .iter()
        .map(|tag| (part(tag, "Key").to_owned(), part(tag, "Value").to_owned()))
        .collect();
    tagging::check(call, &given)?;
    let tags: Tags = given.into_iter().collect();
    tagging::check_count(call, &tags)?;
    let mut group = resource(facts, tags);
    for tag in call.list("Tags") {
        if tag.flag("PropagateAtLaunch") {
            group.propagated.insert(part(tag, "Key").to_owned());
        }
    }
    world.put(place.clone(), name, group);
    for hook in call.list("LifecycleHookSpecificationList") {
        let said = hook.as_object().cloned().unwrap_or_default();
        if let Err(failure) = hooks::keep(call, world, (name, &said)) {
            world.remove(&place, name);
            return Err(failure);
        }
    }
    health::begin(world, &place, name);
    let why = format!(
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}"
    );
    converge::soon(world, &place, name, &why);
    Ok(Value::object())
}

fn service_role(call: &Call) -> String {
    let (partition, account) = (call.region.partition(), call.account());
    format!(
        "arn:{partition}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
}

/// Lays what a request says over a group's facts, checked.
fn say(call: &Call, world: &World, facts: &mut Object) -> Result<(), Failure> {
    facts.extend(call.given(KEPT));
    if let Some(template) = call.input.get("LaunchTemplate") {
        facts.insert("LaunchTemplate", checked_template(call, world, template)?);
        facts.remove("LaunchConfigurationName");
    }
    if let Some(configuration) = call.text("LaunchConfigurationName") {
        launch_configuration::find(call, world, configuration)?;
        facts.insert("LaunchConfigurationName", configuration);
        facts.remove("LaunchTemplate");
    }
    if !["EC2", "ELB", "EC2,ELB", "ELB,EC2"].contains(&text(facts, "HealthCheckType")) {
        let message = "Health Check Type must be EC2 or ELB";
        return Err(call.invalid(message));
    }
    facts.extend(call.given(["AvailabilityZones"]));
    if let Some(subnets) = call.text("VPCZoneIdentifier") {
        let zones = zones_of(call, world, subnets)?;
        facts.insert("VPCZoneIdentifier", subnets);
        facts.insert("AvailabilityZones", zones);
    }
    Ok(())
}

/// A launch template that exists, with its id and name, and the version as it was asked for.
pub(super) fn checked_template(
    call: &Call,
    world: &World,
    template: &Value,
) -> Result<Value, Failure> {
    let Some(kind) = kind::named("AWS::EC2::LaunchTemplate") else {
        return Err(call.invalid("You must use a valid fully-formed launch template."));
    };
    let (id, name) = (part(template, "LaunchTemplateId"), part(template, "LaunchTemplateName"));
    let shelf = world.shelf(&call.place(kind));
    let found = shelf.iter().find(|(known, found)| {
        if id.is_empty() { found.fact("LaunchTemplateName") == Some(name) } else { *known == id }
    });
    let (id, found) = found.ok_or_else(|| {
        call.invalid(
            "You must use a valid fully-formed launch template. The specified launch template does not exist.",
        )
    })?;
    let mut shown = object! {
        "LaunchTemplateId": id,
        "LaunchTemplateName": (found.fact("LaunchTemplateName").unwrap_or_default()),
    };
    let version = part(template, "Version");
    if !version.is_empty() {
        shown.insert("Version", version);
    }
    Ok(shown.into())
}

fn zones_of(call: &Call, world: &World, subnets: &str) -> Result<Value, Failure> {
    let Some(kind) = kind::named("AWS::EC2::Subnet") else { return Ok(Value::List(Vec::new())) };
    let place = call.place(kind);
    let mut zones: Vec<String> = Vec::new();
    for id in subnets.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let subnet = world
            .get(&place, id)
            .ok_or_else(|| call.invalid(format!("The subnet ID '{id}' does not exist")))?;
        let zone = subnet.fact("AvailabilityZone").unwrap_or_default().to_owned();
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    Ok(zones.iter().map(Value::from).collect())
}

fn check_sizes(call: &Call, facts: &Object) -> Result<(), Failure> {
    let (least, most) = (size(facts, "MinSize"), size(facts, "MaxSize"));
    let desired = size(facts, "DesiredCapacity");
    if least > most {
        let message =
            format!("Max bound, {most}, must be greater than or equal to min bound, {least}");
        return Err(call.invalid(message));
    }
    if desired < least || desired > most {
        let message = format!(
            "Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
        );
        return Err(call.invalid(message));
    }
    Ok(())
}

/// `UpdateAutoScalingGroup`. A desired capacity outside new bounds moves with them.
pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    refuse(call, &UNSUPPORTED)?;
    let (name, group) = named(call, world)?;
    let mut facts = Object::clone(&group.facts);
    let before = size(&facts, "DesiredCapacity");
    say(call, world, &mut facts)?;
    let (least, most) = (size(&facts, "MinSize"), size(&facts, "MaxSize"));
    let desired = call.integer("DesiredCapacity");
    facts.insert("DesiredCapacity", desired.unwrap_or_else(|| before.min(most).max(least)));
    check_sizes(call, &facts)?;
    let desired = size(&facts, "DesiredCapacity");
    let place = call.place(&GROUP);
    world.change(&place, &name, |known| *known = facts);
    let why = format!(
        "a user request update of AutoScalingGroup constraints to min: {least}, max: {most}, desired: {desired} changing the desired capacity from {before} to {desired}"
    );
    converge::soon(world, &place, &name, &why);
    Ok(Value::object())
}

/// `DeleteAutoScalingGroup`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    let place = call.place(&GROUP);
    if entries(&facts).is_empty() {
        vanish(world, &place, &name);
        return Ok(Value::object());
    }
    if !call.flag("ForceDelete") {
        let message = "You cannot delete an AutoScalingGroup while there are instances or pending \
                       Spot instance request(s) still in the group.";
        return Err(Failure::new("ResourceInUse", message));
    }
    world.change(&place, &name, |facts| {
        facts.insert("Status", "Delete in progress");
        facts.insert("DesiredCapacity", 0);
        facts.insert("MinSize", 0);
    });
    let cause = "a user request force deleted AutoScalingGroup changing the desired capacity to 0.";
    for entry in entries(&facts) {
        if !members::state_of(&entry).starts_with("Terminating") {
            converge::terminate(world, (&place, &name, text(&entry, "InstanceId")), cause);
        }
    }
    Ok(Value::object())
}

/// A group is gone, with what belongs to it.
pub(super) fn vanish(world: &mut World, place: &Place, name: &str) {
    hooks::forget(world, place, name);
    policy::forget(world, place, name);
    scheduled::forget(world, place, name);
    world.remove(place, name);
}

/// `DescribeAutoScalingGroups`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("AutoScalingGroupNames");
    if !names.is_empty() {
        // Names that do not exist are left out, not refused.
        let owner = (call.account(), &call.region);
        let found = names.into_iter().filter_map(|name| {
            let group = call.resource(world, &GROUP, name)?;
            Some(Value::from(describe(&GROUP, owner, name, group)))
        });
        return Ok(Value::from_iter([("AutoScalingGroups", found.collect::<Value>())]));
    }
    let filters = filters(call, &["tag-key", "tag-value"])?;
    let keep = |_: &str, group: &Resource| {
        filters.iter().all(|(name, values)| match *name {
            "tag-key" => group.tags.keys().any(|key| values.contains(&key.as_str())),
            "tag-value" => group.tags.values().any(|value| values.contains(&value.as_str())),
            tag => {
                let value = tag.strip_prefix("tag:").and_then(|key| group.tags.get(key));
                value.is_some_and(|value| values.contains(&value.as_str()))
            }
        })
    };
    PAGES.list((call, world), (&GROUP, "AutoScalingGroups"), keep, plain)
}

/// `DescribeAutoScalingInstances`.
pub(super) fn describe_instances(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?.unwrap_or_default());
    let wanted = call.texts("InstanceIds");
    let mut found: Vec<(String, Value)> = Vec::new();
    for (name, group) in world.shelf(&call.place(&GROUP)) {
        for mut entry in entries(&group.facts) {
            let id = text(&entry, "InstanceId").to_owned();
            if !wanted.is_empty() && !wanted.contains(&id.as_str()) {
                continue;
            }
            let health = text(&entry, "HealthStatus").to_uppercase();
            entry.insert("HealthStatus", health);
            entry.insert("AutoScalingGroupName", name);
            found.push((id, entry.into()));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let mut rest = found.into_iter().filter(|(id, _)| *id > start).peekable();
    let mut shown = Vec::new();
    let mut last = None;
    while shown.len() < size
        && let Some((id, entry)) = rest.next()
    {
        last = Some(id);
        shown.push(entry);
    }
    let last = last.filter(|_| rest.peek().is_some());
    Ok(PAGES.finish(call, object! { "AutoScalingInstances": shown }, last.as_deref()))
}

/// `AttachInstances`: the desired capacity grows by them.
pub(super) fn attach(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    let place = call.place(&GROUP);
    let ids = call.texts("InstanceIds");
    let count = i64::try_from(ids.len()).unwrap_or(0);
    let desired = size(&facts, "DesiredCapacity") + count;
    if desired > size(&facts, "MaxSize") {
        let message = format!(
            "AutoScalingGroup {name} has max-size={}, current size {}, cannot attach {count} instances",
            size(&facts, "MaxSize"),
            size(&facts, "DesiredCapacity"),
        );
        return Err(call.invalid(message));
    }
    for id in &ids {
        if members::machine_state(world, &place, id) != "running" {
            return Err(call.invalid(format!(
                "Invalid Instance ID(s): [{id}]. Instance {id} is not in correct state"
            )));
        }
        if let Some(other) = members::group_of(world, &place, id) {
            return Err(
                call.invalid(format!("Instance {id} is already part of AutoScalingGroup:{other}"))
            );
        }
    }
    for id in &ids {
        let mut entry = members::made(world, &place, (&facts, id), "InService");
        entry.remove("LaunchTemplate");
        members::add(world, &place, &name, entry);
        tag_member(world, &place, &name, id);
        super::balancers::register(world, (&place, &name), &[(*id).to_owned()]);
    }
    world.set(&place, &name, "DesiredCapacity", desired);
    Ok(Value::object())
}

fn tag_member(world: &mut World, place: &Place, group: &str, id: &str) {
    let machines = place.beside(&crate::services::ec2::compute::INSTANCE);
    if let Some(instance) = world.store.get_mut(&machines, id) {
        let mut tags = Tags::clone(&instance.tags);
        tags.insert("aws:autoscaling:groupName".to_owned(), group.to_owned());
        instance.set_tags(tags);
    }
}

/// `DetachInstances`: they keep running, outside the group.
pub(super) fn detach(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?.0;
    let ids = hooks::ids_in(call, world, &name)?;
    let place = call.place(&GROUP);
    let decrement = call.flag("ShouldDecrementDesiredCapacity");
    if decrement {
        shrink(call, world, (&name, ids.len()))?;
    }
    let mut shown = Vec::new();
    for id in &ids {
        let begun = activity::Begun {
            group: &name,
            description: format!("Detaching EC2 instance: {id}"),
            cause: format!("instance {id} was detached in response to a user request."),
            instance: id,
        };
        let begun = activity::begin(world, &place, begun);
        members::remove(world, (&place, &name, id));
        super::balancers::deregister(world, (&place, &name), std::slice::from_ref(id));
        shown.push(Value::from(activity::shown(world, &place, &begun)));
        activity::end(world, &place, &begun, ("Successful", ""));
    }
    converge::soon(world, &place, &name, "instances were detached in response to a user request");
    Ok(value!({"Activities": shown}))
}

/// Lowers the desired capacity: refused if that would be less than the least.
pub(super) fn shrink(
    call: &Call,
    world: &mut World,
    (name, by): (&str, usize),
) -> Result<(), Failure> {
    let facts = &members::find(call, world, name)?.facts;
    let desired = size(facts, "DesiredCapacity") - i64::try_from(by).unwrap_or(0);
    if desired < size(facts, "MinSize") {
        let message = format!(
            "AutoScalingGroup {name} has min-size={}, current size {}; the desired capacity cannot be decremented below it",
            size(facts, "MinSize"),
            size(facts, "DesiredCapacity")
        );
        return Err(call.invalid(message));
    }
    world.set(&call.place(&GROUP), name, "DesiredCapacity", desired);
    Ok(())
}

/// `DescribeAccountLimits`.
pub(super) fn account_limits(call: &Call, world: &mut World) -> Answer {
    let groups = world.shelf(&call.place(&GROUP)).len();
    let configurations = world.shelf(&call.place(&launch_configuration::CONFIGURATION)).len();
    Ok(value!({
        "MaxNumberOfAutoScalingGroups": 500,
        "MaxNumberOfLaunchConfigurations": 200,
        "NumberOfAutoScalingGroups": (i64::try_from(groups).unwrap_or(0)),
        "NumberOfLaunchConfigurations": (i64::try_from(configurations).unwrap_or(0)),
    }))
}

/// `EnableMetricsCollection`.
pub(super) fn enable_metrics(call: &Call, world: &mut World) -> Answer {
    const METRICS: [&str; 8] = [
        "GroupMinSize",
        "GroupMaxSize",
        "GroupDesiredCapacity",
        "GroupInServiceInstances",
        "GroupPendingInstances",
        "GroupStandbyInstances",
        "GroupTerminatingInstances",
        "GroupTotalInstances",
    ];
    let (name, group) = named(call, world)?;
    let wanted = call.texts("Metrics");
    let wanted = if wanted.is_empty() { METRICS.to_vec() } else { wanted };
    let mut enabled = list(&group.facts, "EnabledMetrics").to_vec();
    for metric in wanted {
        if !enabled.iter().any(|known| part(known, "Metric") == metric) {
            enabled.push(value!({"Metric": metric, "Granularity": "1Minute"}));
        }
    }
    world.set(&call.place(&GROUP), &name, "EnabledMetrics", enabled);
    Ok(Value::object())
}

/// `DisableMetricsCollection`.
pub(super) fn disable_metrics(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let gone = call.texts("Metrics");
    let mut enabled = list(&group.facts, "EnabledMetrics").to_vec();
    enabled.retain(|known| !gone.is_empty() && !gone.contains(&part(known, "Metric")));
    world.set(&call.place(&GROUP), &name, "EnabledMetrics", enabled);
    Ok(Value::object())
}

/// The warm-up of a group's instances, in seconds.
pub(super) fn warmup(facts: &Object) -> i64 {
    number(facts, "DefaultInstanceWarmup").filter(|seconds| *seconds >= 0).unwrap_or(0)
}
