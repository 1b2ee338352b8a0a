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
