//! A window opens, does its tasks in order of priority, and closes.
//!
//! ```text
//! open ─► tasks of the first priority ─► … of the next ─► … ─► end
//!            │                             (none starts once the cutoff has come)
//!            └─ each: an invocation for each target: a command, a function, an automation
//! ```

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{
    super::shared::texts,
    executions::{EXECUTION, EXECUTION_TASK, INVOCATION},
    schedule,
    targets::{TARGET, TASK},
    tell,
};
use crate::{
    call::Answer,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

/// How often a window looks after what it started.
const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(15);

fn number(object: &Object, member: &str) -> i64 {
    object.get(member).and_then(Value::as_i64).unwrap_or(0)
}

/// Plans a window's next run.
pub(super) fn plan(world: &mut World, place: &Place, id: &str) {
    let Some(window) = world.get(place, id) else { return };
    let revision = number(&window.inside, "Revision");
    if let Some(due) = schedule::next(&window.facts, world.now()) {
        let detail = value!({"Revision": revision});
        world.schedule(due, Task::new("ssm:window", place, id).with(detail));
    }
}

/// A window opens.
pub(super) fn open(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, &task.id);
    let Some(window) = world.get(place, id) else { return };
    let current = number(&window.inside, "Revision");
    if task.detail.get("Revision").and_then(Value::as_i64) != Some(current) {
        return;
    }
    let facts = Object::clone(&window.facts);
    plan(world, place, id);
    let now = world.now();
    let executions = place.beside(&EXECUTION);
    let busy = world
        .shelf(&executions)
        .values()
        .any(|one| one.fact("WindowId") == Some(id) && one.fact("Status") == Some("IN_PROGRESS"));
    let execution = world.uuid();
    let status = if busy { "SKIPPED_OVERLAPPING" } else { "IN_PROGRESS" };
    let mut shown = object! {"WindowId": (id.as_str()), "Status": status, "StartTime": now};
    if busy {
        shown.insert("EndTime", now);
    }
    let end = now + SignedDuration::from_hours(number(&facts, "Duration"));
    let cutoff = end - SignedDuration::from_hours(number(&facts, "Cutoff"));
    let inside = object! {"End": end, "Cutoff": cutoff, "Done": []};
    let made = Resource::new(Arc::new(shown), Arc::default()).with_inside(inside);
    world.put(executions.clone(), execution.as_str(), made);
    told(world, &executions, &execution, status);
    if !busy {
        go_on(world, &executions, &execution);
    }
}

fn told(world: &mut World, place: &Place, execution: &str, status: &str) {
    let Some(found) = world.get(place, execution) else { return };
    let window = found.fact("WindowId").unwrap_or_default().to_owned();
    let time = |member: &str| found.value(member).and_then(Value::as_timestamp);
    let mut detail = object! {"window-execution-id": execution, "status": status};
    for (member, fact) in [("start-time", "StartTime"), ("end-time", "EndTime")] {
        if let Some(at) = time(fact) {
            detail.insert(member, at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
        }
    }
    tell(world, place, &window, "Maintenance Window Execution State-change Notification", detail);
}

/// What the window started is looked after.
pub(super) fn watch(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, &task.id);
    let status = world.get(place, id).and_then(|one| one.fact("Status")).map(str::to_owned);
    if matches!(status.as_deref(), Some("IN_PROGRESS" | "CANCELLING")) {
        look(world, place, id);
        go_on(world, place, id);
    }
}

/// Starts what is next, or ends.
fn go_on(world: &mut World, place: &Place, execution: &str) {
    let Some(found) = world.get(place, execution) else { return };
    let window = found.fact("WindowId").unwrap_or_default().to_owned();
    let cancelling = found.fact("Status") == Some("CANCELLING");
    let time = |member: &str| found.inside.get(member).and_then(Value::as_timestamp);
    let (cutoff, now) = (time("Cutoff").unwrap_or_default(), world.now());
    let late = now >= cutoff;
    let begun: BTreeSet<String> = texts(&Value::from(Object::clone(&found.inside)), "Done")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let running = tasks_of(world, place, execution).any(|(_, task)| {
        matches!(task.fact("Status"), Some("PENDING" | "IN_PROGRESS" | "CANCELLING"))
    });
    if late {
        cut_off(world, place, execution);
    }
    let mut waiting: Vec<(i64, String)> = world
        .shelf(&place.beside(&TASK))
        .iter()
        .filter(|(id, task)| task.fact("WindowId") == Some(&window) && !begun.contains(*id))
        .map(|(id, task)| (number(&task.facts, "Priority"), id.clone()))
        .collect();
    waiting.sort();
    if running || (!waiting.is_empty() && !late && !cancelling) {
        if !running && let Some((first, _)) = waiting.first().cloned() {
            for (_, task) in waiting.iter().filter(|(priority, _)| *priority == first) {
                start_task(world, place, (execution, &window), task);
            }
        }
        world.schedule(now + WATCH_EVERY, Task::new("ssm:window-watch", place, execution));
        return;
    }
    let statuses: Vec<String> = tasks_of(world, place, execution)
        .filter_map(|(_, task)| task.fact("Status").map(str::to_owned))
        .collect();
    let status = if cancelling {
        "CANCELLED"
    } else if !waiting.is_empty() {
        "TIMED_OUT"
    } else if statuses.iter().any(|one| one != "SUCCESS") {
        "FAILED"
    } else {
        "SUCCESS"
    };
    let details = match status {
        "TIMED_OUT" => {
            "The cutoff of the maintenance window was reached before all tasks were started."
        }
        "FAILED" => "One or more tasks in the orchestration failed.",
        _ if statuses.is_empty() => "No tasks to execute.",
        _ => "",
    };
    end(world, place, execution, (status, details));
    told(world, place, execution, status);
}

