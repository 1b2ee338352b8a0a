//! Settings of stacks and deployments: they have their effect, or are refused.

use serde_json::json;

use crate::aws::Aws;

const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
const SLOWER: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}}}"#;
const PROTECTED: &str = r#"{"Statement": [
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "LogicalResourceId/Queue"}
]}"#;
const OPEN: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;

fn status(aws: &Aws) -> String {
    let shown = aws.call("cloudformation", "DescribeStacks", json!({ "StackName": "app" }));
    shown["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_stack_policy_protects_its_resources_until_an_update_overrides_it() {
    let aws = Aws::small();
    aws.call(
        "cloudformation",
        "CreateStack",
        json!({
            "StackName": "app", "TemplateBody": QUEUE, "StackPolicyBody": PROTECTED
        }),
    );
    aws.advance("PT5M");
    let mut update = json!({ "StackName": "app", "TemplateBody": SLOWER });
    aws.call("cloudformation", "UpdateStack", update.clone());
    aws.advance("PT5M");
    assert_eq!(status(&aws), "UPDATE_ROLLBACK_COMPLETE");
    update["StackPolicyDuringUpdateBody"] = json!(OPEN);
    aws.call("cloudformation", "UpdateStack", update);
    aws.advance("PT5M");
    assert_eq!(status(&aws), "UPDATE_COMPLETE");
}

#[test]
fn a_stack_that_is_not_made_in_time_goes_back() {
    let aws = Aws::small();
    let database = json!({ "Resources": { "Database": { "Type": "AWS::RDS::DBInstance", "Properties": {
        "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20",
        "MasterUsername": "master", "MasterUserPassword": "correct-horse"
    } } } });
    aws.call(
        "cloudformation",
        "CreateStack",
        json!({
            "StackName": "app", "TemplateBody": database.to_string(), "TimeoutInMinutes": 1
        }),
    );
    aws.advance("PT2M");
    assert_eq!(status(&aws), "ROLLBACK_IN_PROGRESS");
    aws.advance("PT2H");
    assert_eq!(status(&aws), "ROLLBACK_COMPLETE");
}

#[test]
fn the_topics_of_a_stack_hear_of_its_events() {
    let aws = Aws::small();
    let topic = aws.call("sns", "CreateTopic", json!({ "Name": "stacks" }))["TopicArn"].clone();
    let queue = aws.call("sqs", "CreateQueue", json!({ "QueueName": "heard" }))["QueueUrl"].clone();
    let arn = format!("arn:aws:sqs:{}:{}:heard", aws.region(), aws.account());
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": arn
    }] });
    aws.call(
        "sqs",
        "SetQueueAttributes",
        json!({
            "QueueUrl": queue, "Attributes": { "Policy": policy.to_string() }
        }),
    );
    aws.call("sns", "Subscribe", json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn }));
    aws.call(
        "cloudformation",
        "CreateStack",
        json!({
            "StackName": "app", "TemplateBody": QUEUE, "NotificationARNs": [topic]
        }),
    );
    aws.advance("PT5M");
    let heard =
        aws.call("sqs", "ReceiveMessage", json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 }));
    let heard = heard["Messages"].to_string();
    assert!(heard.contains("CREATE_IN_PROGRESS") && heard.contains("StackName='app'"), "{heard}");
}

#[test]
fn settings_that_have_no_effect_are_refused() {
    let aws = Aws::small();
    let triggers = json!({ "RollbackTriggers": [{ "Arn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", "Type": "AWS::CloudWatch::Alarm" }] });
    for (member, value) in [
        ("RollbackConfiguration", triggers),
        ("StackPolicyURL", json!("https://example.com/policy")),
        ("StackPolicyBody", json!(r#"{"Statement": [{"Effect": "Maybe"}]}"#)),
        ("NotificationARNs", json!(["arn:aws:sns:eu-west-1:111122223333:nowhere"])),
    ] {
        let mut input = json!({ "StackName": "app", "TemplateBody": QUEUE });
        input[member] = value;
        assert_eq!(
            aws.refused("cloudformation", "CreateStack", input),
            "ValidationError",
            "{member}"
        );
    }
}
