//! How commands come to machines, and what becomes of them there.
//!
//! ```text
//! command ─► deliver ─► (runs) ─► ran ─► end
//!              │  ▲               └─► reboot ─► rebooted ─► end
//!              └──┘ the agent does not answer: again, until it is too late
//! ```
//!
//! A script is tried on a copy of the machine first, to know how long it takes, and performed for good when it ends: so
//! what it finds is what is there then. One that takes too long has done what it did until it was killed; a command that
//! was cancelled has changed nothing.

mod end;
mod steps;

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use self::{
    end::{Ending, finish, notify},
    steps::{Ran, perform, prepared},
};
use super::{
    commands::{COMMAND, INVOCATION},
    document::Parameters,
    documents::{self, DOCUMENT, Runnable},
    patch,
};
use crate::{fault::Fate, fleet, services::inspector2, store::Place, task::Task, world::World};

/// From sending until the agent has it.
const DELIVERY: SignedDuration = SignedDuration::from_secs(1);
/// How often a command is offered to an agent that does not answer.
const OFFER_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// From a reboot until the agent goes on.
const REBOOT: SignedDuration = SignedDuration::from_secs(90);
/// How often an agent may reboot a machine for one command.
const MOST_REBOOTS: i64 = 3;

/// `5` of some, or `10%` of so many.
pub(super) fn percent_or_count(text: &str, of: i64) -> Option<i64> {
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: i64 = percent.parse().ok()?;
            (0..=100).contains(&percent).then(|| percent * of / 100)
        }
        None => text.parse().ok().filter(|number| *number >= 0),
    }
}

/// A command goes on: it starts as many invocations as it may, or ends.
pub(super) fn command(world: &mut World, task: &Task) {
    go_on(world, &task.place, &task.id);
}

fn number(object: &Object, member: &str) -> i64 {
    object.get(member).and_then(Value::as_i64).unwrap_or(0)
}

fn go_on(world: &mut World, place: &Place, id: &str) {
    let Some(command) = world.get(place, id) else { return };
    let facts = &*command.facts;
    if !matches!(facts.text("Status"), "Pending" | "InProgress" | "Cancelling") {
        return;
    }
    let total = number(facts, "TargetCount");
    let most_errors = percent_or_count(facts.text("MaxErrors"), total).unwrap_or(0);
    let most_running = percent_or_count(facts.text("MaxConcurrency"), total).unwrap_or(50).max(1);
    let errors = number(facts, "ErrorCount") + number(facts, "DeliveryTimedOutCount");
    let cancelled = facts.text("Status") == "Cancelling";
    let order: Vec<String> =
        command.inside.list("Order").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let (mut next, mut running) =
        (number(&command.inside, "Next"), number(&command.inside, "Running"));
    let stops = cancelled || errors > most_errors;
    let mut started = Vec::new();
    let at = |next: i64| usize::try_from(next).ok().and_then(|at| order.get(at));
    while let Some(instance) = at(next)
        && (stops || running < most_running)
    {
        next += 1;
        started.push(instance.clone());
        running += i64::from(!stops);
    }
    world.change_inside(place, id, |inside| {
        inside.insert("Next", next);
        inside.insert("Running", running);
    });
    if next > 0 && !started.is_empty() && !stops && errors == 0 && is_pending(world, place, id) {
        set_command_status(world, place, id, ("InProgress", "InProgress"));
    }
    let invocations = place.beside(&INVOCATION);
    for instance in started {
        let invocation = format!("{id}/{instance}");
        if stops {
            let details = if cancelled { "Cancelled" } else { "Terminated" };
            settle(world, &invocations, &invocation, &Ending::without_output("Cancelled", details));
            count(world, place, id, "Cancelled");
        } else {
            world.schedule(
                world.now() + DELIVERY,
                Task::new("ssm:deliver", &invocations, &invocation),
            );
        }
    }
    finish_command(world, place, id, most_errors);
}

fn is_pending(world: &World, place: &Place, id: &str) -> bool {
    world.get(place, id).and_then(|command| command.fact("Status")) == Some("Pending")
}

