//! How a service moves from what it runs to what it should: deployments, their progress, the circuit breaker.

use reeve_model::{Object, Value};

use super::{
    cluster,
    service::{SERVICE, turn},
    task::{self, Start, TASK},
};
use crate::{
    event::Event,
    services::Part,
    store::Place,
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[],
    tasks: &[("ecs:service-turn", look), ("ecs:service-gone", gone)],
};

/// How many failures trip the circuit breaker at least and at most.
const THRESHOLDS: (i64, i64) = (3, 200);
/// How many events a service shows.
const MOST_EVENTS: usize = 100;

fn number(object: &Value, member: &str) -> i64 {
    object.get(member).and_then(Value::as_i64).unwrap_or(0)
}

/// Begins a deployment of what the service's description says now. `before` is what to go back to.
pub(super) fn begin(world: &mut World, place: &Place, id: &str, before: &str) {
    let now = world.now();
    let Some(service) = world.get(place, id) else { return };
    let fact = |member: &str| service.facts.get(member).cloned().unwrap_or_default();
    let number = format!("ecs-svc/{}", 1_000_000_000_000_000_000_i64 + now.as_millisecond());
    let made = value!({
        "status": "PRIMARY", "taskDefinition": (fact("taskDefinition")), "desiredCount": (fact("desiredCount")),
        "pendingCount": 0_i64, "runningCount": 0_i64, "failedTasks": 0_i64, "createdAt": (now), "updatedAt": (now),
        "launchType": (fact("launchType")), "networkConfiguration": (fact("networkConfiguration")),
        "rolloutState": "IN_PROGRESS", "rolloutStateReason": (format!("ECS deployment {number} in progress.")),
        "id": (number.as_str()),
    });
    world.change(place, id, |facts| {
        let mut all = vec![made];
        for old in facts.list("deployments") {
            let mut old = old.clone();
            if let Some(old) = old.as_object_mut() {
                old.insert("status", "ACTIVE");
                old.insert("desiredCount", 0_i64);
            }
            all.push(old);
        }
        facts.insert("deployments", Value::List(all));
    });
    world.set_inside(place, id, "Before", before);
    announce(world, place, id, ("SERVICE_DEPLOYMENT_IN_PROGRESS", &number));
    turn(world, place, id);
}

/// The service is to have another number of tasks.
pub(super) fn resize(world: &mut World, place: &Place, id: &str) {
    world.change(place, id, |facts| {
        let desired = facts.get("desiredCount").cloned().unwrap_or_default();
        if let Some(primary) = first(facts) {
            primary.insert("desiredCount", desired);
        }
    });
    turn(world, place, id);
}

fn first(facts: &mut Object) -> Option<&mut Object> {
    match facts.get_mut("deployments") {
        Some(Value::List(all)) => all.first_mut()?.as_object_mut(),
        _ => None,
    }
}

/// A task of a deployment failed.
pub(super) fn count_failure(world: &mut World, place: &Place, id: &str, deployment: &str) {
    let place = place.beside(&SERVICE);
    world.change(&place, id, |facts| {
        let Some(Value::List(all)) = facts.get_mut("deployments") else { return };
        for one in all.iter_mut().filter_map(Value::as_object_mut) {
            if one.get("id").and_then(Value::as_str) == Some(deployment) {
                let failed = one.get("failedTasks").and_then(Value::as_i64).unwrap_or(0);
                one.insert("failedTasks", failed + 1);
            }
        }
    });
}

/// The tasks of a service: id, deployment, and whether it runs already.
fn tasks_of(world: &World, place: &Place, id: &str) -> Vec<(String, String, bool)> {
    let Some((cluster, name)) = id.split_once('/') else { return Vec::new() };
    let (prefix, group) = (format!("{cluster}/"), format!("service:{name}"));
    let shelf = world.shelf(&place.beside(&TASK));
    shelf
        .range(prefix.clone()..)
        .take_while(|(task, _)| task.starts_with(&prefix))
        .filter(|(_, one)| {
            one.fact("group") == Some(&group) && one.fact("desiredStatus") == Some("RUNNING")
        })
        .map(|(task, one)| {
            let by = one.fact("startedBy").unwrap_or_default().to_owned();
            (task.clone(), by, one.fact("lastStatus") == Some("RUNNING"))
        })
        .collect()
}

