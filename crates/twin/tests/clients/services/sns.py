"""SNS: topics, subscriptions with filters, queues, confirmation."""

import json

from services.events import let_in


def check(aws):
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="alarms", Attributes={"DisplayName": "Alarms"}, Tags=[{"Key": "Owner", "Value": "ops"}])["TopicArn"]
    aws.expect("ARN", topic, f"arn:aws:sns:{aws.region}:{aws.management}:alarms")
    aws.refused("InvalidParameter", sns.create_topic, Name="a b")
    aws.refused("NotFound", sns.get_topic_attributes, TopicArn=topic + "x")
    aws.expect("topics", topic in [t["TopicArn"] for t in sns.list_topics()["Topics"]])
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="All alarms")
    queues = {}
    for name in ("plain", "raw", "filtered", "body", "closed"):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{aws.region}:{aws.management}:{name}"
        if name != "closed":
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": let_in("sns.amazonaws.com", arn)})
        queues[name] = (url, arn)
    dead = queues["plain"][1]
    attributes = {
        "plain": {},
        "raw": {"RawMessageDelivery": "true"},
        "filtered": {"FilterPolicy": json.dumps({"level": ["high"], "n": [{"numeric": [">", 5]}]})},
        "body": {"FilterPolicyScope": "MessageBody", "FilterPolicy": json.dumps({"state": [{"prefix": "AL"}]})},
        "closed": {},
    }
    arns = {
        name: sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes[name], ReturnSubscriptionArn=True)["SubscriptionArn"]
        for name, (_, arn) in queues.items()
    }
    aws.expect("same", sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queues["plain"][1])["SubscriptionArn"], arns["plain"])
    aws.refused("InvalidParameter", sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queues["raw"][1] + "2", Attributes={"FilterPolicy": '{"a": "b"}'})
    aws.refused("InvalidParameter", sns.subscribe, TopicArn=topic, Protocol="pigeon", Endpoint="x")

    def received(name):
        return [m for m in sqs.receive_message(QueueUrl=queues[name][0], MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])]

    message = json.dumps({"state": "ALARM"})
    level = {"level": {"DataType": "String", "StringValue": "high"}, "n": {"DataType": "Number", "StringValue": "7"}}
    sns.publish(TopicArn=topic, Message=message, Subject="alarm", MessageAttributes=level)
    envelope = json.loads(received("plain")[0]["Body"])
    aws.expect("envelope", (envelope["Type"], envelope["Subject"], envelope["Message"]), ("Notification", "alarm", message))
    aws.expect("attribute", envelope["MessageAttributes"]["level"], {"Type": "String", "Value": "high"})
    raw = received("raw")[0]
    aws.expect("raw", (raw["Body"], raw["MessageAttributes"]["level"]["StringValue"]), (message, "high"))
    aws.expect("filtered", [len(received(name)) for name in ("filtered", "body", "closed")], [1, 1, 0])
    sns.publish(TopicArn=topic, Message="plain")
    aws.expect("filtered out", [len(received(name)) for name in ("filtered", "body")], [0, 0])
    structured = json.dumps({"default": "d", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=structured, MessageStructure="json")
    aws.expect("structured", "for queues" in [m["Body"] for m in received("raw")])
    aws.refused("InvalidParameter", sns.publish, TopicArn=topic, Message="x", MessageStructure="json")
    batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}, {"Id": "b", "Message": "2", "Subject": "s" * 101}])
    aws.expect("batch", (len(batch["Successful"]), len(batch["Failed"])), (1, 1))

    sns.set_subscription_attributes(SubscriptionArn=arns["closed"], AttributeName="RedrivePolicy", AttributeValue=json.dumps({"deadLetterTargetArn": dead}))
    aws.expect("subscription", sns.get_subscription_attributes(SubscriptionArn=arns["raw"])["Attributes"]["RawMessageDelivery"], "true")
    received("plain")
    sns.publish(TopicArn=topic, Message="dead")
    aws.expect("dead letters", len([m for m in received("plain") if json.loads(m["Body"])["Message"] == "dead"]), 2)

    pending = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")["SubscriptionArn"]
    aws.expect("pending", pending, "pending confirmation")
    by_topic = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    aws.expect("listed", "PendingConfirmation" in [s["SubscriptionArn"] for s in by_topic])
    aws.expect("all", len(sns.list_subscriptions()["Subscriptions"]), 6)
    aws.refused("InvalidParameter", sns.confirm_subscription, TopicArn=topic, Token="x")
    counts = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    aws.expect("counts", (counts["SubscriptionsConfirmed"], counts["SubscriptionsPending"]), ("5", "1"))
    sns.unsubscribe(SubscriptionArn=arns["raw"])

    sns.add_permission(TopicArn=topic, Label="them", AWSAccountId=[aws.production], ActionName=["Publish"])
    sns.remove_permission(TopicArn=topic, Label="them")
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "Stage", "Value": "prod"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["Owner"])
    aws.expect("tags", sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "Stage", "Value": "prod"}])
    ordered = sns.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    aws.refused("InvalidParameter", sns.publish, TopicArn=ordered, Message="x")
    first = sns.publish(TopicArn=ordered, Message="x", MessageGroupId="g", MessageDeduplicationId="1")
    again = sns.publish(TopicArn=ordered, Message="x", MessageGroupId="g", MessageDeduplicationId="1")
    aws.expect("once", first["SequenceNumber"], again["SequenceNumber"])
    sns.delete_topic(TopicArn=topic)
    aws.cli("sns list-topics")
