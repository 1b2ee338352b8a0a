//! Buckets.

use serde_json::{Value, json};

use super::{Scene, on_aws, on_served_aws};

async fn bucket(scene: &Scene<'_>, name: &str) {
    let place = json!({"LocationConstraint": "eu-west-1"});
    let input = json!({"Bucket": name, "CreateBucketConfiguration": place});
    scene.call("s3", "CreateBucket", input).await;
}

#[test]
fn versions_of_objects_are_kept() {
    on_aws(async |scene| {
        bucket(&scene, "orders").await;
        let parameters = json!({"BucketName": "orders"});
        scene.run("Reeve-EnableBucketVersioning", parameters.clone()).await;
        let versioning = scene.call("s3", "GetBucketVersioning", json!({"Bucket": "orders"})).await;
        assert_eq!(versioning["Status"], "Enabled");
        scene.run_again("Reeve-EnableBucketVersioning", parameters).await;
    });
}

#[test]
fn public_access_is_blocked() {
    on_aws(async |scene| {
        bucket(&scene, "orders").await;
        let parameters = json!({"BucketName": "orders"});
        scene.run("Reeve-BlockBucketPublicAccess", parameters.clone()).await;
        let found = scene.call("s3", "GetPublicAccessBlock", json!({"Bucket": "orders"})).await;
        let block = found["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert!(block.len() == 4 && block.values().all(|value| *value == true), "{block:?}");
        scene.run_again("Reeve-BlockBucketPublicAccess", parameters).await;
    });
}

#[test]
fn objects_are_encrypted_with_the_keys_that_are_asked_for() {
    on_aws(async |scene| {
        bucket(&scene, "orders").await;
        let name = "Reeve-EnableBucketEncryption";
        let plain = json!({"BucketName": "orders"});
        assert_eq!(scene.run(name, plain).await["verify.Algorithm"], "AES256");
        let key = scene.call("kms", "CreateKey", json!({})).await;
        let keyed = json!({"BucketName": "orders", "KeyArn": key["KeyMetadata"]["Arn"]});
        assert_eq!(scene.run(name, keyed.clone()).await["verify.Algorithm"], "aws:kms");
        assert_eq!(scene.run_again(name, keyed).await["verify.Algorithm"], "aws:kms");
        let wrong = json!({"BucketName": "orders", "KeyArn": "my-key"});
        scene.not_started(name, wrong, "KeyArn").await;
    });
}

#[test]
fn requests_are_logged_and_the_policy_of_the_other_bucket_keeps_what_it_had() {
    on_served_aws(async |scene| {
        bucket(&scene, "orders").await;
        bucket(&scene, "harbour-logs").await;
        let deny = json!({"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
            "Resource": "arn:aws:s3:::harbour-logs/*"});
        let policy = json!({"Version": "2012-10-17", "Statement": deny}).to_string();
        let input = json!({"Bucket": "harbour-logs", "Policy": policy});
        scene.call("s3", "PutBucketPolicy", input).await;
        let name = "Reeve-EnableBucketLogging";
        let parameters = json!({"BucketName": "orders", "TargetBucket": "harbour-logs"});
        scene.run(name, parameters.clone()).await;
        let logging = scene.call("s3", "GetBucketLogging", json!({"Bucket": "orders"})).await;
        assert_eq!(
            logging["LoggingEnabled"],
            json!({"TargetBucket": "harbour-logs", "TargetPrefix": "orders/"})
        );
        let found = scene.call("s3", "GetBucketPolicy", json!({"Bucket": "harbour-logs"})).await;
        let policy: Value = serde_json::from_str(found["Policy"].as_str().unwrap()).unwrap();
        let sids: Vec<_> =
            policy["Statement"].as_array().unwrap().iter().map(|it| &it["Sid"]).collect();
        assert_eq!(sids, ["Mine", "ReeveAccessLogsOforders"]);
        scene.run_again(name, parameters).await;
        let itself = json!({"BucketName": "orders", "TargetBucket": "orders"});
        scene.refused(name, itself, "cannot go into itself").await;
    });
}

#[test]
fn a_bucket_without_a_policy_gets_one_for_the_logs() {
    on_served_aws(async |scene| {
        bucket(&scene, "orders").await;
        bucket(&scene, "harbour-logs").await;
        let parameters = json!({
            "BucketName": "orders", "TargetBucket": "harbour-logs", "TargetPrefix": "shop/",
        });
        let name = "Reeve-EnableBucketLogging";
        scene.run(name, parameters.clone()).await;
        let found = scene.call("s3", "GetBucketPolicy", json!({"Bucket": "harbour-logs"})).await;
        assert!(found["Policy"].as_str().unwrap().contains("logging.s3.amazonaws.com"));
        scene.run_again(name, parameters).await;
    });
}
