//! Scaling policies, and the desired capacity that they and users set.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    GROUP, PAGES, converge,
    members::{self, named, size, suspended},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    services::ec2::compute::support::{arn, list, number, resource, text, truth},
    store::{Place, Resource},
    value::{object, value},
    world::{Origin, World},
};

/// Scaling policies, by group and name.
pub(crate) static POLICY: Definition = Definition {
    resource_type: "AWS::AutoScaling::ScalingPolicy",
    arn: "arn:{partition}:autoscaling:{region}:{account}:scalingPolicy:{uuid}:autoScalingGroupName/{id}",
    identity: &[("PolicyARN", Identity::Arn)],
    missing: Missing::new("ValidationError", "PolicyName not found: {id}"),
    ..Definition::OF
};

fn key(group: &str, name: &str) -> String {
    format!("{group}:policyName/{name}")
}

/// `PutScalingPolicy`. A target tracking policy makes the alarms that carry it out.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    super::groups::refuse(call, &["PredictiveScalingConfiguration"])?;
    let group = named(call, world)?.0;
    let name = call.required("PolicyName")?.to_owned();
    let kind = call.text("PolicyType").unwrap_or("SimpleScaling");
    check(call, kind)?;
    let mut facts =
        object! { "PolicyType": kind, "StepAdjustments": [], "Alarms": [], "Enabled": true };
    for (member, value) in call.input.as_object().into_iter().flat_map(Object::iter) {
        facts.insert(member, value.clone());
    }
    let place = call.place(&POLICY);
    let key = key(&group, &name);
    if let Some(known) = world.get(&place, &key) {
        let old = known.facts.get("Alarms").cloned();
        facts.insert("Alarms", old.unwrap_or_default());
    }
    world.put(place.clone(), key.clone(), resource(facts, Tags::new()));
    if kind == "TargetTrackingScaling" {
        make_alarms(call, world, (&group, &name));
    }
    let made = call.find(world, &POLICY, &key)?;
    let alarms = list(&made.facts, "Alarms").to_vec();
    Ok(value!({"PolicyARN": (arn(&place, &key)), "Alarms": alarms}))
}

fn check(call: &Call, kind: &str) -> Result<(), Failure> {
    match kind {
        "SimpleScaling" if call.integer("ScalingAdjustment").is_none() => {
            Err(call.invalid("You must specify a ScalingAdjustment for SimpleScaling policies"))
        }
        "StepScaling" if call.list("StepAdjustments").is_empty() => {
            Err(call.invalid("At least one StepAdjustment must be specified"))
        }
        "TargetTrackingScaling" if call.object("TargetTrackingConfiguration").is_none() => {
            Err(call.invalid("TargetTrackingConfiguration is required for TargetTrackingScaling"))
        }
        "SimpleScaling" | "StepScaling" => match call.text("AdjustmentType") {
            Some("ChangeInCapacity" | "ExactCapacity" | "PercentChangeInCapacity") => Ok(()),
            _ => Err(call.invalid("You must specify an AdjustmentType for the policy")),
        },
        "TargetTrackingScaling" => Ok(()),
        other => Err(call.invalid(format!("Policy type {other} is not supported"))),
    }
}

/// The metric of a target tracking policy: namespace, name and statistic.
fn metric(configuration: &Value) -> Option<(String, String, String)> {
    let text = |path: &str| configuration.path(path).and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = text("CustomizedMetricSpecification.MetricName") {
        let namespace = text("CustomizedMetricSpecification.Namespace")?;
        return Some((namespace, name, text("CustomizedMetricSpecification.Statistic")?));
    }
    let name = match text("PredefinedMetricSpecification.PredefinedMetricType")?.as_str() {
        "ASGAverageCPUUtilization" => "CPUUtilization",
        "ASGAverageNetworkIn" => "NetworkIn",
        "ASGAverageNetworkOut" => "NetworkOut",
        _ => return None,
    };
    Some(("AWS/EC2".to_owned(), name.to_owned(), "Average".to_owned()))
}

