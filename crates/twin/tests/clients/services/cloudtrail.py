"""CloudTrail: the event history, trails into buckets and log groups, API calls as events."""

import gzip
import json

from services.events import drain, queue


def check(aws):
    trails, sqs, s3, logs, events = (aws.client(name) for name in ("cloudtrail", "sqs", "s3", "logs", "events"))
    sqs.create_queue(QueueName="first")
    sqs.list_queues()
    aws.refused("QueueAlreadyExists", sqs.create_queue, QueueName="first", Attributes={"DelaySeconds": "1"})
    url, arn = queue(aws, sqs, "calls")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    drain(sqs, url)
    found = trails.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}])["Events"]
    aws.expect("newest first", len(found), 3)
    record = json.loads(found[-1]["CloudTrailEvent"])
    aws.expect("record", (record["eventSource"], record["requestParameters"], record["readOnly"]), ("sqs.amazonaws.com", {"queueName": "first"}, False))
    aws.expect("answer", record["responseElements"]["queueUrl"].endswith("/first"))
    aws.expect("who", (record["userIdentity"]["type"], record["userIdentity"]["accountId"]), ("IAMUser", aws.management))
    failed = json.loads(found[1]["CloudTrailEvent"])
    aws.expect("error", (failed["errorCode"], failed["responseElements"]), ("QueueAlreadyExists", None))
    reads = trails.lookup_events(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "true"}])["Events"]
    aws.expect("reads", "ListQueues" in [e["EventName"] for e in reads])
    data = trails.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "SendMessage"}])["Events"]
    aws.expect("data", data, [])
    by_id = trails.lookup_events(LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": found[0]["EventId"]}])["Events"]
    aws.expect("by id", [e["EventId"] for e in by_id], [found[0]["EventId"]])
    page = trails.lookup_events(MaxResults=2)
    more = trails.lookup_events(MaxResults=2, NextToken=page["NextToken"])
    aws.expect("pages", len({e["EventId"] for e in page["Events"] + more["Events"]}), 4)
    aws.refused("InvalidMaxResultsException", trails.lookup_events, MaxResults=51)
    theirs = aws.client("sqs", aws.production)
    theirs.create_queue(QueueName="theirs")
    seen = aws.client("cloudtrail", aws.production).lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}])["Events"][0]
    identity = json.loads(seen["CloudTrailEvent"])["userIdentity"]
    aws.expect("session", (identity["type"], identity["sessionContext"]["sessionIssuer"]["userName"]), ("AssumedRole", "reeve"))

    bucket = "the-trail"
    aws.refused("S3BucketDoesNotExistException", trails.create_trail, Name="main", S3BucketName=bucket)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    aws.refused("InsufficientS3BucketPolicyException", trails.create_trail, Name="main", S3BucketName=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{aws.management}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    logs.create_log_group(logGroupName="trail")
    trail = trails.create_trail(
        Name="main",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{aws.region}:{aws.management}:log-group:trail:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{aws.management}:role/trail",
        TagsList=[{"Key": "Owner", "Value": "ops"}],
    )["TrailARN"]
    aws.refused("TrailAlreadyExistsException", trails.create_trail, Name="main", S3BucketName=bucket)
    aws.expect("not yet", trails.get_trail_status(Name="main")["IsLogging"], False)
    trails.start_logging(Name=trail)
    sqs.create_queue(QueueName="second")
    aws.advance(minutes=6)
    status = trails.get_trail_status(Name="main")
    aws.expect("delivered", ("LatestDeliveryTime" in status, status.get("LatestDeliveryError")), (True, None))
    key = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"]
    aws.expect("key", key.startswith(f"AWSLogs/{aws.management}/CloudTrail/{aws.region}/"))
    records = json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]
    aws.expect("delivered records", "CreateQueue" in [r["eventName"] for r in records])
    logged = logs.filter_log_events(logGroupName="trail", filterPattern='{ $.eventName = "CreateQueue" }')["events"]
    aws.expect("in the log group", len(logged), 1)
    trails.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}])
    aws.expect("selectors", trails.get_event_selectors(TrailName="main")["EventSelectors"][0]["ReadWriteType"], "WriteOnly")
    aws.refused("InvalidEventSelectorsException", trails.put_event_selectors, TrailName="main")
    aws.refused("InsightNotEnabledException", trails.get_insight_selectors, TrailName="main")
    trails.put_insight_selectors(TrailName="main", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
    trails.get_insight_selectors(TrailName="main")
    aws.expect("trail", trails.get_trail(Name="main")["Trail"]["HasInsightSelectors"])
    aws.expect("trails", [t["Name"] for t in trails.describe_trails()["trailList"]], ["main"])
    aws.expect("elsewhere", [t["Name"] for t in aws.client("cloudtrail", region="us-east-1").describe_trails()["trailList"]], ["main"])
    aws.expect("listed", trails.list_trails()["Trails"][0]["HomeRegion"], aws.region)
    trails.update_trail(Name="main", EnableLogFileValidation=True)
    trails.add_tags(ResourceId=trail, TagsList=[{"Key": "Stage", "Value": "prod"}])
    trails.remove_tags(ResourceId=trail, TagsList=[{"Key": "Owner"}])
    aws.expect("tags", trails.list_tags(ResourceIdList=[trail])["ResourceTagList"][0]["TagsList"], [{"Key": "Stage", "Value": "prod"}])
    trails.stop_logging(Name="main")

    events.put_rule(Name="calls", EventPattern=json.dumps({"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": ["DeleteQueue"]}}))
    events.put_targets(Rule="calls", Targets=[{"Id": "q", "Arn": arn}])
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="first")["QueueUrl"])
    told = [json.loads(body) for body in drain(sqs, url)]
    aws.expect("told", [(e["source"], e["detail"]["eventName"]) for e in told], [("aws.sqs", "DeleteQueue")])

    store = trails.create_event_data_store(Name="lake", TerminationProtectionEnabled=True)["EventDataStoreArn"]
    aws.refused("EventDataStoreTerminationProtectedException", trails.delete_event_data_store, EventDataStore=store)
    trails.update_event_data_store(EventDataStore=store, TerminationProtectionEnabled=False)
    aws.expect("lake", trails.get_event_data_store(EventDataStore=store)["Name"], "lake")
    aws.expect("lakes", len(trails.list_event_data_stores()["EventDataStores"]), 1)
    trails.delete_event_data_store(EventDataStore=store)
    trails.delete_trail(Name="main")
    aws.refused("TrailNotFoundException", trails.get_trail, Name="main")
    aws.cli("cloudtrail lookup-events --max-items 1")
