//! Processes that may be suspended, instances put aside, and the lists of what Auto Scaling knows.

use reeve_model::Value;

use super::{
    GROUP, activity, balancers, converge, groups, hooks,
    members::{self, named, size, state_of},
};
use crate::{
    call::{Answer, Call},
    services::ec2::compute::support::{list, part, written},
    value::value,
    world::World,
};

const PROCESSES: [&str; 9] = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// The processes that a request means: all if it names none.
fn meant<'c>(call: &'c Call) -> Result<Vec<&'c str>, crate::failure::Failure> {
    let wanted: Vec<&'c str> = call.texts("ScalingProcesses");
    if let Some(wrong) = wanted.iter().find(|name| !PROCESSES.contains(name)) {
        return Err(call.invalid(format!("The process name {wrong} is invalid.")));
    }
    Ok(if wanted.is_empty() { PROCESSES.to_vec() } else { wanted })
}

/// `SuspendProcesses`.
pub(super) fn suspend(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let mut suspended = list(&group.facts, "SuspendedProcesses").to_vec();
    for process in meant(call)? {
        if !suspended.iter().any(|known| part(known, "ProcessName") == process) {
            let reason = format!("User suspended at {}", written(call.now));
            suspended.push(value!({"ProcessName": process, "SuspensionReason": reason}));
        }
    }
    world.set(&call.place(&GROUP), &name, "SuspendedProcesses", suspended);
    Ok(Value::object())
}

/// `ResumeProcesses`.
pub(super) fn resume(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let resumed = meant(call)?;
    let mut suspended = list(&group.facts, "SuspendedProcesses").to_vec();
    suspended.retain(|known| !resumed.contains(&part(known, "ProcessName")));
    let place = call.place(&GROUP);
    world.set(&place, &name, "SuspendedProcesses", suspended);
    converge::soon(world, &place, &name, "a user request resumed processes");
    Ok(Value::object())
}

/// `EnterStandby`: instances are put aside and keep running.
pub(super) fn enter_standby(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?.0;
    let place = call.place(&GROUP);
    let ids = hooks::ids_in(call, world, &name)?;
    let facts = members::facts(world, &place, &name).unwrap_or_default();
    for id in &ids {
        let entry = members::entry(&facts, id).unwrap_or_default();
        if state_of(&entry) != "InService" {
            return Err(call.invalid(format!("The instance {id} is not in InService.")));
        }
    }
    if call.flag("ShouldDecrementDesiredCapacity") {
        groups::shrink(call, world, (&name, ids.len()))?;
    }
    let mut shown = Vec::new();
    for id in &ids {
        members::set_state(world, (&place, &name, id), "Standby");
        balancers::deregister(world, (&place, &name), std::slice::from_ref(id));
        let texts = ("Moving EC2 instance to Standby", "was moved to standby");
        shown.push(note(world, (&place, &name, id), texts));
    }
    converge::soon(
        world,
        &place,
        &name,
        "instances were moved to standby in response to a user request",
    );
    Ok(value!({"Activities": shown}))
}

/// `ExitStandby`: instances come back, and the desired capacity grows by them.
pub(super) fn exit_standby(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let facts = reeve_model::Object::clone(&group.facts);
    let place = call.place(&GROUP);
    let ids = hooks::ids_in(call, world, &name)?;
    for id in &ids {
        let entry = members::entry(&facts, id).unwrap_or_default();
        if state_of(&entry) != "Standby" {
            return Err(call.invalid(format!("The instance {id} is not in Standby.")));
        }
    }
    let desired = size(&facts, "DesiredCapacity") + i64::try_from(ids.len()).unwrap_or(0);
    if desired > size(&facts, "MaxSize") {
        let message = format!(
            "AutoScalingGroup {name} has max-size={}; the instances do not fit in",
            size(&facts, "MaxSize")
        );
        return Err(call.invalid(message));
    }
    world.set(&place, &name, "DesiredCapacity", desired);
    let mut shown = Vec::new();
    for id in &ids {
        let texts = ("Moving EC2 instance out of Standby", "was moved out of standby");
        shown.push(note(world, (&place, &name, id), texts));
        members::set_state(world, (&place, &name, id), "InService");
        balancers::register(world, (&place, &name), std::slice::from_ref(id));
    }
    Ok(value!({"Activities": shown}))
}

/// An activity that is over as soon as it begins; shown as it begins.
fn note(
    world: &mut World,
    (place, group, id): (&crate::store::Place, &str, &str),
    (description, what): (&str, &str),
) -> Value {
    let begun = activity::Begun {
        group,
        description: format!("{description}: {id}"),
        cause: format!(
            "At {} instance {id} {what} in response to a user request.",
            written(world.now())
        ),
        instance: id,
    };
    let activity = activity::begin(world, place, begun);
    let shown = activity::shown(world, place, &activity).into();
    activity::end(world, place, &activity, ("Successful", ""));
    shown
}

/// `DescribeScalingProcessTypes`.
pub(super) fn process_types(_: &Call, _: &mut World) -> Answer {
    let types: Value = PROCESSES.iter().map(|name| value!({"ProcessName": (*name)})).collect();
    Ok(value!({"Processes": types}))
}

/// `DescribeAdjustmentTypes`.
pub(super) fn adjustment_types(_: &Call, _: &mut World) -> Answer {
    let types: Value = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]
        .iter()
        .map(|name| value!({"AdjustmentType": (*name)}))
        .collect();
    Ok(value!({"AdjustmentTypes": types}))
}

/// `DescribeTerminationPolicyTypes`: those that the twin carries out.
pub(super) fn termination_policy_types(_: &Call, _: &mut World) -> Answer {
    Ok(value!({"TerminationPolicyTypes": ["Default", "NewestInstance", "OldestInstance"]}))
}
