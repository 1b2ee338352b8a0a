"""CloudWatch Logs: events in and out, filters, retention, Insights."""

import json


def check(aws):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/app/web", tags={"Owner": "ops"})
    aws.refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/app/web")
    aws.refused("ResourceNotFoundException", logs.create_log_stream, logGroupName="/app/none", logStreamName="a")
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName="/app/web", logStreamName=stream)
    aws.refused("ResourceAlreadyExistsException", logs.create_log_stream, logGroupName="/app/web", logStreamName="a")
    aws.refused("InvalidParameterException", logs.put_retention_policy, logGroupName="/app/web", retentionInDays=2)
    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=7)
    key = f"arn:aws:kms:{aws.region}:{aws.management}:key/11111111-2222-3333-4444-555555555555"
    logs.associate_kms_key(logGroupName="/app/web", kmsKeyId=key)
    transformation = {"metricName": "Slow", "metricNamespace": "App", "metricValue": "$.ms"}
    logs.put_metric_filter(logGroupName="/app/web", filterName="slow", filterPattern="{ $.ms > 100 }", metricTransformations=[transformation])
    aws.refused("InvalidParameterException", logs.put_metric_filter, logGroupName="/app/web", filterName="x", filterPattern="{ $.ms > }", metricTransformations=[transformation])

    now = int(aws.now().timestamp() * 1000)
    lines = [json.dumps({"level": level, "ms": ms}) for level, ms in (("INFO", 10), ("ERROR", 200), ("INFO", 300))]
    put = logs.put_log_events(
        logGroupName="/app/web",
        logStreamName="a",
        logEvents=[{"timestamp": now - 1000 * (3 - i), "message": line} for i, line in enumerate(lines)],
    )
    aws.expect("token", "nextSequenceToken" in put)
    logs.put_log_events(logGroupName="/app/web", logStreamName="b", logEvents=[{"timestamp": now, "message": "plain ERROR"}])
    aws.refused("InvalidParameterException", logs.put_log_events, logGroupName="/app/web", logStreamName="a", logEvents=[{"timestamp": now, "message": "x"}, {"timestamp": now - 1, "message": "y"}])
    old = logs.put_log_events(logGroupName="/app/web", logStreamName="b", logEvents=[{"timestamp": now - 8 * 86_400_000, "message": "old"}])
    aws.expect("expired", old["rejectedLogEventsInfo"], {"expiredLogEventEndIndex": 1})
    new = logs.put_log_events(logGroupName="/app/web", logStreamName="b", logEvents=[{"timestamp": now + 3 * 3_600_000, "message": "new"}])
    aws.expect("too new", new["rejectedLogEventsInfo"], {"tooNewLogEventStartIndex": 0})

    got = logs.get_log_events(logGroupName="/app/web", logStreamName="a", startFromHead=True, limit=2)
    aws.expect("head", [e["message"] for e in got["events"]], lines[:2])
    more = logs.get_log_events(logGroupName="/app/web", logStreamName="a", nextToken=got["nextForwardToken"])
    aws.expect("rest", [e["message"] for e in more["events"]], lines[2:])
    end = logs.get_log_events(logGroupName="/app/web", logStreamName="a", nextToken=more["nextForwardToken"])
    aws.expect("end", (end["events"], end["nextForwardToken"]), ([], more["nextForwardToken"]))
    tail = logs.get_log_events(logGroupName="/app/web", logStreamName="a", limit=1)
    aws.expect("tail", [e["message"] for e in tail["events"]], lines[2:])
    found = logs.filter_log_events(logGroupName="/app/web", filterPattern="ERROR")["events"]
    aws.expect("terms", len(found), 2)
    found = logs.filter_log_events(logGroupName="/app/web", filterPattern="{ $.ms >= 200 }", logStreamNames=["a"])["events"]
    aws.expect("json", [e["message"] for e in found], lines[1:])
    page = logs.filter_log_events(logGroupName="/app/web", limit=3)
    rest = logs.filter_log_events(logGroupName="/app/web", limit=3, nextToken=page["nextToken"])
    aws.expect("pages", (len(page["events"]), len(rest["events"]), "nextToken" in rest), (3, 1, False))
    matches = logs.test_metric_filter(filterPattern="[level, code=4*]", logEventMessages=["ERROR 404", "INFO 200"])["matches"]
    aws.expect("tested", [(m["eventNumber"], m["extractedValues"]) for m in matches], [(1, {"$level": "ERROR", "$code": "404"})])

    group = logs.describe_log_groups(logGroupNamePrefix="/app")["logGroups"][0]
    aws.expect("group", (group["retentionInDays"], group["metricFilterCount"], group["kmsKeyId"]), (7, 1, key))
    aws.expect("ARN", group["arn"], f"arn:aws:logs:{aws.region}:{aws.management}:log-group:/app/web:*")
    aws.expect("stored", group["storedBytes"] > 0)
    aws.expect("listed", logs.list_log_groups()["logGroups"][0]["logGroupName"], "/app/web")
    streams = logs.describe_log_streams(logGroupName="/app/web", orderBy="LastEventTime", descending=True)["logStreams"]
    aws.expect("streams", [s["logStreamName"] for s in streams], ["b", "a"])
    filters = logs.describe_metric_filters(logGroupName="/app/web")["metricFilters"]
    aws.expect("metric filters", [f["filterName"] for f in filters], ["slow"])
    arn = group["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"Stage": "prod"})
    logs.untag_resource(resourceArn=arn, tagKeys=["Owner"])
    aws.expect("tags", logs.list_tags_for_resource(resourceArn=arn)["tags"], {"Stage": "prod"})
    logs.tag_log_group(logGroupName="/app/web", tags={"A": "1"})
    logs.untag_log_group(logGroupName="/app/web", tags=["A"])
    aws.expect("old tags", logs.list_tags_log_group(logGroupName="/app/web")["tags"], {"Stage": "prod"})

    aws.refused("MalformedQueryException", logs.start_query, logGroupName="/app/web", startTime=0, endTime=1, queryString="fields |")
    begin, until = int(now / 1000) - 3600, int(now / 1000) + 3600
    text = "filter ispresent(level) | stats count(*) as n, max(ms) as slowest by level | sort level asc"
    query = logs.start_query(logGroupName="/app/web", startTime=begin, endTime=until, queryString=text)["queryId"]
    other = logs.start_query(logGroupName="/app/web", startTime=begin, endTime=until, queryString="limit 1")["queryId"]
    logs.stop_query(queryId=other)
    aws.expect("running", logs.get_query_results(queryId=query)["status"], "Running")
    aws.advance(seconds=5)
    answer = logs.get_query_results(queryId=query)
    rows = [{f["field"]: f["value"] for f in row} for row in answer["results"]]
    aws.expect("insights", rows, [{"level": "ERROR", "n": "1", "slowest": "200"}, {"level": "INFO", "n": "2", "slowest": "300"}])
    aws.expect("statistics", answer["statistics"]["recordsMatched"], 3.0)
    aws.expect("queries", len(logs.describe_queries()["queries"]), 2)
    query = logs.start_query(logGroupName="/app/web", startTime=begin, endTime=until, queryString="fields @message | filter ms = 300")["queryId"]
    aws.advance(seconds=5)
    pointer = {f["field"]: f["value"] for f in logs.get_query_results(queryId=query)["results"][0]}["@ptr"]
    aws.expect("record", logs.get_log_record(logRecordPointer=pointer)["logRecord"]["@message"], lines[2])
    aws.expect("fields", "level" in [f["name"] for f in logs.get_log_group_fields(logGroupName="/app/web", time=int(now / 1000))["logGroupFields"]])
    definition = logs.put_query_definition(name="levels", queryString=text)["queryDefinitionId"]
    aws.expect("definitions", logs.describe_query_definitions()["queryDefinitions"][0]["name"], "levels")
    logs.delete_query_definition(queryDefinitionId=definition)

    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    logs.put_resource_policy(policyName="events", policyDocument=document)
    aws.expect("policies", logs.describe_resource_policies()["resourcePolicies"][0]["policyName"], "events")
    logs.delete_resource_policy(policyName="events")
    aws.refused("InvalidParameterException", logs.put_subscription_filter, logGroupName="/app/web", filterName="f", filterPattern="", destinationArn=f"arn:aws:lambda:{aws.region}:{aws.management}:function:none")
    aws.expect("subscriptions", logs.describe_subscription_filters(logGroupName="/app/web")["subscriptionFilters"], [])
    aws.refused("ResourceNotFoundException", logs.delete_subscription_filter, logGroupName="/app/web", filterName="f")
    logs.disassociate_kms_key(logGroupName="/app/web")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app/web", deletionProtectionEnabled=True)
    aws.refused("ValidationException", logs.delete_log_group, logGroupName="/app/web")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app/web", deletionProtectionEnabled=False)

    s3 = aws.client("s3")
    try:
        s3.create_bucket(Bucket="exports-of-logs", CreateBucketConfiguration={"LocationConstraint": aws.region})
        task = logs.create_export_task(**{"logGroupName": "/app/web", "from": 0, "to": now + 1000, "destination": "exports-of-logs"})["taskId"]
        aws.advance(minutes=2)
        aws.expect("export", logs.describe_export_tasks(taskId=task)["exportTasks"][0]["status"]["code"], "COMPLETED")
        aws.refused("InvalidOperationException", logs.cancel_export_task, taskId=task)
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket="exports-of-logs")["Contents"]]
        aws.expect("exported", f"exportedlogs/{task}/a/000000.gz" in keys)
    except s3.exceptions.ClientError as error:
        aws.expect("S3", error.response["Error"]["Code"], None)
    aws.advance(days=8)
    aws.expect("retention", logs.filter_log_events(logGroupName="/app/web")["events"], [])
    logs.delete_retention_policy(logGroupName="/app/web")
    logs.delete_metric_filter(logGroupName="/app/web", filterName="slow")
    logs.delete_log_stream(logGroupName="/app/web", logStreamName="b")
    logs.delete_log_group(logGroupName="/app/web")
    aws.expect("gone", logs.describe_log_groups()["logGroups"], [])
    aws.cli("logs describe-log-groups")
