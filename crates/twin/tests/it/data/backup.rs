//! AWS Backup: what is backed up, when, and what becomes of it.

use serde_json::{Value, json};

use crate::aws::Aws;

const ROLE: &str = "arn:aws:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/Ledger";

fn with_table(tags: Value) -> Aws {
    let aws = Aws::small();
    aws.call(
        "dynamodb",
        "CreateTable",
        json!({
            "TableName": "Ledger", "BillingMode": "PAY_PER_REQUEST", "Tags": tags,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
    );
    aws.call("backup", "CreateBackupVault", json!({"BackupVaultName": "vault"}));
    aws.advance("PT1M");
    aws
}

fn back_up(aws: &Aws, extra: Value) -> String {
    let mut input = json!({"BackupVaultName": "vault", "ResourceArn": TABLE, "IamRoleArn": ROLE});
    input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    aws.call("backup", "StartBackupJob", input)["BackupJobId"].as_str().unwrap().to_owned()
}

fn job(aws: &Aws, id: &str) -> Value {
    aws.call("backup", "DescribeBackupJob", json!({"BackupJobId": id}))
}

#[test]
fn a_backup_is_created_runs_and_leaves_a_recovery_point() {
    let aws = with_table(json!([]));
    let id = back_up(&aws, json!({"Lifecycle": {"DeleteAfterDays": 7}}));
    assert_eq!(job(&aws, &id)["State"], "CREATED");
    aws.advance("PT1M10S");
    assert_eq!(job(&aws, &id)["State"], "RUNNING");
    aws.advance("PT5M");
    let done = job(&aws, &id);
    assert_eq!((&done["State"], &done["PercentDone"]), (&json!("COMPLETED"), &json!("100.0")));
    let points =
        aws.call("backup", "ListRecoveryPointsByBackupVault", json!({"BackupVaultName": "vault"}));
    assert_eq!(points["RecoveryPoints"][0]["RecoveryPointArn"], done["RecoveryPointArn"]);
    let protected = aws.call("backup", "ListProtectedResources", json!({}));
    assert_eq!(protected["Results"][0]["ResourceArn"], TABLE);
    aws.advance("P7D");
    let vault = aws.call("backup", "DescribeBackupVault", json!({"BackupVaultName": "vault"}));
    assert_eq!(vault["NumberOfRecoveryPoints"], 0);
    assert_eq!(
        aws.call("dynamodb", "ListBackups", json!({"BackupType": "ALL"}))["BackupSummaries"],
        json!([])
    );
}

#[test]
fn a_plan_backs_up_what_its_selection_takes_every_day() {
    let aws = with_table(json!([{"Key": "backup", "Value": "yes"}]));
    let plan = aws.call("backup", "CreateBackupPlan", json!({"BackupPlan": {"BackupPlanName": "daily", "Rules": [{
        "RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 ? * * *)",
        "Lifecycle": {"DeleteAfterDays": 3},
    }]}}));
    let selection = json!({"BackupPlanId": plan["BackupPlanId"], "BackupSelection": {
        "SelectionName": "tagged", "IamRoleArn": ROLE,
        "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}],
    }});
    aws.call("backup", "CreateBackupSelection", selection);
    aws.advance("P5D");
    let jobs = aws.call("backup", "ListBackupJobs", json!({}));
    let jobs = jobs["BackupJobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 5);
    assert!(jobs.iter().all(|job| job["State"] == "COMPLETED" && job["CreatedBy"]["BackupRuleName"] == "daily"));
    let points = aws.call("backup", "ListRecoveryPointsByResource", json!({"ResourceArn": TABLE}));
    assert_eq!(points["RecoveryPoints"].as_array().unwrap().len(), 3);
}

#[test]
fn a_rule_with_a_shorter_retention_yields_to_one_with_a_longer() {
    let aws = with_table(json!([]));
    let rule = |name: &str, days: i64| {
        json!({
            "RuleName": name, "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 ? * * *)",
            "Lifecycle": {"DeleteAfterDays": days},
        })
    };
    let plan = aws.call(
        "backup",
        "CreateBackupPlan",
        json!({"BackupPlan": {
            "BackupPlanName": "both", "Rules": [rule("short", 3), rule("long", 30)],
        }}),
    );
    aws.call("backup", "CreateBackupSelection", json!({"BackupPlanId": plan["BackupPlanId"], "BackupSelection": {
        "SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["arn:aws:dynamodb:*:*:table/*"],
    }}));
    aws.advance("P1D");
    let jobs = aws.call("backup", "ListBackupJobs", json!({}));
    let names: Vec<&str> = jobs["BackupJobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["CreatedBy"]["BackupRuleName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["long"]);
}

#[test]
fn a_locked_vault_keeps_what_it_has() {
    let aws = with_table(json!([]));
    aws.call(
        "backup",
        "PutBackupVaultLockConfiguration",
        json!({"BackupVaultName": "vault", "MinRetentionDays": 7}),
    );
    let short = json!({"BackupVaultName": "vault", "ResourceArn": TABLE, "IamRoleArn": ROLE, "Lifecycle": {"DeleteAfterDays": 1}});
    assert_eq!(aws.refused("backup", "StartBackupJob", short), "InvalidParameterValueException");
    let id = back_up(&aws, json!({}));
    aws.advance("PT10M");
    let arn = job(&aws, &id)["RecoveryPointArn"].clone();
    let delete = json!({"BackupVaultName": "vault", "RecoveryPointArn": arn});
    assert_eq!(aws.refused("backup", "DeleteRecoveryPoint", delete), "InvalidRequestException");
    assert_eq!(
        aws.refused("backup", "DeleteBackupVault", json!({"BackupVaultName": "vault"})),
        "InvalidRequestException"
    );
}

#[test]
fn a_legal_hold_outlives_a_lifecycle() {
    let aws = with_table(json!([]));
    let hold =
        aws.call("backup", "CreateLegalHold", json!({"Title": "case", "Description": "a case"}));
    let id = back_up(&aws, json!({"Lifecycle": {"DeleteAfterDays": 1}}));
    aws.advance("P2D");
    let arn = job(&aws, &id)["RecoveryPointArn"].clone();
    let point = || {
        aws.call(
            "backup",
            "DescribeRecoveryPoint",
            json!({"BackupVaultName": "vault", "RecoveryPointArn": arn}),
        )
    };
    assert_eq!(point()["Status"], "EXPIRED");
    aws.call(
        "backup",
        "CancelLegalHold",
        json!({"LegalHoldId": hold["LegalHoldId"], "CancelDescription": "closed"}),
    );
    aws.advance("P2D");
    let gone = json!({"BackupVaultName": "vault", "RecoveryPointArn": arn});
    assert_eq!(aws.refused("backup", "DescribeRecoveryPoint", gone), "ResourceNotFoundException");
}

#[test]
fn a_role_that_does_not_exist_fails_the_job() {
    let aws = with_table(json!([]));
    let id = back_up(&aws, json!({"IamRoleArn": "arn:aws:iam::111122223333:role/none"}));
    aws.advance("PT5M");
    let failed = job(&aws, &id);
    assert_eq!(failed["State"], "FAILED");
    assert!(failed["StatusMessage"].as_str().unwrap().contains("cannot be assumed"));
}

#[test]
fn a_copy_goes_to_another_region_and_a_restore_makes_a_table() {
    let aws = with_table(json!([])).in_region("us-east-1");
    let target = aws.call("backup", "CreateBackupVault", json!({"BackupVaultName": "far"}));
    let aws = aws.in_region("eu-west-1");
    let id = back_up(&aws, json!({}));
    aws.advance("PT10M");
    let arn = job(&aws, &id)["RecoveryPointArn"].clone();
    let copy = aws.call(
        "backup",
        "StartCopyJob",
        json!({
            "RecoveryPointArn": arn, "SourceBackupVaultName": "vault",
            "DestinationBackupVaultArn": target["BackupVaultArn"], "IamRoleArn": ROLE,
        }),
    );
    let restore = aws.call(
        "backup",
        "StartRestoreJob",
        json!({
            "RecoveryPointArn": arn, "IamRoleArn": ROLE, "Metadata": {"targetTableName": "Ledger2"},
        }),
    );
    aws.advance("PT15M");
    let copied = aws.call("backup", "DescribeCopyJob", json!({"CopyJobId": copy["CopyJobId"]}));
    assert_eq!(copied["CopyJob"]["State"], "COMPLETED", "{copied}");
    let restored =
        aws.call("backup", "DescribeRestoreJob", json!({"RestoreJobId": restore["RestoreJobId"]}));
    assert_eq!(restored["Status"], "COMPLETED", "{restored}");
    assert_eq!(
        aws.call("dynamodb", "DescribeTable", json!({"TableName": "Ledger2"}))["Table"]["TableStatus"],
        "ACTIVE"
    );
    let aws = aws.in_region("us-east-1");
    let points =
        aws.call("backup", "ListRecoveryPointsByBackupVault", json!({"BackupVaultName": "far"}));
    assert_eq!(points["RecoveryPoints"][0]["ResourceArn"], TABLE);
}

/// A volume, and its ARN.
fn volume(aws: &Aws, tags: Value) -> String {
    let specification = json!([{"ResourceType": "volume", "Tags": tags}]);
    let input =
        json!({"AvailabilityZone": "eu-west-1a", "Size": 100, "TagSpecifications": specification});
    let made = aws.call("ec2", "CreateVolume", input);
    aws.advance("PT1M");
    format!("arn:aws:ec2:eu-west-1:111122223333:volume/{}", made["VolumeId"].as_str().unwrap())
}

fn back_up_resource(aws: &Aws, arn: &str) -> String {
    let input = json!({
        "BackupVaultName": "vault", "ResourceArn": arn, "IamRoleArn": ROLE, "RecoveryPointTags": {"kept": "long"},
    });
    aws.call("backup", "StartBackupJob", input)["BackupJobId"].as_str().unwrap().to_owned()
}

#[test]
fn a_running_job_is_stopped_where_its_owner_can_stop_and_leaves_nothing() {
    let aws = with_table(json!([]));
    let volume = volume(&aws, json!([]));
    let id = back_up_resource(&aws, &volume);
    aws.advance("PT2M");
    let running = job(&aws, &id);
    assert_eq!(running["State"], "RUNNING");
    aws.call("backup", "StopBackupJob", json!({"BackupJobId": id}));
    assert_eq!(job(&aws, &id)["State"], "ABORTING");
    aws.advance("PT1M");
    assert_eq!(job(&aws, &id)["State"], "ABORTED");
    let point =
        json!({"BackupVaultName": "vault", "RecoveryPointArn": running["RecoveryPointArn"]});
    assert_eq!(aws.refused("backup", "DescribeRecoveryPoint", point), "ResourceNotFoundException");
    let own = aws.call("ec2", "DescribeSnapshots", json!({"OwnerIds": ["self"]}));
    assert_eq!(own["Snapshots"], json!([]));
}

#[test]
fn a_snapshot_of_aws_backup_has_its_tags_in_ec2_and_is_deleted_by_aws_backup_alone() {
    let aws = with_table(json!([]));
    let volume = volume(&aws, json!([{"Key": "team", "Value": "sales"}]));
    let id = back_up_resource(&aws, &volume);
    aws.advance("PT15M");
    let arn = job(&aws, &id)["RecoveryPointArn"].as_str().unwrap().to_owned();
    let snapshot = arn.rsplit('/').next().unwrap().to_owned();
    let found = aws.call("resourcegroupstaggingapi", "GetResources", json!({}));
    let tagged: Vec<(&str, usize)> = found["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["ResourceARN"].as_str().unwrap(), one["Tags"].as_array().unwrap().len()))
        .collect();
    let snapshot_arn = format!("arn:aws:ec2:eu-west-1:111122223333:snapshot/{snapshot}");
    assert_eq!(tagged, [(snapshot_arn.as_str(), 3), (volume.as_str(), 1)]);
    let refused = aws.refused("backup", "ListTags", json!({"ResourceArn": arn}));
    assert_eq!(refused, "InvalidParameterValueException");
    let refused = aws.refused("ec2", "DeleteSnapshot", json!({"SnapshotId": snapshot}));
    assert_eq!(refused, "InvalidParameterValue");
    let point = json!({"BackupVaultName": "vault", "RecoveryPointArn": arn});
    aws.call("backup", "DeleteRecoveryPoint", point);
    let gone = aws.refused("ec2", "DescribeSnapshots", json!({"SnapshotIds": [snapshot]}));
    assert_eq!(gone, "InvalidSnapshot.NotFound");
}

#[test]
fn what_aws_backup_holds_itself_has_the_tags_of_its_source() {
    let aws = with_table(json!([]));
    let made = aws.call(
        "efs",
        "CreateFileSystem",
        json!({"CreationToken": "t", "Tags": [{"Key": "team", "Value": "sales"}]}),
    );
    aws.advance("PT1M");
    let id = back_up_resource(&aws, made["FileSystemArn"].as_str().unwrap());
    aws.advance("PT15M");
    let arn = job(&aws, &id)["RecoveryPointArn"].clone();
    let tags = aws.call("backup", "ListTags", json!({"ResourceArn": arn}))["Tags"].clone();
    assert_eq!((&tags["team"], &tags["kept"]), (&json!("sales"), &json!("long")));
}

#[test]
fn jobs_are_listed_for_thirty_days_and_described_for_longer() {
    let aws = with_table(json!([]));
    let id = back_up(&aws, json!({}));
    let listed = || aws.call("backup", "ListBackupJobs", json!({}))["BackupJobs"].clone();
    aws.advance("P29D");
    assert_eq!(listed().as_array().unwrap().len(), 1);
    aws.advance("P2D");
    assert_eq!(listed(), json!([]));
    assert_eq!(job(&aws, &id)["State"], "COMPLETED");
}

#[test]
fn a_copy_to_another_account_needs_the_organization_and_the_policy_of_the_vault() {
    const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"backup:CopyIntoBackupVault","Resource":"*"}]}"#;
    const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"backup:*","Resource":"*"},{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"backup:CopyIntoBackupVault","Resource":"*"}]}"#;
    for (enabled, policy, expected) in [
        (true, Some(ALLOW), "COMPLETED"),
        (true, Some(DENY), "FAILED"),
        (true, None, "FAILED"),
        (false, Some(ALLOW), "FAILED"),
    ] {
        let aws = with_table(json!([]));
        let id = back_up(&aws, json!({}));
        aws.advance("PT15M");
        let arn = job(&aws, &id)["RecoveryPointArn"].clone();
        let settings =
            json!({"GlobalSettings": {"isCrossAccountBackupEnabled": enabled.to_string()}});
        aws.call("backup", "UpdateGlobalSettings", settings.clone());
        let theirs = crate::world::Session::user(crate::world::MEMBER);
        let call = |operation: &str, input: Value| aws.call_as(&theirs, "backup", operation, input);
        let code = call("UpdateGlobalSettings", settings).unwrap_err().0;
        assert_eq!(code, "InvalidRequestException");
        let far = call("CreateBackupVault", json!({"BackupVaultName": "far"})).unwrap();
        if let Some(policy) = policy {
            let input = json!({"BackupVaultName": "far", "Policy": policy});
            call("PutBackupVaultAccessPolicy", input).unwrap();
        }
        let copy = aws.call(
            "backup",
            "StartCopyJob",
            json!({
                "RecoveryPointArn": arn, "SourceBackupVaultName": "vault", "IamRoleArn": ROLE,
                "DestinationBackupVaultArn": far["BackupVaultArn"],
            }),
        );
        aws.advance("PT15M");
        let done = aws.call("backup", "DescribeCopyJob", json!({"CopyJobId": copy["CopyJobId"]}));
        assert_eq!(done["CopyJob"]["State"], expected, "{enabled} {policy:?} {done}");
    }
}

#[test]
fn vaults_and_plans_tell_what_becomes_of_them() {
    let aws = Aws::small();
    let url = aws.call("sqs", "CreateQueue", json!({"QueueName": "told"}))["QueueUrl"].clone();
    let queue = "arn:aws:sqs:eu-west-1:111122223333:told";
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"events.amazonaws.com"}},"Action":"sqs:SendMessage","Resource":"{queue}"}}]}}"#
    );
    let attributes = json!({"QueueUrl": url, "Attributes": {"Policy": policy}});
    aws.call("sqs", "SetQueueAttributes", attributes);
    let pattern = r#"{"detail-type":["Backup Vault State Change","Backup Plan State Change"]}"#;
    aws.call("events", "PutRule", json!({"Name": "backup", "EventPattern": pattern}));
    let targets = json!({"Rule": "backup", "Targets": [{"Id": "queue", "Arn": queue}]});
    aws.call("events", "PutTargets", targets);
    aws.call("backup", "CreateBackupVault", json!({"BackupVaultName": "vault"}));
    let lock = json!({"BackupVaultName": "vault", "MinRetentionDays": 7});
    aws.call("backup", "PutBackupVaultLockConfiguration", lock);
    let plan = json!({"BackupPlan": {"BackupPlanName": "daily", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "vault"}]}});
    let plan = aws.call("backup", "CreateBackupPlan", plan);
    aws.call("backup", "DeleteBackupPlan", json!({"BackupPlanId": plan["BackupPlanId"]}));
    aws.call("backup", "DeleteBackupVault", json!({"BackupVaultName": "vault"}));
    let answer =
        aws.call("sqs", "ReceiveMessage", json!({"QueueUrl": url, "MaxNumberOfMessages": 10}));
    let mut told: Vec<String> = answer["Messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            let kind = event["detail-type"].as_str().unwrap().split(' ').nth(1).unwrap();
            format!("{kind} {}", event["detail"]["state"].as_str().unwrap())
        })
        .collect();
    told.sort();
    let expected =
        ["Plan CREATED", "Plan DELETED", "Vault CREATED", "Vault DELETED", "Vault MODIFIED"];
    assert_eq!(told, expected);
}
