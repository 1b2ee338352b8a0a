"""EventBridge: rules, targets, schedules, dead letters, buses of other accounts, archives."""

import datetime
import json


def let_in(service, arn):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(aws, sqs, name, account=None):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.region}:{account or aws.management}:{name}"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": let_in("events.amazonaws.com", arn)})
    return url, arn


def drain(sqs, url):
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def check(aws):
    events, sqs = aws.client("events"), aws.client("sqs")
    url, arn = queue(aws, sqs, "events")
    dead, dead_arn = queue(aws, sqs, "dead")
    pattern = json.dumps({"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}})
    rule = events.put_rule(Name="large", EventPattern=pattern, Tags=[{"Key": "Owner", "Value": "ops"}])["RuleArn"]
    aws.refused("InvalidEventPatternException", events.put_rule, Name="bad", EventPattern='{"source": "x"}')
    aws.refused("ValidationException", events.put_rule, Name="bad")
    aws.refused("ValidationException", events.put_rule, Name="bad", ScheduleExpression="every day")
    transformer = {"InputPathsMap": {"total": "$.detail.total"}, "InputTemplate": '{"paid": <total>, "by": "<aws.events.rule-name>"}'}
    targets = [
        {"Id": "whole", "Arn": arn},
        {"Id": "made", "Arn": arn, "InputTransformer": transformer},
        {"Id": "part", "Arn": arn, "InputPath": "$.detail"},
        {"Id": "fixed", "Arn": arn, "Input": '"fixed"'},
        {"Id": "none", "Arn": arn + "x", "DeadLetterConfig": {"Arn": dead_arn}},
    ]
    aws.expect("targets", events.put_targets(Rule="large", Targets=targets)["FailedEntryCount"], 0)
    aws.refused("LimitExceededException", events.put_targets, Rule="large", Targets=[{"Id": "six", "Arn": arn}])
    answer = events.put_events(
        Entries=[
            {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"total": 200})},
            {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"total": 20})},
            {"Source": "shop", "DetailType": "Order", "Detail": "no json"},
            {"Source": "aws.ec2", "DetailType": "x", "Detail": "{}"},
        ]
    )
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    aws.expect("entries", codes, [None, None, "MalformedDetail", "NotAuthorizedForSourceException"])
    bodies = [json.loads(body) for body in drain(sqs, url)]
    whole = next(body for body in bodies if isinstance(body, dict) and "detail-type" in body)
    aws.expect("event", (whole["source"], whole["account"], whole["detail"]), ("shop", aws.management, {"total": 200}))
    for wanted in ({"paid": 200, "by": "large"}, {"total": 200}, "fixed"):
        aws.expect(f"{wanted} arrived", wanted in bodies)
    buried = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"][0]
    aws.expect("buried", buried["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE")

    aws.expect("rule", events.describe_rule(Name="large")["State"], "ENABLED")
    aws.expect("rules", [r["Name"] for r in events.list_rules(NamePrefix="l")["Rules"]], ["large"])
    aws.expect("by target", events.list_rule_names_by_target(TargetArn=arn)["RuleNames"], ["large"])
    aws.expect("listed", len(events.list_targets_by_rule(Rule="large")["Targets"]), 5)
    aws.expect("tags", events.list_tags_for_resource(ResourceARN=rule)["Tags"], [{"Key": "Owner", "Value": "ops"}])
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "Stage", "Value": "prod"}])
    events.untag_resource(ResourceARN=rule, TagKeys=["Owner"])
    aws.refused("ValidationException", events.delete_rule, Name="large")
    event = json.dumps({"id": "1", "account": "1", "source": "shop", "time": "x", "region": "r", "resources": [], "detail-type": "t", "detail": {"total": 101}})
    aws.expect("pattern", events.test_event_pattern(EventPattern=pattern, Event=event)["Result"])
    events.disable_rule(Name="large")
    events.put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"total": 200})}])
    aws.expect("disabled", drain(sqs, url), [])
    events.enable_rule(Name="large")
    ids = [target["Id"] for target in targets]
    aws.expect("removed", events.remove_targets(Rule="large", Ids=[*ids, "other"])["FailedEntryCount"], 1)
    events.delete_rule(Name="large")

    events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
    events.put_targets(Rule="tick", Targets=[{"Id": "q", "Arn": arn}])
    aws.advance(minutes=16)
    ticks = [json.loads(body) for body in drain(sqs, url)]
    aws.expect("ticks", [tick["detail-type"] for tick in ticks], ["Scheduled Event"] * 3)

    # Another account's bus passes events on if its policy lets us in.
    theirs, their_sqs = aws.client("events", aws.production), aws.client("sqs", aws.production)
    their_url, their_arn = queue(aws, their_sqs, "theirs", aws.production)
    bus = theirs.create_event_bus(Name="shared")["EventBusArn"]
    aws.refused("ResourceAlreadyExistsException", theirs.create_event_bus, Name="shared")
    theirs.put_rule(Name="all", EventBusName="shared", EventPattern='{"source": ["shop"]}')
    theirs.put_targets(Rule="all", EventBusName="shared", Targets=[{"Id": "q", "Arn": their_arn}])
    events.put_rule(Name="forward", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": bus, "RoleArn": f"arn:aws:iam::{aws.management}:role/x"}])
    entry = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}
    events.put_events(Entries=[entry])
    aws.expect("not let in", drain(their_sqs, their_url), [])
    theirs.put_permission(EventBusName="shared", Action="events:PutEvents", Principal=aws.management, StatementId="us")
    events.put_events(Entries=[entry])
    aws.expect("let in", json.loads(drain(their_sqs, their_url)[0])["account"], aws.management)
    aws.expect("policy", "us" in theirs.describe_event_bus(Name="shared")["Policy"])
    theirs.remove_permission(EventBusName="shared", StatementId="us")
    theirs.update_event_bus(Name="shared", Description="shared")
    aws.expect("buses", [b["Name"] for b in theirs.list_event_buses()["EventBuses"]], ["default", "shared"])
    aws.refused("ValidationException", theirs.delete_event_bus, Name="shared")
    theirs.remove_targets(Rule="all", EventBusName="shared", Ids=["q"])
    theirs.delete_rule(Name="all", EventBusName="shared")
    theirs.delete_event_bus(Name="shared")

    default = events.describe_event_bus()["Arn"]
    archive = events.create_archive(ArchiveName="all", EventSourceArn=default, EventPattern='{"source": ["shop"]}')["ArchiveArn"]
    begin = aws.now() - datetime.timedelta(minutes=1)
    events.put_events(Entries=[entry])
    aws.expect("archived", events.describe_archive(ArchiveName="all")["EventCount"], 1)
    events.update_archive(ArchiveName="all", RetentionDays=5)
    aws.expect("archives", events.list_archives()["Archives"][0]["RetentionDays"], 5)
    events.put_rule(Name="replayed", EventPattern='{"replay-name": ["again"]}')
    events.put_targets(Rule="replayed", Targets=[{"Id": "q", "Arn": arn}])
    end = aws.now() + datetime.timedelta(minutes=1)
    events.start_replay(ReplayName="again", EventSourceArn=archive, EventStartTime=begin, EventEndTime=end, Destination={"Arn": default})
    aws.advance(minutes=1)
    aws.expect("replay", events.describe_replay(ReplayName="again")["State"], "COMPLETED")
    aws.expect("again", len([b for b in drain(sqs, url) if "again" in b]), 1)
    aws.refused("IllegalStatusException", events.cancel_replay, ReplayName="again")
    aws.expect("replays", len(events.list_replays()["Replays"]), 1)
    events.delete_archive(ArchiveName="all")

    secret = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}
    connection = events.create_connection(Name="chat", AuthorizationType="API_KEY", AuthParameters=secret)["ConnectionArn"]
    aws.expect("no secrets", "secret" in str(events.describe_connection(Name="chat")["AuthParameters"]), False)
    events.update_connection(Name="chat", Description="the chat")
    aws.expect("connections", len(events.list_connections()["Connections"]), 1)
    destination = events.create_api_destination(Name="chat", ConnectionArn=connection, InvocationEndpoint="https://chat.example.com/hook", HttpMethod="POST")["ApiDestinationArn"]
    events.update_api_destination(Name="chat", InvocationRateLimitPerSecond=5)
    aws.expect("limit", events.describe_api_destination(Name="chat")["InvocationRateLimitPerSecond"], 5)
    events.put_targets(Rule="forward", Targets=[{"Id": "chat", "Arn": destination, "RoleArn": f"arn:aws:iam::{aws.management}:role/x"}])
    events.put_events(Entries=[entry])
    aws.expect("destinations", len(events.list_api_destinations()["ApiDestinations"]), 1)
    events.delete_api_destination(Name="chat")
    events.delete_connection(Name="chat")
    aws.cli("events list-rules")
