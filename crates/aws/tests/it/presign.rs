//! URLs made in advance: those of botocore for the same inputs, keys and time.
//!
//! `tests/third-party/signatures.py` writes the table.

use std::{collections::BTreeMap, time::Duration};

use reeve_aws::{AccessKey, CredentialSource, PresignedUrl, Secret, Target};
use reeve_model::Value;
use serde_json::Value as Json;

use crate::harness::{ACCOUNT, Answer, Bench, NOW, bench, bench_with, session, target, target_in};

const BOTOCORE: &str = include_str!("../data/botocore-urls.json");
const QUARTER: Duration = Duration::from_mins(15);

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap()
}

/// A client that holds the table's key, and is sure to call nothing.
fn silent(table: &Json, row: &Json) -> Bench {
    let key = AccessKey {
        id: text(table, "key").into(),
        secret: Secret::new(text(table, "secret")),
        session_token: row["token"].as_str().map(Secret::new),
    };
    bench_with(
        |config| config.credentials = CredentialSource::Fixed(key),
        |_, _| panic!("nothing is to be called"),
    )
}

/// The address and the parameters of a URL, as they are written.
fn parts(url: &str) -> (&str, BTreeMap<&str, &str>) {
    let (address, query) = url.split_once('?').unwrap();
    let parameters = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    (address, parameters.collect())
}

#[tokio::test]
async fn a_url_is_that_of_botocore() {
    let table: Json = serde_json::from_str(BOTOCORE).unwrap();
    assert_eq!(table["time"], NOW);
    let rows = table["urls"].as_array().unwrap();
    assert!(rows.len() > 30);
    for row in rows {
        let bench = silent(&table, row);
        let target = Target { region: text(row, "region").parse().unwrap(), ..target() };
        let call = (text(row, "service"), text(row, "operation"));
        let expires = Duration::from_secs(row["expires"].as_u64().unwrap());
        let input = bench.client.read_input(&target, call, &row["input"]).unwrap();
        let url = bench.client.presign(&target, call, input, expires).await.unwrap();
        let context = format!("{call:?} {}", row["input"]);
        assert_eq!(url.method, text(row, "method"), "{context}");
        assert_eq!(parts(url.url.expose()), parts(text(row, "url")), "{context}");
    }
}

async fn presign(
    bench: &Bench,
    (service, operation): (&str, &str),
    input: Json,
    expires: Duration,
) -> Result<PresignedUrl, String> {
    let target = target();
    let input = bench.client.read_input(&target, (service, operation), &input).unwrap();
    let outcome = bench.client.presign(&target, (service, operation), input, expires).await;
    outcome.map_err(|error| error.to_string())
}

#[tokio::test]
async fn headers_that_were_signed_are_to_be_sent() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    let input = serde_json::json!({
        "Bucket": "carts", "Key": "new", "ContentType": "text/plain", "Metadata": {"owner": "ana"},
    });
    let url = presign(&bench, ("s3", "PutObject"), input, QUARTER).await.unwrap();
    let headers: BTreeMap<_, _> = url.headers.into_iter().collect();
    let expected = [("content-type", "text/plain"), ("x-amz-meta-owner", "ana")];
    assert_eq!(headers, expected.map(|(name, value)| (name.into(), value.into())).into());
    assert!(url.url.expose().contains("content-type%3Bhost%3Bx-amz-meta-owner"));
    assert_eq!(url.expires_at.to_string(), "2026-03-01T09:15:00Z");
    assert!(!format!("{:?}", url.url).contains("Signature"), "it lets in whoever has it");
}

#[tokio::test]
async fn how_long_a_url_is_valid_has_limits() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    let week = Duration::from_hours(7 * 24);
    for (expires, right) in [
        (Duration::ZERO, false),
        (Duration::from_millis(999), false),
        (Duration::from_secs(1), true),
        (Duration::from_millis(1500), false),
        (week, true),
        (week + Duration::from_secs(1), false),
    ] {
        let call = ("sts", "GetCallerIdentity");
        let outcome = presign(&bench, call, serde_json::json!({}), expires).await;
        assert_eq!(outcome.is_ok(), right, "{expires:?} {outcome:?}");
    }
}

#[tokio::test]
async fn what_no_url_can_carry_is_refused_with_words() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    for (call, input, expected) in [
        (("dynamodb", "ListTables"), serde_json::json!({}), "its input travels in a body"),
        (
            ("s3", "PutBucketTagging"),
            serde_json::json!({"Bucket": "carts", "Tagging": {"TagSet": []}}),
            "its input travels in a body",
        ),
        (
            ("sts", "AssumeRoleWithWebIdentity"),
            serde_json::json!({"RoleArn": "r", "RoleSessionName": "s", "WebIdentityToken": "t"}),
            "it needs no signature",
        ),
        (("codecatalyst", "ListSpaces"), serde_json::json!({}), "it takes a bearer token"),
    ] {
        let error = presign(&bench, call, input, QUARTER).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_url_ends_with_the_session_that_it_was_made_in() {
    let bench = bench_with(crate::credentials::with_role, |_, _| {
        session("ASIASESSION", "2026-03-01T10:00:00Z")
    });
    let (target, call) = (target_in(ACCOUNT), ("sts", "GetCallerIdentity"));
    let input = Value::object();
    let url = bench.client.presign(&target, call, input, Duration::from_hours(5)).await.unwrap();
    assert_eq!(url.expires_at.to_string(), "2026-03-01T10:00:00Z");
    assert!(url.url.expose().contains("X-Amz-Security-Token=token-of-ASIASESSION"));
    assert!(url.url.expose().contains("Credential=ASIASESSION%2F20260301%2Feu-central-1%2Fsts"));
}

#[tokio::test]
async fn a_url_may_be_valid_in_several_regions() {
    let bench = bench(|_, _| panic!("nothing is to be called"));
    let arn = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap";
    let input = serde_json::json!({"Bucket": arn, "Key": "k"});
    let url = presign(&bench, ("s3", "GetObject"), input, QUARTER).await.unwrap();
    let (address, parameters) = parts(url.url.expose());
    assert_eq!(address, "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/k");
    assert_eq!(parameters["X-Amz-Algorithm"], "AWS4-ECDSA-P256-SHA256");
    assert_eq!(parameters["X-Amz-Region-Set"], "%2A");
    assert_eq!(parameters["X-Amz-Credential"], "AKIDBASE%2F20260301%2Fs3%2Faws4_request");
}

#[tokio::test]
async fn a_url_in_a_directory_bucket_is_made_in_a_session_of_the_bucket() {
    let bench = bench(|_, _| {
        Answer::ok(
            "<CreateSessionResult><Credentials><AccessKeyId>BUCKETKEY</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>of-bucket</SessionToken>\
             <Expiration>2026-03-01T09:05:00Z</Expiration></Credentials></CreateSessionResult>",
        )
    });
    let input = serde_json::json!({"Bucket": "carts--euc1-az1--x-s3", "Key": "k"});
    let url = presign(&bench, ("s3", "GetObject"), input, QUARTER).await.unwrap();
    let (_, parameters) = parts(url.url.expose());
    assert_eq!(parameters["X-Amz-S3session-Token"], "of-bucket");
    assert_eq!(url.expires_at.to_string(), "2026-03-01T09:05:00Z");
}
