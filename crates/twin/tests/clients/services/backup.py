"""AWS Backup: vaults, plans on schedule, jobs, recovery points, copies, restores, holds, reports."""

import csv
import datetime
import io
import json

from services.events import drain, let_in, queue

DAY = datetime.timedelta(days=1)


def check(aws):
    backup, db, ec2 = aws.client("backup"), aws.client("dynamodb"), aws.client("ec2")
    table = _table(aws, db, "Ledger")
    role = f"arn:aws:iam::{aws.management}:role/service-role/AWSBackupDefaultServiceRole"
    told = Listener(aws)
    _vaults(aws, backup)
    _plans(aws, backup, role)
    told.hear()
    _schedule(aws, backup, db, role)
    _jobs(aws, backup, table, role)
    _stopping(aws, backup, ec2, role)
    point = _points(aws, backup, table, role)
    _restores(aws, backup, db, table, role, point)
    told.hear()
    _copies(aws, backup, role, point)
    told.hear()
    _holds(aws, backup, point)
    _volumes(aws, backup, ec2, role)
    told.hear()
    _locks(aws, backup, table, role)
    _summaries(aws, backup)
    _reports(aws, backup, table, role)
    _settings(aws, backup)
    _events(aws, told)
    listed = aws.cli("backup list-backup-vaults")
    if listed is not None:
        aws.expect("CLI", "vault" in [vault["BackupVaultName"] for vault in listed["BackupVaultList"]])


def _table(aws, db, name, **tags):
    made = db.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    aws.advance(minutes=1)
    return made["TableDescription"]["TableArn"]


class Listener:
    """What AWS Backup tells: EventBridge of everything, a vault's topic of what it asked for. Queues forget after days."""

    def __init__(self, aws):
        self.sqs, events, sns = aws.client("sqs"), aws.client("events"), aws.client("sns")
        self.events, arn = queue(aws, self.sqs, "backup-events")
        pattern = {"source": ["aws.backup"], "detail-type": [{"suffix": "State Change"}]}
        events.put_rule(Name="backup", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="backup", Targets=[{"Id": "queue", "Arn": arn}])
        topic = sns.create_topic(Name="backups")["TopicArn"]
        self.notices = self.sqs.create_queue(QueueName="backup-notices")["QueueUrl"]
        arn = f"arn:aws:sqs:{aws.region}:{aws.management}:backup-notices"
        self.sqs.set_queue_attributes(QueueUrl=self.notices, Attributes={"Policy": let_in("sns.amazonaws.com", arn)})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        self.heard, self.texts = {}, []

    def hear(self):
        for event in map(json.loads, drain(self.sqs, self.events)):
            kind = event["detail-type"].removesuffix(" State Change")
            state = event["detail"].get("state") or event["detail"].get("status")
            self.heard.setdefault(kind, set()).add(state)
        self.texts += drain(self.sqs, self.notices)


