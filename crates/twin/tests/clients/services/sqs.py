"""SQS: queues of both kinds, batches, dead letters."""

import json


def check(aws):
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.expect("ARN", dead_arn, f"arn:aws:sqs:{aws.region}:{aws.management}:dead")
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "10"}, tags={"Owner": "ops"})["QueueUrl"]
    aws.expect("again", sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "10"})["QueueUrl"], url)
    aws.refused("QueueAlreadyExists", sqs.create_queue, QueueName="work", Attributes={"VisibilityTimeout": "11"})
    aws.refused("InvalidAttributeName", sqs.create_queue, QueueName="x", Attributes={"Colour": "red"})
    aws.refused("InvalidAttributeValue", sqs.create_queue, QueueName="x", Attributes={"DelaySeconds": "901"})
    aws.refused("InvalidParameterValue", sqs.create_queue, QueueName="a b")
    aws.refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="none")
    aws.expect("url", sqs.get_queue_url(QueueName="work")["QueueUrl"], url)
    aws.expect("list", sqs.list_queues(QueueNamePrefix="w")["QueueUrls"], [url])
    page = sqs.list_queues(MaxResults=1)
    aws.expect("pages", sqs.list_queues(MaxResults=1, NextToken=page["NextToken"])["QueueUrls"], [url])
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    aws.expect("sources", sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])

    # boto3 checks the digests itself.
    attributes = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "n": {"DataType": "Number", "StringValue": "7"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    aws.refused("MissingParameter", sqs.send_message, QueueUrl=url, MessageBody="")
    got = sqs.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"], WaitTimeSeconds=20
    )["Messages"][0]
    aws.expect("received", (got["MessageId"], got["Body"]), (sent["MessageId"], "hello"))
    aws.expect("attributes", got["MessageAttributes"], attributes)
    aws.expect("count", got["Attributes"]["ApproximateReceiveCount"], "1")
    aws.expect("hidden", "Messages" in sqs.receive_message(QueueUrl=url), False)
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    aws.expect("in flight", counts["ApproximateNumberOfMessagesNotVisible"], "1")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
    aws.expect("second", len(sqs.receive_message(QueueUrl=url)["Messages"]), 1)
    aws.advance(seconds=11)
    aws.expect("spent", "Messages" in sqs.receive_message(QueueUrl=url), False)
    buried = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"][0]
    aws.expect("buried", buried["MessageId"], sent["MessageId"])
    aws.advance(seconds=31)
    sqs.start_message_move_task(SourceArn=dead_arn)
    aws.advance(seconds=20)
    task = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0]
    aws.expect("moved", (task["Status"], task["ApproximateNumberOfMessagesMoved"]), ("COMPLETED", 1))
    back = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=back["ReceiptHandle"])
    aws.refused("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="x")
    aws.refused("ResourceNotFoundException", sqs.cancel_message_move_task, TaskHandle="x")

    batch = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "MessageBody": "1"},
            {"Id": "b", "MessageBody": "2", "DelaySeconds": 901},
            {"Id": "c", "MessageBody": "3", "DelaySeconds": 60},
        ],
    )
    aws.expect("batch", ([e["Id"] for e in batch["Successful"]], [e["Id"] for e in batch["Failed"]]), (["a", "c"], ["b"]))
    aws.refused(
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        sqs.send_message_batch,
        QueueUrl=url,
        Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}],
    )
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    aws.expect("delayed stay behind", [m["Body"] for m in first], ["1"])
    handles = [{"Id": "x", "ReceiptHandle": first[0]["ReceiptHandle"]}, {"Id": "y", "ReceiptHandle": "no"}]
    hidden = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**handle, "VisibilityTimeout": 100} for handle in handles]
    )
    aws.expect("partly", (len(hidden["Successful"]), len(hidden["Failed"])), (1, 1))
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    aws.expect("deleted", (len(deleted["Successful"]), len(deleted["Failed"])), (1, 1))
    sqs.purge_queue(QueueUrl=url)
    aws.refused("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)

    sqs.add_permission(QueueUrl=url, Label="them", AWSAccountIds=[aws.production], Actions=["SendMessage"])
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    aws.expect("policy", json.loads(policy)["Statement"][0]["Sid"], "them")
    sqs.remove_permission(QueueUrl=url, Label="them")
    sqs.tag_queue(QueueUrl=url, Tags={"Stage": "prod"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["Owner"])
    aws.expect("tags", sqs.list_queue_tags(QueueUrl=url)["Tags"], {"Stage": "prod"})

    ordered = sqs.create_queue(
        QueueName="ordered.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    aws.refused("MissingParameter", sqs.send_message, QueueUrl=ordered, MessageBody="x")
    for body in ("1", "2", "1", "3"):
        sqs.send_message(QueueUrl=ordered, MessageBody=body, MessageGroupId="g")
    got = sqs.receive_message(QueueUrl=ordered, MaxNumberOfMessages=2, AttributeNames=["All"])["Messages"]
    aws.expect("in order", [m["Body"] for m in got], ["1", "2"])
    aws.expect("the group waits", "Messages" in sqs.receive_message(QueueUrl=ordered), False)
    for message in got:
        sqs.delete_message(QueueUrl=ordered, ReceiptHandle=message["ReceiptHandle"])
    aws.expect("rest", [m["Body"] for m in sqs.receive_message(QueueUrl=ordered)["Messages"]], ["3"])
    sqs.delete_queue(QueueUrl=url)
    aws.refused("AWS.SimpleQueueService.NonExistentQueue", sqs.send_message, QueueUrl=url, MessageBody="x")
