//! `aws:deleteImage`: an image and the snapshots that only it was made of.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation, StepError};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How often a snapshot that is still in use is tried, and how long is waited between, in seconds: an image that was just
/// deregistered has its snapshots for some moments.
const TRIES: u64 = 6;
const PAUSE: i64 = 10;

pub(super) static ACTION: Action = Action {
    name: "aws:deleteImage",
    inputs: &[InputDefinition::required("ImageId", DataType::String)],
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "ec2", "DescribeImages"),
        PossibleCall::new(step, "ec2", "DeregisterImage"),
        PossibleCall::new(step, "ec2", "DeleteSnapshot"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    let answer = match situation.phase {
        "" => return look(situation),
        "waited" => return delete_next(situation),
        _ => match situation.answered() {
            Ok(answer) => answer,
            Err(error) if situation.phase == "deleted" && error.code == "InvalidSnapshot.InUse" => {
                return try_again(situation, error);
            }
            Err(error) => return Move::Failed(error),
        },
    };
    match situation.phase {
        "looked" => {
            let mappings = answer.pointer("/Images/0/BlockDeviceMappings");
            let snapshots: Vec<Value> = mappings
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|mapping| mapping.pointer("/Ebs/SnapshotId").cloned())
                .collect();
            let members = json!({ "ImageId": situation.text("ImageId") });
            let members = members.as_object().cloned().unwrap_or_default();
            situation
                .call("ec2", "DeregisterImage", members, "deregistered")
                .noting("snapshots", snapshots)
        }
        "deleted" => deleted(situation),
        _ => delete_next(situation),
    }
}

fn look(situation: &Situation<'_>) -> Move {
    let members = json!({ "ImageIds": [situation.text("ImageId")] });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DescribeImages", members, "looked")
}

/// The snapshots that are left.
fn left(situation: &Situation<'_>) -> Vec<Value> {
    situation.notes.get("snapshots").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The next snapshot that is left.
fn delete_next(situation: &Situation<'_>) -> Move {
    match left(situation).first() {
        Some(next) => delete(situation, next),
        None => Move::Done(json!({})),
    }
}

fn delete(situation: &Situation<'_>, snapshot: &Value) -> Move {
    let members = json!({ "SnapshotId": snapshot });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DeleteSnapshot", members, "deleted")
}

/// One is gone: the next.
fn deleted(situation: &Situation<'_>) -> Move {
    let left = left(situation);
    match left.get(1..).and_then(|rest| Some((rest.first()?, rest))) {
        Some((next, rest)) => {
            delete(situation, next).noting("snapshots", rest.to_vec()).noting("tries", 0)
        }
        None => Move::Done(json!({})),
    }
}

fn try_again(situation: &Situation<'_>, error: StepError) -> Move {
    let tries = situation.notes.get("tries").and_then(Value::as_u64).unwrap_or(0) + 1;
    if tries >= TRIES {
        return Move::Failed(error);
    }
    situation.wait(PAUSE, "waited").noting("tries", tries)
}
