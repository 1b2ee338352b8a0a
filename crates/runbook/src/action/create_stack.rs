//! `aws:createStack`: a CloudFormation stack, and seen to be complete.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 10;

pub(super) static ACTION: Action = Action {
    name: "aws:createStack",
    inputs: &[
        InputDefinition::required("StackName", DataType::String),
        InputDefinition::optional("Capabilities", DataType::StringList),
        InputDefinition::optional("ClientRequestToken", DataType::String),
        InputDefinition::optional("DisableRollback", DataType::Boolean),
        InputDefinition::optional("NotificationARNs", DataType::StringList),
        InputDefinition::optional("OnFailure", DataType::String).one_of(&[
            "DO_NOTHING",
            "ROLLBACK",
            "DELETE",
        ]),
        InputDefinition::optional("Parameters", DataType::MapList),
        InputDefinition::optional("ResourceTypes", DataType::StringList),
        InputDefinition::optional("RoleARN", DataType::String),
        InputDefinition::optional("StackPolicyBody", DataType::String),
        InputDefinition::optional("StackPolicyURL", DataType::String),
        InputDefinition::optional("Tags", DataType::MapList),
        InputDefinition::optional("TemplateBody", DataType::String),
        InputDefinition::optional("TemplateURL", DataType::String),
        InputDefinition::optional("TimeoutInMinutes", DataType::Integer),
    ],
    outputs: &[
        ("StackId", DataType::String),
        ("StackStatus", DataType::String),
        ("StackStatusReason", DataType::String),
    ],
    timeout_seconds: Some(3600),
    may_follow_cancel: false,
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "cloudformation", "CreateStack"),
        PossibleCall::new(step, "cloudformation", "DescribeStacks"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" => {
            let same: Vec<(&str, &str)> =
                ACTION.inputs.iter().map(|input| (input.name, input.name)).collect();
            situation.call("cloudformation", "CreateStack", situation.members(&same), "created")
        }
        "created" => match situation.answered() {
            Ok(answer) => {
                let stack = answer.get("StackId").cloned().unwrap_or_default();
                look(situation, &stack).noting("stack", stack.clone())
            }
            Err(error) => Move::Failed(error),
        },
        "waited" => look(situation, &Value::from(situation.noted("stack"))),
        _ => match situation.answered() {
            Ok(answer) => judge(situation, answer),
            Err(error) => Move::Failed(error),
        },
    }
}

/// A look at a stack, by its name or its id.
pub(super) fn look(situation: &Situation<'_>, stack: &Value) -> Move {
    let members = json!({ "StackName": stack });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("cloudformation", "DescribeStacks", members, "looked")
}

fn judge(situation: &Situation<'_>, answer: &Value) -> Move {
    let stack = answer.pointer("/Stacks/0").cloned().unwrap_or_default();
    let text = |name: &str| stack.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("StackStatus") {
        "CREATE_COMPLETE" => Move::Done(json!({
            "StackId": text("StackId"),
            "StackStatus": text("StackStatus"),
            "StackStatusReason": text("StackStatusReason"),
        })),
        status if status.ends_with("_IN_PROGRESS") => situation.wait(PAUSE, "waited"),
        status => Move::failed(
            "StackFailed",
            format!("stack `{}` is {status}: {}", text("StackName"), text("StackStatusReason")),
        ),
    }
}
