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
        return property::look(situation);
    }
    match property::seen(situation) {
        Ok((answer, None)) => Move::Done(answer.clone()),
        Ok((_, Some(difference))) => Move::failed("AssertionFailed", difference),
        Err(error) => Move::Failed(error),
    }
}
