//! `aws:createTags`: tags on instances and other resources of EC2, or on resources of Systems Manager.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, input::Input, possible_call::PossibleCall, step::Step};

pub(super) static ACTION: Action = Action {
    name: "aws:createTags",
    inputs: &[
        InputDefinition::required("ResourceIds", DataType::StringList),
        InputDefinition::required("Tags", DataType::MapList),
        InputDefinition::optional("ResourceType", DataType::String).one_of(&[
            "EC2",
            "ManagedInstance",
            "MaintenanceWindow",
            "Parameter",
        ]),
    ],
    may_follow_cancel: false,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    match step.input("ResourceType").map(Input::as_text) {
        None | Some(Some("EC2")) => {
            vec![PossibleCall::new(step, "ec2", "CreateTags").named("ResourceIds", "Resources")]
        }
        Some(Some(_)) => {
            vec![
                PossibleCall::new(step, "ssm", "AddTagsToResource")
                    .named("ResourceIds", "ResourceId"),
            ]
        }
        Some(None) => vec![
            PossibleCall::new(step, "ec2", "CreateTags").named("ResourceIds", "Resources"),
            PossibleCall::new(step, "ssm", "AddTagsToResource").named("ResourceIds", "ResourceId"),
        ],
    }
}

fn proceed(situation: &Situation<'_>) -> Move {
    if !situation.phase.is_empty()
        && let Err(error) = situation.answered()
    {
        return Move::Failed(error);
    }
    match situation.text("ResourceType").as_deref() {
        None | Some("EC2") if situation.phase.is_empty() => {
            let members = situation.members(&[("Tags", "Tags")]);
            let mut members = members;
            members.insert("Resources".to_owned(), json!(situation.texts("ResourceIds")));
            situation.call("ec2", "CreateTags", members, "tagged")
        }
        None | Some("EC2") => Move::Done(json!({})),
        Some(kind) => tag_next(situation, kind),
    }
}

/// Systems Manager tags one resource a call.
fn tag_next(situation: &Situation<'_>, kind: &str) -> Move {
    let left = match situation.notes.get("left").and_then(Value::as_array) {
        Some(left) => left.clone(),
        None => situation.texts("ResourceIds").into_iter().map(Value::from).collect(),
    };
    let Some((next, rest)) = left.split_first() else { return Move::Done(json!({})) };
    let mut members = situation.members(&[("Tags", "Tags")]);
    members.insert("ResourceType".to_owned(), json!(kind));
    members.insert("ResourceId".to_owned(), next.clone());
    situation.call("ssm", "AddTagsToResource", members, "tagged").noting("left", rest.to_vec())
}
