//! Every runbook that comes with Reeve, run on the simulated AWS: what it makes of what was there before.

use reeve_app::{
    App,
    executions::{Library, StartRequest, Word},
};
use reeve_aws::Target;
use serde_json::{Value, json};

use crate::{
    die::live_long,
    executions::{ana, carry_out, latest, summaries},
    world::{SHOP, World},
};

fn target() -> Target {
    Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "test".to_owned(),
        reason: None,
        role: None,
    }
}

/// Calls AWS as somebody else would.
async fn call(app: &App, service: &str, operation: &str, input: Value) -> Value {
    let input = app.client.read_input(&target(), (service, operation), &input).unwrap();
    app.client.call(&target(), service, operation, input).await.unwrap().to_json()
}

/// Runs a runbook to its end and returns its outputs.
async fn run(app: &App, name: &str, parameters: Value) -> Value {
    let request = StartRequest {
        runbook: Library::shipped().get(name).unwrap().clone(),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: parameters.as_object().unwrap().clone(),
        reason: String::new(),
    };
    app.start_execution(&ana(), &request).await.unwrap();
    carry_out(app).await;
    if latest(app).await.execution.status == "Waiting" {
        app.tell_execution(&ana(), "latest", (Word::Approve, "")).await.unwrap();
        carry_out(app).await;
    }
    let detail = latest(app).await;
    assert_eq!(detail.execution.status, "Success", "{name}: {:#?}", summaries(&detail));
    Value::Object(detail.outputs)
}

fn on_aws(test: impl AsyncFnOnce(&App)) {
    live_long(&World::new(""), test);
}

#[test]
fn buckets_are_made_safe() {
    on_aws(async |app| {
        call(app, "s3", "CreateBucket", json!({"Bucket": "orders", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})).await;
        run(app, "Reeve-EnableBucketVersioning", json!({"BucketName": "orders"})).await;
        let versioning = call(app, "s3", "GetBucketVersioning", json!({"Bucket": "orders"})).await;
        assert_eq!(versioning["Status"], "Enabled");
        run(app, "Reeve-BlockBucketPublicAccess", json!({"BucketName": "orders"})).await;
        let told = run(app, "Reeve-EnableBucketEncryption", json!({"BucketName": "orders"})).await;
        assert_eq!(told["verify.Algorithm"], "AES256");
        let key = call(app, "kms", "CreateKey", json!({})).await;
        let arn = key["KeyMetadata"]["Arn"].clone();
        let told = run(
            app,
            "Reeve-EnableBucketEncryption",
            json!({"BucketName": "orders", "KeyArn": arn}),
        )
        .await;
        assert_eq!(told["verify.Algorithm"], "aws:kms");
    });
}

#[test]
fn an_access_key_is_deactivated() {
    on_aws(async |app| {
        call(app, "iam", "CreateUser", json!({"UserName": "old"})).await;
        let key = call(app, "iam", "CreateAccessKey", json!({"UserName": "old"})).await;
        let id = key["AccessKey"]["AccessKeyId"].clone();
        let told =
            run(app, "Reeve-DeactivateAccessKey", json!({"UserName": "old", "AccessKeyId": id}))
                .await;
        assert_eq!(told["verify.Keys"][0]["Status"], "Inactive");
    });
}

#[test]
fn only_an_address_that_is_idle_is_released() {
    on_aws(async |app| {
        let address = call(app, "ec2", "AllocateAddress", json!({"Domain": "vpc"})).await;
        let id = address["AllocationId"].clone();
        run(app, "Reeve-ReleaseIdleAddress", json!({ "AllocationId": id })).await;
        let left = call(app, "ec2", "DescribeAddresses", json!({})).await;
        assert!(left["Addresses"].as_array().is_none_or(Vec::is_empty), "{left}");
    });
}

#[test]
fn a_volume_is_extended_then_deleted_and_its_snapshot_stays() {
    on_aws(async |app| {
        let volume =
            call(app, "ec2", "CreateVolume", json!({"AvailabilityZone": "eu-west-1a", "Size": 8}))
                .await;
        let id = volume["VolumeId"].clone();
        carry_out_time(app);
        run(app, "Reeve-ExtendVolume", json!({"VolumeId": id, "Size": 20})).await;
        let seen = call(app, "ec2", "DescribeVolumes", json!({"VolumeIds": [id]})).await;
        assert_eq!(seen["Volumes"][0]["Size"], 20);
        let told = run(app, "Reeve-DeleteUnattachedVolume", json!({ "VolumeId": id })).await;
        let snapshots = call(
            app,
            "ec2",
            "DescribeSnapshots",
            json!({"SnapshotIds": [told["snapshot.SnapshotId"]]}),
        )
        .await;
        assert_eq!(snapshots["Snapshots"][0]["State"], "completed");
    });
}

/// A minute passes.
fn carry_out_time(app: &App) {
    app.clock.set(app.clock.now() + jiff::SignedDuration::from_mins(1));
}

#[test]
fn guard_duty_is_turned_on_and_on_again() {
    on_aws(async |app| {
        run(app, "Reeve-EnableGuardDuty", json!({})).await;
        let detectors = call(app, "guardduty", "ListDetectors", json!({})).await;
        let id = detectors["DetectorIds"][0].clone();
        call(app, "guardduty", "UpdateDetector", json!({"DetectorId": id, "Enable": false})).await;
        run(app, "Reeve-EnableGuardDuty", json!({})).await;
        let detector = call(app, "guardduty", "GetDetector", json!({ "DetectorId": id })).await;
        assert_eq!(detector["Status"], "ENABLED");
    });
}

#[test]
fn a_database_gets_more_storage() {
    on_aws(async |app| {
        let database = json!({
            "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.medium", "Engine": "postgres",
            "AllocatedStorage": 20, "MasterUsername": "root", "MasterUserPassword": "secret-secret",
        });
        call(app, "rds", "CreateDBInstance", database).await;
        app.clock.set(app.clock.now() + jiff::SignedDuration::from_mins(60));
        let parameters = json!({"DBInstanceIdentifier": "orders", "AllocatedStorage": 40});
        run(app, "Reeve-ExtendDatabaseStorage", parameters).await;
    });
}