fn make_alarms(call: &Call, world: &mut World, (group, name): (&str, &str)) {
    let place = call.place(&POLICY);
    let key = key(group, name);
    let configuration = call.input.get("TargetTrackingConfiguration").cloned().unwrap_or_default();
    let Some((namespace, metric, statistic)) = metric(&configuration) else { return };
    let target = configuration.get("TargetValue").and_then(Value::as_f64).unwrap_or(0.0);
    let scales_in = configuration.get("DisableScaleIn").and_then(Value::as_bool) != Some(true);
    let dimensions = match configuration.path("CustomizedMetricSpecification.Dimensions") {
        Some(dimensions) => dimensions.clone(),
        None => value!([{"Name": "AutoScalingGroupName", "Value": group}]),
    };
    let origin = Origin::at(&place, converge::BY);
    let policy = arn(&place, &key);
    let mut alarms = Vec::new();
    // High load counts after three minutes, low load only after a quarter of an hour.
    for (which, comparison, periods, threshold) in [
        ("AlarmHigh", "GreaterThanThreshold", 3, target),
        ("AlarmLow", "LessThanThreshold", 15, target * 0.9),
    ] {
        if which == "AlarmLow" && !scales_in {
            continue;
        }
        let id = world.uuid();
        let alarm = format!("TargetTracking-{group}-{which}-{id}");
        let description =
            format!("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy}.");
        let input = object! {
            "AlarmName": (alarm.as_str()),
            "AlarmDescription": description,
            "Namespace": (namespace.as_str()),
            "MetricName": (metric.as_str()),
            "Statistic": (statistic.as_str()),
            "Dimensions": (dimensions.clone()),
            "ComparisonOperator": comparison,
            "EvaluationPeriods": periods,
            "Period": 60,
            "Threshold": threshold,
            "AlarmActions": [(policy.as_str())],
        };
        if world.call(&origin, "cloudwatch", "PutMetricAlarm", input).is_ok() {
            let partition = call.region.partition();
            let arn = format!(
                "arn:{partition}:cloudwatch:{}:{}:alarm:{alarm}",
                call.region,
                call.account()
            );
            alarms.push(value!({"AlarmName": alarm, "AlarmARN": arn}));
        }
    }
    world.set(&place, &key, "Alarms", alarms);
}

/// `DescribePolicies`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let (names, kinds) = (call.texts("PolicyNames"), call.texts("PolicyTypes"));
    let group = call.text("AutoScalingGroupName");
    let place = call.place(&POLICY);
    let keep = |_: &str, policy: &Resource| {
        group.is_none_or(|name| policy.fact("AutoScalingGroupName") == Some(name))
            && (kinds.is_empty() || kinds.contains(&text(&policy.facts, "PolicyType")))
            && (names.is_empty()
                || names.contains(&text(&policy.facts, "PolicyName"))
                || names.iter().any(|name| {
                    let group = text(&policy.facts, "AutoScalingGroupName");
                    *name == arn(&place, &key(group, text(&policy.facts, "PolicyName")))
                }))
    };
    PAGES.list((call, world), (&POLICY, "ScalingPolicies"), keep, crate::page::plain)
}

/// The policy that a request means, by name and group or by ARN.
fn meant(call: &Call, world: &World) -> Result<(String, Object), Failure> {
    let named = call.required("PolicyName")?;
    let place = call.place(&POLICY);
    let group = call.text("AutoScalingGroupName");
    let found = world.shelf(&place).iter().find(|(key, policy)| {
        arn(&place, key) == named
            || policy.fact("PolicyName") == Some(named)
                && group.is_none_or(|group| policy.fact("AutoScalingGroupName") == Some(group))
    });
    let (key, policy) = found.ok_or_else(|| POLICY.missing.failure(named))?;
    Ok((key.clone(), Object::clone(&policy.facts)))
}

