//! Calls that succeed: addressed, signed, paged, and tried again where that helps.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, TryStreamExt};
use reeve_aws::{CallRecord, EndpointOverrides, Observer};
use reeve_model::Value;
use serde_json::json;

use crate::harness::{Answer, Seen, bench, bench_with, identity, instances, target};

const THROTTLE: (u16, &str, &str) = (503, "RequestLimitExceeded", "Request limit exceeded.");

fn throttle() -> Answer {
    let (status, code, message) = THROTTLE;
    Answer::ec2_error(status, code, message)
}

#[tokio::test]
async fn an_operation_is_called_by_name_and_its_answer_read() {
    let bench = bench(|_, _| instances(&["i-1", "i-2"], None));
    let input = Value::from_json(&json!({"InstanceIds": ["i-1", "i-2"]}));
    let output = bench.call("ec2", "DescribeInstances", input).await.unwrap();
    let id = output.path("Reservations.0.Instances.1.InstanceId").unwrap();
    assert_eq!(id.as_str(), Some("i-2"));
    let request = &bench.requests()[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.url, "https://ec2.eu-central-1.amazonaws.com/");
    assert_eq!(request.parameter("Action"), Some("DescribeInstances"));
    assert_eq!(request.parameter("InstanceId.2"), Some("i-2"));
    assert_eq!(request.headers["x-amz-date"], "20260301T090000Z");
    assert!(
        request.authorization().starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDBASE/20260301/eu-central-1/ec2/aws4_request, SignedHeaders="
        ),
        "{}",
        request.authorization()
    );
}

#[tokio::test]
async fn a_throttled_call_is_tried_again_until_it_succeeds() {
    let bench = bench(|_, before| if before < 2 { throttle() } else { instances(&["i-1"], None) });
    let output = bench.call("ec2", "DescribeInstances", Value::object()).await;
    assert!(output.is_ok());
    assert_eq!(bench.requests().len(), 3);
    let waits = bench.waits.lock().unwrap().clone();
    // Before each attempt, and for the turn that the throttles have made rare.
    assert!((2..=4).contains(&waits.len()), "{waits:?}");
    assert!(waits.iter().all(|wait| wait.as_millis() <= 2_000), "{waits:?}");
}

#[tokio::test]
async fn an_idempotency_token_is_the_same_in_every_attempt() {
    let bench = bench(|_, before| match before {
        0 => Answer::Lost,
        1 => Answer::status(502, "<html>Bad Gateway</html>"),
        _ => Answer::ok("<RunInstancesResponse><instancesSet/></RunInstancesResponse>"),
    });
    let input = Value::from_json(&json!({"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"}));
    bench.call("ec2", "RunInstances", input).await.unwrap();
    let requests = bench.requests();
    let tokens: BTreeSet<&str> =
        requests.iter().map(|request| request.parameter("ClientToken").unwrap()).collect();
    assert_eq!((requests.len(), tokens.len()), (3, 1));
}

#[tokio::test]
async fn pages_follow_each_other_until_there_is_no_token() {
    let bench = bench(|request: &Seen, _| match request.parameter("NextToken") {
        None => instances(&["i-1"], Some("two")),
        Some("two") => instances(&["i-2"], Some("three")),
        Some(_) => instances(&["i-3"], None),
    });
    let pages = bench.client.pages(&target(), "ec2", "DescribeInstances", Value::object());
    let pages: Vec<Value> = pages.try_collect().await.unwrap();
    let ids: Vec<&str> = pages
        .iter()
        .filter_map(|page| page.path("Reservations.0.Instances.0.InstanceId")?.as_str())
        .collect();
    assert_eq!(ids, ["i-1", "i-2", "i-3"]);
}

#[tokio::test]
async fn a_token_that_leads_nowhere_ends_the_pages_with_an_error() {
    let bench = bench(|_, _| instances(&["i-1"], Some("same")));
    let pages = bench.client.pages(&target(), "ec2", "DescribeInstances", Value::object());
    let pages: Vec<_> = pages.collect().await;
    assert_eq!(pages.len(), 3, "two pages and the error");
    let error = pages[2].as_ref().unwrap_err().to_string();
    assert!(error.contains("NextToken"), "{error}");
}

#[tokio::test]
async fn an_operation_without_pages_has_one() {
    let bench = bench(|_, _| identity("111122223333"));
    let pages = bench.client.pages(&target(), "sts", "GetCallerIdentity", Value::object());
    assert_eq!(pages.count().await, 1);
}