def _vaults(aws, backup):
    made = backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"a": "b"})
    arn = made["BackupVaultArn"]
    aws.expect("ARN", arn, f"arn:aws:backup:{aws.region}:{aws.management}:backup-vault:vault")
    aws.expect("made now", abs(made["CreationDate"] - aws.now()) < datetime.timedelta(seconds=5))
    aws.refused("AlreadyExistsException", backup.create_backup_vault, BackupVaultName="vault")
    aws.refused("InvalidParameterValueException", backup.create_backup_vault, BackupVaultName="no spaces")
    backup.create_backup_vault(BackupVaultName="spare")
    gapped = {"BackupVaultName": "gapped", "MinRetentionDays": 7, "MaxRetentionDays": 30}
    aws.refused("InvalidParameterValueException", backup.create_logically_air_gapped_backup_vault, **{**gapped, "MinRetentionDays": 6})
    backup.create_logically_air_gapped_backup_vault(**gapped)
    pages = backup.get_paginator("list_backup_vaults").paginate(PaginationConfig={"PageSize": 1})
    names = [[vault["BackupVaultName"] for vault in page["BackupVaultList"]] for page in pages]
    aws.expect("vaults", names, [["gapped"], ["spare"], ["vault"]])
    kind = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
    found = backup.list_backup_vaults(ByVaultType=kind)["BackupVaultList"]
    aws.expect("of a kind", [vault["BackupVaultName"] for vault in found], ["gapped"])
    aws.refused("InvalidParameterValueException", backup.list_backup_vaults, NextToken="nonsense")
    aws.refused("AccessDeniedException", backup.describe_backup_vault, BackupVaultName="none")
    aws.refused("ResourceNotFoundException", backup.delete_backup_vault, BackupVaultName="none")

    named = {"BackupVaultName": "vault"}
    aws.refused("ResourceNotFoundException", backup.get_backup_vault_access_policy, **named)
    aws.refused("InvalidParameterValueException", backup.put_backup_vault_access_policy, Policy="nonsense", **named)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    backup.put_backup_vault_access_policy(Policy=policy, **named)
    aws.expect("policy", backup.get_backup_vault_access_policy(**named)["Policy"], policy)
    aws.refused("AccessDeniedException", backup.delete_recovery_point, RecoveryPointArn=f"{arn}-x", **named)
    backup.delete_backup_vault_access_policy(**named)
    aws.refused("ResourceNotFoundException", backup.get_backup_vault_access_policy, **named)

    topic = f"arn:aws:sns:{aws.region}:{aws.management}:backups"
    wanted = {"SNSTopicArn": topic, "BackupVaultEvents": ["BACKUP_JOB_COMPLETED", "RESTORE_JOB_COMPLETED"]}
    aws.refused("InvalidParameterValueException", backup.put_backup_vault_notifications,
                BackupVaultName="vault", SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_DREAMT"])
    backup.put_backup_vault_notifications(**named, **wanted)
    kept = backup.get_backup_vault_notifications(**named)
    aws.expect("notifications", {name: kept[name] for name in wanted}, wanted)
    backup.put_backup_vault_notifications(BackupVaultName="spare", **wanted)
    backup.delete_backup_vault_notifications(BackupVaultName="spare")
    aws.refused("ResourceNotFoundException", backup.get_backup_vault_notifications, BackupVaultName="spare")

    backup.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    aws.expect("tags", backup.list_tags(ResourceArn=arn)["Tags"], {"a": "b", "c": "d"})
    tagging = aws.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["backup:backup-vault"])["ResourceTagMappingList"]
    aws.expect("tagged", [one["ResourceARN"] for one in found], [arn])
    backup.untag_resource(ResourceArn=arn, TagKeyList=["c"])
    aws.expect("untagged", backup.list_tags(ResourceArn=arn)["Tags"], {"a": "b"})
    aws.refused("ResourceNotFoundException", backup.list_tags, ResourceArn=f"{arn}-none")


def _plans(aws, backup, role):
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = {"BackupPlanName": "daily", "Rules": [rule]}
    for wrong in (
        {"EnableContinuousBackup": True},
        {"TargetBackupVaultName": "none"},
        {"ScheduleExpression": "rate(1 day)"},
        {"ScheduleExpression": "cron(0 25 * * ? *)"},
        {"ScheduleExpressionTimezone": "Mars/Olympus"},
        {"StartWindowMinutes": 59},
        {"StartWindowMinutes": 60, "CompletionWindowMinutes": 60},
        {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}},
    ):
        aws.refused("InvalidParameterValueException", backup.create_backup_plan, BackupPlan={**plan, "Rules": [{**rule, **wrong}]})
    made = backup.create_backup_plan(BackupPlan=plan, BackupPlanTags={"team": "ops"})
    first, named = made["VersionId"], {"BackupPlanId": made["BackupPlanId"]}
    aws.refused("AlreadyExistsException", backup.create_backup_plan, BackupPlan=plan)
    aws.expect("tags", backup.list_tags(ResourceArn=made["BackupPlanArn"])["Tags"], {"team": "ops"})
    shown = backup.get_backup_plan(**named, MaxScheduledRunsPreview=3)
    usual = shown["BackupPlan"]["Rules"][0]
    aws.expect("usual schedule", (usual["ScheduleExpression"], usual["StartWindowMinutes"]), ("cron(0 5 ? * * *)", 480))
    runs = [run["ExecutionTime"] for run in shown["ScheduledRunsPreview"]]
    aws.expect("next runs", [(run.hour, run - runs[0]) for run in runs], [(5, 0 * DAY), (5, DAY), (5, 2 * DAY)])
    changed = backup.update_backup_plan(**named, BackupPlan={**plan, "Rules": [{**rule, "Lifecycle": {"DeleteAfterDays": 7}}]})
    aws.expect("another version", changed["VersionId"] != first)
    current = backup.get_backup_plan(**named)["BackupPlan"]["Rules"][0]
    aws.expect("changed", current["Lifecycle"], {"DeleteAfterDays": 7})
    aws.expect("as it was", "Lifecycle" in backup.get_backup_plan(**named, VersionId=first)["BackupPlan"]["Rules"][0], False)
    versions = backup.list_backup_plan_versions(**named)["BackupPlanVersionsList"]
    aws.expect("versions", {one["VersionId"] for one in versions}, {first, changed["VersionId"]})
    aws.expect("plans", [one["BackupPlanName"] for one in backup.list_backup_plans()["BackupPlansList"]], ["daily"])
    aws.refused("ResourceNotFoundException", backup.get_backup_plan, BackupPlanId="none")
    text = backup.export_backup_plan_template(**named)["BackupPlanTemplateJson"]
    aws.expect("as a text", backup.get_backup_plan_from_json(BackupPlanTemplateJson=text)["BackupPlan"]["BackupPlanName"], "daily")
    aws.refused("InvalidParameterValueException", backup.get_backup_plan_from_json, BackupPlanTemplateJson="{")
    for template in backup.list_backup_plan_templates()["BackupPlanTemplatesList"]:
        document = backup.get_backup_plan_from_template(BackupPlanTemplateId=template["BackupPlanTemplateId"])["BackupPlanDocument"]
        aws.expect("template", document["BackupPlanName"], template["BackupPlanTemplateName"])
    selection = {"SelectionName": "all", "IamRoleArn": role, "Resources": ["arn:aws:rds:*:*:db:*"]}
    wrong = {**selection, "Resources": ["every database"]}
    aws.refused("InvalidParameterValueException", backup.create_backup_selection, BackupSelection=wrong, **named)
    chosen = {"SelectionId": backup.create_backup_selection(BackupSelection=selection, **named)["SelectionId"], **named}
    aws.refused("AlreadyExistsException", backup.create_backup_selection, BackupSelection=selection, **named)
    aws.expect("selection", backup.get_backup_selection(**chosen)["BackupSelection"], selection)
    listed = backup.list_backup_selections(**named)["BackupSelectionsList"]
    aws.expect("selections", [one["SelectionName"] for one in listed], ["all"])
    aws.refused("InvalidRequestException", backup.delete_backup_plan, **named)
    backup.delete_backup_selection(**chosen)
    aws.refused("ResourceNotFoundException", backup.get_backup_selection, **chosen)
    backup.delete_backup_plan(**named)
    aws.expect("no plans", backup.list_backup_plans()["BackupPlansList"], [])