fn end(world: &mut World, place: &Place, id: &str, (status, details): (&str, &str)) {
    let now = world.now();
    world.change(place, id, |facts| {
        facts.insert("Status", status);
        facts.insert("EndTime", now);
        if !details.is_empty() {
            facts.insert("StatusDetails", details);
        }
    });
}

fn tasks_of<'w>(
    world: &'w World,
    place: &Place,
    execution: &str,
) -> impl Iterator<Item = (&'w String, &'w Resource)> {
    let prefix = format!("{execution}/");
    let shelf = world.shelf(&place.beside(&EXECUTION_TASK)).range(prefix.clone()..);
    shelf.take_while(move |(id, _)| id.starts_with(&prefix))
}

fn start_task(world: &mut World, place: &Place, (execution, window): (&str, &str), task: &str) {
    world.change_inside(place, execution, |inside| {
        if let Some(Value::List(done)) = inside.get_mut("Done") {
            done.push(task.into());
        }
    });
    let Some(found) = world.get(&place.beside(&TASK), task) else { return };
    let facts = Object::clone(&found.facts);
    let now = world.now();
    let id = format!("{execution}/{}", world.uuid());
    let mut shown = object! {"Status": "IN_PROGRESS", "StartTime": now};
    shown.extend(facts.pick(["TaskArn", "TaskType", "Priority", "MaxConcurrency", "MaxErrors"]));
    shown.insert("ServiceRole", facts.text("ServiceRoleArn"));
    let parameters = facts.get("TaskParameters").cloned().unwrap_or_else(Value::object);
    shown.insert("TaskParameters", Value::List(vec![parameters]));
    let inside = object! {"Task": task, "CutoffBehavior": (facts.text("CutoffBehavior"))};
    let tasks = place.beside(&EXECUTION_TASK);
    world.put(
        tasks,
        id.as_str(),
        Resource::new(Arc::new(shown), Arc::default()).with_inside(inside),
    );
    for (target, targets) in aims(world, place, &facts) {
        invoke(world, place, (&id, &facts), (window, task, &target, &targets));
    }
    look(world, place, execution);
}

/// The targets of a task: for each, the id of the window's target, if it is one, and what it means.
fn aims(world: &World, place: &Place, task: &Object) -> Vec<(String, Vec<Value>)> {
    let targets = task.list("Targets");
    let mut aims = Vec::new();
    for target in targets {
        if target.text("Key") != "WindowTargetIds" {
            aims.push((String::new(), vec![target.clone()]));
            continue;
        }
        for id in texts(target, "Values") {
            let known = world.get(&place.beside(&TARGET), id);
            if let Some(known) = known.and_then(|known| known.value("Targets")) {
                aims.push((id.to_owned(), known.as_list().to_vec()));
            }
        }
    }
    if aims.is_empty() {
        aims.push((String::new(), Vec::new()));
    }
    aims
}

