//! Objects, and what buckets do with them.

use serde_json::{Value, json};

use crate::{
    aws::Aws,
    world::{ACCOUNT, Session, request},
};

fn bucket(aws: &Aws, name: &str) {
    let place = json!({"LocationConstraint": "eu-west-1"});
    aws.call("s3", "CreateBucket", json!({"Bucket": name, "CreateBucketConfiguration": place}));
}

fn status(aws: &Aws, operation: &str, input: Value) -> u16 {
    aws.twin().handle(request(&Session::user(ACCOUNT), "s3", operation, input)).status().as_u16()
}

#[test]
fn a_part_of_an_object_is_answered_as_a_part() {
    let aws = Aws::small();
    bucket(&aws, "parts");
    aws.call("s3", "PutObject", json!({"Bucket": "parts", "Key": "k", "Body": "MDEyMzQ1Njc4OQ=="}));
    let asked = |range: &str| json!({"Bucket": "parts", "Key": "k", "Range": range});
    for operation in ["GetObject", "HeadObject"] {
        assert_eq!(status(&aws, operation, json!({"Bucket": "parts", "Key": "k"})), 200);
        assert_eq!(status(&aws, operation, asked("bytes=2-4")), 206, "{operation}");
        let part = aws.call("s3", operation, asked("bytes=2-4"));
        assert_eq!(part["ContentRange"], "bytes 2-4/10");
        assert_eq!(part["ContentLength"], 3);
    }
    assert_eq!(status(&aws, "GetObject", asked("bytes=10-")), 416);
    assert_eq!(aws.refused("s3", "GetObject", asked("bytes=10-")), "InvalidRange");
}

fn keys(aws: &Aws, bucket: &str) -> Vec<String> {
    let found = aws.call("s3", "ListObjectsV2", json!({"Bucket": bucket}));
    let contents = found["Contents"].as_array().cloned().unwrap_or_default();
    contents.iter().map(|one| one["Key"].as_str().unwrap().to_owned()).collect()
}

fn body(aws: &Aws, bucket: &str, key: &str) -> String {
    let input = json!({"Bucket": bucket, "Key": key});
    let response = aws.twin().handle(request(&Session::user(ACCOUNT), "s3", "GetObject", input));
    String::from_utf8_lossy(response.body()).into_owned()
}

fn put(aws: &Aws, bucket: &str, key: &str) -> String {
    let input = json!({"Bucket": bucket, "Key": key, "Body": "aGVsbG8=", "Tagging": "class=gold"});
    let made = aws.call("s3", "PutObject", input);
    made["VersionId"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn calls_to_a_bucket_are_delivered_as_its_access_log_every_hour() {
    let aws = Aws::small();
    bucket(&aws, "shop");
    bucket(&aws, "logs");
    let on = json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "shop/"}});
    aws.call("s3", "PutBucketLogging", json!({"Bucket": "shop", "BucketLoggingStatus": on}));
    put(&aws, "shop", "a b/c.txt");
    assert_eq!(
        aws.refused("s3", "GetObject", json!({"Bucket": "shop", "Key": "none"})),
        "NoSuchKey"
    );
    assert_eq!(keys(&aws, "logs"), Vec::<String>::new());
    aws.advance("PT1H");
    let delivered = keys(&aws, "logs");
    assert_eq!(delivered.len(), 1, "{delivered:?}");
    assert!(delivered[0].starts_with("shop/2026-03-01-10-00-00-"), "{delivered:?}");
    let log = body(&aws, "logs", &delivered[0]);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert!(lines[0].contains(" REST.PUT.LOGGING_STATUS - "), "{log}");
    assert!(lines[1].contains(" REST.PUT.OBJECT a%20b/c.txt "), "{log}");
    assert!(
        lines[2].contains(" REST.GET.OBJECT none \"GET /shop/none HTTP/1.1\" 404 NoSuchKey "),
        "{log}"
    );
    assert!(
        lines.iter().all(|line| line.split(" shop [01/Mar/2026:09:00:00 +0000] ").count() == 2)
    );
    // Nothing is delivered of an hour in which nothing was called, nor once it is off.
    aws.call("s3", "PutBucketLogging", json!({"Bucket": "shop", "BucketLoggingStatus": {}}));
    put(&aws, "shop", "later");
    aws.advance("PT3H");
    assert_eq!(keys(&aws, "logs").len(), 1);
}