def _schedule(aws, backup, db, role):
    """A plan backs up every night what is tagged by then, and keeps it for three days."""
    chosen, other = _table(aws, db, "Chosen", backup="yes"), _table(aws, db, "Other", backup="no")
    rule = {"RuleName": "nightly", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 ? * * *)",
            "ScheduleExpressionTimezone": "Asia/Tokyo", "Lifecycle": {"DeleteAfterDays": 3}, "RecoveryPointTags": {"kept": "briefly"}}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "nightly", "Rules": [rule]})["BackupPlanId"]
    tagged = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}
    selection = backup.create_backup_selection(
        BackupPlanId=plan, BackupSelection={"SelectionName": "tagged", "IamRoleArn": role, "ListOfTags": [tagged]})["SelectionId"]
    aws.advance(days=5)
    jobs = backup.list_backup_jobs(ByResourceArn=chosen)["BackupJobs"]
    aws.expect("nightly jobs", [job["State"] for job in jobs], ["COMPLETED"] * 5)
    aws.expect("at five in Tokyo", {job["CreationDate"].astimezone(datetime.timezone.utc).hour for job in jobs}, {20})
    by = [(job["CreatedBy"]["BackupPlanId"], job["CreatedBy"]["BackupRuleName"]) for job in jobs]
    aws.expect("by the plan", set(by), {(plan, "nightly")})
    aws.expect("not the other", backup.list_backup_jobs(ByResourceArn=other)["BackupJobs"], [])
    points = backup.list_recovery_points_by_resource(ResourceArn=chosen)["RecoveryPoints"]
    ages = sorted((aws.now() - point["CreationDate"]) // DAY for point in points)
    aws.expect("kept for three days", ages, [0, 1, 2])
    pages = backup.get_paginator("list_backup_jobs").paginate(ByResourceArn=chosen, PaginationConfig={"PageSize": 2})
    ids = [[job["BackupJobId"] for job in page["BackupJobs"]] for page in pages]
    aws.expect("pages of jobs", ([len(page) for page in ids], len({one for page in ids for one in page})), ([2, 2, 1], 5))
    db.tag_resource(ResourceArn=other, Tags=[{"Key": "backup", "Value": "yes"}])
    aws.advance(days=1)
    aws.expect("now the other too", len(backup.list_backup_jobs(ByResourceArn=other)["BackupJobs"]), 1)
    executed = next(one for one in backup.list_backup_plans()["BackupPlansList"] if one["BackupPlanId"] == plan)
    aws.expect("last run", aws.now() - executed["LastExecutionDate"] < DAY)
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)
    aws.advance(days=2)
    aws.expect("no longer", len(backup.list_backup_jobs(ByResourceArn=other)["BackupJobs"]), 1)
    backup.delete_backup_plan(BackupPlanId=plan)
    aws.advance(days=3)
    aws.expect("all gone", backup.list_recovery_points_by_resource(ResourceArn=chosen)["RecoveryPoints"], [])


