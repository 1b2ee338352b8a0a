//! `aws:assertAwsResourceProperty`: fails unless something is as it should be.

use super::{Action, Move, Situation, property};
use crate::{possible_call::PossibleCall, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:assertAwsResourceProperty",
    inputs: property::INPUTS,
    takes_any: true,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    PossibleCall::named_by(step).into_iter().collect()
}

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase != "looked" {
        let operation = situation.text("Api").unwrap_or_default();
        let service = situation.text("Service").unwrap_or_default();
        return situation.call(&service, &operation, property::members(situation), "looked");
    }
    let looked = situation
        .answered()
        .and_then(|answer| Ok((property::difference(situation, answer)?, answer)));
    match looked {
        Ok((None, answer)) => Move::Done(answer.clone()),
        Ok((Some(difference), _)) => Move::failed("AssertionFailed", difference),
        Err(error) => Move::Failed(error),
    }
}
