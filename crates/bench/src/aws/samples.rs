//! What is parsed and written: realistic messages of several protocols, made by Reeve's own encoders from generated values.

use anyhow::{Context as _, Result, anyhow};
use reeve_model::{Operation, Service, Value, WireResponse, catalog, conform, encode_response};
use serde_json::{Value as Json, json};

use crate::aws::instances;

/// How many things each page has.
pub(super) const PAGE: usize = 1000;

/// An operation and the JSON of its input or output.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    pub(super) json: Json,
}

impl Sample {
    /// The call by which the first of a process is measured.
    pub(super) fn describe_regions() -> Self {
        let (name, service, operation) = ("ec2 DescribeRegions", "ec2", "DescribeRegions");
        Self { name, service, operation, json: json!({}) }
    }
}

/// Pages to be parsed; the first is the one that the goal is about.
pub(super) fn pages() -> Vec<Sample> {
    let sample = |name, service, operation, json| Sample { name, service, operation, json };
    vec![
        sample(
            "parse 1,000 instances (ec2)",
            "ec2",
            "DescribeInstances",
            instances::page(PAGE, "next"),
        ),
        sample("parse 1,000 objects (rest-xml)", "s3", "ListObjectsV2", objects()),
        sample("parse 1,000 log events (json)", "logs", "FilterLogEvents", log_events()),
        sample("parse 1,000 items (json)", "dynamodb", "Scan", items()),
        sample("parse 100,000 data points", "cloudwatch", "GetMetricData", metrics()),
    ]
}

/// Inputs to be written.
pub(super) fn inputs() -> Vec<Sample> {
    let sample = |name, service, operation, json| Sample { name, service, operation, json };
    vec![
        sample("write tags for 500 (ec2)", "ec2", "CreateTags", tags()),
        sample("write 25 items (json)", "dynamodb", "BatchWriteItem", puts()),
    ]
}

/// Calls whose requests and answers are small, with what is answered.
pub(super) fn small_calls() -> Vec<(Sample, Json)> {
    let sample = |name, service, operation, json| Sample { name, service, operation, json };
    let identity = json!({
        "UserId": "AIDAEXAMPLE", "Account": "111122223333",
        "Arn": "arn:aws:iam::111122223333:user/operations",
    });
    let regions: Vec<Json> = (1..=17)
        .map(|number| {
            json!({
                "RegionName": format!("eu-north-{number}"), "OptInStatus": "opt-in-not-required",
                "Endpoint": format!("ec2.eu-north-{number}.amazonaws.com"),
            })
        })
        .collect();
    let url = "https://sqs.eu-central-1.amazonaws.com/111122223333/jobs";
    let tags = json!({ "TagSet": [{ "Key": "team", "Value": "storage" }] });
    vec![
        (sample("sts GetCallerIdentity", "sts", "GetCallerIdentity", json!({})), identity),
        (Sample::describe_regions(), json!({ "Regions": regions })),
        (
            sample("sqs GetQueueUrl", "sqs", "GetQueueUrl", json!({ "QueueName": "jobs" })),
            json!({ "QueueUrl": url }),
        ),
        (
            sample("s3 GetBucketTagging", "s3", "GetBucketTagging", json!({ "Bucket": "archive" })),
            tags,
        ),
    ]
}

/// A service and its operation.
pub(super) fn with_operation<T>(
    sample: (&str, &str),
    then: impl FnOnce(&Service, &Operation) -> Result<T>,
) -> Result<T> {
    let service = catalog().service(sample.0)?;
    let operation = service.operation(sample.1)?;
    then(&service, operation)
}

/// The answer that has this output.
pub(super) fn answer(service: &str, operation: &str, output: &Json) -> Result<WireResponse> {
    with_operation((service, operation), |service, operation| {
        let output = output_value(service, operation, output)?;
        let request_id = "0a1b2c3d-1111-2222-3333-444455556666";
        let answer =
            encode_response(service, service.metadata().protocol, operation, &output, request_id);
        answer.with_context(|| format!("the answer of {}", operation.name))
    })
}