#[tokio::test]
async fn an_endpoint_of_a_service_comes_before_the_endpoint_for_everything() {
    let mut endpoints = EndpointOverrides::everywhere("http://localhost:5000");
    endpoints.set("s3", "http://127.0.0.1:9000");
    let bench = bench_with(
        |config| config.endpoints = endpoints,
        |request, _| {
            if request.url.contains(":9000") {
                Answer::ok("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")
            } else {
                instances(&[], None)
            }
        },
    );
    for (service, operation) in [("ec2", "DescribeInstances"), ("s3", "ListBuckets")] {
        bench.call(service, operation, Value::object()).await.unwrap();
    }
    let requests = bench.requests();
    assert!(requests[0].url.starts_with("http://localhost:5000/"), "{}", requests[0].url);
    assert!(requests[1].url.starts_with("http://127.0.0.1:9000/"), "{}", requests[1].url);
    assert!(requests[1].authorization().contains("/eu-central-1/s3/aws4_request"));
}

#[tokio::test]
async fn a_bucket_is_in_the_host_at_aws_and_in_the_path_elsewhere() {
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let input = Value::from_json(&json!({"Bucket": "logs"}));
    for (endpoint, expected) in [
        (None, "https://logs.s3.eu-central-1.amazonaws.com/?tagging="),
        (Some("http://127.0.0.1:9000"), "http://127.0.0.1:9000/logs?tagging="),
        (Some("http://localhost:9000"), "http://localhost:9000/logs?tagging="),
    ] {
        let bench = bench_with(
            |config| config.endpoints.everywhere = endpoint.map(Into::into),
            move |_, _| Answer::ok(tags),
        );
        let call = bench.call("s3", "GetBucketTagging", input.clone());
        let output = call.await.unwrap();
        assert_eq!(output.path("TagSet.0.Key").unwrap().as_str(), Some("k"));
        assert_eq!(bench.requests()[0].url, expected);
        assert!(bench.requests()[0].headers.contains_key("x-amz-content-sha256"));
    }
}

#[tokio::test]
async fn a_bucket_in_another_region_is_asked_for_there() {
    let bench = bench(|request, _| {
        if request.url.contains("eu-west-1") {
            Answer::ok("<Tagging><TagSet/></Tagging>")
        } else {
            Answer::status(301, "<Error><Code>PermanentRedirect</Code></Error>")
                .with_header("x-amz-bucket-region", "eu-west-1")
        }
    });
    let input = Value::from_json(&json!({"Bucket": "logs"}));
    bench.call("s3", "GetBucketTagging", input).await.unwrap();
    assert!(bench.requests()[1].authorization().contains("/eu-west-1/s3/"));
    assert_eq!(bench.waits(), 0);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_and_the_call_signed_again() {
    let bench = bench(|request, _| {
        if request.headers["x-amz-date"].starts_with("20260301T11") {
            instances(&[], None)
        } else {
            Answer::ec2_error(400, "RequestExpired", "Request has expired.")
                .with_header("date", "Sun, 01 Mar 2026 11:00:00 GMT")
        }
    });
    for _ in 0..2 {
        bench.call("ec2", "DescribeInstances", Value::object()).await.unwrap();
    }
    assert_eq!(bench.requests().len(), 3, "the second call knows the time");
}

#[tokio::test]
async fn an_operation_that_gives_out_credentials_is_not_signed() {
    let bench = bench(|_, _| {
        Answer::ok(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/>\
             </AssumeRoleWithWebIdentityResponse>",
        )
    });
    let input = Value::from_json(&json!({
        "RoleArn": "arn:aws:iam::111122223333:role/reeve",
        "RoleSessionName": "reeve",
        "WebIdentityToken": "token",
    }));
    bench.call("sts", "AssumeRoleWithWebIdentity", input).await.unwrap();
    assert_eq!(bench.requests()[0].authorization(), "");
}

#[tokio::test]
async fn an_observer_is_told_of_each_finished_call() {
    let records = Arc::new(Mutex::new(Vec::<CallRecord>::new()));
    let log = Arc::clone(&records);
    let observer = Observer(Arc::new(move |record: &CallRecord| {
        log.lock().unwrap().push(record.clone());
    }));
    let bench = bench_with(
        |config| config.observer = Some(observer),
        |_, before| match before {
            0 => throttle(),
            1 => instances(&[], None),
            _ => Answer::ec2_error(400, "InvalidInstanceID.NotFound", "no such instance"),
        },
    );
    for _ in 0..2 {
        let _ = bench.call("ec2", "DescribeInstances", Value::object()).await;
    }
    let records = records.lock().unwrap();
    assert_eq!(records[0].site.call(), "ec2:DescribeInstances");
    assert_eq!((records[0].attempts, records[0].failure.is_none()), (2, true));
    let failure = records[1].failure.as_deref().unwrap();
    assert!(failure.contains("InvalidInstanceID.NotFound"), "{failure}");
}

#[test]
fn json_is_read_as_input_and_every_mismatch_is_named() {
    let bench = bench(|_, _| instances(&[], None));
    let read = |json: serde_json::Value| {
        bench.client.read_input(&target(), ("ec2", "DescribeInstances"), &json)
    };
    assert!(read(json!({"MaxResults": 5})).is_ok());
    let error = read(json!({"MaxResults": "many", "Filter": []})).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("MaxResults") && message.contains("Filters"), "{message}");
}
