//! `aws:executeStateMachine`: a Step Functions state machine, seen to its end.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 5;

pub(super) static ACTION: Action = Action {
    name: "aws:executeStateMachine",
    inputs: &[
        InputDefinition::required("stateMachineArn", DataType::String),
        InputDefinition::optional("name", DataType::String),
        InputDefinition::optional("input", DataType::String),
    ],
    outputs: &[
        ("executionArn", DataType::String),
        ("input", DataType::String),
        ("name", DataType::String),
        ("output", DataType::String),
        ("startDate", DataType::String),
        ("stateMachineArn", DataType::String),
        ("status", DataType::String),
        ("stopDate", DataType::String),
    ],
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "stepfunctions", "StartExecution"),
        PossibleCall::new(step, "stepfunctions", "DescribeExecution"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase.is_empty() {
        return start(situation);
    }
    if situation.phase == "waited" {
        return look(situation, &Value::from(situation.noted("execution")));
    }
    let answer = match situation.answered() {
        Ok(answer) => answer,
        Err(error) => return Move::Failed(error),
    };
    if situation.phase == "started" {
        let execution = answer.get("executionArn").cloned().unwrap_or_default();
        return look(situation, &execution).noting("execution", execution.clone());
    }
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("status") {
        "SUCCEEDED" => Move::Done(answer.clone()),
        "RUNNING" | "PENDING_REDRIVE" => situation.wait(PAUSE, "waited"),
        status => Move::failed(
            "StateMachineFailed",
            format!("{status}: {} {}", text("error"), text("cause")),
        ),
    }
}

fn start(situation: &Situation<'_>) -> Move {
    let mut members =
        situation.members(&[("stateMachineArn", "stateMachineArn"), ("input", "input")]);
    // A name makes the start safe to repeat: the same execution is answered again.
    let name = situation.text("name").unwrap_or_else(|| situation.token.to_owned());
    members.insert("name".to_owned(), json!(name));
    situation.call("stepfunctions", "StartExecution", members, "started")
}

fn look(situation: &Situation<'_>, execution: &Value) -> Move {
    let members = json!({ "executionArn": execution });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("stepfunctions", "DescribeExecution", members, "looked")
}