def _state(backup, job):
    return backup.describe_backup_job(BackupJobId=job)["State"]


def _jobs(aws, backup, table, role):
    asked = {"BackupVaultName": "vault", "ResourceArn": table, "IamRoleArn": role}
    for wrong, code in (
        ({"BackupVaultName": "none"}, "ResourceNotFoundException"),
        ({"ResourceArn": "Ledger"}, "InvalidParameterValueException"),
        ({"ResourceArn": table + "x"}, "InvalidParameterValueException"),
        ({"ResourceArn": f"arn:aws:sqs:{aws.region}:{aws.management}:x"}, "InvalidParameterValueException"),
        ({"IamRoleArn": "nobody"}, "InvalidParameterValueException"),
        ({"StartWindowMinutes": 1}, "InvalidParameterValueException"),
        ({"Lifecycle": {"DeleteAfterDays": 0}}, "InvalidParameterValueException"),
    ):
        aws.refused(code, backup.start_backup_job, **{**asked, **wrong})
    job = backup.start_backup_job(**asked, IdempotencyToken="once")["BackupJobId"]
    aws.expect("once", backup.start_backup_job(**asked, IdempotencyToken="once")["BackupJobId"], job)
    aws.expect("created", _state(backup, job), "CREATED")
    aws.advance(seconds=70)
    running = backup.describe_backup_job(BackupJobId=job)
    aws.expect("running", (running["State"], 0 <= float(running["PercentDone"]) < 100), ("RUNNING", True))
    aws.expect("listed by state", [one["BackupJobId"] for one in backup.list_backup_jobs(ByState="RUNNING")["BackupJobs"]], [job])
    aws.advance(minutes=10)
    done = backup.describe_backup_job(BackupJobId=job)
    aws.expect("completed", (done["State"], done["PercentDone"], done["ResourceType"]), ("COMPLETED", "100.0", "DynamoDB"))
    aws.expect("in order", done["CreationDate"] < done["InitiationDate"] < done["CompletionDate"])
    aws.expect("none running", backup.list_backup_jobs(ByState="RUNNING")["BackupJobs"], [])
    aws.expect("of another type", backup.list_backup_jobs(ByResourceType="EBS")["BackupJobs"], [])
    later = backup.list_backup_jobs(ByCreatedAfter=done["CreationDate"] + datetime.timedelta(seconds=1))["BackupJobs"]
    aws.expect("none created later", later, [])
    aws.refused("ResourceNotFoundException", backup.describe_backup_job, BackupJobId="none")
    aws.refused("InvalidRequestException", backup.stop_backup_job, BackupJobId=job)
    nobody = backup.start_backup_job(**{**asked, "IamRoleArn": f"arn:aws:iam::{aws.management}:role/none"})["BackupJobId"]
    aws.twin("POST", "faults", {"operation": "BackupJob", "count": 1, "effect": {"job-fails": "out of tape"}})
    unlucky = backup.start_backup_job(**asked)["BackupJobId"]
    aws.advance(minutes=15)
    failed = backup.describe_backup_job(BackupJobId=nobody)
    aws.expect("a role that is not there", (failed["State"], "cannot be assumed" in failed["StatusMessage"]), ("FAILED", True))
    failed = backup.describe_backup_job(BackupJobId=unlucky)
    aws.expect("a fault", (failed["State"], failed["StatusMessage"]), ("FAILED", "out of tape"))
    aws.expect("no recovery point", "RecoveryPointArn" in failed, False)
    aws.twin("POST", "faults", {"operation": "BackupJob", "count": 1, "effect": "job-stuck"})
    stuck = backup.start_backup_job(**asked, StartWindowMinutes=60, CompleteWindowMinutes=120)["BackupJobId"]
    aws.advance(hours=1)
    aws.expect("stuck", _state(backup, stuck), "RUNNING")
    aws.advance(hours=2)
    aws.expect("expired", _state(backup, stuck), "EXPIRED")
    aws.twin("DELETE", "faults")