/// Ends a command all of whose invocations have ended.
fn finish_command(world: &mut World, place: &Place, id: &str, most_errors: i64) {
    let Some(command) = world.get(place, id) else { return };
    let facts = &*command.facts;
    let (total, completed) = (number(facts, "TargetCount"), number(facts, "CompletedCount"));
    if completed < total {
        return;
    }
    let (errors, late) = (number(facts, "ErrorCount"), number(facts, "DeliveryTimedOutCount"));
    let others = number(&command.inside, "Unsuccessful");
    let status = if total == 0 {
        ("Success", "NoInstancesInTag")
    } else if facts.text("Status") == "Cancelling" {
        ("Cancelled", "Cancelled")
    } else if errors > most_errors {
        ("Failed", "Failed")
    } else if late > most_errors {
        ("TimedOut", "DeliveryTimedOut")
    } else if errors + late > most_errors {
        ("Failed", "Failed")
    } else if errors + late + others > 0 {
        ("Failed", "Incomplete")
    } else {
        ("Success", "Success")
    };
    set_command_status(world, place, id, status);
}

fn set_command_status(world: &mut World, place: &Place, id: &str, (status, details): (&str, &str)) {
    world.change(place, id, |facts| {
        facts.insert("Status", status);
        facts.insert("StatusDetails", details);
    });
    notify(world, place, id, None);
}

/// An invocation has ended: its command counts it.
fn count(world: &mut World, place: &Place, command: &str, status: &str) {
    let member = match status {
        "Failed" => Some("ErrorCount"),
        "TimedOut" => Some("DeliveryTimedOutCount"),
        _ => None,
    };
    world.change(place, command, |facts| {
        let completed = number(facts, "CompletedCount") + 1;
        facts.insert("CompletedCount", completed);
        if let Some(member) = member {
            let more = number(facts, member) + 1;
            facts.insert(member, more);
        }
    });
    if !matches!(status, "Success" | "Failed" | "TimedOut") {
        world.change_inside(place, command, |inside| {
            let more = number(inside, "Unsuccessful") + 1;
            inside.insert("Unsuccessful", more);
        });
    }
}

/// An invocation that ran, or was to, ends.
fn conclude(world: &mut World, invocations: &Place, invocation: &str, ending: &Ending) {
    settle(world, invocations, invocation, ending);
    let (command, _) = parts(invocation);
    let place = invocations.beside(&COMMAND);
    count(world, &place, command, ending.counts_as());
    world.change_inside(&place, command, |inside| {
        let running = number(inside, "Running") - 1;
        inside.insert("Running", running.max(0));
    });
    go_on(world, &place, command);
}

fn settle(world: &mut World, invocations: &Place, invocation: &str, ending: &Ending) {
    finish(world, invocations, invocation, ending);
    notify(world, invocations, invocation, Some(()));
}

fn parts(invocation: &str) -> (&str, &str) {
    invocation.split_once('/').unwrap_or((invocation, ""))
}

/// An invocation is offered to its machine's agent.
pub(super) fn deliver(world: &mut World, task: &Task) {
    let (command, instance) = parts(&task.id);
    if status(world, &task.place, &task.id) != Some("Pending".to_owned())
        && status(world, &task.place, &task.id) != Some("Delayed".to_owned())
    {
        return;
    }
    let Some((document, values, timeout)) = what(world, &task.place, command) else { return };
    let Some(machine) = fleet::machine(world, &task.place, instance) else {
        return conclude(
            world,
            &task.place,
            &task.id,
            &Ending::without_output("Failed", "Undeliverable"),
        );
    };
    if !document.platforms.iter().any(|fits| fits == machine.system.platform_type()) {
        return conclude(
            world,
            &task.place,
            &task.id,
            &Ending::without_output("Failed", "InvalidPlatform"),
        );
    }
    let now = world.now();
    if !fleet::takes_commands(world, &task.place, instance) {
        let requested = world
            .get(&task.place, &task.id)
            .and_then(|found| found.value("RequestedDateTime").and_then(Value::as_timestamp));
        let deadline = requested.unwrap_or(now) + SignedDuration::from_secs(timeout);
        if now >= deadline {
            let late = Ending::without_output("TimedOut", "DeliveryTimedOut");
            return conclude(world, &task.place, &task.id, &late);
        }
        if now.duration_since(requested.unwrap_or(now)) >= OFFER_EVERY {
            mark(world, &task.place, &task.id, "Delayed");
        }
        let again = (now + OFFER_EVERY).min(deadline);
        return world.schedule(again, Task::new("ssm:deliver", &task.place, &task.id));
    }
    begin(world, task, (&document, &values), 0);
}

fn status(world: &World, place: &Place, id: &str) -> Option<String> {
    world.get(place, id)?.fact("Status").map(str::to_owned)
}

