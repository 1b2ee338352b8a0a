//! Events, queues, topics, logs, functions and trails: what happens to a message on its way.

use serde_json::{Value, json};

use crate::{aws::Aws, world::ACCOUNT};

fn arn(service: &str, name: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{name}")
}

/// A queue that a service may send to.
fn queue(aws: &Aws, name: &str, service: &str) -> (String, String) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn("sqs", name),
    }]});
    let input = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
    let made = aws.call("sqs", "CreateQueue", input);
    (made["QueueUrl"].as_str().unwrap().to_owned(), arn("sqs", name))
}

/// The bodies of all messages that can be received, which are taken out.
fn drain(aws: &Aws, url: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
        let got = aws.call("sqs", "ReceiveMessage", input);
        let Some(messages) = got["Messages"].as_array().filter(|found| !found.is_empty()) else {
            return bodies;
        };
        for message in messages {
            bodies.push(message["Body"].as_str().unwrap().to_owned());
            let handle = &message["ReceiptHandle"];
            aws.call("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle}));
        }
    }
}

fn rule(aws: &Aws, name: &str, pattern: &Value, target: Value) {
    aws.call("events", "PutRule", json!({"Name": name, "EventPattern": pattern.to_string()}));
    aws.call("events", "PutTargets", json!({"Rule": name, "Targets": [target]}));
}

fn shop_event(aws: &Aws) {
    let entry = json!({"Source": "shop", "DetailType": "Order", "Detail": "{\"total\": 5}"});
    aws.call("events", "PutEvents", json!({"Entries": [entry]}));
}

#[test]
fn an_event_goes_by_a_topic_to_a_queue_and_to_mail() {
    let aws = Aws::small();
    let (url, queue_arn) = queue(&aws, "in", "sns.amazonaws.com");
    let topic = aws.call("sns", "CreateTopic", json!({"Name": "orders"}))["TopicArn"].clone();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish", "Resource": topic,
    }]});
    let attribute =
        json!({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy.to_string()});
    aws.call("sns", "SetTopicAttributes", attribute);
    for (protocol, endpoint) in [("sqs", queue_arn.as_str()), ("email", "ops@example.com")] {
        let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint});
        aws.call("sns", "Subscribe", input);
    }
    let asked = aws.twin().outbox();
    let body: Value = serde_json::from_str(asked[0]["body"].as_str().unwrap()).unwrap();
    let confirmation = json!({"TopicArn": topic, "Token": body["Token"]});
    aws.call("sns", "ConfirmSubscription", confirmation);
    rule(
        &aws,
        "orders",
        &json!({"source": ["shop"]}),
        json!({"Id": "t", "Arn": topic, "InputPath": "$.detail"}),
    );
    shop_event(&aws);
    let envelope: Value = serde_json::from_str(&drain(&aws, &url)[0]).unwrap();
    assert_eq!(envelope["Message"], "{\"total\":5}");
    let mail = aws.twin().outbox().pop().unwrap();
    assert_eq!(
        (&mail["endpoint"], &mail["body"]),
        (&json!("ops@example.com"), &json!("{\"total\":5}"))
    );
}

#[test]
fn a_queue_that_does_not_let_events_in_gets_none() {
    let aws = Aws::small();
    let url = aws.call("sqs", "CreateQueue", json!({"QueueName": "closed"}))["QueueUrl"].clone();
    rule(
        &aws,
        "all",
        &json!({"source": ["shop"]}),
        json!({"Id": "q", "Arn": arn("sqs", "closed")}),
    );
    shop_event(&aws);
    assert_eq!(drain(&aws, url.as_str().unwrap()), Vec::<String>::new());
}

#[test]
fn a_rule_by_the_clock_fires_as_often_as_it_says_until_it_is_disabled() {
    let aws = Aws::small();
    let (url, queue_arn) = queue(&aws, "ticks", "events.amazonaws.com");
    let schedule = json!({"Name": "daily", "ScheduleExpression": "cron(0 12 * * ? *)"});
    aws.call("events", "PutRule", schedule);
    let targets = json!({"Rule": "daily", "Targets": [{"Id": "q", "Arn": queue_arn}]});
    aws.call("events", "PutTargets", targets);
    aws.advance("P2D");
    let ticks = drain(&aws, &url);
    assert_eq!(ticks.len(), 2);
    let tick: Value = serde_json::from_str(&ticks[0]).unwrap();
    assert_eq!(
        (&tick["time"], &tick["source"]),
        (&json!("2026-03-01T12:00:00Z"), &json!("aws.events"))
    );
    aws.call("events", "DisableRule", json!({"Name": "daily"}));
    aws.advance("P2D");
    assert_eq!(drain(&aws, &url), Vec::<String>::new());
}

