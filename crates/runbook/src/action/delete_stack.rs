//! `aws:deleteStack`: a CloudFormation stack deleted, and seen to be gone.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation, create_stack, situation::StepError};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 10;

pub(super) static ACTION: Action = Action {
    name: "aws:deleteStack",
    inputs: &[
        InputDefinition::required("StackName", DataType::String),
        InputDefinition::optional("ClientRequestToken", DataType::String),
        InputDefinition::optional("RetainResources", DataType::StringList),
        InputDefinition::optional("RoleARN", DataType::String),
    ],
    timeout_seconds: Some(3600),
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "cloudformation", "DescribeStacks"),
        PossibleCall::new(step, "cloudformation", "DeleteStack"),
    ]
}

/// The stack is found by its id, which outlives its name.
fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" => {
            let stack = situation.text("StackName").unwrap_or_default();
            relabelled(create_stack::look(situation, &Value::from(stack)), "found")
        }
        "found" => match situation.answered() {
            Ok(answer) => delete(situation, answer),
            Err(error) if is_gone(&error) => Move::Done(json!({})),
            Err(error) => Move::Failed(error),
        },
        "deleted" => match situation.answered() {
            Ok(_) => look(situation),
            Err(error) => Move::Failed(error),
        },
        "waited" => look(situation),
        _ => match situation.answered() {
            Ok(answer) => judge(situation, answer),
            Err(error) if is_gone(&error) => Move::Done(json!({})),
            Err(error) => Move::Failed(error),
        },
    }
}

fn relabelled(next: Move, phase: &'static str) -> Move {
    match next {
        Move::Perform { effect, notes, .. } => Move::Perform { effect, then: phase, notes },
        other => other,
    }
}

fn delete(situation: &Situation<'_>, answer: &Value) -> Move {
    let stack = answer.pointer("/Stacks/0/StackId").cloned().unwrap_or_default();
    let same: Vec<(&str, &str)> =
        ACTION.inputs.iter().map(|input| (input.name, input.name)).collect();
    let mut members = situation.members(&same);
    members.insert("StackName".to_owned(), stack.clone());
    situation.call("cloudformation", "DeleteStack", members, "deleted").noting("stack", stack)
}

fn look(situation: &Situation<'_>) -> Move {
    create_stack::look(situation, &Value::from(situation.noted("stack")))
}

fn judge(situation: &Situation<'_>, answer: &Value) -> Move {
    let text = |path: &str| answer.pointer(path).and_then(Value::as_str).unwrap_or_default();
    match text("/Stacks/0/StackStatus") {
        "DELETE_COMPLETE" => Move::Done(json!({})),
        status if status.ends_with("_IN_PROGRESS") => situation.wait(PAUSE, "waited"),
        status => Move::failed(
            "StackFailed",
            format!(
                "stack `{}` is {status}: {}",
                text("/Stacks/0/StackName"),
                text("/Stacks/0/StackStatusReason")
            ),
        ),
    }
}

fn is_gone(error: &StepError) -> bool {
    error.code == "ValidationError" && error.message.contains("does not exist")
}