def _stopping(aws, backup, ec2, role):
    volume = ec2.create_volume(AvailabilityZone=f"{aws.region}a", Size=100)["VolumeId"]
    aws.advance(minutes=1)
    arn = f"arn:aws:ec2:{aws.region}:{aws.management}:volume/{volume}"
    job = backup.start_backup_job(BackupVaultName="vault", ResourceArn=arn, IamRoleArn=role)["BackupJobId"]
    aws.advance(minutes=2)
    aws.expect("a volume takes a while", _state(backup, job), "RUNNING")
    backup.stop_backup_job(BackupJobId=job)
    aws.expect("stopping", _state(backup, job), "ABORTING")
    aws.advance(minutes=1)
    aws.expect("stopped", _state(backup, job), "ABORTED")
    aws.expect("no snapshot is left", ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"], [])


def _points(aws, backup, table, role):
    job = backup.start_backup_job(
        BackupVaultName="vault", ResourceArn=table, IamRoleArn=role, Lifecycle={"DeleteAfterDays": 100})["BackupJobId"]
    aws.advance(minutes=10)
    point = backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    named = {"BackupVaultName": "vault", "RecoveryPointArn": point}
    found = backup.describe_recovery_point(**named)
    aws.expect("point", (found["Status"], found["ResourceArn"], found["StorageClass"]), ("COMPLETED", table, "WARM"))
    aws.expect("until when", found["CalculatedLifecycle"]["DeleteAt"] - found["CreationDate"], 100 * DAY)
    aws.refused("ResourceNotFoundException", backup.describe_recovery_point, BackupVaultName="spare", RecoveryPointArn=point)
    listed = backup.list_recovery_points_by_backup_vault(BackupVaultName="vault", ByResourceArn=table)["RecoveryPoints"]
    aws.expect("in the vault", point in [one["RecoveryPointArn"] for one in listed])
    elsewhere = backup.list_recovery_points_by_backup_vault(BackupVaultName="vault", ByResourceType="EBS")["RecoveryPoints"]
    aws.expect("of no other type", elsewhere, [])
    count = backup.describe_backup_vault(BackupVaultName="vault")["NumberOfRecoveryPoints"]
    aws.expect("counted", count, len(backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"]))
    by_resource = backup.list_recovery_points_by_resource(ResourceArn=table)["RecoveryPoints"]
    aws.expect("of the table", point in [one["RecoveryPointArn"] for one in by_resource])
    metadata = backup.get_recovery_point_restore_metadata(**named)["RestoreMetadata"]
    aws.expect("metadata", metadata["originalTableName"], "Ledger")
    changed = backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 30})
    aws.expect("sooner", changed["CalculatedLifecycle"]["DeleteAt"] - found["CreationDate"], 30 * DAY)
    aws.refused("InvalidParameterValueException", backup.update_recovery_point_lifecycle,
                Lifecycle={"MoveToColdStorageAfterDays": 10, "DeleteAfterDays": 20}, **named)
    backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": -1})
    aws.expect("for ever", "CalculatedLifecycle" in backup.describe_recovery_point(**named), False)
    protected = {one["ResourceArn"]: one for one in backup.list_protected_resources()["Results"]}
    aws.expect("protected", protected[table]["ResourceType"], "DynamoDB")
    in_vault = backup.list_protected_resources_by_backup_vault(BackupVaultName="spare")["Results"]
    aws.expect("none in the spare vault", in_vault, [])
    last = backup.describe_protected_resource(ResourceArn=table)["LastBackupTime"]
    aws.expect("last backup", last >= found["CreationDate"])
    aws.refused("ResourceNotFoundException", backup.describe_protected_resource, ResourceArn=table + "x")
    aws.refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="vault")
    return point


def _restores(aws, backup, db, table, role, point):
    start = lambda **metadata: backup.start_restore_job(RecoveryPointArn=point, IamRoleArn=role, Metadata=metadata)["RestoreJobId"]
    aws.refused("ResourceNotFoundException", backup.start_restore_job,
                RecoveryPointArn=point + "x", IamRoleArn=role, Metadata={"targetTableName": "Again"})
    good, bad, taken = start(targetTableName="Again"), start(), start(targetTableName="Ledger")
    aws.refused("InvalidRequestException", backup.put_restore_validation_result, RestoreJobId=good, ValidationStatus="SUCCESSFUL")
    aws.advance(minutes=15)
    done = backup.describe_restore_job(RestoreJobId=good)
    aws.expect("restored", (done["Status"], done["CreatedResourceArn"]), ("COMPLETED", table.replace("Ledger", "Again")))
    aws.expect("active", db.describe_table(TableName="Again")["Table"]["TableStatus"], "ACTIVE")
    failed = backup.describe_restore_job(RestoreJobId=bad)
    aws.expect("without a name", (failed["Status"], "targetTableName" in failed["StatusMessage"]), ("FAILED", True))
    aws.expect("a name that is taken", backup.describe_restore_job(RestoreJobId=taken)["Status"], "FAILED")
    by_status = backup.list_restore_jobs(ByStatus="COMPLETED")["RestoreJobs"]
    aws.expect("by status", [one["RestoreJobId"] for one in by_status], [good])
    of_table = backup.list_restore_jobs_by_protected_resource(ResourceArn=table, ByStatus="FAILED")["RestoreJobs"]
    aws.expect("of the table", {one["RestoreJobId"] for one in of_table}, {bad, taken})
    aws.expect("what was asked", backup.get_restore_job_metadata(RestoreJobId=good)["Metadata"], {"targetTableName": "Again"})
    backup.put_restore_validation_result(RestoreJobId=good, ValidationStatus="FAILED", ValidationStatusMessage="empty")
    checked = backup.describe_restore_job(RestoreJobId=good)
    aws.expect("validated", (checked["ValidationStatus"], checked["ValidationStatusMessage"]), ("FAILED", "empty"))
    latest = backup.describe_protected_resource(ResourceArn=table)
    aws.expect("last restore", latest["LatestRestoreJobCreationDate"], done["CreationDate"])
    aws.refused("ResourceNotFoundException", backup.describe_restore_job, RestoreJobId="none")


