//! `aws:updateVariable`: another value for something that the runbook remembers. The execution itself remembers it.

use serde_json::json;

use super::{Action, InputDefinition, Move, Situation};
use crate::data_type::DataType;

pub(super) static ACTION: Action = Action {
    name: "aws:updateVariable",
    inputs: &[
        InputDefinition::required("Name", DataType::String),
        InputDefinition { is_required: true, ..InputDefinition::any("Value") },
    ],
    proceed,
    ..Action::ORDINARY
};

fn proceed(situation: &Situation<'_>) -> Move {
    let name = situation.text("Name").unwrap_or_default();
    // `variable:count` is how it is referred to, and how many write it here.
    let name = name.strip_prefix("variable:").unwrap_or(&name);
    Move::Done(json!({ "Name": name, "Value": situation.inputs.get("Value") }))
}