fn look(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(service) = world.get(place, id).cloned() else { return };
    let tasks = tasks_of(world, place, id);
    if service.fact("status") == Some("DRAINING") {
        return drain(world, place, id, &tasks);
    }
    let Some(primary) = service.value("deployments").and_then(|all| all.as_list().first()).cloned()
    else {
        return;
    };
    if trips(&service.facts, &primary) {
        return trip(world, place, id, &primary);
    }
    let desired = service.value("desiredCount").and_then(Value::as_i64).unwrap_or(0);
    let own: Vec<_> = tasks.iter().filter(|(_, by, _)| *by == primary.text("id")).collect();
    let old: Vec<_> = tasks.iter().filter(|(_, by, _)| *by != primary.text("id")).collect();
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let configuration = service.value("deploymentConfiguration").cloned().unwrap_or_default();
    let most = (desired * number(&configuration, "maximumPercent") / 100).max(desired);
    let least = (desired * number(&configuration, "minimumHealthyPercent") + 99) / 100;
    let room = (most - count(tasks.len())).min(desired - count(own.len()));
    if room > 0 {
        start(world, place, id, (&service.facts, &primary, room));
    }
    let running = count(tasks.iter().filter(|(_, _, runs)| *runs).count());
    // Old tasks go as long as enough run; then those that are too many.
    let surplus = count(own.len()) - desired;
    let mut spare = running - least;
    for (task, _, runs) in &old {
        if !runs || spare > 0 {
            spare -= i64::from(*runs);
            let reason = "Scaling activity initiated by deployment";
            task::stop(world, place, task, ("ServiceSchedulerInitiated", reason, 143));
        }
    }
    for (task, _, _) in own.iter().rev().take(usize::try_from(surplus).unwrap_or(0)) {
        task::stop(
            world,
            place,
            task,
            ("ServiceSchedulerInitiated", "Scaling activity initiated by service", 143),
        );
    }
    recount(world, place, id);
    let own_running = count(own.iter().filter(|(_, _, runs)| *runs).count());
    if own_running == desired && surplus == 0 && old.is_empty() {
        settle(world, place, id, &primary);
    } else {
        turn(world, place, id);
    }
}

fn start(
    world: &mut World,
    place: &Place,
    id: &str,
    (service, primary, room): (&Object, &Value, i64),
) {
    let Some((cluster, name)) = id.split_once('/') else { return };
    let launch_type = service.get("launchType").and_then(Value::as_str).unwrap_or("EC2");
    if launch_type == "EC2" && !cluster::has_room(world, place, cluster) {
        let message = format!(
            "(service {name}) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster."
        );
        return say(world, place, id, &message);
    }
    let definition =
        primary.text("taskDefinition").rsplit('/').next().unwrap_or_default().to_owned();
    let mut started = Vec::new();
    for _ in 0..room {
        let order = Start {
            cluster,
            definition: &definition,
            launch_type,
            group: format!("service:{name}"),
            started_by: Some(primary.text("id").to_owned()),
            tags: reeve_types::Tags::new(),
        };
        let task = task::launch(world, place, &order);
        started.push(format!("(task {})", task.rsplit('/').next().unwrap_or_default()));
    }
    say(
        world,
        place,
        id,
        &format!("(service {name}) has started {} tasks: {}.", started.len(), started.join(" ")),
    );
}

/// Adds an event to a service, unless it says what was said last.
fn say(world: &mut World, place: &Place, id: &str, message: &str) {
    let event = world.uuid();
    let now = world.now();
    world.change(place, id, |facts| {
        let mut all = facts.list("events").to_vec();
        if all.first().is_some_and(|last| last.text("message") == message) {
            return;
        }
        all.insert(0, value!({"id": (event), "createdAt": (now), "message": (message)}));
        all.truncate(MOST_EVENTS);
        facts.insert("events", Value::List(all));
    });
}

fn recount(world: &mut World, place: &Place, id: &str) {
    let tasks = tasks_of(world, place, id);
    let count = |keep: &dyn Fn(&(String, String, bool)) -> bool| {
        i64::try_from(tasks.iter().filter(|one| keep(one)).count()).unwrap_or(i64::MAX)
    };
    let now = world.now();
    world.change(place, id, |facts| {
        facts.insert("runningCount", count(&|(_, _, runs)| *runs));
        facts.insert("pendingCount", count(&|(_, _, runs)| !*runs));
        let Some(Value::List(all)) = facts.get_mut("deployments") else { return };
        for one in all.iter_mut().filter_map(Value::as_object_mut) {
            let number = one.text("id").to_owned();
            one.insert("runningCount", count(&|(_, by, runs)| *by == number && *runs));
            one.insert("pendingCount", count(&|(_, by, runs)| *by == number && !*runs));
            one.insert("updatedAt", now);
        }
    });
}