/// `DeletePolicy`, with the alarms that it made.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (key, facts) = meant(call, world)?;
    let place = call.place(&POLICY);
    world.remove(&place, &key);
    drop_alarms(world, &place, &facts);
    Ok(Value::object())
}

fn drop_alarms(world: &mut World, place: &Place, facts: &Object) {
    let alarms = list(facts, "Alarms").iter().filter_map(|alarm| alarm.get("AlarmName"));
    let names: Value = alarms.cloned().collect();
    if names.as_list().is_empty() {
        return;
    }
    let origin = Origin::at(place, converge::BY);
    let input = object! { "AlarmNames": names };
    if let Err(failure) = world.call(&origin, "cloudwatch", "DeleteAlarms", input) {
        tracing::debug!(code = failure.code, "alarms of a policy stay");
    }
}

/// The policies of a deleted group go with it.
pub(super) fn forget(world: &mut World, place: &Place, group: &str) {
    let shelf = place.beside(&POLICY);
    let own: Vec<(String, Object)> = world
        .shelf(&shelf)
        .iter()
        .filter(|(_, policy)| policy.fact("AutoScalingGroupName") == Some(group))
        .map(|(key, policy)| (key.clone(), Object::clone(&policy.facts)))
        .collect();
    for (key, facts) in own {
        world.remove(&shelf, &key);
        drop_alarms(world, &shelf, &facts);
    }
}

/// `ExecutePolicy`, which alarms call as well.
pub(super) fn execute(call: &Call, world: &mut World) -> Answer {
    let (_, policy) = meant(call, world)?;
    let group = text(&policy, "AutoScalingGroupName").to_owned();
    let place = call.place(&GROUP);
    let facts = Object::clone(&members::find(call, world, &group)?.facts);
    let simple = text(&policy, "PolicyType") == "SimpleScaling";
    if (simple && call.flag("HonorCooldown")) && cooling(world, &place, (&group, &facts, &policy)) {
        let message = "Scaling activity in progress: the group is cooling down";
        return Err(Failure::new("ScalingActivityInProgress", message));
    }
    if suspended(&facts, "AlarmNotification") && call.caller.invoked_by.is_some() {
        return Ok(Value::object());
    }
    let adjusted = match text(&policy, "PolicyType") {
        "SimpleScaling" => {
            let adjustment = number(&policy, "ScalingAdjustment").unwrap_or(0);
            adjust(&facts, &policy, adjustment)
        }
        "StepScaling" => {
            let value = call.input.get("MetricValue").and_then(Value::as_f64);
            let threshold = call.input.get("BreachThreshold").and_then(Value::as_f64);
            let (Some(value), Some(threshold)) = (value, threshold) else {
                return Err(call.invalid(
                    "MetricValue and BreachThreshold are required for StepScaling policies",
                ));
            };
            adjust(&facts, &policy, step(&policy, value - threshold))
        }
        _ => track(call, (&facts, &policy))?,
    };
    let bounded = adjusted.min(size(&facts, "MaxSize")).max(size(&facts, "MinSize"));
    let name = text(&policy, "PolicyName");
    let why = format!(
        "a scaling policy {name} changed the desired capacity from {} to {bounded}",
        size(&facts, "DesiredCapacity")
    );
    set(world, &place, (&group, bounded), &why);
    Ok(Value::object())
}

/// Where an adjustment takes a group.
fn adjust(facts: &Object, policy: &Object, adjustment: i64) -> i64 {
    let desired = size(facts, "DesiredCapacity");
    match text(policy, "AdjustmentType") {
        "ExactCapacity" => adjustment,
        "PercentChangeInCapacity" => {
            let share = desired * adjustment;
            let least = number(policy, "MinAdjustmentMagnitude").unwrap_or(1).max(1);
            // Rounded towards nothing, but at least by the least.
            let change = (share / 100).abs().max(least);
            if adjustment == 0 { desired } else { desired + change * adjustment.signum() }
        }
        _ => desired + adjustment,
    }
}

