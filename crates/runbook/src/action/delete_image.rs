//! `aws:deleteImage`: an image and the snapshots that only it was made of.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

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
        _ => match situation.answered() {
            Ok(answer) => answer,
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
        _ => delete_next(situation),
    }
}

fn look(situation: &Situation<'_>) -> Move {
    let members = json!({ "ImageIds": [situation.text("ImageId")] });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DescribeImages", members, "looked")
}

/// The snapshots that are left, one call each.
fn delete_next(situation: &Situation<'_>) -> Move {
    let snapshots = situation.notes.get("snapshots").and_then(Value::as_array);
    let Some((next, rest)) = snapshots.and_then(|snapshots| snapshots.split_first()) else {
        return Move::Done(json!({}));
    };
    let members = json!({ "SnapshotId": next });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DeleteSnapshot", members, "deleted").noting("snapshots", rest.to_vec())
}