/// Everything is as it should be.
fn settle(world: &mut World, place: &Place, id: &str, primary: &Value) {
    let was_busy = primary.text("rolloutState") == "IN_PROGRESS";
    let number = primary.text("id").to_owned();
    world.change(place, id, |facts| {
        if let Some(Value::List(all)) = facts.get_mut("deployments") {
            all.truncate(1);
        }
        if let Some(primary) = first(facts) {
            primary.insert("rolloutState", "COMPLETED");
            primary.insert("rolloutStateReason", format!("ECS deployment {number} completed."));
        }
    });
    let name = id.rsplit('/').next().unwrap_or_default().to_owned();
    if was_busy {
        say(
            world,
            place,
            id,
            &format!("(service {name}) (deployment {number}) deployment completed."),
        );
        announce(world, place, id, ("SERVICE_DEPLOYMENT_COMPLETED", &number));
    }
    say(world, place, id, &format!("(service {name}) has reached a steady state."));
    action(world, place, id, "SERVICE_STEADY_STATE");
}

/// Whether too many tasks of a deployment that is under way have failed.
fn trips(service: &Object, primary: &Value) -> bool {
    let breaker =
        service.get("deploymentConfiguration").and_then(|c| c.get("deploymentCircuitBreaker"));
    let enabled = breaker.and_then(|b| b.get("enable")).and_then(Value::as_bool) == Some(true);
    let desired = number(primary, "desiredCount");
    let threshold = ((desired + 1) / 2).clamp(THRESHOLDS.0, THRESHOLDS.1);
    enabled
        && primary.text("rolloutState") == "IN_PROGRESS"
        && number(primary, "failedTasks") >= threshold
}

fn trip(world: &mut World, place: &Place, id: &str, primary: &Value) {
    let number = primary.text("id").to_owned();
    let Some(service) = world.get(place, id).cloned() else { return };
    let breaker = service
        .value("deploymentConfiguration.deploymentCircuitBreaker")
        .cloned()
        .unwrap_or_default();
    let back = breaker.flag("rollback");
    let before = service.inside.text("Before").to_owned();
    world.change(place, id, |facts| {
        if let Some(primary) = first(facts) {
            primary.insert("rolloutState", "FAILED");
            primary.insert(
                "rolloutStateReason",
                "ECS deployment circuit breaker: tasks failed to start.",
            );
        }
    });
    let name = id.rsplit('/').next().unwrap_or_default().to_owned();
    say(
        world,
        place,
        id,
        &format!(
            "(service {name}) (deployment {number}) deployment failed: tasks failed to start."
        ),
    );
    announce(world, place, id, ("SERVICE_DEPLOYMENT_FAILED", &number));
    if back && !before.is_empty() {
        say(world, place, id, &format!("(service {name}) rolling back to {before}."));
        world.set(place, id, "taskDefinition", before.as_str());
        begin(world, place, id, "");
        world.change(place, id, |facts| {
            if let Some(primary) = first(facts) {
                let reason = format!(
                    "ECS deployment circuit breaker: rolling back from deploymentId {number}."
                );
                primary.insert("rolloutStateReason", reason);
            }
        });
    }
}

fn drain(world: &mut World, place: &Place, id: &str, tasks: &[(String, String, bool)]) {
    for (task, _, _) in tasks {
        task::stop(
            world,
            place,
            task,
            ("ServiceSchedulerInitiated", "Service is being deleted", 143),
        );
    }
    recount(world, place, id);
    world.change(place, id, |facts| {
        facts.insert("status", "INACTIVE");
        facts.insert("deployments", Value::List(Vec::new()));
    });
    // A deleted service is shown for a while.
    let due = later(world.now(), 3600);
    world.schedule(due, Task::new("ecs:service-gone", place, id));
}

fn gone(world: &mut World, task: &Task) {
    if world.get(&task.place, &task.id).and_then(|one| one.fact("status")) == Some("INACTIVE") {
        world.remove(&task.place, &task.id);
    }
}

fn announce(world: &mut World, place: &Place, id: &str, (name, deployment): (&str, &str)) {
    let failed = name.ends_with("FAILED");
    let detail = value!({
        "eventType": (if failed { "ERROR" } else { "INFO" }),
        "eventName": (name),
        "deploymentId": (deployment),
        "updatedAt": (world.now().to_string()),
        "reason": (format!("ECS deployment {deployment}.")),
    });
    let arn = place.arn_of(&SERVICE, id);
    world.emit(Event::new("aws.ecs", "ECS Deployment State Change", place).about(arn).with(detail));
}

fn action(world: &mut World, place: &Place, id: &str, name: &str) {
    let cluster = id.split('/').next().unwrap_or_default();
    let detail = value!({
        "eventType": "INFO",
        "eventName": (name),
        "clusterArn": (place.arn_of(&cluster::CLUSTER, cluster)),
        "createdAt": (world.now().to_string()),
    });
    let arn = place.arn_of(&SERVICE, id);
    world.emit(Event::new("aws.ecs", "ECS Service Action", place).about(arn).with(detail));
}
