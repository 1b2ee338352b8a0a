//! `aws:changeInstanceState`: instances started, stopped or terminated, and seen to be so.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{
    data_type::{DataType, render},
    input::Input,
    possible_call::PossibleCall,
    step::Step,
};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 5;

pub(super) static ACTION: Action = Action {
    name: "aws:changeInstanceState",
    inputs: &[
        InputDefinition::required("InstanceIds", DataType::StringList),
        InputDefinition::required("DesiredState", DataType::String).one_of(&[
            "running",
            "stopped",
            "terminated",
        ]),
        InputDefinition::optional("CheckStateOnly", DataType::Boolean),
        InputDefinition::optional("Force", DataType::Boolean),
        InputDefinition::optional("AdditionalInfo", DataType::String),
    ],
    outputs: &[("InstanceStates", DataType::StringList)],
    timeout_seconds: Some(3600),
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    let state = step.input("DesiredState");
    let is_state = |name: &str| match state.and_then(Input::as_literal) {
        Some(literal) => literal.as_str() == Some(name),
        None => true,
    };
    let checks_only = step
        .input("CheckStateOnly")
        .and_then(Input::as_literal)
        .is_some_and(|it| render(&it).eq_ignore_ascii_case("true"));
    let changes = [
        ("running", "StartInstances"),
        ("stopped", "StopInstances"),
        ("terminated", "TerminateInstances"),
    ];
    let changes = changes.iter().filter(|(state, _)| !checks_only && is_state(state));
    let mut calls: Vec<_> =
        changes.map(|(_, operation)| PossibleCall::new(step, "ec2", operation)).collect();
    calls.push(PossibleCall::new(step, "ec2", "DescribeInstanceStatus"));
    calls
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" if !situation.flag("CheckStateOnly") => change(situation),
        "" | "waited" => look(situation),
        "changed" => match situation.answered() {
            Ok(_) => look(situation),
            Err(error) => Move::Failed(error),
        },
        _ => match situation.answered() {
            Ok(answer) => judge(situation, answer),
            Err(error) => Move::Failed(error),
        },
    }
}

fn change(situation: &Situation<'_>) -> Move {
    let (operation, others): (_, &[(&str, &str)]) = match situation.text("DesiredState").as_deref()
    {
        Some("running") => ("StartInstances", &[("AdditionalInfo", "AdditionalInfo")]),
        Some("stopped") => ("StopInstances", &[("Force", "Force")]),
        _ => ("TerminateInstances", &[]),
    };
    let mut members = situation.members(others);
    members.insert("InstanceIds".to_owned(), json!(situation.texts("InstanceIds")));
    situation.call("ec2", operation, members, "changed")
}

fn look(situation: &Situation<'_>) -> Move {
    let members = json!({
        "InstanceIds": situation.texts("InstanceIds"),
        "IncludeAllInstances": true,
    });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DescribeInstanceStatus", members, "looked")
}

fn judge(situation: &Situation<'_>, answer: &Value) -> Move {
    let wanted = situation.text("DesiredState").unwrap_or_default();
    let statuses = answer.get("InstanceStatuses").and_then(Value::as_array);
    let mut states = Vec::new();
    for id in situation.texts("InstanceIds") {
        let status = statuses
            .into_iter()
            .flatten()
            .find(|status| status.get("InstanceId").and_then(Value::as_str) == Some(&id));
        let state = status.and_then(|status| status.pointer("/InstanceState/Name"));
        states.push(state.and_then(Value::as_str).unwrap_or("unknown").to_owned());
    }
    let gone = |state: &String| state == "terminated" && wanted != "terminated";
    if let Some(place) = states.iter().position(gone) {
        let id = situation.texts("InstanceIds").into_iter().nth(place).unwrap_or_default();
        return Move::failed("IncorrectInstanceState", format!("`{id}` is terminated"));
    }
    // A running instance is ready only when it can be reached.
    let is_ready = |id: &str| {
        let status = statuses
            .into_iter()
            .flatten()
            .find(|status| status.get("InstanceId").and_then(Value::as_str) == Some(id));
        let checks = ["/InstanceStatus/Status", "/SystemStatus/Status"];
        checks.iter().all(|check| {
            let found = status.and_then(|status| status.pointer(check)).and_then(Value::as_str);
            found == Some("ok")
        })
    };
    let are_there = states.iter().all(|state| *state == wanted)
        && (wanted != "running" || situation.texts("InstanceIds").iter().all(|id| is_ready(id)));
    if are_there {
        return Move::Done(json!({ "InstanceStates": states }));
    }
    situation.wait(PAUSE, "waited")
}
