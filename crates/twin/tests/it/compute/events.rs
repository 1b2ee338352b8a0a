//! What happens to machines is told to EventBridge.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Estate, text};
use crate::aws::Aws;

/// Has a rule put every event of EC2 and Auto Scaling into a queue.
fn listen(aws: &Aws) -> String {
    let queue = aws.call("sqs", "CreateQueue", json!({"QueueName": "events"}));
    let arn = format!("arn:aws:sqs:eu-west-1:{}:events", aws.account());
    let pattern = json!({"source": ["aws.ec2", "aws.autoscaling"]}).to_string();
    aws.call("events", "PutRule", json!({"Name": "machines", "EventPattern": pattern}));
    let targets = json!([{"Id": "queue", "Arn": arn}]);
    aws.call("events", "PutTargets", json!({"Rule": "machines", "Targets": targets}));
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }]});
    let url = text(&queue, "/QueueUrl");
    let attributes = json!({"Policy": policy.to_string()});
    aws.call("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes}));
    url
}

/// The events in the queue so far: kind and the texts of the detail that say what happened.
fn heard(aws: &Aws, url: &str) -> BTreeSet<String> {
    let mut heard = BTreeSet::new();
    loop {
        let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 3600});
        let answer = aws.call("sqs", "ReceiveMessage", input);
        let Some(messages) = answer.get("Messages").and_then(Value::as_array) else { return heard };
        for message in messages {
            let event: Value = serde_json::from_str(&text(message, "/Body")).unwrap();
            let said = ["state", "event", "result", "State"]
                .iter()
                .filter_map(|member| event["detail"][member].as_str());
            let said: Vec<&str> = said.collect();
            heard.insert(format!("{}: {}", text(&event, "/detail-type"), said.join(" ")));
        }
    }
}

#[test]
fn states_volumes_snapshots_and_images_are_told_of() {
    let estate = Estate::new();
    let url = listen(&estate.aws);
    let id = estate.instance();
    estate.ec2("CreateImage", json!({"InstanceId": id, "Name": "golden", "NoReboot": true}));
    estate.ec2("ModifyVolume", json!({"VolumeId": estate.root(&id), "Size": 9}));
    estate.aws.advance("PT10M");
    estate.ec2("StopInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT2M");
    estate.ec2("TerminateInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT2M");
    let heard = heard(&estate.aws, &url);
    let states = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];
    let expected = states
        .iter()
        .map(|state| format!("EC2 Instance State-change Notification: {state}"))
        .chain([
            "EBS Volume Notification: createVolume available".to_owned(),
            "EBS Volume Notification: modifyVolume optimizing".to_owned(),
            "EBS Volume Notification: modifyVolume completed".to_owned(),
            "EBS Volume Notification: deleteVolume deleted".to_owned(),
            "EBS Snapshot Notification: createSnapshot succeeded".to_owned(),
            "EC2 AMI State Change: available".to_owned(),
        ]);
    for event in expected {
        assert!(heard.contains(&event), "{event} is not among {heard:#?}");
    }
}
