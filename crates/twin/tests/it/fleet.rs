//! Area: fleet.

mod commands;
mod disks;
mod patching;
mod state;

use reeve_twin::seed::Draft;
use serde_json::{Value, json};

use crate::aws::Aws;

/// Instances with a role that lets Systems Manager manage them, running and registered. They run Amazon Linux 2.
pub(crate) fn instances(aws: &Aws, count: usize, tags: &[(&str, &str)]) -> Vec<String> {
    let ids: Vec<String> = (0..count).map(|at| format!("i-0a{at:015x}")).collect();
    for id in &ids {
        instance(aws, id, tags, json!({}));
    }
    aws.advance("PT5M");
    ids
}

/// An instance that was launched when time began.
pub(crate) fn instance(aws: &Aws, id: &str, tags: &[(&str, &str)], further: Value) {
    let profile = format!("arn:aws:iam::{}:instance-profile/managed", aws.account());
    let name = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";
    let image = aws.call("ssm", "GetParameter", json!({"Name": name}));
    let mut facts = json!({
        "ImageId": image["Parameter"]["Value"], "LaunchTime": "@2026-03-01T09:00:00Z", "State": {"Code": 16, "Name": "running"},
        "IamInstanceProfile": {"Arn": profile, "Id": "AIPA0123456789ABCDEF0"},
    });
    for (member, value) in further.as_object().unwrap() {
        facts[member] = value.clone();
    }
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let draft = Draft {
        account: aws.account(),
        region: aws.region().parse().unwrap(),
        resource_type: "AWS::EC2::Instance".to_owned(),
        id: id.to_owned(),
        facts,
        tags,
    };
    aws.twin().put(draft).unwrap();
}

/// A command on instances, and its id.
pub(crate) fn send(aws: &Aws, document: &str, ids: &[String], parameters: Value) -> String {
    let input = json!({"DocumentName": document, "InstanceIds": ids, "Parameters": parameters});
    let answer = aws.call("ssm", "SendCommand", input);
    answer["Command"]["CommandId"].as_str().unwrap().to_owned()
}

/// How a command went on an instance.
pub(crate) fn invocation(aws: &Aws, command: &str, instance: &str) -> Value {
    let input = json!({"CommandId": command, "InstanceId": instance});
    aws.call("ssm", "GetCommandInvocation", input)
}