fn mark(world: &mut World, place: &Place, id: &str, status: &str) {
    if self::status(world, place, id).as_deref() == Some(status) {
        return;
    }
    world.change(place, id, |facts| {
        facts.insert("Status", status);
        facts.insert("StatusDetails", status);
    });
    notify(world, place, id, Some(()));
}

/// What a command runs, with which values, and how long it may wait.
fn what(world: &World, place: &Place, command: &str) -> Option<(Runnable, Parameters, i64)> {
    let here = place.beside(&COMMAND);
    let found = world.get(&here, command)?;
    let version = found.fact("DocumentVersion").filter(|version| !version.is_empty());
    let documents = place.beside(&DOCUMENT);
    let document =
        documents::runnable(world, &documents, found.fact("DocumentName")?, version).ok()?;
    let values = found.inside.get("Values").and_then(Value::as_object);
    let mut parameters = Parameters::new();
    for (name, list) in values.into_iter().flat_map(Object::iter) {
        let texts = list.as_list().iter().filter_map(Value::as_str).map(str::to_owned);
        parameters.insert(name.to_string(), texts.collect());
    }
    Some((document, parameters, number(&found.facts, "TimeoutSeconds")))
}

/// A machine's agent starts on an invocation.
fn begin(world: &mut World, task: &Task, what: (&Runnable, &Parameters), reboots: i64) {
    let (_, instance) = parts(&task.id);
    mark(world, &task.place, &task.id, "InProgress");
    let now = world.now();
    let order = prepared(world, &task.place, what);
    let Some(mut machine) = fleet::machine(world, &task.place, instance) else { return };
    let tried = perform((world, &task.place), &mut machine, what, (&order, now));
    let (seconds, timed_out) =
        if tried.seconds > tried.limit { (tried.limit, true) } else { (tried.seconds, false) };
    let detail = crate::value::value!({"Start": now, "TimedOut": timed_out, "Reboots": reboots});
    let due = now + SignedDuration::from_secs(seconds.max(1));
    world.schedule(due, Task::new("ssm:ran", &task.place, &task.id).with(detail));
}

/// What an invocation runs has run.
pub(super) fn ran(world: &mut World, task: &Task) {
    let (command, instance) = parts(&task.id);
    if status(world, &task.place, &task.id).as_deref() != Some("InProgress") {
        return;
    }
    let Some((document, values, _)) = what(world, &task.place, command) else { return };
    let start = task.detail.get("Start").and_then(Value::as_timestamp).unwrap_or(task.due);
    let what = (&document, &values);
    match world.fate(&task.place, instance, "RunCommand") {
        Fate::Succeeds => {}
        Fate::Fails(reason) => {
            let ending = Ending::of(&Ran::failed(&document, &reason, start), world.now());
            return conclude(world, &task.place, &task.id, &ending);
        }
        Fate::Never => return,
    }
    let order = prepared(world, &task.place, what);
    let Some(mut machine) = fleet::machine(world, &task.place, instance) else {
        return conclude(
            world,
            &task.place,
            &task.id,
            &Ending::without_output("Failed", "Undeliverable"),
        );
    };
    // A machine that went down meanwhile takes the work with it.
    if !machine.is_up(world.now()) {
        let ending = Ending::of(
            &Ran::failed(&document, "The agent lost its connection.", start),
            world.now(),
        );
        return conclude(world, &task.place, &task.id, &ending);
    }
    let mut ran = perform((world, &task.place), &mut machine, what, (&order, start));
    if task.detail.flag("TimedOut") {
        ran.time_out();
        return conclude(world, &task.place, &task.id, &Ending::of(&ran, world.now()));
    }
    fleet::change(world, &task.place, instance, |kept| kept.changes = machine.changes);
    if let Some(report) = &ran.report {
        patch::keep(world, &task.place, instance, report);
        inspector2::soon(world, &task.place);
    }
    let reboots = task.detail.get("Reboots").and_then(Value::as_i64).unwrap_or(0);
    if ran.reboot && reboots < MOST_REBOOTS {
        return reboot(world, task, (&ran, reboots));
    }
    conclude(world, &task.place, &task.id, &Ending::of(&ran, world.now()));
}

