"""Stacks: made, changed, rolled back, drifted, and brought to many accounts."""

import json

TEMPLATE = """
Parameters:
  Size: {Type: Number, Default: 8}
  Secret: {Type: String, NoEcho: true, Default: hidden}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  Topic:
    Type: AWS::SNS::Topic
    DependsOn: Queue
  Data:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: !Select [0, !GetAZs ""]
      Size: !Ref Size
      Tags: [{Key: Name, Value: !Sub "${AWS::StackName}-data"}]
Outputs:
  Volume: {Value: !Ref Data, Export: {Name: !Sub "${AWS::StackName}-volume"}}
  QueueArn: {Value: !GetAtt Queue.Arn}
"""
FAILING = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Policy:
    Type: AWS::S3::BucketPolicy
    DependsOn: Queue
    Properties: {Bucket: there-is-no-such-bucket, PolicyDocument: {Version: "2012-10-17", Statement: []}}
"""
SMALL = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"


def status(cfn, name):
    return cfn.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]


def check(aws):
    cfn, ec2 = aws.client("cloudformation"), aws.client("ec2")
    aws.expect("parameters", len(cfn.validate_template(TemplateBody=TEMPLATE)["Parameters"]), 2)
    summary = cfn.get_template_summary(TemplateBody=TEMPLATE)
    aws.expect("types", summary["ResourceTypes"], ["AWS::EC2::Volume", "AWS::SNS::Topic", "AWS::SQS::Queue"])
    aws.refused("ValidationError", cfn.validate_template, TemplateBody="Resources: {A: {Type: No::Such::Type}}")
    stack = cfn.create_stack(StackName="app", TemplateBody=TEMPLATE, Tags=[{"Key": "team", "Value": "x"}])["StackId"]
    aws.refused("AlreadyExistsException", cfn.create_stack, StackName="app", TemplateBody=TEMPLATE)
    aws.expect("status", status(cfn, "app"), "CREATE_IN_PROGRESS")
    aws.advance(minutes=5)
    shown = cfn.describe_stacks(StackName="app")["Stacks"][0]
    aws.expect("created", shown["StackStatus"], "CREATE_COMPLETE")
    aws.expect("no echo", {p["ParameterKey"]: p["ParameterValue"] for p in shown["Parameters"]}, {"Size": "8", "Secret": "****"})
    outputs = {o["OutputKey"]: o["OutputValue"] for o in shown.get("Outputs", [])}
    volume = outputs.get("Volume", "")
    found = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
    tags = {t["Key"]: t["Value"] for t in found["Tags"]}
    aws.expect("tags", (tags.get("Name"), tags.get("team")), ("app-data", "x"))
    aws.expect("size", found["Size"], 8)
    events = cfn.describe_stack_events(StackName="app")["StackEvents"]
    aws.expect("last event", (events[0]["LogicalResourceId"], events[0]["ResourceStatus"]), ("app", "CREATE_COMPLETE"))
    aws.expect("resources", len(cfn.describe_stack_resources(StackName="app")["StackResources"]), 3)
    aws.expect("one", cfn.describe_stack_resource(StackName="app", LogicalResourceId="Data")["StackResourceDetail"]["PhysicalResourceId"], volume)
    aws.expect("list", len(cfn.list_stack_resources(StackName="app")["StackResourceSummaries"]), 3)
    aws.expect("stacks", cfn.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"][0]["StackName"], "app")
    aws.expect("exports", cfn.list_exports()["Exports"][0]["Name"], "app-volume")
    aws.refused("ValidationError", cfn.list_imports, ExportName="app-volume")
    aws.expect("template", "AWS::SQS::Queue" in str(cfn.get_template(StackName="app")["TemplateBody"]))
    policy = '{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'
    cfn.set_stack_policy(StackName="app", StackPolicyBody=policy)
    aws.expect("policy", cfn.get_stack_policy(StackName="app")["StackPolicyBody"], policy)
    drift(aws, cfn, ec2, volume)
    changes(aws, cfn, ec2, volume)
    cfn.update_termination_protection(StackName="app", EnableTerminationProtection=True)
    aws.refused("ValidationError", cfn.delete_stack, StackName="app")
    cfn.update_termination_protection(StackName="app", EnableTerminationProtection=False)
    cfn.delete_stack(StackName="app")
    aws.advance(minutes=5)
    aws.refused("ValidationError", cfn.describe_stacks, StackName="app")
    aws.expect("deleted", cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")
    aws.refused("InvalidVolume.NotFound", ec2.describe_volumes, VolumeIds=[volume])
    rollback(aws, cfn)
    sets(aws, cfn)
    aws.cli("cloudformation list-stacks")


def drift(aws, cfn, ec2, volume):
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "Name", "Value": "changed by hand"}])
    detection = cfn.detect_stack_drift(StackName="app")["StackDriftDetectionId"]
    aws.advance(minutes=1)
    found = cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    aws.expect("drift", (found["StackDriftStatus"], found["DriftedStackResourceCount"]), ("DRIFTED", 1))
    drifts = cfn.describe_stack_resource_drifts(StackName="app", StackResourceDriftStatusFilters=["MODIFIED"])["StackResourceDrifts"]
    aws.expect("drifted", [d["LogicalResourceId"] for d in drifts], ["Data"])
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "Name", "Value": "app-data"}])
    found = cfn.detect_stack_resource_drift(StackName="app", LogicalResourceId="Data")["StackResourceDrift"]
    aws.expect("in sync", found["StackResourceDriftStatus"], "IN_SYNC")


def changes(aws, cfn, ec2, volume):
    aws.refused("ValidationError", cfn.update_stack, StackName="app", UsePreviousTemplate=True)
    sizes = [{"ParameterKey": "Size", "ParameterValue": "16"}]
    cfn.create_change_set(StackName="app", ChangeSetName="grow", UsePreviousTemplate=True, Parameters=sizes)
    aws.advance(seconds=30)
    found = cfn.describe_change_set(StackName="app", ChangeSetName="grow")
    aws.expect("set", (found["Status"], found["ExecutionStatus"]), ("CREATE_COMPLETE", "AVAILABLE"))
    change = found["Changes"][0]["ResourceChange"]
    aws.expect("change", (change["Action"], change["LogicalResourceId"], change["Replacement"]), ("Modify", "Data", "False"))
    aws.expect("sets", len(cfn.list_change_sets(StackName="app")["Summaries"]), 1)
    cfn.create_change_set(StackName="app", ChangeSetName="other", UsePreviousTemplate=True)
    cfn.delete_change_set(StackName="app", ChangeSetName="other")
    cfn.execute_change_set(StackName="app", ChangeSetName="grow")
    aws.advance(minutes=5)
    aws.expect("grown", (status(cfn, "app"), ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]), ("UPDATE_COMPLETE", 16))
    cfn.update_stack(StackName="app", TemplateBody=TEMPLATE.replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"), Parameters=sizes)
    aws.refused("ValidationError", cfn.continue_update_rollback, StackName="app")
    cfn.cancel_update_stack(StackName="app")
    aws.advance(minutes=5)
    aws.expect("cancelled", status(cfn, "app"), "UPDATE_ROLLBACK_COMPLETE")


def rollback(aws, cfn):
    cfn.create_stack(StackName="bad", TemplateBody=FAILING)
    aws.advance(minutes=5)
    aws.expect("rolled back", status(cfn, "bad"), "ROLLBACK_COMPLETE")
    statuses = [e["ResourceStatus"] for e in cfn.describe_stack_events(StackName="bad")["StackEvents"]]
    aws.expect("failed", "CREATE_FAILED" in statuses)
    aws.refused("ValidationError", cfn.update_stack, StackName="bad", TemplateBody=SMALL)
    aws.refused("InsufficientCapabilitiesException", cfn.create_stack, StackName="iam", TemplateBody=json.dumps(
        {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}}))


def sets(aws, cfn):
    cfn.create_stack_set(StackSetName="base", TemplateBody=SMALL, Description="everywhere")
    operation = cfn.create_stack_instances(StackSetName="base", Accounts=[aws.production, aws.staging], Regions=[aws.region])["OperationId"]
    aws.refused("OperationInProgressException", cfn.create_stack_instances, StackSetName="base", Accounts=[aws.production], Regions=["us-east-1"])
    aws.advance(minutes=10)
    found = cfn.describe_stack_set_operation(StackSetName="base", OperationId=operation)["StackSetOperation"]
    aws.expect("operation", found["Status"], "SUCCEEDED")
    aws.expect("results", len(cfn.list_stack_set_operation_results(StackSetName="base", OperationId=operation)["Summaries"]), 2)
    aws.expect("instances", {i["Status"] for i in cfn.list_stack_instances(StackSetName="base")["Summaries"]}, {"CURRENT"})
    one = cfn.describe_stack_instance(StackSetName="base", StackInstanceAccount=aws.production, StackInstanceRegion=aws.region)
    aws.expect("instance", one["StackInstance"]["Account"], aws.production)
    aws.expect("there", len(aws.client("sns", account=aws.production).list_topics()["Topics"]), 1)
    cfn.update_stack_set(StackSetName="base", TemplateBody=SMALL + "  More: {Type: AWS::SQS::Queue}\n")
    aws.advance(minutes=10)
    aws.expect("sets", cfn.list_stack_sets()["Summaries"][0]["StackSetName"], "base")
    aws.expect("set", cfn.describe_stack_set(StackSetName="base")["StackSet"]["Status"], "ACTIVE")
    aws.refused("StackSetNotEmptyException", cfn.delete_stack_set, StackSetName="base")
    cfn.delete_stack_instances(StackSetName="base", Accounts=[aws.production, aws.staging], Regions=[aws.region], RetainStacks=False)
    aws.advance(minutes=10)
    aws.expect("operations", len(cfn.list_stack_set_operations(StackSetName="base")["Summaries"]), 3)
    cfn.delete_stack_set(StackSetName="base")
