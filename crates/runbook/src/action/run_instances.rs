//! `aws:runInstances`: new instances, and seen to run.

use serde_json::{Value, json};

use super::{Action, InputDefinition, Move, Situation};
use crate::{data_type::DataType, possible_call::PossibleCall, step::Step};

/// How long it waits between two looks, in seconds.
const PAUSE: i64 = 5;

pub(super) static ACTION: Action = Action {
    name: "aws:runInstances",
    inputs: &[
        InputDefinition::required("ImageId", DataType::String),
        InputDefinition::optional("AdditionalInfo", DataType::String),
        InputDefinition::optional("BlockDeviceMappings", DataType::MapList),
        InputDefinition::optional("ClientToken", DataType::String),
        InputDefinition::optional("DisableApiTermination", DataType::Boolean),
        InputDefinition::optional("EbsOptimized", DataType::Boolean),
        InputDefinition::optional("IamInstanceProfileArn", DataType::String),
        InputDefinition::optional("IamInstanceProfileName", DataType::String),
        InputDefinition::optional("InstanceInitiatedShutdownBehavior", DataType::String)
            .one_of(&["stop", "terminate"]),
        InputDefinition::optional("InstanceType", DataType::String),
        InputDefinition::optional("KernelId", DataType::String),
        InputDefinition::optional("KeyName", DataType::String),
        InputDefinition::optional("MaxInstanceCount", DataType::Integer),
        InputDefinition::optional("MetadataOptions", DataType::StringMap),
        InputDefinition::optional("MinInstanceCount", DataType::Integer),
        InputDefinition::optional("Monitoring", DataType::Boolean),
        InputDefinition::optional("NetworkInterfaces", DataType::MapList),
        InputDefinition::optional("Placement", DataType::StringMap),
        InputDefinition::optional("PrivateIpAddress", DataType::String),
        InputDefinition::optional("RamdiskId", DataType::String),
        InputDefinition::optional("SecurityGroupIds", DataType::StringList),
        InputDefinition::optional("SecurityGroups", DataType::StringList),
        InputDefinition::optional("SubnetId", DataType::String),
        InputDefinition::optional("TagSpecifications", DataType::MapList),
        InputDefinition::optional("UserData", DataType::String),
    ],
    outputs: &[("InstanceIds", DataType::StringList), ("InstanceStates", DataType::StringList)],
    timeout_seconds: Some(3600),
    may_follow_cancel: false,
    calls,
    proceed,
    ..Action::ORDINARY
};

/// The inputs that the operation calls otherwise, or takes in another form.
const DIFFERENT: [&str; 5] = [
    "IamInstanceProfileArn",
    "IamInstanceProfileName",
    "MaxInstanceCount",
    "MinInstanceCount",
    "Monitoring",
];

fn calls(step: &Step) -> Vec<PossibleCall<'_>> {
    vec![
        PossibleCall::new(step, "ec2", "RunInstances")
            .named("IamInstanceProfileArn", "IamInstanceProfile")
            .named("IamInstanceProfileName", "IamInstanceProfile"),
        PossibleCall::new(step, "ec2", "DescribeInstances"),
    ]
}

fn proceed(situation: &Situation<'_>) -> Move {
    match situation.phase {
        "" => return run(situation),
        "waited" => {
            let instances = situation.notes.get("instances").cloned().unwrap_or_default();
            return look(situation, &instances);
        }
        _ => {}
    }
    let answer = match situation.answered() {
        Ok(answer) => answer,
        Err(error) => return Move::Failed(error),
    };
    if situation.phase == "ran" {
        let instances: Value =
            instances(answer).filter_map(|instance| instance.get("InstanceId").cloned()).collect();
        return look(situation, &instances).noting("instances", instances.clone());
    }
    judge(situation, answer)
}

fn run(situation: &Situation<'_>) -> Move {
    let same: Vec<(&str, &str)> = ACTION
        .inputs
        .iter()
        .filter(|input| !DIFFERENT.contains(&input.name))
        .map(|input| (input.name, input.name))
        .collect();
    let mut members = situation.members(&same);
    let profile =
        situation.members(&[("IamInstanceProfileArn", "Arn"), ("IamInstanceProfileName", "Name")]);
    if !profile.is_empty() {
        members.insert("IamInstanceProfile".to_owned(), Value::Object(profile));
    }
    if situation.inputs.contains_key("Monitoring") {
        members.insert("Monitoring".to_owned(), json!({ "Enabled": situation.flag("Monitoring") }));
    }
    let most = situation.integer("MaxInstanceCount").unwrap_or(1);
    members.insert("MaxCount".to_owned(), json!(most));
    let least = situation.integer("MinInstanceCount").unwrap_or(1);
    members.insert("MinCount".to_owned(), json!(least));
    situation.call("ec2", "RunInstances", members, "ran")
}

fn look(situation: &Situation<'_>, instances: &Value) -> Move {
    let members = json!({ "InstanceIds": instances });
    let members = members.as_object().cloned().unwrap_or_default();
    situation.call("ec2", "DescribeInstances", members, "looked")
}

/// The instances of an answer, in a reservation or in several.
fn instances(answer: &Value) -> impl Iterator<Item = &Value> {
    let own = answer.get("Instances").and_then(Value::as_array);
    let reserved = answer.get("Reservations").and_then(Value::as_array).into_iter().flatten();
    let reserved = reserved.filter_map(|reservation| reservation.get("Instances")?.as_array());
    own.into_iter().chain(reserved).flatten()
}

fn judge(situation: &Situation<'_>, answer: &Value) -> Move {
    let states: Vec<&str> = instances(answer)
        .filter_map(|instance| instance.pointer("/State/Name")?.as_str())
        .collect();
    let failed = ["shutting-down", "terminated", "stopping", "stopped"];
    if let Some(state) = states.iter().find(|state| failed.contains(state)) {
        return Move::failed("IncorrectInstanceState", format!("a new instance is {state}"));
    }
    if states.iter().any(|state| *state != "running") || states.is_empty() {
        return situation.wait(PAUSE, "waited");
    }
    Move::Done(json!({ "InstanceIds": situation.notes.get("instances"), "InstanceStates": states }))
}