#[test]
fn a_target_that_is_throttled_gets_the_event_later() {
    let aws = Aws::small();
    let (url, queue_arn) = queue(&aws, "dead", "events.amazonaws.com");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/f");
    let function = json!({
        "FunctionName": "busy", "Runtime": "python3.13", "Role": role, "Handler": "i.h",
        "Code": {"ZipFile": "eA=="},
    });
    aws.call("lambda", "CreateFunction", function);
    aws.advance("PT1M");
    let permission = json!({
        "FunctionName": "busy", "StatementId": "e", "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    });
    aws.call("lambda", "AddPermission", permission);
    let reserve = json!({"FunctionName": "busy", "ReservedConcurrentExecutions": 0});
    aws.call("lambda", "PutFunctionConcurrency", reserve);
    let target = json!({
        "Id": "f", "Arn": arn("lambda", "function:busy"), "DeadLetterConfig": {"Arn": queue_arn},
        "RetryPolicy": {"MaximumRetryAttempts": 3},
    });
    rule(&aws, "orders", &json!({"source": ["shop"]}), target);
    shop_event(&aws);
    aws.call("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": "busy"}));
    aws.advance("PT10M");
    let group = json!({"logGroupName": "/aws/lambda/busy", "filterPattern": "START"});
    let runs = aws.call("logs", "FilterLogEvents", group);
    assert_eq!(runs["events"].as_array().unwrap().len(), 1);
    assert_eq!(drain(&aws, &url), Vec::<String>::new());
    aws.call(
        "lambda",
        "PutFunctionConcurrency",
        json!({"FunctionName": "busy", "ReservedConcurrentExecutions": 0}),
    );
    shop_event(&aws);
    aws.advance("PT10M");
    assert_eq!(drain(&aws, &url).len(), 1);
}

#[test]
fn messages_that_are_too_old_are_gone() {
    let aws = Aws::small();
    let attributes = json!({"MessageRetentionPeriod": "60"});
    let made =
        aws.call("sqs", "CreateQueue", json!({"QueueName": "short", "Attributes": attributes}));
    let url = made["QueueUrl"].as_str().unwrap();
    aws.call("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "x"}));
    aws.advance("PT61S");
    assert_eq!(drain(&aws, url), Vec::<String>::new());
}

#[test]
fn a_message_that_is_not_deleted_comes_again() {
    let aws = Aws::small();
    let made = aws.call("sqs", "CreateQueue", json!({"QueueName": "again"}));
    let url = &made["QueueUrl"];
    aws.call("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": "x"}));
    let receive = || {
        let input = json!({"QueueUrl": url, "AttributeNames": ["ApproximateReceiveCount"]});
        aws.call("sqs", "ReceiveMessage", input)["Messages"].clone()
    };
    assert_eq!(receive()[0]["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(receive(), Value::Null);
    aws.advance("PT30S");
    assert_eq!(receive()[0]["Attributes"]["ApproximateReceiveCount"], "2");
}

#[test]
fn the_log_of_calls_knows_what_was_changed_and_no_secrets() {
    let aws = Aws::small();
    let key = json!({"ApiKeyName": "x-key", "ApiKeyValue": "hunter2hunter2"});
    let connection = json!({
        "Name": "chat", "AuthorizationType": "API_KEY",
        "AuthParameters": {"ApiKeyAuthParameters": key},
    });
    aws.call("events", "CreateConnection", connection);
    let found = aws.call("cloudtrail", "LookupEvents", json!({}));
    let record = found["Events"][0]["CloudTrailEvent"].as_str().unwrap();
    assert!(record.contains("CreateConnection") && !record.contains("hunter2"), "{record}");
}

#[test]
fn the_history_of_calls_ends_after_ninety_days() {
    let aws = Aws::small();
    aws.call("sns", "CreateTopic", json!({"Name": "old"}));
    let wanted = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}]});
    let count = || {
        let found = aws.call("cloudtrail", "LookupEvents", wanted.clone());
        found["Events"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(), 1);
    aws.advance("P91D");
    assert_eq!(count(), 0);
}

#[test]
fn the_same_calls_leave_the_same_trail() {
    let walk = || {
        let aws = Aws::seeded(7);
        let (url, queue_arn) = queue(&aws, "in", "events.amazonaws.com");
        rule(&aws, "all", &json!({"source": ["shop"]}), json!({"Id": "q", "Arn": queue_arn}));
        shop_event(&aws);
        (drain(&aws, &url), aws.call("cloudtrail", "LookupEvents", json!({})))
    };
    assert_eq!(walk(), walk());
}