fn invoke(
    world: &mut World,
    place: &Place,
    (task_execution, task): (&str, &Object),
    (window, task_id, target, targets): (&str, &str, &str, &[Value]),
) {
    let execution = task_execution.split('/').next().unwrap_or_default().to_owned();
    let kind = task.text("TaskType");
    let ids: Vec<String> = match kind {
        // One command is for all; the others are started for each resource.
        "RUN_COMMAND" => vec![String::new()],
        _ if targets.is_empty() => vec![String::new()],
        _ => super::super::shared::targeted(world, place, targets)
            .unwrap_or_default()
            .into_iter()
            .collect(),
    };
    for id in ids {
        let fill = |text: &str| {
            text.replace("{{TARGET_ID}}", &id)
                .replace("{{RESOURCE_ID}}", &id)
                .replace("{{WINDOW_ID}}", window)
                .replace("{{WINDOW_TASK_ID}}", task_id)
                .replace("{{WINDOW_TARGET_ID}}", target)
                .replace("{{WINDOW_EXECUTION_ID}}", &execution)
        };
        let answer = start(world, place, task, targets, &fill);
        let now = world.now();
        let (status, started, details) = match &answer {
            Ok(started) if kind == "LAMBDA" => {
                let failed = started.get("FunctionError").is_some_and(|error| !error.is_null());
                (if failed { "FAILED" } else { "SUCCESS" }, String::new(), String::new())
            }
            Ok(started) => ("IN_PROGRESS", started_id(started), String::new()),
            Err(failure) => ("FAILED", String::new(), failure.message.clone()),
        };
        let mut shown = object! {
            "TaskType": kind, "Status": status, "StartTime": now, "ExecutionId": started,
            "Parameters": (fill(&task.get("TaskInvocationParameters").map_or("{}".to_owned(), |all| all.to_json().to_string()))),
        };
        if !target.is_empty() {
            shown.insert("WindowTargetId", target);
        }
        if !details.is_empty() {
            shown.insert("StatusDetails", details);
        }
        if status != "IN_PROGRESS" {
            shown.insert("EndTime", now);
        }
        let key = format!("{task_execution}/{}", world.uuid());
        world.put(place.beside(&INVOCATION), key, Resource::new(Arc::new(shown), Arc::default()));
    }
}

fn started_id(answer: &Value) -> String {
    let id = answer
        .path("Command.CommandId")
        .or_else(|| answer.get("AutomationExecutionId"))
        .or_else(|| answer.get("executionArn"));
    id.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn start(
    world: &mut World,
    place: &Place,
    task: &Object,
    targets: &[Value],
    fill: &dyn Fn(&str) -> String,
) -> Answer {
    let origin = Origin::at(place, "ssm.amazonaws.com");
    let name = task.text("TaskArn").to_owned();
    let given = task.get("TaskInvocationParameters").cloned().unwrap_or_default();
    let part = |path: &str| given.path(path).cloned();
    match task.text("TaskType") {
        "RUN_COMMAND" => {
            let mut input =
                given.get("RunCommand").and_then(Value::as_object).cloned().unwrap_or_default();
            let old = task.get("TaskParameters").and_then(Value::as_object);
            let parameters = input.remove("Parameters").unwrap_or_else(|| old_parameters(old));
            input.insert("Parameters", filled(&parameters, fill));
            input.insert("DocumentName", name);
            input.insert("Targets", Value::List(targets.to_vec()));
            input.extend(task.pick(["MaxConcurrency", "MaxErrors"]));
            world.call(&origin, "ssm", "SendCommand", input)
        }
        "AUTOMATION" => {
            let parameters = part("Automation.Parameters").unwrap_or_else(Value::object);
            let mut input =
                object! {"DocumentName": name, "Parameters": (filled(&parameters, fill))};
            if let Some(version) = part("Automation.DocumentVersion") {
                input.insert("DocumentVersion", version);
            }
            world.call(&origin, "ssm", "StartAutomationExecution", input)
        }
        "LAMBDA" => {
            let mut input = object! {"FunctionName": name};
            if let Some(payload) = part("Lambda.Payload") {
                let text =
                    payload.as_blob().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                input.insert("Payload", fill(&text.unwrap_or_default()).into_bytes());
            }
            if let Some(qualifier) = part("Lambda.Qualifier") {
                input.insert("Qualifier", qualifier);
            }
            world.call(&origin, "lambda", "Invoke", input)
        }
        _ => {
            let mut input = object! {"stateMachineArn": name};
            if let Some(text) = part("StepFunctions.Input").as_ref().and_then(Value::as_str) {
                input.insert("input", fill(text));
            }
            world.call(&origin, "stepfunctions", "StartExecution", input)
        }
    }
}

/// Parameters as tasks of old carry them: each with its `Values`.
fn old_parameters(old: Option<&Object>) -> Value {
    let entries = old.into_iter().flat_map(Object::iter);
    entries.map(|(name, value)| (name, value.get("Values").cloned().unwrap_or_default())).collect()
}

fn filled(value: &Value, fill: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => fill(text).into(),
        Value::List(elements) => elements.iter().map(|element| filled(element, fill)).collect(),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name, filled(value, fill))).collect()
        }
        other => other.clone(),
    }
}

