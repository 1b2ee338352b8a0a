//! Status checks: of the system under an instance, of the machine inside it, and of the volumes it can reach.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    instance::{INSTANCE, Reason, find, state_of},
    lifecycle::InstanceState,
    listing::{described_passes, read},
    power,
    support::{PAGES, after, between, list, number, part, text},
    zones,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

/// How long before it stops an instance AWS gives notice.
const NOTICE: i64 = 14 * 24 * 3600;

/// Which check fails, by what the cause says.
fn failing(cause: &str) -> &'static str {
    let cause = cause.to_lowercase();
    if cause.contains("system") {
        "System"
    } else if cause.contains("ebs") || cause.contains("volume") {
        "Ebs"
    } else {
        "Instance"
    }
}

/// Checks begin when a machine boots; they end well, or one of them finds what is wrong.
pub(super) fn begin(world: &mut World, place: &Place, id: &str, cause: Option<&str>) {
    // What is checked anew does not end as it would have ended before.
    let number = number_of(world, place, id) + 1;
    world.change_inside(place, id, |inside| {
        inside.insert("Checks", value!({"Phase": "initializing"}));
        inside.insert("CheckNumber", number);
    });
    let windows = power::is_windows(world, place, id);
    let due = if windows { between(world, 180, 300) } else { between(world, 90, 170) };
    let failing = cause.map(failing).unwrap_or_default();
    let detail = object! { "Number": number, "Failing": failing };
    world.schedule(due, Task::new("ec2:instance-checked", place, id).with(detail));
}

fn number_of(world: &World, place: &Place, id: &str) -> i64 {
    let instance = world.get(place, id);
    instance.and_then(|instance| number(&instance.inside, "CheckNumber")).unwrap_or(0)
}

/// A machine that could not be reached is back: checks begin anew. Those that were well stay so over a reboot.
pub(super) fn recover(world: &mut World, place: &Place, id: &str) {
    let impaired = world
        .get(place, id)
        .is_some_and(|instance| !text(&instance.inside, "Checks.Failing").is_empty());
    if impaired {
        begin(world, place, id, None);
    }
}

/// The checks have been made.
pub(super) fn checked(world: &mut World, task: &Task) {
    let meant = task.detail.get("Number").and_then(Value::as_i64);
    let instance = world.get(&task.place, &task.id);
    let is_checking = instance.is_some_and(|instance| instance.inside.contains("Checks"));
    if !is_checking || meant != Some(number_of(world, &task.place, &task.id)) {
        return;
    }
    let failing = part(&task.detail, "Failing").to_owned();
    let now = world.now();
    world.change_inside(&task.place, &task.id, |inside| {
        let checks = if failing.is_empty() {
            value!({"Phase": "done"})
        } else {
            value!({"Phase": "done", "Failing": (failing.as_str()), "Since": now})
        };
        inside.insert("Checks", checks);
    });
    if failing == "System" {
        announce_retirement(world, task);
    }
}

/// A machine that was well does not answer any more: its next check finds that.
pub(crate) fn fail(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    world.set_inside(
        place,
        id,
        "Checks",
        value!({"Phase": "done", "Failing": "Instance", "Since": now}),
    );
}

/// AWS gives notice of hardware that fails: it will stop the instance in two weeks, unless its owner does so before.
fn announce_retirement(world: &mut World, task: &Task) {
    let due = after(world, NOTICE);
    let event = object! {
        "InstanceEventId": (format!("instance-event-0{}", world.random_hex(16))),
        "Code": "instance-stop",
        "Description": "The instance is running on degraded hardware",
        "NotBefore": due,
        "NotBeforeDeadline": due,
    };
    world.set_inside(&task.place, &task.id, "Events", value!([event]));
    retire_at(world, &task.place, &task.id, due);
}

/// Has AWS stop an instance at a time.
pub(super) fn retire_at(world: &mut World, place: &Place, id: &str, due: Timestamp) {
    let turn = power::turn(world, place, id);
    let retire = Task::new("ec2:instance-retired", place, id);
    world.schedule(due, retire.with(object! { "Turn": turn }));
}

