//! `aws:invokeLambdaFunction`: a Lambda function.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::data_type::{DataType, render};
use crate::{possible_call::PossibleCall, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:invokeLambdaFunction",
    inputs: &[
        InputDefinition::required("FunctionName", DataType::String),
        InputDefinition::optional("Qualifier", DataType::String),
        InputDefinition::optional("InvocationType", DataType::String).one_of(&[
            "RequestResponse",
            "Event",
            "DryRun",
        ]),
        InputDefinition::optional("LogType", DataType::String).one_of(&["None", "Tail"]),
        InputDefinition::any("ClientContext"),
        InputDefinition::any("Payload"),
        InputDefinition::optional("InputPayload", DataType::StringMap),
    ],
    outputs: &[
        ("StatusCode", DataType::Integer),
        ("FunctionError", DataType::String),
        ("LogResult", DataType::String),
        ("Payload", DataType::String),
    ],
    timeout_seconds: Some(300),
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![PossibleCall::new(step, "lambda", "Invoke")]
}

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase.is_empty() {
        return invoke(situation);
    }
    let answer = match situation.answered() {
        Ok(answer) => answer,
        Err(error) => return Move::Failed(error),
    };
    match answer.get("FunctionError").and_then(Value::as_str) {
        Some(kind) => {
            let payload = answer.get("Payload").map(render).unwrap_or_default();
            Move::failed("FunctionError", format!("{kind}: {payload}"))
        }
        None => Move::Done(answer.clone()),
    }
}

fn invoke(situation: &Situation<'_>) -> Move {
    let mut members = situation.members(&[
        ("FunctionName", "FunctionName"),
        ("Qualifier", "Qualifier"),
        ("InvocationType", "InvocationType"),
        ("ClientContext", "ClientContext"),
    ]);
    let is_awaited =
        !matches!(situation.text("InvocationType").as_deref(), Some("Event" | "DryRun"));
    let log = situation.text("LogType").or_else(|| is_awaited.then(|| "Tail".to_owned()));
    if let Some(log) = log {
        members.insert("LogType".to_owned(), json!(log));
    }
    // `InputPayload` is the newer of the two, and counts if both are there.
    let payload = situation.inputs.get("InputPayload").or_else(|| situation.inputs.get("Payload"));
    if let Some(payload) = payload.filter(|payload| !payload.is_null()) {
        members.insert("Payload".to_owned(), json!(render(payload)));
    }
    situation.call("lambda", "Invoke", members, "answered")
}