/// Looks what became of what was started.
fn look(world: &mut World, place: &Place, execution: &str) {
    let prefix = format!("{execution}/");
    let invocations = place.beside(&INVOCATION);
    let open: Vec<(String, String, String)> = world
        .shelf(&invocations)
        .range(prefix.clone()..)
        .take_while(|(id, _)| id.starts_with(&prefix))
        .filter(|(_, one)| one.fact("Status") == Some("IN_PROGRESS"))
        .map(|(id, one)| {
            let text = |member: &str| one.fact(member).unwrap_or_default().to_owned();
            (id.clone(), text("TaskType"), text("ExecutionId"))
        })
        .collect();
    for (id, kind, started) in open {
        if let Some((status, details)) = outcome(world, place, &kind, &started) {
            end(world, &invocations, &id, (status, &details));
        }
    }
    let tasks: Vec<String> = tasks_of(world, place, execution)
        .filter(|(_, task)| matches!(task.fact("Status"), Some("IN_PROGRESS" | "CANCELLING")))
        .map(|(id, _)| id.clone())
        .collect();
    for task in tasks {
        let prefix = format!("{task}/");
        let statuses: Vec<&str> = world
            .shelf(&invocations)
            .range(prefix.clone()..)
            .take_while(|(id, _)| id.starts_with(&prefix))
            .filter_map(|(_, one)| one.fact("Status"))
            .collect();
        if statuses.contains(&"IN_PROGRESS") {
            continue;
        }
        let worst =
            ["FAILED", "TIMED_OUT", "CANCELLED"].into_iter().find(|one| statuses.contains(one));
        end(world, &place.beside(&EXECUTION_TASK), &task, (worst.unwrap_or("SUCCESS"), ""));
    }
}

/// How something started has ended, if it has.
fn outcome(
    world: &mut World,
    place: &Place,
    kind: &str,
    id: &str,
) -> Option<(&'static str, String)> {
    let origin = Origin::at(place, "ssm.amazonaws.com");
    let (status, details) = match kind {
        "RUN_COMMAND" => {
            let command = world.get(&place.beside(&super::super::commands::COMMAND), id)?;
            (command.fact("Status")?.to_owned(), command.fact("StatusDetails")?.to_owned())
        }
        "AUTOMATION" => {
            let input = value!({"AutomationExecutionId": id});
            let answer = world.call(&origin, "ssm", "GetAutomationExecution", input).ok()?;
            let text = answer.path("AutomationExecution.AutomationExecutionStatus")?.as_str()?;
            (text.to_owned(), String::new())
        }
        _ => {
            let answer = world
                .call(&origin, "stepfunctions", "DescribeExecution", value!({"executionArn": id}))
                .ok()?;
            (answer.get("status")?.as_str()?.to_owned(), String::new())
        }
    };
    let ended = match status.to_uppercase().as_str() {
        "SUCCESS" | "SUCCEEDED" => "SUCCESS",
        "FAILED" => "FAILED",
        "TIMEDOUT" | "TIMED_OUT" => "TIMED_OUT",
        "CANCELLED" | "ABORTED" => "CANCELLED",
        _ => return None,
    };
    Some((ended, if details == "Success" { String::new() } else { details }))
}

/// At the cutoff tasks that are to be cancelled then are.
fn cut_off(world: &mut World, place: &Place, execution: &str) {
    let tasks: Vec<String> = tasks_of(world, place, execution)
        .filter(|(_, task)| task.fact("Status") == Some("IN_PROGRESS"))
        .filter(|(_, task)| task.inside.text("CutoffBehavior") == "CANCEL_TASK")
        .map(|(id, _)| id.clone())
        .collect();
    for task in tasks {
        stop(world, place, &format!("{task}/"));
    }
}

fn stop(world: &mut World, place: &Place, prefix: &str) {
    let running: Vec<String> = world
        .shelf(&place.beside(&INVOCATION))
        .range(prefix.to_owned()..)
        .take_while(|(id, _)| id.starts_with(prefix))
        .filter(|(_, one)| one.fact("Status") == Some("IN_PROGRESS"))
        .filter(|(_, one)| one.fact("TaskType") == Some("RUN_COMMAND"))
        .filter_map(|(_, one)| one.fact("ExecutionId").map(str::to_owned))
        .collect();
    let commands = place.beside(&super::super::commands::COMMAND);
    for command in running {
        super::super::delivery::cancel(world, &commands, &command, &[]);
    }
}

/// Cancels an execution: nothing more starts, and what runs is told to stop.
pub(super) fn cancel(world: &mut World, place: &Place, execution: &str) {
    world.set(place, execution, "Status", "CANCELLING");
    stop(world, place, &format!("{execution}/"));
    look(world, place, execution);
    let soon: Timestamp = world.now();
    world.schedule(soon, Task::new("ssm:window-watch", place, execution));
}
