//! `aws:executeScript`: a function in Python, or a script in PowerShell, in a process of its own.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{
    data_type::DataType,
    effect::{Script, ScriptSource},
};

/// The languages and versions that documents may ask for.
pub(crate) const RUNTIMES: &[&str] = &[
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "PowerShell Core 6.0",
    "PowerShell 7.0",
    "PowerShell 7.4",
];

pub(super) static ACTION: Action = Action {
    name: "aws:executeScript",
    inputs: &[
        InputDefinition::required("Runtime", DataType::String).one_of(RUNTIMES),
        InputDefinition::optional("Handler", DataType::String),
        InputDefinition::optional("InputPayload", DataType::StringMap),
        InputDefinition::optional("Script", DataType::String),
        InputDefinition::optional("Attachment", DataType::String),
    ],
    outputs: &[("Payload", DataType::StringMap)],
    timeout_seconds: Some(600),
    proceed,
    ..Action::ORDINARY
};

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase == "ran" {
        return match situation.answered() {
            Ok(payload) => Move::Done(json!({ "Payload": payload })),
            Err(error) => Move::Failed(error),
        };
    }
    let source = match (situation.text("Script"), situation.text("Attachment")) {
        (Some(text), _) => ScriptSource::Text(text),
        (None, Some(name)) => ScriptSource::Attachment(name),
        (None, None) => return Move::failed("InvalidInput", "`Script` or `Attachment` is missing"),
    };
    let payload = situation.inputs.get("InputPayload").cloned().unwrap_or_else(|| json!({}));
    let runtime = situation.text("Runtime").unwrap_or_default();
    let handler = situation.text("Handler");
    let payload = if payload.is_null() { Value::Object(serde_json::Map::new()) } else { payload };
    situation.script(Script { runtime, source, handler, payload }, "ran")
}
