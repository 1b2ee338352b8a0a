"""AWS Systems Manager: machines, commands, patches, windows, associations, parameters, and what belongs to them."""

SCRIPT = "AWS-RunShellScript"
PATCH = "AWS-RunPatchBaseline"


def fresh(aws):
    """A client with new credentials: those of a role last an hour, and hours pass here."""
    return aws.client("ssm", account=aws.production)


def check(aws):
    ssm = fresh(aws)
    machines = managed(aws, ssm)
    documents(aws, ssm)
    commands(aws, ssm, machines)
    baselines(aws, ssm)
    patching(aws, ssm, machines)
    windows(aws, fresh(aws), machines)
    associations(aws, fresh(aws), machines)
    inventory(aws, fresh(aws), machines)
    parameters(aws, fresh(aws))
    ops_items(aws, fresh(aws))
    settings(aws, fresh(aws))
    aws.cli("ssm describe-instance-information", account=aws.production)
    aws.cli("ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest", account=aws.production)


def managed(aws, ssm):
    pages = ssm.get_paginator("describe_instance_information").paginate(PaginationConfig={"PageSize": 5})
    found = [one for page in pages for one in page["InstanceInformationList"] if one["PingStatus"] == "Online"]
    aws.expect("managed machines", len(found) > 1)
    linux = [one["InstanceId"] for one in found if one["PlatformType"] == "Linux"]
    filtered = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": linux[:1]}])
    aws.expect("one machine", len(filtered["InstanceInformationList"]), 1)
    properties = ssm.describe_instance_properties()
    aws.expect("properties", len(properties["InstanceProperties"]) > 0)
    aws.expect("connected", ssm.get_connection_status(Target=linux[0])["Status"], "connected")
    aws.refused("InvalidFilterKey", ssm.describe_instance_information, Filters=[{"Key": "Color", "Values": ["red"]}])
    return linux


CONTENT = """
schemaVersion: '2.2'
description: Says hello.
parameters:
  who: {type: String, default: world, allowedPattern: '^[a-z]+$'}
mainSteps:
- action: aws:runShellScript
  name: hello
  inputs:
    runCommand: ['echo hello {{ who }}']
"""


def documents(aws, ssm):
    made = ssm.create_document(Name="hello", Content=CONTENT, DocumentFormat="YAML", DocumentType="Command",
                               Tags=[{"Key": "team", "Value": "ops"}])
    aws.expect("first version", made["DocumentDescription"]["DocumentVersion"], "1")
    aws.refused("DocumentAlreadyExists", ssm.create_document, Name="hello", Content=CONTENT, DocumentFormat="YAML")
    aws.refused("InvalidDocumentContent", ssm.create_document, Name="bad", Content="{", DocumentFormat="JSON")
    ssm.update_document(Name="hello", Content=CONTENT.replace("hello {{", "hi {{"), DocumentFormat="YAML",
                        DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name="hello", DocumentVersion="2")
    found = ssm.describe_document(Name="hello")["Document"]
    aws.expect("default version", (found["DefaultVersion"], found["LatestVersion"]), ("2", "2"))
    aws.expect("content", "hi {{" in ssm.get_document(Name="hello", DocumentFormat="JSON")["Content"])
    aws.expect("versions", len(ssm.list_document_versions(Name="hello")["DocumentVersions"]), 2)
    own = ssm.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])["DocumentIdentifiers"]
    aws.expect("own documents", [one["Name"] for one in own], ["hello"])
    aws.expect("AWS's documents", ssm.get_document(Name=PATCH)["DocumentType"], "Command")
    ssm.modify_document_permission(Name="hello", PermissionType="Share", AccountIdsToAdd=[aws.staging])
    shared = ssm.describe_document_permission(Name="hello", PermissionType="Share")
    aws.expect("shared with", shared["AccountIds"], [aws.staging])
    other = aws.client("ssm", account=aws.staging)
    arn = f"arn:aws:ssm:{aws.region}:{aws.production}:document/hello"
    aws.expect("seen by the other account", other.describe_document(Name=arn)["Document"]["Name"], "hello")
    aws.refused("InvalidDocumentOperation", ssm.delete_document, Name="hello")
    ssm.modify_document_permission(Name="hello", PermissionType="Share", AccountIdsToRemove=[aws.staging])
    tags = ssm.list_tags_for_resource(ResourceType="Document", ResourceId="hello")["TagList"]
    aws.expect("tags", tags, [{"Key": "team", "Value": "ops"}])
    ssm.add_tags_to_resource(ResourceType="Document", ResourceId="hello", Tags=[{"Key": "a", "Value": "b"}])
    ssm.remove_tags_from_resource(ResourceType="Document", ResourceId="hello", TagKeys=["team"])


