//! `aws:executeAwsApi`: any operation of any service.

use serde_json::{Map, Value};

use super::{Action, InputDefinition, Move, Situation, property};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:executeAwsApi",
    inputs: &[
        InputDefinition::required("Service", DataType::String),
        InputDefinition::required("Api", DataType::String),
    ],
    takes_any: true,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    PossibleCall::named_by(step).into_iter().collect()
}

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase == "answered" {
        return match situation.answered() {
            Ok(answer) => Move::Done(answer.clone()),
            Err(error) => Move::Failed(error),
        };
    }
    let operation = situation.text("Api").unwrap_or_default();
    let service = situation.text("Service").unwrap_or_default();
    let input: Map<String, Value> = property::members(situation);
    situation.call(&service, &operation, input, "answered")
}
