//! Starting, stopping, rebooting and terminating instances, and what follows over time.
//!
//! A task about an instance carries the turn it was scheduled in. Every start, stop and termination begins a new turn, so
//! that what was scheduled before it comes to nothing.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{
    attachment, checks,
    instance::{self, INSTANCE, Reason, enter, find, shown, state_of},
    landing,
    lifecycle::{Command, InstanceState, Outcome, refusal},
    machine,
    support::{after, between, list, number, part, text, truth},
    volume::{self, VOLUME},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    store::Place,
    task::Task,
    value::{object, value},
    world::World,
};

/// How long a terminated instance is still described.
const REMEMBERED: i64 = 3600;

/// What an instance's next boot is to the machine inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boot {
    First,
    Again,
}

/// `StartInstances`.
pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    let before = checked(call, world, Command::Start)?;
    for (id, state) in &before {
        if state.on(Command::Start) == Outcome::Enters(InstanceState::Pending) {
            let place = call.place(&INSTANCE);
            landing::give_address(world, &place, id);
            begin_boot(world, &place, id, Boot::Again);
        }
    }
    Ok(changes(call, world, "StartingInstances", &before))
}

/// Has an instance pass from pending to running.
pub(super) fn begin_boot(world: &mut World, place: &Place, id: &str, boot: Boot) {
    enter(world, place, id, (InstanceState::Pending, Reason::None));
    let now = world.now();
    world.set(place, id, "LaunchTime", now);
    let windows = is_windows(world, place, id);
    let due = between(world, 12, if windows { 40 } else { 25 });
    let first = boot == Boot::First;
    schedule(world, place, id, ("ec2:instance-running", due, object! { "First": first }));
}

/// Whether an instance runs Windows, which takes its time.
pub(super) fn is_windows(world: &World, place: &Place, id: &str) -> bool {
    world.get(place, id).is_some_and(|instance| instance.fact("Platform").is_some())
}

/// Schedules what belongs to a new turn of an instance.
fn schedule(
    world: &mut World,
    place: &Place,
    id: &str,
    (name, due, mut detail): (&str, jiff::Timestamp, Object),
) {
    let turn = turn(world, place, id) + 1;
    world.set_inside(place, id, "Turn", turn);
    detail.insert("Turn", turn);
    world.schedule(due, Task::new(name, place, id).with(detail));
}

/// The turn that an instance is in.
pub(super) fn turn(world: &World, place: &Place, id: &str) -> i64 {
    world.get(place, id).and_then(|instance| number(&instance.inside, "Turn")).unwrap_or(0)
}

/// Whether a task belongs to the turn that the instance is still in.
pub(super) fn is_current(world: &World, task: &Task) -> bool {
    task.detail.get("Turn").and_then(Value::as_i64) == Some(turn(world, &task.place, &task.id))
}

/// An instance would run now; whether its machine comes up is another matter.
pub(super) fn running(world: &mut World, task: &Task) {
    if !is_current(world, task) {
        return;
    }
    let (place, id) = (&task.place, task.id.as_str());
    match world.fate(place, id, "InstanceBoot") {
        Fate::Never => {}
        Fate::Fails(cause) => {
            come_up(world, task);
            machine::impair(world, place, id, &cause);
            checks::begin(world, place, id, Some(&cause));
        }
        Fate::Succeeds => {
            come_up(world, task);
            checks::begin(world, place, id, None);
        }
    }
}

fn come_up(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    enter(world, place, id, (InstanceState::Running, Reason::None));
    if task.detail.flag("First") {
        machine::launched(world, place, id);
    } else {
        machine::started(world, place, id);
    }
}

/// `StopInstances`.
pub(super) fn stop(call: &Call, world: &mut World) -> Answer {
    if call.flag("Hibernate") {
        let message = "This instance is not configured for hibernation.";
        return Err(Failure::new("UnsupportedHibernationConfiguration", message));
    }
    let before = checked(call, world, Command::Stop)?;
    let place = call.place(&INSTANCE);
    for (id, _) in &before {
        let protected = find(call, world, id)?;
        if truth(&protected.inside, "DisableApiStop") == Some(true) {
            let message = format!(
                "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
            );
            return Err(Failure::new("OperationNotPermitted", message));
        }
    }
    let force = call.flag("Force");
    for (id, state) in &before {
        let begins = state.on(Command::Stop) == Outcome::Enters(InstanceState::Stopping);
        if begins || force && *state == InstanceState::Stopping {
            begin_stop(world, &place, id, (Reason::User, force));
        }
    }
    Ok(changes(call, world, "StoppingInstances", &before))
}

/// Has an instance pass from stopping to stopped.
pub(super) fn begin_stop(
    world: &mut World,
    place: &Place,
    id: &str,
    (reason, force): (Reason, bool),
) {
    enter(world, place, id, (InstanceState::Stopping, reason));
    let windows = is_windows(world, place, id);
    let (least, most) = match (force, windows) {
        (true, _) => (5, 15),
        (false, true) => (45, 120),
        (false, false) => (20, 60),
    };
    let due = between(world, least, most);
    let by = if reason == Reason::Retired { "retirement" } else { "user" };
    schedule(world, place, id, ("ec2:instance-stopped", due, object! { "By": by }));
}

/// An instance has stopped: it loses the public address that came with it.
pub(super) fn stopped(world: &mut World, task: &Task) {
    if !is_current(world, task) {
        return;
    }
    let (place, id) = (&task.place, task.id.as_str());
    let retired = part(&task.detail, "By") == "retirement";
    let reason = if retired { Reason::Retired } else { Reason::User };
    enter(world, place, id, (InstanceState::Stopped, reason));
    checks::end(world, place, id);
    landing::release(world, place, id);
    machine::stopped(world, place, id);
}