def commands(aws, ssm, machines):
    sent = ssm.send_command(DocumentName="hello", InstanceIds=machines[:2], Parameters={"who": ["there"]})["Command"]
    waiter_free = sent["CommandId"]
    aws.advance(minutes=1)
    done = ssm.get_command_invocation(CommandId=waiter_free, InstanceId=machines[0], PluginName="hello")
    aws.expect("output", (done["Status"], done["StandardOutputContent"]), ("Success", "hi there\n"))
    listed = ssm.list_command_invocations(CommandId=waiter_free, Details=True)["CommandInvocations"]
    aws.expect("invocations", [one["Status"] for one in listed], ["Success", "Success"])
    aws.expect("command", ssm.list_commands(CommandId=waiter_free)["Commands"][0]["CompletedCount"], 2)
    long = ssm.send_command(DocumentName=SCRIPT, InstanceIds=machines[:1], Parameters={"commands": ["sleep 900"]})
    aws.advance(minutes=1)
    ssm.cancel_command(CommandId=long["Command"]["CommandId"])
    status = ssm.get_command_invocation(CommandId=long["Command"]["CommandId"], InstanceId=machines[0])["Status"]
    aws.expect("cancelled", status, "Cancelled")
    refused = lambda code, **more: aws.refused(code, ssm.send_command, **more)
    refused("InvalidDocument", DocumentName="Nothing", InstanceIds=machines[:1])
    refused("InvalidInstanceId", DocumentName=SCRIPT, InstanceIds=["i-0ffffffffffffffff"], Parameters={"commands": ["id"]})
    refused("InvalidParameters", DocumentName="hello", InstanceIds=machines[:1], Parameters={"who": ["US"]})
    aws.refused("InvocationDoesNotExist", ssm.get_command_invocation, CommandId=waiter_free, InstanceId="i-0ffffffffffffffff")


def baselines(aws, ssm):
    rules = {"PatchRules": [{
        "PatchFilterGroup": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["*"]}]},
        "ApproveAfterDays": 0, "ComplianceLevel": "CRITICAL", "EnableNonSecurity": True,
    }]}
    made = ssm.create_patch_baseline(Name="all-at-once", OperatingSystem="AMAZON_LINUX_2", ApprovalRules=rules)
    baseline = made["BaselineId"]
    ssm.update_patch_baseline(BaselineId=baseline, Description="everything at once")
    aws.expect("description", ssm.get_patch_baseline(BaselineId=baseline)["Description"], "everything at once")
    aws.expect("AWS's baselines", len(ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["AWS"]}])["BaselineIdentities"]), 15)
    before = ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    ssm.register_default_patch_baseline(BaselineId=baseline)
    aws.refused("ResourceInUseException", ssm.delete_patch_baseline, BaselineId=baseline)
    aws.expect("default", ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"], baseline)
    ssm.register_default_patch_baseline(BaselineId=before)
    ssm.register_patch_baseline_for_patch_group(BaselineId=baseline, PatchGroup="dev")
    aws.refused("AlreadyExistsException", ssm.register_patch_baseline_for_patch_group, BaselineId=baseline, PatchGroup="dev")
    found = ssm.get_patch_baseline_for_patch_group(PatchGroup="dev", OperatingSystem="AMAZON_LINUX_2")
    aws.expect("group's baseline", found["BaselineId"], baseline)
    aws.expect("groups", [one["PatchGroup"] for one in ssm.describe_patch_groups()["Mappings"]], ["dev"])
    effective = ssm.describe_effective_patches_for_patch_baseline(BaselineId=baseline)["EffectivePatches"]
    aws.expect("effective", {one["PatchStatus"]["DeploymentStatus"] for one in effective}, {"APPROVED"})
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=baseline, PatchGroup="dev")
    ssm.delete_patch_baseline(BaselineId=baseline)
    aws.refused("DoesNotExistException", ssm.get_patch_baseline, BaselineId=baseline)
    patches = ssm.describe_available_patches(Filters=[{"Key": "PRODUCT", "Values": ["AmazonLinux2"]}])["Patches"]
    aws.expect("patches", {one["Product"] for one in patches}, {"AmazonLinux2"})
    aws.expect("Windows patches", all(one["KbNumber"].startswith("KB") for one in ssm.describe_available_patches()["Patches"]))
    properties = ssm.describe_patch_properties(OperatingSystem="WINDOWS", Property="MSRC_SEVERITY")["Properties"]
    aws.expect("severities", {"MSRC_SEVERITY": "Critical"} in properties)


