//! Queues, topics, rules, alarms, what Systems Manager has, and rules of AWS Config.

use reeve_model::{Object, Value};

use super::{From, ResourceType, Setter, TagWay, change, request, set};
use crate::{filter::as_text, value::value};

const QUEUE: &[(&str, From)] = &[("QueueUrl", From::Id)];
const TOPIC: &[(&str, From)] = &[("TopicArn", From::Id)];
const WINDOW: &[(&str, From)] = &[("WindowId", From::Id)];

const fn attribute(property: &'static str, shape: fn(&Value) -> Value) -> Setter {
    let mut setter = change(property, request("SetQueueAttributes", QUEUE), "Attributes");
    setter.shape = shape;
    setter
}

const fn window(property: &'static str) -> Setter {
    change(property, request("UpdateMaintenanceWindow", WINDOW), property)
}

/// The types.
pub(super) static TYPES: [ResourceType; 10] = [
    ResourceType {
        name: "AWS::SQS::Queue",
        service: "sqs",
        create: "CreateQueue",
        prepare: queue,
        name_property: "QueueName",
        id: "QueueUrl",
        read: request(
            "GetQueueAttributes",
            &[("QueueUrl", From::Id), ("AttributeNames", From::Text("All"))],
        ),
        at: "Attributes",
        delete: request("DeleteQueue", QUEUE),
        setters: &[
            attribute(
                "VisibilityTimeout",
                |value| value!({ "VisibilityTimeout": (as_text(value)) }),
            ),
            attribute(
                "MessageRetentionPeriod",
                |value| value!({ "MessageRetentionPeriod": (as_text(value)) }),
            ),
            attribute("DelaySeconds", |value| value!({ "DelaySeconds": (as_text(value)) })),
        ],
        fixed: &["FifoQueue", "QueueName"],
        attributes: &[("Arn", "QueueArn"), ("QueueName", "@{name}")],
        tags: TagWay::Map("tags"),
        shown: &[("QueueName", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SNS::Topic",
        service: "sns",
        create: "CreateTopic",
        prepare: topic,
        rename: &[("TopicName", "Name")],
        name_property: "TopicName",
        id: "TopicArn",
        read: request("GetTopicAttributes", TOPIC),
        at: "Attributes",
        delete: request("DeleteTopic", TOPIC),
        setters: &[
            Setter { each: true, ..set("Subscription", request("Subscribe", TOPIC), "") },
            change(
                "DisplayName",
                request(
                    "SetTopicAttributes",
                    &[("TopicArn", From::Id), ("AttributeName", From::Text("DisplayName"))],
                ),
                "AttributeValue",
            ),
        ],
        fixed: &["TopicName", "FifoTopic"],
        attributes: &[("TopicArn", "TopicArn"), ("TopicName", "@{name}")],
        tags: TagWay::List("Tags"),
        shown: &[("TopicName", ""), ("Subscription", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SNS::Subscription",
        service: "sns",
        create: "Subscribe",
        id: "SubscriptionArn",
        read: request("GetSubscriptionAttributes", &[("SubscriptionArn", From::Id)]),
        at: "Attributes",
        delete: request("Unsubscribe", &[("SubscriptionArn", From::Id)]),
        setters: &[
            set(
                "FilterPolicy",
                request(
                    "SetSubscriptionAttributes",
                    &[("SubscriptionArn", From::Id), ("AttributeName", From::Text("FilterPolicy"))],
                ),
                "AttributeValue",
            ),
            set(
                "RawMessageDelivery",
                request(
                    "SetSubscriptionAttributes",
                    &[
                        ("SubscriptionArn", From::Id),
                        ("AttributeName", From::Text("RawMessageDelivery")),
                    ],
                ),
                "AttributeValue",
            ),
        ],
        fixed: &["Endpoint", "Protocol", "TopicArn"],
        shown: &[("FilterPolicy", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Events::Rule",
        service: "events",
        create: "PutRule",
        name_property: "Name",
        read: request("DescribeRule", &[("Name", From::Id)]),
        delete: request("DeleteRule", &[("Name", From::Id), ("Force", From::Flag(true))]),
        setters: &[
            set("Targets", request("PutTargets", &[("Rule", From::Id)]), "Targets"),
            change("*", request("PutRule", &[("Name", From::Id)]), ""),
        ],
        fixed: &["Name", "EventBusName"],
        attributes: &[("Arn", "Arn")],
        tags: TagWay::List("Tags"),
        shown: &[("Targets", ""), ("EventPattern", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::CloudWatch::Alarm",
        service: "cloudwatch",
        create: "PutMetricAlarm",
        name_property: "AlarmName",
        read: request("DescribeAlarms", &[("AlarmNames", From::Ids)]),
        at: "MetricAlarms.0",
        delete: request("DeleteAlarms", &[("AlarmNames", From::Ids)]),
        setters: &[change("*", request("PutMetricAlarm", &[("AlarmName", From::Id)]), "")],
        fixed: &["AlarmName"],
        attributes: &[("Arn", "AlarmArn")],
        tags: TagWay::List("Tags"),
        shown: &[("Dimensions", ""), ("Metrics", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SSM::Parameter",
        service: "ssm",
        create: "PutParameter",
        name_property: "Name",
        read: request("GetParameter", &[("Name", From::Id)]),
        at: "Parameter",
        delete: request("DeleteParameter", &[("Name", From::Id)]),
        setters: &[change(
            "Value",
            request("PutParameter", &[("Name", From::Id), ("Overwrite", From::Flag(true))]),
            "Value",
        )],
        fixed: &["Name", "Type"],
        attributes: &[("Type", "Type"), ("Value", "Value")],
        tags: TagWay::List("Tags"),
        shown: &[("Description", ""), ("AllowedPattern", ""), ("Tier", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SSM::Document",
        service: "ssm",
        create: "CreateDocument",
        name_property: "Name",
        read: request("DescribeDocument", &[("Name", From::Id)]),
        at: "Document",
        ready: ("Status", &["Active"]),
        delete: request("DeleteDocument", &[("Name", From::Id)]),
        setters: &[change(
            "Content",
            request(
                "UpdateDocument",
                &[("Name", From::Id), ("DocumentVersion", From::Text("$LATEST"))],
            ),
            "Content",
        )],
        fixed: &["Name", "DocumentType"],
        tags: TagWay::List("Tags"),
        shown: &[("Content", ""), ("DocumentFormat", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SSM::MaintenanceWindow",
        service: "ssm",
        create: "CreateMaintenanceWindow",
        id: "WindowId",
        read: request("GetMaintenanceWindow", WINDOW),
        delete: request("DeleteMaintenanceWindow", WINDOW),
        setters: &[
            window("Name"),
            window("Schedule"),
            window("Duration"),
            window("Cutoff"),
            window("Description"),
            window("ScheduleTimezone"),
            window("AllowUnassociatedTargets"),
        ],
        tags: TagWay::List("Tags"),
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SSM::PatchBaseline",
        service: "ssm",
        create: "CreatePatchBaseline",
        id: "BaselineId",
        read: request("GetPatchBaseline", &[("BaselineId", From::Id)]),
        delete: request("DeletePatchBaseline", &[("BaselineId", From::Id)]),
        setters: &[
            change(
                "ApprovalRules",
                request("UpdatePatchBaseline", &[("BaselineId", From::Id)]),
                "ApprovalRules",
            ),
            change(
                "Description",
                request("UpdatePatchBaseline", &[("BaselineId", From::Id)]),
                "Description",
            ),
            Setter {
                each: true,
                ..set(
                    "PatchGroups",
                    request("RegisterPatchBaselineForPatchGroup", &[("BaselineId", From::Id)]),
                    "PatchGroup",
                )
            },
        ],
        fixed: &["OperatingSystem"],
        tags: TagWay::List("Tags"),
        shown: &[("ApprovalRules", ""), ("GlobalFilters", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::Config::ConfigRule",
        service: "config",
        create: "PutConfigRule",
        prepare: config_rule,
        name_property: "ConfigRuleName",
        read: request("DescribeConfigRules", &[("ConfigRuleNames", From::Ids)]),
        at: "ConfigRules.0",
        ready: ("ConfigRuleState", &["ACTIVE"]),
        delete: request("DeleteConfigRule", &[("ConfigRuleName", From::Id)]),
        setters: &[change("*", request("PutConfigRule", &[]), "")],
        fixed: &["ConfigRuleName"],
        attributes: &[("Arn", "ConfigRuleArn"), ("ConfigRuleId", "ConfigRuleId")],
        shown: &[("InputParameters", "")],
        ..ResourceType::OF
    },
];

/// Everything about a queue but its name and tags is an attribute.
fn queue(properties: &mut Object) {
    let mut attributes = Object::new();
    let names: Vec<String> = properties.names().map(ToString::to_string).collect();
    for name in names {
        if ["QueueName", "Tags"].contains(&name.as_str()) {
            continue;
        }
        if let Some(value) = properties.remove(&name) {
            attributes.insert(name, flat(&value));
        }
    }
    if !attributes.is_empty() {
        properties.insert("Attributes", attributes);
    }
}

fn topic(properties: &mut Object) {
    let mut attributes = Object::new();
    for name in [
        "DisplayName",
        "FifoTopic",
        "KmsMasterKeyId",
        "ContentBasedDeduplication",
        "SignatureVersion",
    ] {
        if let Some(value) = properties.remove(name) {
            attributes.insert(name, flat(&value));
        }
    }
    if !attributes.is_empty() {
        properties.insert("Attributes", attributes);
    }
}

/// A value as attributes have it: a text.
fn flat(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::List(_) => value.to_json().to_string(),
        other => as_text(other),
    }
}

fn config_rule(properties: &mut Object) {
    let mut rule = properties.clone();
    rule.remove("Tags");
    if let Some(given) =
        rule.get("InputParameters").filter(|given| given.as_object().is_some()).cloned()
    {
        rule.insert("InputParameters", given.to_json().to_string());
    }
    *properties = Object::from_iter([("ConfigRule", rule)]);
}
