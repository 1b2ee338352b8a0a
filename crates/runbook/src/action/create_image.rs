//! `aws:createImage`: an image of an instance, and seen to be available.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 15;

pub(super) static ACTION: Action = Action {
    name: "aws:createImage",
    inputs: &[
        InputDefinition::required("InstanceId", DataType::String),
        InputDefinition::required("ImageName", DataType::String),
        InputDefinition::optional("ImageDescription", DataType::String),
        InputDefinition::optional("NoReboot", DataType::Boolean),
        InputDefinition::optional("BlockDeviceMappings", DataType::MapList),
    ],
    outputs: &[("ImageId", DataType::String), ("ImageState", DataType::String)],
    timeout_seconds: Some(3600),
    may_follow_cancel: false,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "ec2", "CreateImage"),
        PossibleCall::new(step, "ec2", "DescribeImages"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" => {
            let members = situation.members(&[
                ("InstanceId", "InstanceId"),
                ("ImageName", "Name"),
                ("ImageDescription", "Description"),
                ("NoReboot", "NoReboot"),
                ("BlockDeviceMappings", "BlockDeviceMappings"),
            ]);
            situation.call("ec2", "CreateImage", members, "created")
        }
        _ => see(situation),
    }
}

/// Looks at the image that was begun, until it is there.
pub(super) fn see(situation: &Situation<'_>) -> Move {
    if situation.phase == "waited" {
        return look(situation, &Value::from(situation.noted("image")));
    }
    match situation.answered() {
        Ok(answer) if situation.phase == "created" => {
            let image = answer.get("ImageId").cloned().unwrap_or_default();
            look(situation, &image).noting("image", image.clone())
        }
        Ok(answer) => judge(situation, answer),
        Err(error) => Move::Failed(error),
    }
}

/// A look at an image.
fn look(situation: &Situation<'_>, image: &Value) -> Move {
    let members = json!({ "ImageIds": [image] });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DescribeImages", members, "looked")
}

/// What is seen of an image that is being made.
fn judge(situation: &Situation<'_>, answer: &Value) -> Move {
    let text = |path: &str| answer.pointer(path).and_then(Value::as_str).unwrap_or_default();
    match text("/Images/0/State") {
        "available" => Move::Done(json!({
            "ImageId": situation.noted("image"),
            "ImageState": "available",
        })),
        state @ ("failed" | "error" | "invalid" | "deregistered") => Move::failed(
            "ImageFailed",
            format!(
                "image `{}` is {state}: {}",
                situation.noted("image"),
                text("/Images/0/StateReason/Message")
            ),
        ),
        _ => situation.wait(PAUSE, "waited"),
    }
}
