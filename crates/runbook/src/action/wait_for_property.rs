//! `aws:waitForAwsResourceProperty`: looks again and again until something is as it should be.

use super::{Action, Move, Situation, property};
use crate::{possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds: short at first, then longer.
const PAUSES: [i64; 5] = [2, 3, 5, 10, 15];

pub(super) static ACTION: Action = Action {
    name: "aws:waitForAwsResourceProperty",
    inputs: property::INPUTS,
    takes_any: true,
    timeout_seconds: Some(3600),
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
        Ok((_, Some(_))) => look_again(situation),
        Err(error) => Move::Failed(error),
    }
}

fn look_again(situation: &Situation<'_>) -> Move {
    let looks = situation.notes.get("looks").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let place = usize::try_from(looks).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let seconds = PAUSES.get(place).copied().unwrap_or(15);
    situation.wait(seconds, "waited").noting("looks", looks.saturating_add(1))
}
