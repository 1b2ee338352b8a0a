//! What windows did: their executions, the tasks of each, and the invocations of each task.

use reeve_model::Value;

use super::{
    super::shared::{TEN_TO_HUNDRED, conditions, latest_first},
    WINDOW, run,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind, Missing},
    recipe::Action,
    services::Part,
    store::Resource,
    value::value,
    world::World,
};

/// The operations on what windows did.
pub(crate) static EXECUTIONS: Part = Part {
    kinds: &[&EXECUTION, &EXECUTION_TASK, &INVOCATION],
    operations: &[
        ("DescribeMaintenanceWindowExecutions", Action::Own(executions)),
        ("DescribeMaintenanceWindowExecutionTasks", Action::Own(tasks)),
        ("DescribeMaintenanceWindowExecutionTaskInvocations", Action::Own(invocations)),
        ("GetMaintenanceWindowExecution", Action::Own(get)),
        ("GetMaintenanceWindowExecutionTask", Action::Own(get_task)),
        ("GetMaintenanceWindowExecutionTaskInvocation", Action::Own(get_invocation)),
        ("CancelMaintenanceWindowExecution", Action::Own(cancel)),
    ],
    tasks: &[],
};

const GONE: Missing =
    Missing::new("DoesNotExistException", "Maintenance window execution {id} does not exist");

/// One run of a window. Inside: `Pending` (tasks), `Cutoff`, `End`.
pub(super) static EXECUTION: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindowExecution",
    arn: "arn:{partition}:ssm:{region}:{account}:windowexecution/{id}",
    identity: &[("WindowExecutionId", Identity::Id)],
    missing: GONE,
    ..Definition::OF
};

/// A task in one run, by execution, slash, and its own id.
pub(super) static EXECUTION_TASK: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindowExecutionTask",
    arn: "arn:{partition}:ssm:{region}:{account}:windowexecutiontask/{id}",
    identity: &[
        ("WindowExecutionId", Identity::Segment(0)),
        ("TaskExecutionId", Identity::Segment(1)),
    ],
    missing: GONE,
    ..Definition::OF
};

/// What a task did to one target, by execution, task and its own id.
pub(super) static INVOCATION: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindowExecutionTaskInvocation",
    arn: "arn:{partition}:ssm:{region}:{account}:windowexecutioninvocation/{id}",
    identity: &[
        ("WindowExecutionId", Identity::Segment(0)),
        ("TaskExecutionId", Identity::Segment(1)),
        ("InvocationId", Identity::Segment(2)),
    ],
    missing: GONE,
    ..Definition::OF
};

fn list(
    call: &Call,
    world: &World,
    (kind, member): (Kind, &str),
    keep: impl Fn(&str, &Resource) -> bool,
) -> Answer {
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let mut items = Vec::new();
    for (id, found) in world.shelf(&call.place(kind)) {
        if !keep(id, found) {
            continue;
        }
        let shown = call.describe(kind, id, found);
        let start = shown.get("StartTime").and_then(Value::as_timestamp).unwrap_or_default();
        let mut fits = true;
        for (key, values) in &wanted {
            let limit = || values.first().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            fits &= match *key {
                "STATUS" => values.contains(&shown.text("Status")),
                "ExecutedAfter" => limit().is_none_or(|limit| start >= limit),
                "ExecutedBefore" => limit().is_none_or(|limit| start <= limit),
                _ => return Err(call.invalid(format!("The filter key {key} is not valid"))),
            };
        }
        if fits {
            items.push((latest_first(start, id), shown.into()));
        }
    }
    TEN_TO_HUNDRED.sort(call, member, items)
}

fn executions(call: &Call, world: &mut World) -> Answer {
    let window = call.required("WindowId")?;
    call.find(world, &WINDOW, window)?;
    let mine = |_: &str, found: &Resource| found.fact("WindowId") == Some(window);
    list(call, world, (&EXECUTION, "WindowExecutions"), mine)
}

fn tasks(call: &Call, world: &mut World) -> Answer {
    let execution = call.required("WindowExecutionId")?;
    call.find(world, &EXECUTION, execution)?;
    let prefix = format!("{execution}/");
    let mine = |id: &str, _: &Resource| id.starts_with(&prefix);
    list(call, world, (&EXECUTION_TASK, "WindowExecutionTaskIdentities"), mine)
}

fn invocations(call: &Call, world: &mut World) -> Answer {
    let prefix = format!("{}/{}/", call.required("WindowExecutionId")?, call.required("TaskId")?);
    call.find(world, &EXECUTION_TASK, prefix.trim_end_matches('/'))?;
    let mine = |id: &str, _: &Resource| id.starts_with(&prefix);
    list(call, world, (&INVOCATION, "WindowExecutionTaskInvocationIdentities"), mine)
}

fn shown(call: &Call, world: &World, kind: Kind, id: &str) -> Answer {
    let found = call.find(world, kind, id)?;
    let mut shown = call.describe(kind, id, found);
    if kind == &EXECUTION {
        let prefix = format!("{id}/");
        let tasks = world.shelf(&call.place(&EXECUTION_TASK)).range(prefix.clone()..);
        let tasks: Value = tasks
            .take_while(|(task, _)| task.starts_with(&prefix))
            .filter_map(|(task, _)| task.strip_prefix(&prefix).map(Value::from))
            .collect();
        shown.insert("TaskIds", tasks);
    }
    if let Some(task_type) = shown.get("TaskType").cloned() {
        shown.insert("Type", task_type);
    }
    Ok(call.fit(shown.into()))
}

fn get(call: &Call, world: &mut World) -> Answer {
    shown(call, world, &EXECUTION, call.required("WindowExecutionId")?)
}

fn get_task(call: &Call, world: &mut World) -> Answer {
    let id = format!("{}/{}", call.required("WindowExecutionId")?, call.required("TaskId")?);
    shown(call, world, &EXECUTION_TASK, &id)
}

fn get_invocation(call: &Call, world: &mut World) -> Answer {
    let (execution, task) = (call.required("WindowExecutionId")?, call.required("TaskId")?);
    let id = format!("{execution}/{task}/{}", call.required("InvocationId")?);
    shown(call, world, &INVOCATION, &id)
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let id = call.required("WindowExecutionId")?;
    let found = call.find(world, &EXECUTION, id)?;
    if !matches!(found.fact("Status"), Some("PENDING" | "IN_PROGRESS")) {
        let message = format!("Maintenance window execution {id} is not in progress");
        return Err(Failure::new("DoesNotExistException", message));
    }
    run::cancel(world, &call.place(&EXECUTION), id);
    Ok(value!({"WindowExecutionId": id}))
}