def _copies(aws, backup, role, point):
    far = aws.client("backup", region="us-east-1")
    vault = far.create_backup_vault(BackupVaultName="far")["BackupVaultArn"]
    asked = {"RecoveryPointArn": point, "SourceBackupVaultName": "vault", "DestinationBackupVaultArn": vault, "IamRoleArn": role}
    aws.refused("InvalidParameterValueException", backup.start_copy_job, **{**asked, "DestinationBackupVaultArn": vault + "x"})
    aws.refused("ResourceNotFoundException", backup.start_copy_job, **{**asked, "SourceBackupVaultName": "spare"})
    copy = backup.start_copy_job(**asked, Lifecycle={"DeleteAfterDays": 2})["CopyJobId"]
    aws.expect("copy begins", backup.describe_copy_job(CopyJobId=copy)["CopyJob"]["State"], "CREATED")
    aws.advance(minutes=15)
    done = backup.describe_copy_job(CopyJobId=copy)["CopyJob"]
    aws.expect("copied", (done["State"], done["SourceRecoveryPointArn"]), ("COMPLETED", point))
    listed = backup.list_copy_jobs(ByState="COMPLETED", ByDestinationVaultArn=vault)["CopyJobs"]
    aws.expect("copies", [one["CopyJobId"] for one in listed], [copy])
    named = {"BackupVaultName": "far", "RecoveryPointArn": done["DestinationRecoveryPointArn"]}
    aws.expect("the copy", far.describe_recovery_point(**named)["Status"], "COMPLETED")
    aws.advance(days=2)
    aws.refused("ResourceNotFoundException", far.describe_recovery_point, **named)
    aws.expect("the source stays", backup.describe_recovery_point(BackupVaultName="vault", RecoveryPointArn=point)["Status"], "COMPLETED")
    theirs = aws.client("backup", account=aws.production).create_backup_vault(BackupVaultName="theirs")["BackupVaultArn"]
    copy = backup.start_copy_job(**{**asked, "DestinationBackupVaultArn": theirs})["CopyJobId"]
    aws.advance(minutes=15)
    failed = backup.describe_copy_job(CopyJobId=copy)["CopyJob"]
    aws.expect("not let in", (failed["State"], "Access Denied" in failed["StatusMessage"]), ("FAILED", True))


def _holds(aws, backup, point):
    named = {"BackupVaultName": "vault", "RecoveryPointArn": point}
    chosen = {"VaultNames": ["vault"]}
    hold = backup.create_legal_hold(Title="case", Description="a case", RecoveryPointSelection=chosen)["LegalHoldId"]
    found = backup.get_legal_hold(LegalHoldId=hold)
    aws.expect("hold", (found["Status"], found["RecoveryPointSelection"]), ("ACTIVE", chosen))
    aws.expect("holds", [one["Title"] for one in backup.list_legal_holds()["LegalHolds"]], ["case"])
    held = backup.list_recovery_points_by_legal_hold(LegalHoldId=hold)["RecoveryPoints"]
    aws.expect("held", point in [one["RecoveryPointArn"] for one in held])
    aws.refused("InvalidRequestException", backup.delete_recovery_point, **named)
    backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 1})
    aws.advance(days=2)
    aws.expect("its time is over", backup.describe_recovery_point(**named)["Status"], "EXPIRED")
    backup.cancel_legal_hold(LegalHoldId=hold, CancelDescription="closed")
    aws.expect("cancelled", backup.get_legal_hold(LegalHoldId=hold)["Status"], "CANCELED")
    aws.refused("InvalidRequestException", backup.cancel_legal_hold, LegalHoldId=hold, CancelDescription="again")
    backup.delete_recovery_point(**named)
    aws.refused("ResourceNotFoundException", backup.describe_recovery_point, **named)