/// `RebootInstances`: the instance keeps running, the machine inside goes down and comes up again, or not.
pub(super) fn reboot(call: &Call, world: &mut World) -> Answer {
    let before = checked(call, world, Command::Reboot)?;
    let place = call.place(&INSTANCE);
    for (id, state) in &before {
        if *state == InstanceState::Running {
            reboot_machine(world, &place, id);
        }
    }
    Ok(Value::object())
}

/// Has the machine in a running instance go down and come up again, or not.
pub(super) fn reboot_machine(world: &mut World, place: &Place, id: &str) {
    match world.fate(place, id, "InstanceBoot") {
        Fate::Succeeds => {
            machine::rebooted(world, place, id);
            checks::recover(world, place, id);
        }
        Fate::Fails(cause) => fail_boot(world, place, id, &cause),
        Fate::Never => fail_boot(world, place, id, "Instance reachability check failed"),
    }
}

fn fail_boot(world: &mut World, place: &Place, id: &str, cause: &str) {
    machine::rebooted(world, place, id);
    machine::impair(world, place, id, cause);
    checks::begin(world, place, id, Some(cause));
}

/// `TerminateInstances`. A protected instance also keeps its companions in the same zone.
pub(super) fn terminate(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    let before = checked(call, world, Command::Terminate)?;
    let place = call.place(&INSTANCE);
    let mut kept_zones = BTreeSet::new();
    let mut protected = None;
    for (id, state) in &before {
        let instance = find(call, world, id)?;
        if !state.is_ended() && truth(&instance.inside, "DisableApiTermination") == Some(true) {
            kept_zones.insert(text(&instance.facts, "Placement.AvailabilityZone").to_owned());
            protected.get_or_insert_with(|| id.clone());
        }
    }
    for (id, state) in &before {
        let zone = text(&find(call, world, id)?.facts, "Placement.AvailabilityZone").to_owned();
        let ends = state.on(Command::Terminate) == Outcome::Enters(InstanceState::ShuttingDown);
        if ends && !kept_zones.contains(&zone) {
            begin_termination(world, &place, id, Reason::User);
        }
    }
    if let Some(id) = protected {
        let message = format!(
            "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
        );
        return Err(Failure::new("OperationNotPermitted", message));
    }
    Ok(changes(call, world, "TerminatingInstances", &before))
}

/// Has an instance pass from shutting-down to terminated.
pub(super) fn begin_termination(world: &mut World, place: &Place, id: &str, reason: Reason) {
    enter(world, place, id, (InstanceState::ShuttingDown, reason));
    let due = between(world, 20, 50);
    schedule(world, place, id, ("ec2:instance-terminated", due, Object::new()));
}

/// An instance is terminated: what was made with it goes, what was not stays behind.
pub(super) fn terminated(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if !is_current(world, task) {
        return;
    }
    let Some(instance) = world.get(place, id) else { return };
    let facts = instance.facts.clone();
    for mapping in list(&facts, "BlockDeviceMappings") {
        let volume = part(mapping, "Ebs.VolumeId").to_owned();
        attachment::part_from(world, place, &volume, id);
        if mapping.path("Ebs.DeleteOnTermination").and_then(Value::as_bool) == Some(true) {
            volume::begin_delete(world, &place.beside(&VOLUME), &volume);
        }
    }
    landing::leave(world, place, id);
    super::profile::forget(world, place, id);
    enter(world, place, id, (InstanceState::Terminated, Reason::User));
    checks::end(world, place, id);
    world.change(place, id, |facts| {
        for gone in [
            "IamInstanceProfile",
            "NetworkInterfaces",
            "PrivateIpAddress",
            "PublicIpAddress",
            "SecurityGroups",
            "SubnetId",
            "VpcId",
        ] {
            facts.remove(gone);
        }
        facts.insert("BlockDeviceMappings", Value::List(Vec::new()));
        facts.insert("PrivateDnsName", "");
        facts.insert("PublicDnsName", "");
    });
    machine::terminated(world, place, id);
    let due = after(world, REMEMBERED);
    world.schedule(due, Task::new("ec2:instance-forgotten", place, id));
}

/// A terminated instance is described no longer.
pub(super) fn forgotten(world: &mut World, task: &Task) {
    let ended = world.get(&task.place, &task.id).map(|instance| state_of(&instance.facts));
    if ended == Some(InstanceState::Terminated) {
        world.remove(&task.place, &task.id);
    }
}

/// The instances of a request with their states: refused if the command is impossible for one of them.
fn checked(
    call: &Call,
    world: &World,
    command: Command,
) -> Result<Vec<(String, InstanceState)>, Failure> {
    let mut found: Vec<(String, InstanceState)> = Vec::new();
    for id in call.texts("InstanceIds") {
        let state = state_of(&find(call, world, id)?.facts);
        if !found.iter().any(|(known, _)| known == id) {
            found.push((id.to_owned(), state));
        }
    }
    for (id, state) in &found {
        if state.on(command) == Outcome::Refused {
            let (code, message) = refusal(command, *state, id);
            return Err(Failure::new(code, message));
        }
    }
    Ok(found)
}

/// What states instances came from and are in.
fn changes(call: &Call, world: &World, member: &str, before: &[(String, InstanceState)]) -> Value {
    let place = call.place(&INSTANCE);
    let shown = before.iter().map(|(id, previous)| {
        let current = world.get(&place, id).map_or(*previous, |found| state_of(&found.facts));
        value!({
            "InstanceId": id,
            "PreviousState": (instance::shown(*previous)),
            "CurrentState": (shown(current)),
        })
    });
    Value::from_iter([(member, shown.collect::<Value>())])
}