def patching(aws, ssm, machines):
    ec2 = aws.client("ec2", account=aws.production)
    ec2.create_tags(Resources=machines[:2], Tags=[{"Key": "Patch Group", "Value": "night"}])
    for operation in ("Scan", "Install"):
        ssm.send_command(DocumentName=PATCH, Targets=[{"Key": "tag:Patch Group", "Values": ["night"]}],
                         Parameters={"Operation": [operation]}, MaxConcurrency="100%", MaxErrors="100%")
        aws.advance(hours=1)
        ssm = fresh(aws)
    states = ssm.describe_instance_patch_states(InstanceIds=machines[:2])["InstancePatchStates"]
    aws.expect("installed", [one["Operation"] for one in states], ["Install", "Install"])
    aws.expect("missing", [one["MissingCount"] for one in states], [0, 0])
    found = ssm.describe_instance_patch_states_for_patch_group(
        PatchGroup="night", Filters=[{"Key": "MissingCount", "Values": ["1"], "Type": "LessThan"}])
    aws.expect("of the group", len(found["InstancePatchStates"]), 2)
    aws.expect("group", ssm.describe_patch_group_state(PatchGroup="night")["Instances"], 2)
    patches = ssm.describe_instance_patches(InstanceId=machines[0], Filters=[{"Key": "State", "Values": ["Installed"]}])
    aws.expect("patches", {one["State"] for one in patches["Patches"]}, {"INSTALLED"})
    snapshot = "11111111-2222-3333-4444-555555555555"
    deployable = ssm.get_deployable_patch_snapshot_for_instance(InstanceId=machines[0], SnapshotId=snapshot)
    aws.expect("snapshot", deployable["SnapshotId"], snapshot)
    kind = [{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}]
    items = ssm.list_compliance_items(ResourceIds=machines[:1], ResourceTypes=["ManagedInstance"], Filters=kind)
    aws.expect("items", {one["ComplianceType"] for one in items["ComplianceItems"]}, {"Patch"})
    aws.expect("summaries", len(ssm.list_resource_compliance_summaries(Filters=kind)["ResourceComplianceSummaryItems"]), 2)
    aws.expect("types", ssm.list_compliance_summaries(Filters=kind)["ComplianceSummaryItems"][0]["ComplianceType"], "Patch")
    ssm.put_compliance_items(
        ResourceId=machines[0], ResourceType="ManagedInstance", ComplianceType="Custom:Antivirus",
        ExecutionSummary={"ExecutionTime": aws.now()},
        Items=[{"Id": "definitions", "Title": "Definitions", "Severity": "HIGH", "Status": "NON_COMPLIANT"}])
    custom = ssm.list_compliance_items(ResourceIds=machines[:1], Filters=[{"Key": "Status", "Values": ["NON_COMPLIANT"]}])
    aws.expect("custom", "Custom:Antivirus" in {one["ComplianceType"] for one in custom["ComplianceItems"]})