def _volumes(aws, backup, ec2, role):
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "sales"}]}]
    volume = ec2.create_volume(AvailabilityZone=f"{aws.region}a", Size=20, VolumeType="gp3", TagSpecifications=tags)["VolumeId"]
    aws.advance(minutes=1)
    arn = f"arn:aws:ec2:{aws.region}:{aws.management}:volume/{volume}"
    job = backup.start_backup_job(BackupVaultName="vault", ResourceArn=arn, IamRoleArn=role)["BackupJobId"]
    aws.advance(minutes=15)
    done = backup.describe_backup_job(BackupJobId=job)
    point, size = done["RecoveryPointArn"], done["BackupSizeInBytes"]
    aws.expect("twenty gibibytes", size, 20 << 30)
    snapshot = point.rsplit("/")[-1]
    found = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]
    aws.expect("snapshot", (found["State"], found["VolumeId"]), ("completed", volume))
    aws.expect("its tags", {tag["Key"]: tag["Value"] for tag in found["Tags"]}, {"team": "sales", "aws:backup:source-resource": arn})
    aws.refused("InvalidParameterValue", ec2.delete_snapshot, SnapshotId=snapshot)
    restore = backup.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, CopySourceTagsToRestoredResource=True,
        Metadata={"availabilityZone": f"{aws.region}b", "volumeSize": "40", "encrypted": "false"})["RestoreJobId"]
    aws.advance(minutes=15)
    made = backup.describe_restore_job(RestoreJobId=restore)["CreatedResourceArn"].rsplit("/")[-1]
    restored = ec2.describe_volumes(VolumeIds=[made])["Volumes"][0]
    facts = (restored["Size"], restored["AvailabilityZone"], restored["SnapshotId"], restored["Tags"])
    aws.expect("restored volume", facts, (40, f"{aws.region}b", snapshot, [{"Key": "team", "Value": "sales"}]))
    backup.delete_recovery_point(BackupVaultName="vault", RecoveryPointArn=point)
    aws.refused("InvalidSnapshot.NotFound", ec2.describe_snapshots, SnapshotIds=[snapshot])


def _locks(aws, backup, table, role):
    """A governance lock is taken off again; a compliance lock is not, once its days of grace are over."""
    lock = lambda **settings: backup.put_backup_vault_lock_configuration(BackupVaultName="spare", **settings)
    aws.refused("InvalidParameterValueException", lock, MinRetentionDays=9, MaxRetentionDays=8)
    aws.refused("InvalidParameterValueException", lock, MinRetentionDays=1, ChangeableForDays=2)
    lock(MinRetentionDays=7, MaxRetentionDays=30)
    found = backup.describe_backup_vault(BackupVaultName="spare")
    aws.expect("locked", (found["Locked"], found["MinRetentionDays"], found["MaxRetentionDays"], "LockDate" in found), (True, 7, 30, False))
    asked = {"BackupVaultName": "spare", "ResourceArn": table, "IamRoleArn": role}
    for days in (6, 31):
        aws.refused("InvalidParameterValueException", backup.start_backup_job, Lifecycle={"DeleteAfterDays": days}, **asked)
    job = backup.start_backup_job(**asked, Lifecycle={"DeleteAfterDays": 7})["BackupJobId"]
    aws.advance(minutes=10)
    named = {"BackupVaultName": "spare", "RecoveryPointArn": backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]}
    aws.refused("InvalidRequestException", backup.delete_recovery_point, **named)
    aws.refused("InvalidRequestException", backup.update_recovery_point_lifecycle, Lifecycle={"DeleteAfterDays": 3}, **named)
    backup.delete_backup_vault_lock_configuration(BackupVaultName="spare")
    aws.expect("unlocked", backup.describe_backup_vault(BackupVaultName="spare")["Locked"], False)
    lock(MinRetentionDays=7, ChangeableForDays=3)
    date = backup.describe_backup_vault(BackupVaultName="spare")["LockDate"]
    aws.expect("days of grace", abs(date - aws.now() - 3 * DAY) < datetime.timedelta(seconds=5))
    aws.advance(days=4)
    aws.refused("InvalidRequestException", backup.delete_backup_vault_lock_configuration, BackupVaultName="spare")
    aws.refused("InvalidRequestException", lock, MinRetentionDays=8)
    aws.advance(days=4)
    aws.refused("ResourceNotFoundException", backup.describe_recovery_point, **named)
    backup.delete_backup_vault(BackupVaultName="spare")


def _summaries(aws, backup):
    aws.advance(days=1)
    found = backup.list_backup_job_summaries(AggregationPeriod="FOURTEEN_DAYS", State="COMPLETED", ResourceType="AGGREGATE_ALL")
    since = aws.now() - 15 * DAY
    jobs = backup.list_backup_jobs(ByState="COMPLETED", ByCreatedAfter=since)["BackupJobs"]
    aws.expect("counted jobs", sum(one["Count"] for one in found["BackupJobSummaries"]) <= len(jobs))
    aws.expect("some", sum(one["Count"] for one in found["BackupJobSummaries"]) > 0)
    aws.expect("one day", backup.list_backup_job_summaries(AggregationPeriod="ONE_DAY")["AggregationPeriod"], "ONE_DAY")
    copies = backup.list_copy_job_summaries(State="ANY")["CopyJobSummaries"]
    aws.expect("states of copies", {one["State"] for one in copies}, {"COMPLETED", "FAILED"})
    restores = backup.list_restore_job_summaries(ResourceType="ANY")["RestoreJobSummaries"]
    aws.expect("types of restores", {one["ResourceType"] for one in restores}, {"DynamoDB", "EBS"})


