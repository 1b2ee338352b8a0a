//! What asserting and waiting share: a call, a path into its answer, and the values that are wanted there.

use serde_json::{Map, Value};

use super::{InputDefinition, Move, Situation, situation::StepError};
use crate::{
    data_type::{DataType, describe, render},
    selector::Selector,
};

pub(super) const INPUTS: &[InputDefinition] = &[
    InputDefinition::required("Service", DataType::String),
    InputDefinition::required("Api", DataType::String),
    InputDefinition::required("PropertySelector", DataType::String),
    InputDefinition::required("DesiredValues", DataType::StringList),
];

/// The inputs that are the operation's own.
pub(super) fn members(situation: &Situation<'_>) -> Map<String, Value> {
    let own =
        |(name, _): &(&String, &Value)| !INPUTS.iter().any(|input| input.name == name.as_str());
    situation.inputs.iter().filter(own).map(|(name, value)| (name.clone(), spread(value))).collect()
}

/// A list that is the only element of a list takes its place: `["{{ step.InstanceIds }}"]` is how many write it.
fn spread(value: &Value) -> Value {
    match value {
        Value::Array(elements) => match elements.as_slice() {
            [inner @ Value::Array(_)] => inner.clone(),
            elements => elements.iter().map(spread).collect(),
        },
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), spread(value))).collect()
        }
        other => other.clone(),
    }
}

/// The call that looks; its answer finds the phase `looked`.
pub(super) fn look(situation: &Situation<'_>) -> Move {
    let operation = situation.text("Api").unwrap_or_default();
    let service = situation.text("Service").unwrap_or_default();
    situation.call(&service, &operation, members(situation), "looked")
}

/// What was seen, and how it differs from what is wanted, if it does.
pub(super) fn seen<'a>(
    situation: &Situation<'a>,
) -> Result<(&'a Value, Option<String>), StepError> {
    let answer = situation.answered()?;
    Ok((answer, difference(situation, answer)?))
}

/// What was found in an answer, if it is not what is wanted.
fn difference(situation: &Situation<'_>, answer: &Value) -> Result<Option<String>, StepError> {
    let path = situation.text("PropertySelector").unwrap_or_default();
    let selector: Selector =
        path.parse().map_err(|error| StepError::new("InvalidInput", format!("{error}")))?;
    let wanted = situation.texts("DesiredValues");
    let found = selector.select(answer);
    let is_wanted = |value: &Value| match value {
        // Documents write `True`, as Python does.
        Value::Bool(_) => wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(&render(value))),
        other => wanted.contains(&render(other)),
    };
    let fits = match &found {
        // Of several that a path finds, each must be one that is wanted.
        Some(Value::Array(elements)) => !elements.is_empty() && elements.iter().all(is_wanted),
        Some(value) => is_wanted(value),
        None => false,
    };
    if fits {
        return Ok(None);
    }
    let found = found.as_ref().map_or_else(|| "nothing".to_owned(), describe);
    Ok(Some(format!("expected `{path}` to be one of {wanted:?}, found {found}")))
}
