//! `aws:copyImage`: an image copied from a Region into this one, and seen to be available.

use super::{Action, InputDefinition, Move, Situation, create_image};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:copyImage",
    inputs: &[
        InputDefinition::required("SourceImageId", DataType::String),
        InputDefinition::required("SourceRegion", DataType::String),
        InputDefinition::required("ImageName", DataType::String),
        InputDefinition::optional("ImageDescription", DataType::String),
        InputDefinition::optional("Encrypted", DataType::Boolean),
        InputDefinition::optional("KmsKeyId", DataType::String),
        InputDefinition::optional("ClientToken", DataType::String),
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
        PossibleCall::new(step, "ec2", "CopyImage"),
        PossibleCall::new(step, "ec2", "DescribeImages"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" => {
            let members = situation.members(&[
                ("SourceImageId", "SourceImageId"),
                ("SourceRegion", "SourceRegion"),
                ("ImageName", "Name"),
                ("ImageDescription", "Description"),
                ("Encrypted", "Encrypted"),
                ("KmsKeyId", "KmsKeyId"),
                ("ClientToken", "ClientToken"),
            ]);
            situation.call("ec2", "CopyImage", members, "created")
        }
        _ => create_image::see(situation),
    }
}
