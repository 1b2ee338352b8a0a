//! `aws:executeAutomation`: another runbook, once or for each of many targets, seen to its end.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation, StepError};
use crate::{
    data_type::DataType,
    effect::{Child, Effect},
    execution::StepStatus,
    possible_call::PossibleCall,
    step::Step,
};

pub(super) static ACTION: Action = Action {
    name: "aws:executeAutomation",
    inputs: &[
        InputDefinition::required("DocumentName", DataType::String),
        InputDefinition::optional("DocumentVersion", DataType::String),
        InputDefinition::optional("RuntimeParameters", DataType::StringMap),
        InputDefinition::optional("MaxConcurrency", DataType::String),
        InputDefinition::optional("MaxErrors", DataType::String),
        InputDefinition::optional("Tags", DataType::MapList),
        InputDefinition::optional("TargetLocations", DataType::MapList),
        InputDefinition::optional("TargetMaps", DataType::MapList),
        InputDefinition::optional("TargetParameterName", DataType::String),
        InputDefinition::optional("Targets", DataType::MapList),
    ],
    outputs: &[
        ("ExecutionId", DataType::String),
        ("Output", DataType::StringList),
        ("Status", DataType::String),
    ],
    timeout_seconds: Some(43_200),
    calls,
    proceed,
    ..Action::ORDINARY
};

/// How targets are found: by what they are, by their tags, or as the members of a group.
fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    if step.input("Targets").is_none() && step.input("TargetLocations").is_none() {
        return Vec::new();
    }
    let ways = [
        ("ec2", "DescribeInstances"),
        ("resourcegroupstaggingapi", "GetResources"),
        ("resource-groups", "ListGroupResources"),
    ];
    let call = |(service, operation): (&str, &str)| PossibleCall {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: Vec::new(),
    };
    ways.map(call).into()
}

/// How a step is that failed with an error: as the other execution, if there is one.
pub(crate) fn status_of(error: &StepError) -> StepStatus {
    match error.code.as_str() {
        Child::TIMED_OUT => StepStatus::TimedOut,
        Child::CANCELLED => StepStatus::Cancelled,
        _ => StepStatus::Failed,
    }
}

fn proceed(situation: &Situation<'_>) -> Move {
    if let Some(version) = situation.text("DocumentVersion")
        && !["$DEFAULT", "$LATEST"].contains(&version.as_str())
    {
        let message = format!(
            "there is no version `{version}`: runbooks have one here, so leave `DocumentVersion` out"
        );
        return Move::failed("InvalidDocumentVersion", message);
    }
    if situation.phase != "ended" {
        let effect = Effect::Child(Box::new(child(situation)));
        return Move::Perform { effect, then: "ended", notes: situation.notes.clone() };
    }
    match situation.answered() {
        Ok(answer) if answer.get("Status") == Some(&json!("Success")) => Move::Done(answer.clone()),
        Ok(answer) => {
            let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
            let code = match text("Status") {
                "TimedOut" => Child::TIMED_OUT,
                "Cancelled" => Child::CANCELLED,
                _ => "ChildFailed",
            };
            let message = match text("Summary") {
                "" => format!("execution `{}` ended with {}", text("ExecutionId"), text("Status")),
                summary => summary.to_owned(),
            };
            Move::failed(code, message)
        }
        Err(error) => Move::Failed(error),
    }
}

fn child(situation: &Situation<'_>) -> Child {
    let maps = |name: &str| -> Vec<Value> {
        let value = situation.inputs.get(name);
        let value = value.and_then(|value| DataType::MapList.convert(value).ok());
        value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let parameters = situation.inputs.get("RuntimeParameters");
    let parameters = parameters.and_then(|value| DataType::StringMap.convert(value).ok());
    Child {
        document: situation.text("DocumentName").unwrap_or_default(),
        version: situation.text("DocumentVersion"),
        parameters: parameters.as_ref().and_then(Value::as_object).cloned().unwrap_or_default(),
        target_parameter: situation.text("TargetParameterName"),
        targets: maps("Targets"),
        target_maps: maps("TargetMaps"),
        target_locations: maps("TargetLocations"),
        max_concurrency: situation.text("MaxConcurrency"),
        max_errors: situation.text("MaxErrors"),
    }
}
