//! What a pipeline looks like now, and the doors between its stages.

use reeve_model::{Object, Value};

use super::{executions, pipelines::PIPELINE};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("GetPipelineState", Action::Own(state)),
        ("DisableStageTransition", Action::Own(disable)),
        ("EnableStageTransition", Action::Own(enable)),
    ],
    tasks: &[],
};

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.path(path).and_then(Value::as_str).unwrap_or_default()
}

fn state(call: &Call, world: &mut World) -> Answer {
    let name = call.required("name")?;
    let pipeline = call.find(world, &PIPELINE, name)?.clone();
    let executions = executions::of_pipeline(world, &call.place(&PIPELINE), name);
    let stages = pipeline.list("stages");
    let shown: Value =
        stages.iter().map(|stage| shown_stage(&pipeline, &executions, stage)).collect();
    let part = |member: &str| pipeline.inside.get(member).cloned().unwrap_or_default();
    Ok(call.fit(value!({
        "pipelineName": (name),
        "pipelineVersion": (pipeline.value("version").cloned().unwrap_or_default()),
        "stageStates": (shown),
        "created": (part("created")),
        "updated": (part("updated"))
    })))
}

fn shown_stage(pipeline: &Resource, executions: &[(String, Resource)], stage: &Value) -> Value {
    let name = text(stage, "name");
    let disabled = pipeline.inside.get("Disabled").and_then(|all| all.get(name)).cloned();
    let is_here =
        |record: &Value| text(record, "stageName") == name && record.get("Retried").is_none();
    let latest = executions.iter().find(|(_, one)| executions::done(one).iter().any(is_here));
    let records: Vec<Value> = latest.map_or_else(Vec::new, |(_, one)| {
        executions::done(one).into_iter().filter(is_here).collect()
    });
    let actions: Value = stage
        .list("actions")
        .iter()
        .map(|action| {
            let name = text(action, "name");
            let record = records.iter().find(|record| text(record, "actionName") == name);
            let mut shown = object! { "actionName": (name) };
            if let Some(record) = record {
                shown.insert("latestExecution", shown_action(record));
            }
            Value::from(shown)
        })
        .collect();
    let mut shown = object! { "stageName": (name), "actionStates": (actions) };
    shown.insert(
        "inboundTransitionState",
        match disabled {
            Some(disabled) => disabled,
            None => value!({ "enabled": (true) }),
        },
    );
    if let Some((id, execution)) = latest {
        let any = |wanted: &str| records.iter().any(|record| text(record, "status") == wanted);
        let all = stage.get("actions").map_or(0, |list| list.as_list().len());
        let status = if any("Failed") {
            "Failed"
        } else if any("InProgress") || records.len() < all {
            if execution.fact("status") == Some("Stopped") { "Stopped" } else { "InProgress" }
        } else {
            "Succeeded"
        };
        shown.insert(
            "latestExecution",
            object! { "pipelineExecutionId": (id.as_str()), "status": (status) },
        );
    }
    shown.into()
}

fn shown_action(record: &Value) -> Object {
    let mut shown = object! {
        "actionExecutionId": (text(record, "actionExecutionId")),
        "status": (text(record, "status")),
        "lastStatusChange": (record.get("lastUpdateTime").cloned().unwrap_or_default())
    };
    for member in ["summary", "token", "externalExecutionId"] {
        // The token is of no use once somebody has decided.
        let is_used = member == "token" && text(record, "status") != "InProgress";
        if let Some(value) = record.get(member).filter(|_| !is_used) {
            shown.insert(member, value.clone());
        }
    }
    shown
}

fn transition(call: &Call, world: &mut World, disabled: Option<Object>) -> Answer {
    let name = call.required("pipelineName")?;
    let stage = call.required("stageName")?;
    if call.text("transitionType") != Some("Inbound") {
        return Err(call.invalid("Only inbound transitions are supported here"));
    }
    let pipeline = call.find(world, &PIPELINE, name)?;
    let stages = pipeline.list("stages");
    if !stages.iter().any(|one| text(one, "name") == stage) {
        return Err(Failure::new(
            "StageNotFoundException",
            format!("The stage {stage} was not found"),
        ));
    }
    world.change_inside(&call.place(&PIPELINE), name, |inside| {
        let mut all =
            inside.get("Disabled").and_then(Value::as_object).cloned().unwrap_or_default();
        all.remove(stage);
        if let Some(disabled) = disabled {
            all.insert(stage, disabled);
        }
        inside.insert("Disabled", all);
    });
    Ok(Value::object())
}

fn disable(call: &Call, world: &mut World) -> Answer {
    let disabled = object! {
        "enabled": (false),
        "lastChangedBy": (call.caller.arn.as_str()),
        "lastChangedAt": (world.now()),
        "disabledReason": (call.required("reason")?)
    };
    transition(call, world, Some(disabled))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    transition(call, world, None)
}
