"""Resources of any type by one API."""

import json


def check(aws):
    control = aws.client("cloudcontrol")
    desired = json.dumps({"QueueName": "orders", "VisibilityTimeout": 45})
    event = control.create_resource(TypeName="AWS::SQS::Queue", DesiredState=desired)["ProgressEvent"]
    aws.expect("begun", event["OperationStatus"], "IN_PROGRESS")
    aws.advance(seconds=30)
    event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    aws.expect("done", event["OperationStatus"], "SUCCESS")
    url = event["Identifier"]
    found = control.get_resource(TypeName="AWS::SQS::Queue", Identifier=url)["ResourceDescription"]
    aws.expect("properties", json.loads(found["Properties"]).get("VisibilityTimeout"), "45")
    patch = json.dumps([{"op": "replace", "path": "/VisibilityTimeout", "value": 90}])
    control.update_resource(TypeName="AWS::SQS::Queue", Identifier=url, PatchDocument=patch)
    aws.advance(seconds=30)
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    aws.expect("updated", attributes["VisibilityTimeout"], "90")
    aws.expect("listed", len(control.list_resources(TypeName="AWS::SQS::Queue")["ResourceDescriptions"]) >= 1)
    control.delete_resource(TypeName="AWS::SQS::Queue", Identifier=url)
    aws.advance(minutes=2)
    aws.refused("ResourceNotFoundException", control.get_resource, TypeName="AWS::SQS::Queue", Identifier=url)
    requests = control.list_resource_requests()["ResourceRequestStatusSummaries"]
    aws.expect("requests", sorted(r["OperationStatus"] for r in requests), ["SUCCESS"] * 3)
    aws.refused("ConcurrentModificationException", control.cancel_resource_request, RequestToken=event["RequestToken"])
    aws.refused("UnsupportedActionException", control.list_resources, TypeName="AWS::No::Type")
    bad = json.dumps({"Bucket": "there-is-no-such-bucket", "PolicyDocument": {}})
    event = control.create_resource(TypeName="AWS::S3::BucketPolicy", DesiredState=bad)["ProgressEvent"]
    aws.advance(seconds=30)
    event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    aws.expect("failed", (event["OperationStatus"], event["ErrorCode"]), ("FAILED", "NotFound"))