def windows(aws, ssm, machines):
    window = ssm.create_maintenance_window(Name="hourly", Schedule="rate(1 hour)", Duration=2, Cutoff=1,
                                           AllowUnassociatedTargets=True)["WindowId"]
    aws.refused("ValidationException", ssm.create_maintenance_window, Name="bad", Schedule="cron(nonsense)",
                Duration=2, Cutoff=1, AllowUnassociatedTargets=True)
    ids = [{"Key": "InstanceIds", "Values": machines[:2]}]
    target = ssm.register_target_with_maintenance_window(WindowId=window, ResourceType="INSTANCE", Targets=ids)["WindowTargetId"]
    task = ssm.register_task_with_maintenance_window(
        WindowId=window, TaskArn=SCRIPT, TaskType="RUN_COMMAND", Priority=1, MaxConcurrency="2", MaxErrors="0",
        Targets=[{"Key": "WindowTargetIds", "Values": [target]}],
        TaskInvocationParameters={"RunCommand": {"Parameters": {"commands": ["echo {{WINDOW_ID}}"]}}})["WindowTaskId"]
    ssm.update_maintenance_window(WindowId=window, Description="each hour")
    ssm.update_maintenance_window_target(WindowId=window, WindowTargetId=target, Name="two")
    ssm.update_maintenance_window_task(WindowId=window, WindowTaskId=task, Description="says which")
    aws.expect("enabled", ssm.get_maintenance_window(WindowId=window)["Enabled"])
    aws.expect("windows", len(ssm.describe_maintenance_windows()["WindowIdentities"]), 1)
    aws.expect("targets", len(ssm.describe_maintenance_window_targets(WindowId=window)["Targets"]), 1)
    aws.expect("tasks", ssm.describe_maintenance_window_tasks(WindowId=window)["Tasks"][0]["Type"], "RUN_COMMAND")
    aws.expect("task", ssm.get_maintenance_window_task(WindowId=window, WindowTaskId=task)["Description"], "says which")
    aws.expect("schedule", len(ssm.describe_maintenance_window_schedule(WindowId=window, MaxResults=5)["ScheduledWindowExecutions"]), 5)
    hit = ssm.describe_maintenance_windows_for_target(Targets=ids, ResourceType="INSTANCE")["WindowIdentities"]
    aws.expect("of the target", [one["WindowId"] for one in hit], [window])
    aws.advance(hours=1, minutes=10)
    ssm = fresh(aws)
    execution = ssm.describe_maintenance_window_executions(WindowId=window)["WindowExecutions"][0]
    aws.expect("execution", execution["Status"], "SUCCESS")
    number = execution["WindowExecutionId"]
    done = ssm.get_maintenance_window_execution(WindowExecutionId=number)
    one = ssm.describe_maintenance_window_execution_tasks(WindowExecutionId=number)["WindowExecutionTaskIdentities"][0]
    aws.expect("task of the execution", done["TaskIds"], [one["TaskExecutionId"]])
    names = {"WindowExecutionId": number, "TaskId": one["TaskExecutionId"]}
    aws.expect("its status", ssm.get_maintenance_window_execution_task(**names)["Status"], "SUCCESS")
    found = ssm.describe_maintenance_window_execution_task_invocations(**names)["WindowExecutionTaskInvocationIdentities"][0]
    invocation = ssm.get_maintenance_window_execution_task_invocation(InvocationId=found["InvocationId"], **names)
    out = ssm.get_command_invocation(CommandId=invocation["ExecutionId"], InstanceId=machines[0])
    aws.expect("what it said", out["StandardOutputContent"], f"{window}\n")
    aws.refused("DoesNotExistException", ssm.cancel_maintenance_window_execution, WindowExecutionId=number)
    long = {"RunCommand": {"Parameters": {"commands": ["sleep 3000"]}}}
    ssm.update_maintenance_window_task(WindowId=window, WindowTaskId=task, TaskInvocationParameters=long)
    aws.advance(hours=1)
    ssm = fresh(aws)
    running = ssm.describe_maintenance_window_executions(
        WindowId=window, Filters=[{"Key": "STATUS", "Values": ["IN_PROGRESS"]}])["WindowExecutions"][0]
    ssm.cancel_maintenance_window_execution(WindowExecutionId=running["WindowExecutionId"])
    aws.advance(minutes=1)
    status = ssm.get_maintenance_window_execution(WindowExecutionId=running["WindowExecutionId"])["Status"]
    aws.expect("cancelled", status, "CANCELLED")
    aws.refused("TargetInUseException", ssm.deregister_target_from_maintenance_window, WindowId=window, WindowTargetId=target, Safe=True)
    ssm.deregister_task_from_maintenance_window(WindowId=window, WindowTaskId=task)
    ssm.deregister_target_from_maintenance_window(WindowId=window, WindowTargetId=target)
    ssm.delete_maintenance_window(WindowId=window)
    aws.refused("DoesNotExistException", ssm.get_maintenance_window, WindowId=window)