/// The adjustment of the step that a breach falls into.
fn step(policy: &Object, breach: f64) -> i64 {
    let steps = list(policy, "StepAdjustments").iter();
    let mut fitting = steps.filter(|step| {
        let bound = |member: &str| step.get(member).and_then(Value::as_f64);
        let lower = bound("MetricIntervalLowerBound").unwrap_or(f64::NEG_INFINITY);
        let upper = bound("MetricIntervalUpperBound").unwrap_or(f64::INFINITY);
        breach >= lower && breach < upper
    });
    fitting
        .next()
        .and_then(|step| step.get("ScalingAdjustment"))
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

/// Where target tracking takes a group: in proportion to how far the metric is off; by one if its value is not known.
fn track(call: &Call, (facts, policy): (&Object, &Object)) -> Result<i64, Failure> {
    let configuration = policy.get("TargetTrackingConfiguration").cloned().unwrap_or_default();
    let target = configuration.get("TargetValue").and_then(Value::as_f64).unwrap_or(0.0);
    let desired = size(facts, "DesiredCapacity");
    let value = call.input.get("MetricValue").and_then(Value::as_f64);
    let Some(value) = value.filter(|_| target > 0.0) else {
        if call.caller.invoked_by.is_none() {
            return Err(call.invalid("Target tracking policies cannot be executed by users"));
        }
        return Ok(desired + 1);
    };
    #[expect(clippy::cast_precision_loss, reason = "groups have few instances")]
    let wanted = (desired as f64 * value / target).ceil();
    #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
    let wanted = wanted.clamp(0.0, 1e6) as i64;
    let scales_in = truth(policy, "TargetTrackingConfiguration.DisableScaleIn") != Some(true);
    Ok(if scales_in { wanted } else { wanted.max(desired) })
}

fn cooling(world: &World, place: &Place, (group, facts, policy): (&str, &Object, &Object)) -> bool {
    let pause = number(policy, "Cooldown").unwrap_or_else(|| size(facts, "DefaultCooldown"));
    let last = world.get(place, group).and_then(|group| group.inside.get("Scaled")?.as_timestamp());
    last.is_some_and(|last| world.now().as_second() - last.as_second() < pause)
}

/// Sets the desired capacity of a group.
fn set(world: &mut World, place: &Place, (group, desired): (&str, i64), why: &str) {
    world.set(place, group, "DesiredCapacity", desired);
    let now = world.now();
    world.set_inside(place, group, "Scaled", now);
    converge::soon(world, place, group, why);
}

/// `SetDesiredCapacity`.
pub(super) fn set_desired(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = Object::clone(&group.facts);
    let desired = call.integer("DesiredCapacity").unwrap_or(0);
    if desired > size(&facts, "MaxSize") {
        let message = format!(
            "New SetDesiredCapacity value {desired} is above max value {} for the AutoScalingGroup.",
            size(&facts, "MaxSize")
        );
        return Err(call.invalid(message));
    }
    if desired < size(&facts, "MinSize") {
        let message = format!(
            "New SetDesiredCapacity value {desired} is below min value {} for the AutoScalingGroup.",
            size(&facts, "MinSize")
        );
        return Err(call.invalid(message));
    }
    let place = call.place(&GROUP);
    if call.flag("HonorCooldown") && cooling(world, &place, (&name, &facts, &Object::new())) {
        let message =
            format!("Scaling activity is in progress, AutoScalingGroup {name} is cooling down");
        return Err(Failure::new("ScalingActivityInProgress", message));
    }
    let before = size(&facts, "DesiredCapacity");
    let why = format!(
        "a user request explicitly set group desired capacity changing the desired capacity from {before} to {desired}"
    );
    set(world, &place, (&name, desired), &why);
    Ok(Value::object())
}
