"""AWS Backup: vaults, plans, jobs, recovery points, copies, restores, holds, reports."""

ROLE = "role/service-role/AWSBackupDefaultServiceRole"


def check(aws):
    backup, db = aws.client("backup"), aws.client("dynamodb")
    db.create_table(
        TableName="Ledger", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    aws.advance(minutes=1)
    table = db.describe_table(TableName="Ledger")["Table"]["TableArn"]
    role = f"arn:aws:iam::{aws.management}:{ROLE}"
    _vaults(aws, backup)
    _plans(aws, backup, role)
    _jobs(aws, backup, table, role)
    _reports(aws, backup)
    _settings(backup)


def _vaults(aws, backup):
    arn = backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"a": "b"})["BackupVaultArn"]
    backup.create_backup_vault(BackupVaultName="spare")
    backup.create_logically_air_gapped_backup_vault(BackupVaultName="gapped", MinRetentionDays=7, MaxRetentionDays=30)
    backup.list_backup_vaults()
    backup.put_backup_vault_access_policy(BackupVaultName="vault", Policy='{"Version": "2012-10-17", "Statement": []}')
    backup.get_backup_vault_access_policy(BackupVaultName="vault")
    backup.delete_backup_vault_access_policy(BackupVaultName="vault")
    topic = f"arn:aws:sns:{aws.region}:{aws.management}:backups"
    backup.put_backup_vault_notifications(
        BackupVaultName="vault", SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_COMPLETED"])
    backup.get_backup_vault_notifications(BackupVaultName="vault")
    backup.delete_backup_vault_notifications(BackupVaultName="vault")
    backup.put_backup_vault_lock_configuration(BackupVaultName="spare", MinRetentionDays=1, ChangeableForDays=3)
    backup.describe_backup_vault(BackupVaultName="spare")
    backup.delete_backup_vault_lock_configuration(BackupVaultName="spare")
    backup.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    backup.list_tags(ResourceArn=arn)
    backup.untag_resource(ResourceArn=arn, TagKeyList=["c"])


def _plans(aws, backup, role):
    plan = {"BackupPlanName": "daily", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "vault"}]}
    continuous = {**plan, "Rules": [{**plan["Rules"][0], "EnableContinuousBackup": True}]}
    aws.refused("InvalidParameterValueException", lambda: backup.create_backup_plan(BackupPlan=continuous))
    made = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    plan["Rules"][0]["Lifecycle"] = {"DeleteAfterDays": 7}
    backup.update_backup_plan(BackupPlanId=made, BackupPlan=plan)
    backup.get_backup_plan(BackupPlanId=made, MaxScheduledRunsPreview=3)
    backup.list_backup_plans()
    backup.list_backup_plan_versions(BackupPlanId=made)
    text = backup.export_backup_plan_template(BackupPlanId=made)["BackupPlanTemplateJson"]
    backup.get_backup_plan_from_json(BackupPlanTemplateJson=text)
    for template in backup.list_backup_plan_templates()["BackupPlanTemplatesList"]:
        backup.get_backup_plan_from_template(BackupPlanTemplateId=template["BackupPlanTemplateId"])
    selection = {"SelectionName": "all", "IamRoleArn": role, "Resources": ["arn:aws:dynamodb:*:*:table/Ledger"]}
    chosen = backup.create_backup_selection(BackupPlanId=made, BackupSelection=selection)["SelectionId"]
    backup.get_backup_selection(BackupPlanId=made, SelectionId=chosen)
    backup.list_backup_selections(BackupPlanId=made)
    aws.advance(days=1)
    aws.refused("InvalidRequestException", lambda: backup.delete_backup_plan(BackupPlanId=made))
    backup.delete_backup_selection(BackupPlanId=made, SelectionId=chosen)
    backup.delete_backup_plan(BackupPlanId=made)


def _jobs(aws, backup, table, role):
    asked = {"BackupVaultName": "vault", "ResourceArn": table, "IamRoleArn": role}
    stopped = backup.start_backup_job(**asked)["BackupJobId"]
    backup.stop_backup_job(BackupJobId=stopped)
    job = backup.start_backup_job(**asked)["BackupJobId"]
    aws.advance(minutes=10)
    point = backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    backup.list_backup_jobs(ByState="COMPLETED")
    named = {"BackupVaultName": "vault", "RecoveryPointArn": point}
    backup.describe_recovery_point(**named)
    backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")
    backup.list_recovery_points_by_resource(ResourceArn=table)
    backup.get_recovery_point_restore_metadata(**named)
    backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 30})
    backup.list_protected_resources()
    backup.list_protected_resources_by_backup_vault(BackupVaultName="vault")
    backup.describe_protected_resource(ResourceArn=table)
    spare = backup.describe_backup_vault(BackupVaultName="spare")["BackupVaultArn"]
    copy = backup.start_copy_job(
        RecoveryPointArn=point, SourceBackupVaultName="vault", DestinationBackupVaultArn=spare, IamRoleArn=role)["CopyJobId"]
    restore = backup.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, Metadata={"targetTableName": "Ledger2"})["RestoreJobId"]
    aws.advance(minutes=15)
    backup.describe_copy_job(CopyJobId=copy)
    backup.list_copy_jobs()
    backup.describe_restore_job(RestoreJobId=restore)
    backup.list_restore_jobs()
    backup.list_restore_jobs_by_protected_resource(ResourceArn=table)
    backup.get_restore_job_metadata(RestoreJobId=restore)
    backup.put_restore_validation_result(RestoreJobId=restore, ValidationStatus="SUCCESSFUL")
    hold = backup.create_legal_hold(Title="case", Description="a case")["LegalHoldId"]
    backup.get_legal_hold(LegalHoldId=hold)
    backup.list_legal_holds()
    backup.list_recovery_points_by_legal_hold(LegalHoldId=hold)
    aws.refused("InvalidRequestException", lambda: backup.delete_recovery_point(**named))
    backup.cancel_legal_hold(LegalHoldId=hold, CancelDescription="closed")
    backup.delete_recovery_point(**named)
    for period in ("ONE_DAY", "FOURTEEN_DAYS"):
        backup.list_backup_job_summaries(AggregationPeriod=period)
    backup.list_copy_job_summaries(State="ANY")
    backup.list_restore_job_summaries(ResourceType="ANY")


def _reports(aws, backup):
    backup.create_report_plan(
        ReportPlanName="jobs", ReportDeliveryChannel={"S3BucketName": "reports", "Formats": ["CSV"]},
        ReportSetting={"ReportTemplate": "BACKUP_JOB_REPORT"})
    backup.describe_report_plan(ReportPlanName="jobs")
    backup.list_report_plans()
    backup.update_report_plan(ReportPlanName="jobs", ReportPlanDescription="daily")
    job = backup.start_report_job(ReportPlanName="jobs")["ReportJobId"]
    aws.advance(minutes=2)
    backup.describe_report_job(ReportJobId=job)
    backup.list_report_jobs()
    backup.delete_report_plan(ReportPlanName="jobs")


def _settings(backup):
    backup.describe_region_settings()
    backup.update_region_settings(ResourceTypeOptInPreference={"EBS": True})
    backup.describe_global_settings()
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    backup.get_supported_resource_types()
    backup.delete_backup_vault(BackupVaultName="gapped")