def associations(aws, ssm, machines):
    targets = [{"Key": "InstanceIds", "Values": machines[:2]}]
    made = ssm.create_association(Name=SCRIPT, AssociationName="hello", Targets=targets,
                                  Parameters={"commands": ["echo hi"]}, ScheduleExpression="rate(30 minutes)")
    number = made["AssociationDescription"]["AssociationId"]
    aws.advance(minutes=5)
    found = ssm.describe_association(AssociationId=number)["AssociationDescription"]
    aws.expect("overview", found["Overview"]["Status"], "Success")
    ssm.update_association(AssociationId=number, AssociationName="hello", Parameters={"commands": ["echo ho"]},
                           ScheduleExpression="rate(1 day)")
    aws.expect("versions", len(ssm.list_association_versions(AssociationId=number)["AssociationVersions"]), 2)
    ssm.start_associations_once(AssociationIds=[number])
    aws.advance(minutes=5)
    runs = ssm.describe_association_executions(AssociationId=number)["AssociationExecutions"]
    aws.expect("runs", len(runs), 3)
    ran = ssm.describe_association_execution_targets(AssociationId=number, ExecutionId=runs[0]["ExecutionId"])
    aws.expect("targets", len(ran["AssociationExecutionTargets"]), 2)
    aws.expect("listed", len(ssm.list_associations(AssociationFilterList=[{"key": "AssociationName", "value": "hello"}])["Associations"]), 1)
    aws.expect("status", ssm.describe_instance_associations_status(InstanceId=machines[0])["InstanceAssociationStatusInfos"][0]["Status"], "Success")
    aws.expect("effective", len(ssm.describe_effective_instance_associations(InstanceId=machines[0])["Associations"]), 1)
    ssm.delete_association(AssociationId=number)
    aws.refused("AssociationDoesNotExist", ssm.describe_association, AssociationId=number)


def inventory(aws, ssm, machines):
    ssm.create_association(Name="AWS-GatherSoftwareInventory", Targets=[{"Key": "InstanceIds", "Values": ["*"]}])
    aws.advance(minutes=1)
    entities = ssm.get_inventory(Filters=[{"Key": "AWS:InstanceInformation.PlatformType", "Values": ["Linux"], "Type": "Equal"}])
    aws.expect("machines", len(entities["Entities"]) > 0)
    entries = ssm.list_inventory_entries(InstanceId=machines[0], TypeName="AWS:Application")
    aws.expect("applications", len(entries["Entries"]) > 10)
    names = {one["TypeName"] for one in ssm.get_inventory_schema()["Schemas"]}
    aws.expect("schemas", {"AWS:Application", "AWS:InstanceInformation"} <= names)
    ssm.put_inventory(InstanceId=machines[0], Items=[{
        "TypeName": "Custom:Rack", "SchemaVersion": "1.0", "CaptureTime": "2026-03-01T09:00:00Z", "Content": [{"Row": "7"}]}])
    rack = ssm.list_inventory_entries(InstanceId=machines[0], TypeName="Custom:Rack")["Entries"]
    aws.expect("own inventory", rack, [{"Row": "7"}])


