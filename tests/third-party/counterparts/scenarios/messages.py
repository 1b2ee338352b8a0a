"""Queues, topics and events, and how the one ends in the other."""

import json


def queues(aws):
    aws.sqs.list_queues()
    url = aws.sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "45"}, tags={"team": "web"})["QueueUrl"]
    aws.sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "45"})
    aws.sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "46"})
    aws.sqs.create_queue(QueueName="not a name")
    aws.sqs.create_queue(QueueName="wrong", Attributes={"VisibilityTimeout": "99999"})
    aws.sqs.create_queue(QueueName="wrong", Attributes={"NoSuchAttribute": "1"})
    aws.sqs.create_queue(QueueName="wrong", Attributes={"FifoQueue": "true"})
    aws.sqs.get_queue_url(QueueName="orders")
    aws.sqs.get_queue_url(QueueName="nobody")
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["NoSuchAttribute"])
    aws.sqs.list_queue_tags(QueueUrl=url)
    aws.sqs.tag_queue(QueueUrl=url, Tags={"stage": "test"})
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    aws.sqs.list_queue_tags(QueueUrl=url)
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1000"})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "120"})
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["MessageRetentionPeriod", "DelaySeconds"])
    aws.sqs.create_queue(QueueName="other")
    aws.sqs.list_queues(QueueNamePrefix="ord")
    aws.sqs.list_queues(MaxResults=1)
    aws.sqs.delete_queue(QueueUrl=url)
    aws.sqs.get_queue_url(QueueName="orders")
    aws.sqs.send_message(QueueUrl=url, MessageBody="too late")
    aws.sqs.delete_queue(QueueUrl=url + "-nobody")


def messages(aws):
    url = aws.sqs.create_queue(QueueName="orders")["QueueUrl"]
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}, "size": {"DataType": "Number", "StringValue": "3"}}
    aws.sqs.send_message(QueueUrl=url, MessageBody="first", MessageAttributes=attributes)
    aws.sqs.send_message(QueueUrl=url, MessageBody="")
    aws.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_100_000)
    aws.sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=901)
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    seen = aws.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["ApproximateReceiveCount"])
    handle = seen["Messages"][0]["ReceiptHandle"]
    aws.sqs.receive_message(QueueUrl=url)
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    again = aws.sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])
    aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=50_000)
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=again["Messages"][0]["ReceiptHandle"])
    aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    entries = [{"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": "two"}]
    aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[])
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[entries[0], entries[0]])
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": f"n{n}", "MessageBody": "x"} for n in range(11)])
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "not an id", "MessageBody": "x"}])
    aws.sqs.purge_queue(QueueUrl=url)
    aws.sqs.receive_message(QueueUrl=url)


def first_in_first_out(aws):
    aws.sqs.create_queue(QueueName="orders", Attributes={"FifoQueue": "true"})
    aws.sqs.create_queue(QueueName="orders.fifo")
    url = aws.sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="no group")
    aws.sqs.send_message(QueueUrl=url, MessageBody="no id", MessageGroupId="a")
    aws.sqs.send_message(QueueUrl=url, MessageBody="one", MessageGroupId="a", MessageDeduplicationId="1")
    aws.sqs.send_message(QueueUrl=url, MessageBody="one again", MessageGroupId="a", MessageDeduplicationId="1")
    aws.sqs.send_message(QueueUrl=url, MessageBody="two", MessageGroupId="a", MessageDeduplicationId="2")
    aws.sqs.send_message(QueueUrl=url, MessageBody="late", MessageGroupId="a", MessageDeduplicationId="3", DelaySeconds=5)
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId", "MessageDeduplicationId"])
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)


def topics(aws):
    aws.sns.create_topic(Name="not a name")
    aws.sns.create_topic(Name="")
    topic = aws.sns.create_topic(Name="alerts", Tags=[{"Key": "team", "Value": "web"}])["TopicArn"]
    aws.sns.create_topic(Name="alerts")
    aws.sns.list_topics()
    aws.sns.get_topic_attributes(TopicArn=topic)
    nobody = topic + "-nobody"
    aws.sns.get_topic_attributes(TopicArn=nobody)
    aws.sns.publish(TopicArn=nobody, Message="hello")
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Alerts")
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="NoSuchAttribute", AttributeValue="x")
    aws.sns.list_tags_for_resource(ResourceArn=topic)
    aws.sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "stage", "Value": "test"}])
    aws.sns.untag_resource(ResourceArn=topic, TagKeys=["team"])
    aws.sns.list_tags_for_resource(ResourceArn=topic)
    aws.sns.list_tags_for_resource(ResourceArn=nobody)
    url = aws.sqs.create_queue(QueueName="inbox")["QueueUrl"]
    queue = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    aws.sns.subscribe(TopicArn=nobody, Protocol="sqs", Endpoint=queue)
    aws.sns.subscribe(TopicArn=topic, Protocol="pigeon", Endpoint=queue)
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="not-an-arn")
    subscription = aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    aws.sns.list_subscriptions_by_topic(TopicArn=topic)
    aws.sns.list_subscriptions_by_topic(TopicArn=nobody)
    aws.sns.get_subscription_attributes(SubscriptionArn=subscription)
    aws.sns.publish(TopicArn=topic, Message="hello", Subject="greeting",
                    MessageAttributes={"level": {"DataType": "String", "StringValue": "high"}})
    aws.sqs.receive_message(QueueUrl=url)
    aws.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    aws.sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"level": ["high"]}')
    aws.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="{not json")
    aws.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="NoSuchAttribute", AttributeValue="1")
    aws.sns.publish(TopicArn=topic, Message="low",
                    MessageAttributes={"level": {"DataType": "String", "StringValue": "low"}})
    aws.sqs.receive_message(QueueUrl=url)
    aws.sns.publish(TopicArn=topic, Message="high",
                    MessageAttributes={"level": {"DataType": "String", "StringValue": "high"}})
    aws.sqs.receive_message(QueueUrl=url)
    aws.sns.publish(TopicArn=topic, Message="")
    aws.sns.publish(TopicArn=topic, Message="x", Subject="s" * 101)
    entries = [{"Id": "1", "Message": "a"}, {"Id": "1", "Message": "b"}]
    aws.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    aws.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entries[0]])
    aws.sns.unsubscribe(SubscriptionArn=subscription)
    aws.sns.get_subscription_attributes(SubscriptionArn=subscription)
    aws.sns.delete_topic(TopicArn=topic)
    aws.sns.delete_topic(TopicArn=topic)
    aws.sns.list_topics()


