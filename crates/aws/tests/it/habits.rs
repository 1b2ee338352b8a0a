//! What AWS's own clients do for their callers: URLs for copies from another Region, keys that XML cannot carry.

use percent_encoding::percent_decode_str;
use reeve_aws::CallOptions;
use reeve_model::Value;
use serde_json::json;

use crate::harness::{Answer, bench, target};

fn input(json: &serde_json::Value) -> Value {
    Value::from_json(json)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn a_copy_from_another_region_carries_a_url_that_is_signed_there() {
    let bench = bench(|_, _| {
        Answer::ok("<CopyDBSnapshotResponse><CopyDBSnapshotResult/></CopyDBSnapshotResponse>")
    });
    let asked = json!({
        "SourceDBSnapshotIdentifier": "arn:aws:rds:us-west-2:111122223333:snapshot:a",
        "TargetDBSnapshotIdentifier": "b", "SourceRegion": "us-west-2",
    });
    bench.call("rds", "CopyDBSnapshot", input(&asked)).await.unwrap();
    let request = bench.requests().remove(0);
    assert!(request.url.contains("rds.eu-central-1"), "{}", request.url);
    assert_eq!(request.parameter("SourceRegion"), None, "RDS does not know it");
    let url = decoded(request.parameter("PreSignedUrl").unwrap());
    assert!(
        url.starts_with("https://rds.us-west-2.amazonaws.com/?Action=CopyDBSnapshot&"),
        "{url}"
    );
    for part in [
        "&DestinationRegion=eu-central-1&",
        "&TargetDBSnapshotIdentifier=b&",
        "%2Fus-west-2%2Frds%2F",
        "X-Amz-Expires=3600",
    ] {
        assert!(url.contains(part), "{part}: {url}");
    }
}

#[tokio::test]
async fn ec2_is_told_both_regions_and_a_url_of_the_callers_is_kept() {
    let bench = bench(|_, _| Answer::ok("<CopySnapshotResponse/>"));
    let asked = json!({"SourceRegion": "us-west-2", "SourceSnapshotId": "snap-1"});
    bench.call("ec2", "CopySnapshot", input(&asked)).await.unwrap();
    let mut given = asked;
    given["PresignedUrl"] = json!("https://given");
    bench.call("ec2", "CopySnapshot", input(&given)).await.unwrap();
    let [made, kept] = bench.requests().try_into().unwrap();
    let url = decoded(made.parameter("PresignedUrl").unwrap());
    assert!(url.starts_with("https://ec2.us-west-2.amazonaws.com/?"), "{url}");
    assert!(url.contains("&SourceRegion=us-west-2&"), "{url}");
    assert_eq!(decoded(kept.parameter("PresignedUrl").unwrap()), "https://given");
    for request in [made, kept] {
        assert_eq!(request.parameter("DestinationRegion"), Some("eu-central-1"));
        assert_eq!(request.parameter("SourceRegion"), Some("us-west-2"));
    }
}

#[tokio::test]
async fn a_source_that_is_no_region_is_refused_before_anything_is_sent() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    let asked = json!({"SourceRegion": "Oregon", "SourceSnapshotId": "snap-1"});
    let error = bench.call("ec2", "CopySnapshot", input(&asked)).await.unwrap_err();
    assert!(error.to_string().contains("`SourceRegion`: expected a Region"), "{error}");
}

#[tokio::test]
async fn keys_in_a_list_of_objects_come_back_as_they_are() {
    let bench = bench(|_, _| {
        Answer::ok(
            "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%20%01</Key></Contents>\
             </ListBucketResult>",
        )
    });
    let output =
        bench.call("s3", "ListObjectsV2", input(&json!({"Bucket": "bucket"}))).await.unwrap();
    assert!(bench.requests()[0].url.contains("encoding-type=url"));
    assert_eq!(output.to_json(), json!({"Contents": [{"Key": "a+b \u{1}"}]}));
}

#[tokio::test]
async fn work_that_may_be_under_way_is_not_asked_for_twice() {
    let attempts = async |operation: &str, answer: fn() -> Answer| {
        let bench = bench(move |_, _| answer());
        let asked = if operation == "Invoke" { json!({"FunctionName": "f"}) } else { json!({}) };
        bench.call("lambda", operation, input(&asked)).await.unwrap_err();
        bench.requests().len()
    };
    assert_eq!(attempts("Invoke", || Answer::Lost).await, 1);
    assert_eq!(attempts("ListFunctions", || Answer::Lost).await, 5);
    assert_eq!(attempts("Invoke", || Answer::status(429, "{}")).await, 5, "it was not begun");
}

#[tokio::test]
async fn what_is_to_be_done_once_is_not_asked_for_again_once_it_may_have_been_done() {
    let attempts = async |answer: fn() -> Answer| {
        let bench = bench(move |_, _| answer());
        let (snapshot, once) = (json!({"VolumeId": "vol-1"}), CallOptions::once());
        let names = ("ec2", "CreateSnapshot");
        bench.client.call_with(&target(), names, input(&snapshot), once).await.unwrap_err();
        bench.requests().len()
    };
    assert_eq!(attempts(|| Answer::Lost).await, 1);
    assert_eq!(attempts(|| Answer::status(429, "")).await, 5, "it was not begun");
}

#[tokio::test(start_paused = true)]
async fn work_is_waited_for_as_long_as_it_may_take() {
    let bench = bench(|_, _| Answer::Never);
    let asked = json!({"FunctionName": "f"});
    let error = bench.call("lambda", "Invoke", input(&asked)).await.unwrap_err();
    assert!(error.to_string().contains("within 960 s in 1 attempt"), "{error}");
}