def parameters(aws, ssm):
    for value in ("one", "two"):
        ssm.put_parameter(Name="/walk/color", Value=value, Type="String", Overwrite=True)
    ssm.put_parameter(Name="/walk/secret", Value="hush", Type="SecureString", Tags=[{"Key": "a", "Value": "b"}])
    aws.expect("sealed", ssm.get_parameter(Name="/walk/secret")["Parameter"]["Value"] != "hush")
    aws.expect("open", ssm.get_parameter(Name="/walk/secret", WithDecryption=True)["Parameter"]["Value"], "hush")
    labelled = ssm.label_parameter_version(Name="/walk/color", ParameterVersion=1, Labels=["old", "aws-bad"])
    aws.expect("bad labels", labelled["InvalidLabels"], ["aws-bad"])
    several = ssm.get_parameters(Names=["/walk/color:old", "/walk/none"])
    aws.expect("by label", [one["Value"] for one in several["Parameters"]], ["one"])
    aws.expect("unknown", several["InvalidParameters"], ["/walk/none"])
    ssm.unlabel_parameter_version(Name="/walk/color", ParameterVersion=1, Labels=["old"])
    aws.expect("history", [one["Version"] for one in ssm.get_parameter_history(Name="/walk/color")["Parameters"]], [1, 2])
    aws.expect("path", len(ssm.get_parameters_by_path(Path="/walk")["Parameters"]), 2)
    secret = ssm.describe_parameters(ParameterFilters=[{"Key": "Type", "Values": ["SecureString"]}])["Parameters"]
    aws.expect("described", "/walk/secret" in [one["Name"] for one in secret])
    image = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    aws.expect("public", image["Parameter"]["Value"].startswith("ami-"))
    aws.refused("ParameterAlreadyExists", ssm.put_parameter, Name="/walk/color", Value="x", Type="String")
    ssm.delete_parameter(Name="/walk/secret")
    gone = ssm.delete_parameters(Names=["/walk/color", "/walk/secret"])
    aws.expect("deleted", (gone["DeletedParameters"], gone["InvalidParameters"]), (["/walk/color"], ["/walk/secret"]))
    aws.refused("ParameterNotFound", ssm.get_parameter, Name="/walk/color")


def ops_items(aws, ssm):
    item = ssm.create_ops_item(Title="disk", Description="full", Source="EC2", Priority=2, Severity="2",
                               OperationalData={"/aws/resources": {"Type": "SearchableString", "Value": "[]"}})["OpsItemId"]
    ssm.update_ops_item(OpsItemId=item, Status="InProgress", OperationalData={"note": {"Type": "String", "Value": "mine"}})
    found = ssm.get_ops_item(OpsItemId=item)["OpsItem"]
    aws.expect("updated", (found["Status"], sorted(found["OperationalData"])), ("InProgress", ["/aws/resources", "note"]))
    listed = ssm.describe_ops_items(OpsItemFilters=[{"Key": "Priority", "Values": ["2"], "Operator": "Equal"}])
    aws.expect("listed", [one["OpsItemId"] for one in listed["OpsItemSummaries"]], [item])
    link = ssm.associate_ops_item_related_item(
        OpsItemId=item, AssociationType="IsParentOf", ResourceType="AWS::SSMIncidents::IncidentRecord",
        ResourceUri="arn:aws:ssm-incidents::111122223333:incident-record/disk/1")["AssociationId"]
    aws.expect("related", len(ssm.list_ops_item_related_items(OpsItemId=item)["Summaries"]), 1)
    ssm.disassociate_ops_item_related_item(OpsItemId=item, AssociationId=link)
    events = ssm.list_ops_item_events(Filters=[{"Key": "OpsItemId", "Values": [item], "Operator": "Equal"}])["Summaries"]
    aws.expect("events", len(events), 2)
    counts = ssm.get_ops_summary(Aggregators=[{"AggregatorType": "count", "TypeName": "AWS:OpsItem", "AttributeName": "Status"}])
    aws.expect("counts", counts["Entities"][0]["Data"]["AWS:OpsItem"]["Content"][0]["Count"], "1")
    ssm.delete_ops_item(OpsItemId=item)
    aws.refused("OpsItemNotFoundException", ssm.get_ops_item, OpsItemId=item)


def settings(aws, ssm):
    name = "/ssm/parameter-store/default-parameter-tier"
    ssm.update_service_setting(SettingId=name, SettingValue="Advanced")
    aws.expect("set", ssm.get_service_setting(SettingId=name)["ServiceSetting"]["SettingValue"], "Advanced")
    aws.expect("reset", ssm.reset_service_setting(SettingId=name)["ServiceSetting"]["Status"], "Default")
    aws.refused("ServiceSettingNotFound", ssm.get_service_setting, SettingId="/ssm/nothing")
    calendar = "BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_CLOSED\nEND:VCALENDAR\n"
    ssm.create_document(Name="freeze", Content=calendar, DocumentType="ChangeCalendar", DocumentFormat="TEXT")
    aws.expect("calendar", ssm.get_calendar_state(CalendarNames=["freeze"])["State"], "CLOSED")
    ssm.delete_document(Name="freeze")
    ssm.delete_document(Name="hello")