def events(aws):
    pattern = json.dumps({"source": ["shop"], "detail": {"amount": [{"numeric": [">", 10]}]}})
    aws.events.put_rule(Name="big")
    aws.events.put_rule(Name="big", EventPattern="{not json")
    aws.events.put_rule(Name="big", EventPattern=json.dumps({"source": "shop"}))
    aws.events.put_rule(Name="big", ScheduleExpression="every day")
    aws.events.put_rule(Name="big", EventPattern=pattern, Description="big orders", Tags=[{"Key": "team", "Value": "web"}])
    aws.events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="DISABLED")
    aws.events.put_rule(Name="lost", EventPattern=pattern, EventBusName="nobody")
    aws.events.describe_rule(Name="big")
    aws.events.describe_rule(Name="hourly")
    aws.events.describe_rule(Name="nobody")
    aws.events.list_rules()
    aws.events.list_rules(NamePrefix="big")
    url = aws.sqs.create_queue(QueueName="inbox")["QueueUrl"]
    queue = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    aws.events.put_targets(Rule="nobody", Targets=[{"Id": "q", "Arn": queue}])
    aws.events.put_targets(Rule="big", Targets=[{"Id": "q", "Arn": "not-an-arn"}])
    aws.events.put_targets(Rule="big", Targets=[{"Id": "q", "Arn": queue}])
    aws.events.list_targets_by_rule(Rule="big")
    aws.events.list_targets_by_rule(Rule="nobody")
    aws.events.list_rule_names_by_target(TargetArn=queue)
    event = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"amount": 5})}
    aws.events.put_events(Entries=[event, {**event, "Detail": json.dumps({"amount": 50})}])
    aws.events.put_events(Entries=[{**event, "Detail": "not json"}])
    aws.events.put_events(Entries=[{"Source": "shop", "Detail": "{}"}])
    aws.events.put_events(Entries=[])
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    aws.events.put_targets(Rule="big", Targets=[{"Id": "q", "Arn": queue, "InputPath": "$.detail"}])
    aws.events.put_events(Entries=[{**event, "Detail": json.dumps({"amount": 70})}])
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    aws.events.test_event_pattern(EventPattern=pattern, Event=json.dumps({
        "id": "1", "account": "1", "source": "shop", "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
        "detail-type": "order", "detail": {"amount": 11}}))
    aws.events.test_event_pattern(EventPattern="{", Event="{}")
    aws.events.disable_rule(Name="big")
    aws.events.describe_rule(Name="big")
    aws.events.enable_rule(Name="nobody")
    aws.events.delete_rule(Name="big")
    aws.events.remove_targets(Rule="big", Ids=["q"])
    aws.events.remove_targets(Rule="nobody", Ids=["q"])
    aws.events.delete_rule(Name="big")
    aws.events.delete_rule(Name="nobody")


def event_buses(aws):
    aws.events.list_event_buses()
    aws.events.describe_event_bus()
    aws.events.create_event_bus(Name="orders", Tags=[{"Key": "team", "Value": "web"}])
    aws.events.create_event_bus(Name="orders")
    aws.events.create_event_bus(Name="default")
    aws.events.describe_event_bus(Name="orders")
    aws.events.describe_event_bus(Name="nobody")
    aws.events.put_rule(Name="all", EventPattern='{"source": ["shop"]}', EventBusName="orders")
    aws.events.put_rule(Name="often", ScheduleExpression="rate(1 minute)", EventBusName="orders")
    aws.events.list_rules(EventBusName="orders")
    aws.events.list_rules(EventBusName="nobody")
    aws.events.delete_event_bus(Name="default")
    aws.events.delete_rule(Name="all", EventBusName="orders")
    aws.events.delete_event_bus(Name="orders")
    aws.events.delete_event_bus(Name="orders")
    aws.events.list_event_buses(NamePrefix="ord")