#[test]
fn what_is_put_is_replicated_as_the_rules_say() {
    let aws = Aws::small();
    for name in ["source", "copy"] {
        bucket(&aws, name);
        let on = json!({"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}});
        aws.call("s3", "PutBucketVersioning", on);
    }
    put(&aws, "source", "in/before");
    let rules = json!({
        "Role": "arn:aws:iam::111122223333:role/replication",
        "Rules": [{
            "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "in/"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::copy", "StorageClass": "STANDARD_IA"},
        }],
    });
    let input = json!({"Bucket": "source", "ReplicationConfiguration": rules});
    aws.call("s3", "PutBucketReplication", input);
    let version = put(&aws, "source", "in/a");
    put(&aws, "source", "out/b");
    let status = |bucket: &str, key: &str| {
        let head = aws.call("s3", "HeadObject", json!({"Bucket": bucket, "Key": key}));
        head["ReplicationStatus"].clone()
    };
    assert_eq!(status("source", "in/a"), "PENDING");
    assert_eq!(keys(&aws, "copy"), Vec::<String>::new());
    aws.advance("PT1M");
    assert_eq!(keys(&aws, "copy"), ["in/a"]);
    assert_eq!(status("source", "in/a"), "COMPLETED");
    assert_eq!(status("source", "out/b"), Value::Null);
    let replica = aws.call("s3", "HeadObject", json!({"Bucket": "copy", "Key": "in/a"}));
    assert_eq!(replica["ReplicationStatus"], "REPLICA");
    assert_eq!(replica["VersionId"], version.as_str());
    assert_eq!(replica["StorageClass"], "STANDARD_IA");
    aws.call("s3", "DeleteObject", json!({"Bucket": "source", "Key": "in/a"}));
    aws.advance("PT1M");
    assert_eq!(keys(&aws, "copy"), ["in/a"]);
    // Where nothing can go, it fails.
    let off = json!({"Bucket": "copy", "VersioningConfiguration": {"Status": "Suspended"}});
    aws.call("s3", "PutBucketVersioning", off);
    put(&aws, "source", "in/c");
    aws.advance("PT1M");
    assert_eq!(status("source", "in/c"), "FAILED");
}

#[test]
fn an_inventory_is_delivered_every_day_with_its_manifest() {
    let aws = Aws::small();
    bucket(&aws, "shop");
    bucket(&aws, "lists");
    put(&aws, "shop", "a b");
    let configuration = |format: &str| {
        json!({
            "Id": "daily", "IsEnabled": true, "IncludedObjectVersions": "Current",
            "Schedule": {"Frequency": "Daily"}, "OptionalFields": ["Size", "StorageClass"],
            "Destination": {"S3BucketDestination": {
                "Bucket": "arn:aws:s3:::lists", "Format": format, "Prefix": "inventory",
            }},
        })
    };
    let input = |format: &str| json!({"Bucket": "shop", "Id": "daily", "InventoryConfiguration": configuration(format)});
    let refused = aws.refused("s3", "PutBucketInventoryConfiguration", input("ORC"));
    assert_eq!(refused, "NotImplemented");
    aws.call("s3", "PutBucketInventoryConfiguration", input("CSV"));
    aws.advance("P1D");
    let delivered = keys(&aws, "lists");
    assert_eq!(delivered.len(), 3, "{delivered:?}");
    let manifest = "inventory/shop/daily/2026-03-02T00-00Z/manifest.json";
    let manifest: Value = serde_json::from_str(&body(&aws, "lists", manifest)).unwrap();
    assert_eq!(manifest["fileSchema"], "Bucket, Key, Size, StorageClass");
    assert!(delivered.contains(&manifest["files"][0]["key"].as_str().unwrap().to_owned()));
    aws.advance("P1D");
    assert_eq!(keys(&aws, "lists").len(), 6);
}