fn reboot(world: &mut World, task: &Task, (ran, reboots): (&Ran, i64)) {
    let (_, instance) = parts(&task.id);
    fleet::rebooted(world, &task.place, instance);
    match world.fate(&task.place, instance, "Reboot") {
        Fate::Succeeds => {}
        Fate::Fails(reason) => fleet::impair(world, &task.place, instance, &reason),
        Fate::Never => fleet::impair(world, &task.place, instance, "the system does not come up"),
    }
    let start = task.detail.get("Start").cloned().unwrap_or_default();
    let ending = Ending::of(ran, world.now()).to_value();
    let detail = crate::value::value!({
        "Start": start, "Ending": ending, "Reboots": (reboots + 1), "Again": (ran.again),
    });
    let due = world.now() + REBOOT;
    world.schedule(due, Task::new("ssm:rebooted", &task.place, &task.id).with(detail));
}

/// A machine was rebooted by what an invocation ran: its agent goes on once it is up.
pub(super) fn rebooted(world: &mut World, task: &Task) {
    let (command, instance) = parts(&task.id);
    if status(world, &task.place, &task.id).as_deref() != Some("InProgress") {
        return;
    }
    let Some((document, values, timeout)) = what(world, &task.place, command) else { return };
    let start = task.detail.get("Start").and_then(Value::as_timestamp).unwrap_or(task.due);
    let now = world.now();
    if !fleet::takes_commands(world, &task.place, instance) {
        if now.duration_since(start) > SignedDuration::from_secs(timeout.max(3_600)) {
            let mut lost =
                Ran::failed(&document, "The agent did not come back after the reboot.", start);
            lost.time_out();
            return conclude(world, &task.place, &task.id, &Ending::of(&lost, now));
        }
        let again = Task::new("ssm:rebooted", &task.place, &task.id).with(task.detail.clone());
        return world.schedule(now + OFFER_EVERY, again);
    }
    let reboots = task.detail.get("Reboots").and_then(Value::as_i64).unwrap_or(0);
    if task.detail.flag("Again") {
        return begin(world, task, (&document, &values), reboots);
    }
    if let Some(order) = prepared(world, &task.place, (&document, &values)) {
        patch::look_again(world, &task.place, instance, &order);
    }
    let ending = task.detail.get("Ending").map(|ending| Ending::from_value(ending, now));
    if let Some(ending) = ending {
        conclude(world, &task.place, &task.id, &ending);
    }
}

/// Cancels a command on some instances, on all if none are named: what has not started will not, what runs is stopped.
pub(super) fn cancel(world: &mut World, place: &Place, id: &str, instances: &[String]) {
    let open = |status: Option<&str>| matches!(status, Some("Pending" | "InProgress" | "Delayed"));
    if !open(world.get(place, id).and_then(|command| command.fact("Status"))) {
        return;
    }
    let invocations = place.beside(&INVOCATION);
    let prefix = format!("{id}/");
    let mine: Vec<String> = world
        .shelf(&invocations)
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
        .filter(|(_, found)| open(found.fact("Status")))
        .map(|(key, _)| key.clone())
        .filter(|key| instances.is_empty() || instances.iter().any(|one| parts(key).1 == one))
        .collect();
    if instances.is_empty() {
        world.change(place, id, |facts| {
            facts.insert("Status", "Cancelling");
            facts.insert("StatusDetails", "Cancelling");
        });
    }
    let started = world.get(place, id).map_or(0, |command| number(&command.inside, "Next"));
    let order: Vec<String> = world
        .get(place, id)
        .and_then(|command| command.inside.get("Order").cloned())
        .unwrap_or_default()
        .as_list()
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    for invocation in mine {
        let at = order.iter().position(|one| one == parts(&invocation).1);
        let ending = Ending::without_output("Cancelled", "Cancelled");
        if at.and_then(|at| i64::try_from(at).ok()).is_some_and(|at| at < started) {
            conclude(world, &invocations, &invocation, &ending);
        } else if !instances.is_empty() {
            // Its turn does not come any more; if the whole command is cancelled, all turns come now.
            settle(world, &invocations, &invocation, &ending);
            count(world, place, id, "Cancelled");
            world.change_inside(place, id, |inside| {
                if let Some(Value::List(order)) = inside.get_mut("Order") {
                    order.retain(|one| one.as_str() != Some(parts(&invocation).1));
                }
            });
        }
    }
    go_on(world, place, id);
}

/// A time as a script's machine sees it.
fn later(start: Timestamp, seconds: i64) -> Timestamp {
    start + SignedDuration::from_secs(seconds)
}
