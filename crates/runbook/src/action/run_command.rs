//! `aws:runCommand`: a command document on managed instances, seen to its end.

use serde_json::{Map, Value, json};

use super::{Action, InputDefinition, Move, Situation, StepError};
use crate::data_type::{DataType, render};
use crate::{possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 3;

/// How long an agent that does not answer yet is waited for, and how long between two tries, in seconds.
const AGENT_PATIENCE: i64 = 600;
const AGENT_PAUSE: i64 = 10;

pub(super) static ACTION: Action = Action {
    name: "aws:runCommand",
    inputs: &[
        InputDefinition::required("DocumentName", DataType::String),
        InputDefinition::optional("DocumentVersion", DataType::String),
        InputDefinition::optional("DocumentHash", DataType::String),
        InputDefinition::optional("DocumentHashType", DataType::String),
        InputDefinition::optional("InstanceIds", DataType::StringList),
        InputDefinition::optional("Targets", DataType::MapList),
        InputDefinition::optional("Parameters", DataType::StringMap),
        InputDefinition::any("CloudWatchOutputConfig"),
        InputDefinition::optional("Comment", DataType::String),
        InputDefinition::optional("MaxConcurrency", DataType::String),
        InputDefinition::optional("MaxErrors", DataType::String),
        InputDefinition::any("NotificationConfig"),
        InputDefinition::optional("OutputS3BucketName", DataType::String),
        InputDefinition::optional("OutputS3KeyPrefix", DataType::String),
        InputDefinition::optional("ServiceRoleArn", DataType::String),
        InputDefinition::optional("TimeoutSeconds", DataType::Integer),
    ],
    outputs: &[
        ("CommandId", DataType::String),
        ("Status", DataType::String),
        ("ResponseCode", DataType::Integer),
        ("Output", DataType::String),
    ],
    timeout_seconds: Some(3600),
    calls,
    proceed,
    ..Action::ORDINARY
};

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "ssm", "SendCommand"),
        PossibleCall::new(step, "ssm", "ListCommands"),
        PossibleCall::new(step, "ssm", "ListCommandInvocations"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" | "unavailable" => return send(situation),
        "waited" => return look(situation, &Value::from(situation.noted("command"))),
        _ => {}
    }
    let answer = match situation.answered() {
        Ok(answer) => answer,
        Err(error) if situation.phase == "sent" && error.code == "InvalidInstanceId" => {
            return wait_for_agent(situation, &error);
        }
        Err(error) => return Move::Failed(error),
    };
    match situation.phase {
        "sent" => {
            let command = answer.pointer("/Command/CommandId").cloned().unwrap_or_default();
            look(situation, &command).noting("command", command.clone())
        }
        "looked" => match status(answer) {
            "Pending" | "InProgress" | "Delayed" | "Cancelling" | "" => {
                situation.wait(PAUSE, "waited")
            }
            status => read_output(situation).noting("status", status),
        },
        _ => finish(situation, answer),
    }
}

fn send(situation: &Situation<'_>) -> Move {
    let same: Vec<(&str, &str)> =
        ACTION.inputs.iter().map(|input| (input.name, input.name)).collect();
    let mut members = situation.members(&same);
    if members.contains_key("InstanceIds") {
        members.insert("InstanceIds".to_owned(), json!(situation.texts("InstanceIds")));
    }
    if let Some(Value::Object(parameters)) = members.get("Parameters") {
        // The operation takes a list of texts for each.
        let lists: Map<String, Value> =
            parameters.iter().map(|(name, value)| (name.clone(), as_texts(value))).collect();
        members.insert("Parameters".to_owned(), Value::Object(lists));
    }
    situation.call("ssm", "SendCommand", members, "sent")
}

/// An instance that was just started has no agent yet, which the service waits for before it sends the command.
fn wait_for_agent(situation: &Situation<'_>, error: &StepError) -> Move {
    if situation.now.duration_since(situation.began).as_secs() < AGENT_PATIENCE {
        return situation.wait(AGENT_PAUSE, "unavailable");
    }
    let instances = situation.texts("InstanceIds").join(", ");
    let message = format!("no agent of Systems Manager answers on {instances}: {error}");
    Move::failed("AgentNotAvailable", message)
}

fn as_texts(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| json!(render(element))).collect(),
        single => json!([render(single)]),
    }
}

fn look(situation: &Situation<'_>, command: &Value) -> Move {
    let members = json!({ "CommandId": command });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ssm", "ListCommands", members, "looked")
}

fn read_output(situation: &Situation<'_>) -> Move {
    let members = json!({ "CommandId": situation.noted("command"), "Details": true });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ssm", "ListCommandInvocations", members, "read")
}

fn status(answer: &Value) -> &str {
    answer.pointer("/Commands/0/Status").and_then(Value::as_str).unwrap_or_default()
}

fn finish(situation: &Situation<'_>, answer: &Value) -> Move {
    let invocations = answer.get("CommandInvocations").and_then(Value::as_array);
    let plugins: Vec<&Value> = invocations
        .into_iter()
        .flatten()
        .filter_map(|invocation| invocation.get("CommandPlugins")?.as_array())
        .flatten()
        .collect();
    let output: Vec<&str> =
        plugins.iter().filter_map(|plugin| plugin.get("Output")?.as_str()).collect();
    let codes = plugins.iter().filter_map(|plugin| plugin.get("ResponseCode")?.as_i64());
    let code = codes.max_by_key(|code| code.abs()).unwrap_or(0);
    let (command, status) = (situation.noted("command"), situation.noted("status"));
    let outputs = json!({
        "CommandId": command,
        "Status": status,
        "ResponseCode": code,
        "Output": output.join("\n"),
    });
    if status == "Success" {
        return Move::Done(outputs);
    }
    Move::failed(
        "CommandFailed",
        format!(
            "command `{command}` ended with {status} (exit code {code}): {}",
            output.join("\n")
        ),
    )
}