/// JSON as an operation's input.
pub(super) fn input_value(service: &Service, operation: &Operation, json: &Json) -> Result<Value> {
    conform(service, operation, json).map_err(|errors| {
        anyhow!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// JSON as an operation's output: read as the input of an operation that takes what this one returns.
fn output_value(service: &Service, operation: &Operation, json: &Json) -> Result<Value> {
    let mirrored = Operation { input: operation.output.clone(), ..operation.clone() };
    input_value(service, &mirrored, json)
}

fn objects() -> Json {
    let contents: Vec<Json> = (0..PAGE)
        .map(|number| {
            json!({
                "Key": format!("logs/2025/03/{:02}/part-{number:05}.json.gz", number % 28 + 1),
                "LastModified": format!("2025-03-{:02}T08:15:{:02}.000Z", number % 28 + 1, number % 60),
                "ETag": format!("\"{:032x}\"", number * 0x9E37_79B9),
                "Size": 1_048_576 + number,
                "StorageClass": "STANDARD",
            })
        })
        .collect();
    json!({
        "Name": "archive", "Prefix": "logs/", "KeyCount": PAGE, "MaxKeys": PAGE,
        "IsTruncated": true, "NextContinuationToken": "1ueGcxLPRx1Tr", "Contents": contents,
    })
}

fn log_events() -> Json {
    let events: Vec<Json> = (0..PAGE)
        .map(|number| {
            json!({
                "logStreamName": format!("service/{:032x}", number % 40),
                "timestamp": 1_741_075_200_000_u64 + number as u64 * 37,
                "message": format!(
                    "2025-03-04T08:00:00Z INFO request finished path=/orders/{number} \
                     status=200 user=\"u-{number}\" took_ms={}\n", number % 90
                ),
                "ingestionTime": 1_741_075_201_000_u64 + number as u64 * 37,
                "eventId": format!("3878{number:052}"),
            })
        })
        .collect();
    json!({ "events": events, "searchedLogStreams": [], "nextToken": "Bxkq6kVGFtq2y_Moigeqscd" })
}

fn item(number: usize) -> Json {
    json!({
        "pk": { "S": format!("customer#{number:08}") },
        "sk": { "S": "profile" },
        "balance": { "N": format!("{}.25", number * 3) },
        "active": { "BOOL": true },
        "email": { "S": format!("customer.{number}@example.com") },
        "roles": { "SS": ["reader", "buyer"] },
        "address": { "M": {
            "street": { "S": format!("Long Street {number}") },
            "city": { "S": "Frankfurt" },
            "lines": { "L": [{ "S": "c/o" }, { "N": "17" }] },
        } },
        "version": { "N": "12" },
    })
}

fn items() -> Json {
    let items: Vec<Json> = (0..PAGE).map(item).collect();
    json!({ "Items": items, "Count": PAGE, "ScannedCount": PAGE })
}

fn puts() -> Json {
    let puts: Vec<Json> =
        (0..25).map(|number| json!({ "PutRequest": { "Item": item(number) } })).collect();
    json!({ "RequestItems": { "customers": puts } })
}

fn metrics() -> Json {
    let results: Vec<Json> = (0..100_u32)
        .map(|series| {
            let times: Vec<u32> = (0..1000).map(|minute| 1_741_075_200 + 60 * minute).collect();
            let values: Vec<f64> =
                (0..1000).map(|at| f64::from(series * 7 + at * 13 % 100) / 8.0).collect();
            json!({
                "Id": format!("m{series}"), "Label": format!("i-{series:017x} CPUUtilization"),
                "Timestamps": times, "Values": values, "StatusCode": "Complete",
            })
        })
        .collect();
    json!({ "MetricDataResults": results, "Messages": [] })
}

fn tags() -> Json {
    let ids: Vec<String> = (0..500).map(|number| format!("i-{number:017x}")).collect();
    let tags: Vec<Json> = (0..10)
        .map(|number| json!({ "Key": format!("key-{number}"), "Value": "a value & more" }))
        .collect();
    json!({ "Resources": ids, "Tags": tags })
}