def _reports(aws, backup, table, role):
    backup.start_backup_job(BackupVaultName="vault", ResourceArn=table, IamRoleArn=role)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="backup-reports", CreateBucketConfiguration={"LocationConstraint": aws.region})
    channel = {"S3BucketName": "backup-reports", "Formats": ["CSV"]}
    setting = {"ReportTemplate": "BACKUP_JOB_REPORT"}
    plan = {"ReportPlanName": "jobs", "ReportDeliveryChannel": channel, "ReportSetting": setting}
    for wrong in ({"ReportSetting": {**setting, "Accounts": [aws.production]}}, {"ReportDeliveryChannel": {**channel, "Formats": ["JSON"]}}):
        aws.refused("InvalidParameterValueException", backup.create_report_plan, **{**plan, **wrong})
    backup.create_report_plan(**plan)
    aws.refused("AlreadyExistsException", backup.create_report_plan, **plan)
    found = backup.describe_report_plan(ReportPlanName="jobs")["ReportPlan"]
    aws.expect("report plan", (found["ReportSetting"], found["ReportDeliveryChannel"]), (setting, channel))
    backup.update_report_plan(ReportPlanName="jobs", ReportPlanDescription="daily")
    aws.expect("report plans", [one["ReportPlanDescription"] for one in backup.list_report_plans()["ReportPlans"]], ["daily"])
    job = backup.start_report_job(ReportPlanName="jobs")["ReportJobId"]
    aws.advance(minutes=2)
    done = backup.describe_report_job(ReportJobId=job)["ReportJob"]
    aws.expect("reported", done["Status"], "COMPLETED")
    key = done["ReportDestination"]["S3Keys"][0]
    text = s3.get_object(Bucket="backup-reports", Key=key)["Body"].read().decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    aws.expect("a line for each job of the day", [line["Resource ARN"] for line in lines], [table])
    aws.expect("report jobs", job in [one["ReportJobId"] for one in backup.list_report_jobs(ByStatus="COMPLETED")["ReportJobs"]])
    backup.delete_report_plan(ReportPlanName="jobs")
    aws.refused("ResourceNotFoundException", backup.describe_report_plan, ReportPlanName="jobs")


def _settings(aws, backup):
    before = backup.describe_region_settings()["ResourceTypeOptInPreference"]
    aws.expect("opted in", before["EBS"])
    backup.update_region_settings(ResourceTypeOptInPreference={"EBS": False})
    aws.expect("opted out", backup.describe_region_settings()["ResourceTypeOptInPreference"], {**before, "EBS": False})
    aws.refused("InvalidParameterValueException", backup.update_region_settings, ResourceTypeOptInPreference={"Tapes": True})
    crossing = "isCrossAccountBackupEnabled"
    aws.expect("not yet", backup.describe_global_settings()["GlobalSettings"][crossing], "false")
    backup.update_global_settings(GlobalSettings={crossing: "true"})
    aws.expect("across accounts", backup.describe_global_settings()["GlobalSettings"][crossing], "true")
    member = aws.client("backup", account=aws.production)
    aws.refused("InvalidRequestException", member.update_global_settings, GlobalSettings={crossing: "false"})
    aws.expect("types", {"EBS", "EC2", "RDS", "S3"} <= set(backup.get_supported_resource_types()["ResourceTypes"]))
    backup.delete_backup_vault(BackupVaultName="gapped")


def _events(aws, told):
    told.hear()
    expected = {
        "Backup Job": {"CREATED", "RUNNING", "COMPLETED", "FAILED", "EXPIRED", "ABORTING", "ABORTED"},
        "Backup Vault": {"CREATED", "MODIFIED", "DELETED"},
        "Backup Plan": {"CREATED", "MODIFIED", "DELETED"},
        "Copy Job": {"CREATED", "RUNNING", "COMPLETED", "FAILED"},
        "Restore Job": {"PENDING", "RUNNING", "COMPLETED", "FAILED"},
    }
    for kind, states in expected.items():
        aws.expect(f"events of a {kind}", told.heard.get(kind), states)
    aws.expect("the vault's topic", any("Backup job was completed" in text for text in told.texts))
    aws.expect("and of restores", any("restore job failed" in text for text in told.texts))
