"""Lambda: functions that answer what they are told to, versions, aliases, permissions, sources."""

import base64
import json

from services.events import drain


def check(aws):
    functions, sqs, logs = aws.client("lambda"), aws.client("sqs"), aws.client("logs")
    role = f"arn:aws:iam::{aws.management}:role/function"
    made = functions.create_function(
        FunctionName="echo", Runtime="python3.13", Role=role, Handler="i.h", Code={"ZipFile": b"PK-code"}, Tags={"Owner": "ops"}
    )
    arn = made["FunctionArn"]
    aws.expect("made", (made["State"], made["CodeSize"], made["Version"]), ("Pending", 7, "$LATEST"))
    aws.refused("ResourceConflictException", functions.create_function, FunctionName="echo", Runtime="python3.13", Role=role, Handler="i.h", Code={"ZipFile": b"x"})
    aws.refused("ResourceNotFoundException", functions.invoke, FunctionName="none")
    aws.refused("ResourceConflictException", functions.invoke, FunctionName="echo")
    aws.advance(seconds=5)
    aws.expect("active", functions.get_function(FunctionName=arn)["Configuration"]["State"], "Active")
    answer = functions.invoke(FunctionName="echo", Payload=b'{"a": 1}', LogType="Tail")
    aws.expect("echo", json.loads(answer["Payload"].read()), {"a": 1})
    aws.expect("tail", "REPORT RequestId" in base64.b64decode(answer["LogResult"]).decode())
    aws.refused("InvalidRequestContentException", functions.invoke, FunctionName="echo", Payload=b"{")
    aws.expect("logged", len(logs.filter_log_events(logGroupName="/aws/lambda/echo", filterPattern="START")["events"]), 1)

    functions.update_function_configuration(FunctionName="echo", Environment={"Variables": {"TWIN_RESPONSE": '{"ok": true}'}})
    aws.refused("ResourceConflictException", functions.update_function_configuration, FunctionName="echo", Timeout=9)
    aws.advance(seconds=3)
    aws.expect("updated", functions.get_function_configuration(FunctionName="echo")["LastUpdateStatus"], "Successful")
    first = functions.publish_version(FunctionName="echo")["Version"]
    aws.expect("same version", functions.publish_version(FunctionName="echo")["Version"], first)
    functions.update_function_configuration(FunctionName="echo", Environment={"Variables": {"TWIN_ERROR": "broken"}})
    aws.advance(seconds=3)
    second = functions.publish_version(FunctionName="echo", Description="broken")["Version"]
    versions = functions.list_versions_by_function(FunctionName="echo")["Versions"]
    aws.expect("versions", [v["Version"] for v in versions], ["$LATEST", first, second])
    functions.create_alias(FunctionName="echo", Name="live", FunctionVersion=first)
    aws.refused("ResourceConflictException", functions.create_alias, FunctionName="echo", Name="live", FunctionVersion=first)
    good = functions.invoke(FunctionName="echo", Qualifier="live")
    aws.expect("alias", (json.loads(good["Payload"].read()), good["ExecutedVersion"]), ({"ok": True}, first))
    bad = functions.invoke(FunctionName=f"{arn}:{second}")
    aws.expect("error", (bad["FunctionError"], json.loads(bad["Payload"].read())["errorMessage"]), ("Unhandled", "broken"))
    functions.update_alias(FunctionName="echo", Name="live", FunctionVersion=first, RoutingConfig={"AdditionalVersionWeights": {second: 0.5}})
    seen = {functions.invoke(FunctionName="echo", Qualifier="live")["ExecutedVersion"] for _ in range(30)}
    aws.expect("weights", seen, {first, second})
    aws.expect("aliases", functions.list_aliases(FunctionName="echo")["Aliases"][0]["Name"], "live")
    aws.expect("got alias", functions.get_alias(FunctionName="echo", Name="live")["FunctionVersion"], first)
    aws.refused("ResourceConflictException", functions.delete_function, FunctionName="echo", Qualifier=first)

    # An asynchronous failure is repeated twice and then told to the destination.
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    queue = f"arn:aws:sqs:{aws.region}:{aws.management}:failures"
    functions.put_function_event_invoke_config(FunctionName="echo", DestinationConfig={"OnFailure": {"Destination": queue}})
    aws.expect("config", functions.get_function_event_invoke_config(FunctionName="echo")["DestinationConfig"]["OnFailure"]["Destination"], queue)
    aws.expect("accepted", functions.invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")["StatusCode"], 202)
    aws.advance(minutes=2)
    aws.expect("not yet", drain(sqs, url), [])
    aws.advance(minutes=2)
    aws.expect("told", [json.loads(b)["requestContext"]["approximateInvokeCount"] for b in drain(sqs, url)], [3])
    functions.delete_function_event_invoke_config(FunctionName="echo")
    aws.refused("ResourceNotFoundException", functions.get_function_event_invoke_config, FunctionName="echo")

    functions.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)
    aws.refused("TooManyRequestsException", functions.invoke, FunctionName="echo")
    aws.expect("reserved", functions.get_function_concurrency(FunctionName="echo")["ReservedConcurrentExecutions"], 0)
    functions.delete_function_concurrency(FunctionName="echo")
    aws.refused("InvalidParameterValueException", functions.put_function_concurrency, FunctionName="echo", ReservedConcurrentExecutions=950)
    functions.update_function_code(FunctionName="echo", ZipFile=b"PK-other")
    aws.advance(seconds=3)

    aws.refused("ResourceNotFoundException", functions.get_policy, FunctionName="echo")
    statement = {"StatementId": "events", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    functions.add_permission(FunctionName="echo", **statement)
    aws.refused("ResourceConflictException", functions.add_permission, FunctionName="echo", **statement)
    aws.expect("policy", json.loads(functions.get_policy(FunctionName="echo")["Policy"])["Statement"][0]["Sid"], "events")
    functions.remove_permission(FunctionName="echo", StatementId="events")
    functions.tag_resource(Resource=arn, Tags={"Stage": "prod"})
    functions.untag_resource(Resource=arn, TagKeys=["Owner"])
    aws.expect("tags", functions.list_tags(Resource=arn)["Tags"], {"Stage": "prod"})
    aws.expect("functions", [f["FunctionName"] for f in functions.list_functions()["Functions"]], ["echo"])
    aws.expect("account", functions.get_account_settings()["AccountUsage"]["FunctionCount"], 1)

    functions.create_function(FunctionName="reader", Runtime="python3.13", Role=role, Handler="i.h", Code={"ZipFile": b"x"})
    work = sqs.create_queue(QueueName="work")["QueueUrl"]
    work_arn = f"arn:aws:sqs:{aws.region}:{aws.management}:work"
    mapping = functions.create_event_source_mapping(EventSourceArn=work_arn, FunctionName="reader", BatchSize=5)["UUID"]
    for number in range(7):
        sqs.send_message(QueueUrl=work, MessageBody=str(number))
    aws.advance(minutes=1)
    aws.expect("fed", drain(sqs, work), [])
    aws.expect("result", functions.get_event_source_mapping(UUID=mapping)["State"], "Enabled")
    aws.expect("invocations", len(logs.filter_log_events(logGroupName="/aws/lambda/reader", filterPattern="START")["events"]), 2)
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    aws.expect("mappings", functions.list_event_source_mappings(FunctionName="reader")["EventSourceMappings"][0]["State"], "Disabled")
    functions.delete_event_source_mapping(UUID=mapping)

    # Log events of one function reach another.
    functions.add_permission(FunctionName="reader", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="s")
    logs.put_subscription_filter(logGroupName="/app", filterName="f", filterPattern="ERROR", destinationArn=functions.get_function(FunctionName="reader")["Configuration"]["FunctionArn"])
    now = int(aws.now().timestamp() * 1000)
    logs.put_log_events(logGroupName="/app", logStreamName="s", logEvents=[{"timestamp": now, "message": "ERROR"}, {"timestamp": now, "message": "INFO"}])
    got = logs.filter_log_events(logGroupName="/aws/lambda/reader", filterPattern="awslogs")["events"]
    aws.expect("subscriber", len(got), 1)
    logs.delete_subscription_filter(logGroupName="/app", filterName="f")

    layer = functions.publish_layer_version(LayerName="tools", Content={"ZipFile": b"x"}, CompatibleRuntimes=["python3.13"])
    aws.expect("layer", layer["Version"], 1)
    aws.expect("layers", functions.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"], 1)
    aws.expect("layer versions", len(functions.list_layer_versions(LayerName="tools")["LayerVersions"]), 1)
    functions.get_layer_version(LayerName="tools", VersionNumber=1)
    functions.delete_layer_version(LayerName="tools", VersionNumber=1)
    functions.delete_alias(FunctionName="echo", Name="live")
    functions.delete_function(FunctionName="echo")
    aws.refused("ResourceNotFoundException", functions.get_function, FunctionName="echo")
    aws.cli("lambda list-functions")