/// AWS stops an instance that it gave notice of.
pub(super) fn retired(world: &mut World, task: &Task) {
    if power::is_current(world, task) {
        power::begin_stop(world, &task.place, &task.id, (Reason::Retired, true));
    }
}

/// Nothing is checked while an instance does not run.
pub(super) fn end(world: &mut World, place: &Place, id: &str) {
    world.change_inside(place, id, |inside| {
        inside.remove("Checks");
        inside.remove("Events");
    });
}

/// What the checks of an instance say: system, instance, attached volumes.
pub(crate) fn results(instance: &Resource) -> [&'static str; 3] {
    if state_of(&instance.facts) != InstanceState::Running {
        return ["not-applicable"; 3];
    }
    let inside = &instance.inside;
    if text(inside, "Checks.Phase") == "initializing" {
        return ["initializing"; 3];
    }
    let failing = text(inside, "Checks.Failing");
    ["System", "Instance", "Ebs"].map(|check| if check == failing { "impaired" } else { "ok" })
}

/// Whether anything is known to be wrong with an instance, as Auto Scaling asks.
pub(crate) fn is_impaired(instance: &Resource) -> bool {
    results(instance).contains(&"impaired")
}

fn check(status: &str, since: Option<&Value>) -> Value {
    let passed = match status {
        "ok" => "passed",
        "impaired" => "failed",
        other => other,
    };
    if status == "not-applicable" {
        return value!({"Status": status});
    }
    let mut detail = object! { "Name": "reachability", "Status": passed };
    if let Some(since) = since.filter(|_| status == "impaired") {
        detail.insert("ImpairedSince", since.clone());
    }
    value!({"Status": status, "Details": [detail]})
}

fn status(call: &Call, id: &str, instance: &Resource) -> Object {
    let [system, machine, volumes] = results(instance);
    let since = instance.inside.get("Checks").and_then(|checks| checks.get("Since"));
    let zone = text(&instance.facts, "Placement.AvailabilityZone");
    let state = instance.facts.get("State").cloned().unwrap_or_default();
    let events = list(&instance.inside, "Events").to_vec();
    object! {
        "InstanceId": id,
        "AvailabilityZone": zone,
        "AvailabilityZoneId": (zones::zone_id(&call.region, zone)),
        "InstanceState": state,
        "SystemStatus": (check(system, since)),
        "InstanceStatus": (check(machine, since)),
        "AttachedEbsStatus": (check(volumes, since)),
        "Events": events,
    }
}

/// `DescribeInstanceStatus`: of running instances, unless all are asked for.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 14] = [
        ("attached-ebs-status.status", "AttachedEbsStatus.Status"),
        ("availability-zone", "AvailabilityZone"),
        ("availability-zone-id", "AvailabilityZoneId"),
        ("event.code", "Events.Code"),
        ("event.description", "Events.Description"),
        ("event.instance-event-id", "Events.InstanceEventId"),
        ("event.not-after", "Events.NotAfter"),
        ("event.not-before", "Events.NotBefore"),
        ("instance-state-code", "InstanceState.Code"),
        ("instance-state-name", "InstanceState.Name"),
        ("instance-status.reachability", "InstanceStatus.Details.Status"),
        ("instance-status.status", "InstanceStatus.Status"),
        ("system-status.reachability", "SystemStatus.Details.Status"),
        ("system-status.status", "SystemStatus.Status"),
    ];
    let filters = read(call, "Filters", &FILTERS)?;
    let ids = call.texts("InstanceIds");
    if !ids.is_empty() && call.input.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let every = call.flag("IncludeAllInstances");
    let shown = |id: &str, instance: &Resource| {
        let counts = every || state_of(&instance.facts) == InstanceState::Running;
        counts && described_passes(&filters, &status(call, id, instance), &instance.tags)
    };
    if ids.is_empty() {
        let show = |id: &str, instance: &Resource, _: Object| status(call, id, instance).into();
        return PAGES.list((call, world), (&INSTANCE, "InstanceStatuses"), shown, show);
    }
    let mut found = Vec::new();
    for id in ids {
        let instance = find(call, world, id)?;
        if shown(id, instance) {
            found.push(Value::from(status(call, id, instance)));
        }
    }
    Ok(Value::from_iter([("InstanceStatuses", Value::List(found))]))
}
