//! Area: fleet.

mod commands;
mod patching;
mod state;

use serde_json::{Value, json};

use crate::aws::Aws;

/// Instances with a role that lets Systems Manager manage them, running and registered.
pub(crate) fn instances(aws: &Aws, count: i64, tags: Value) -> Vec<String> {
    let answer = aws.call(
        "ec2",
        "RunInstances",
        json!({
            "ImageId": image(aws), "MinCount": count, "MaxCount": count, "InstanceType": "t3.micro",
            "IamInstanceProfile": {"Name": "managed"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
        }),
    );
    aws.advance("PT5M");
    let instances = answer["Instances"].as_array().unwrap();
    instances.iter().map(|one| one["InstanceId"].as_str().unwrap().to_owned()).collect()
}

fn image(aws: &Aws) -> String {
    let name = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";
    let answer = aws.call("ssm", "GetParameter", json!({"Name": name}));
    answer["Parameter"]["Value"].as_str().unwrap().to_owned()
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
