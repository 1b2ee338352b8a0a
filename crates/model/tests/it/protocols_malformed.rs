//! Bodies that are not what they should be: errors that say where and what, never a panic, never half a result.

use reeve_model::{
    Service, ServiceError, Value, WireRequest, WireResponse, catalog, decode_error, decode_request,
    decode_response, encode_error, encode_request, encode_response, request_id,
};
use serde_json::json;

fn response(status: u16, body: &str) -> WireResponse {
    WireResponse { status, headers: Vec::new(), body: body.into() }
}

fn decode(service: &str, operation: &str, body: &[u8]) -> Result<Value, String> {
    let service = catalog().service(service).unwrap();
    let operation = service.operation(operation).unwrap();
    let response = WireResponse { status: 200, headers: Vec::new(), body: body.to_vec() };
    decode_response(&service, operation, &response).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(service: &str, operation: &str, body: &str, expected: &str) {
    let error = decode(service, operation, body.as_bytes()).unwrap_err();
    assert!(error.contains(expected), "`{error}` does not say `{expected}`");
}

/// A response with every kind of shape that the operation has.
fn sample(service: &str, operation: &str, output: &serde_json::Value) -> Vec<u8> {
    let service = catalog().service(service).unwrap();
    let operation = service.operation(operation).unwrap();
    let protocol = service.metadata().protocol;
    let output = Value::from_json(output);
    encode_response(&service, protocol, operation, &output, "request-1").unwrap().body
}

fn samples() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let instances = json!({"Reservations": [{"Instances": [{
        "InstanceId": "i-1", "LaunchTime": "2026-03-01T08:00:00Z", "EbsOptimized": true,
        "Tags": [{"Key": "Name", "Value": "a & b"}], "AmiLaunchIndex": 3,
    }]}], "NextToken": "next"});
    let tables = json!({"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"});
    let tags = json!({"TagSet": [{"Key": "a", "Value": "b"}, {"Key": "ü", "Value": "<>"}]});
    let functions = json!({"Functions": [{"FunctionName": "f", "CodeSize": 12, "Timeout": 3}]});
    let groups =
        json!({"AutoScalingGroups": [{"AutoScalingGroupName": "g", "MinSize": 1, "MaxSize": 2}]});
    let buses = json!({"EventBuses": [{"Name": "b"}, {"Name": "c"}], "NextToken": "next"});
    [
        ("eventbridgev2", "ListEventBuses", buses),
        ("ec2", "DescribeInstances", instances),
        ("dynamodb", "ListTables", tables),
        ("s3", "GetBucketTagging", tags),
        ("lambda", "ListFunctions", functions),
        ("autoscaling", "DescribeAutoScalingGroups", groups),
    ]
    .into_iter()
    .map(|(service, operation, output)| (service, operation, sample(service, operation, &output)))
    .collect()
}

#[test]
fn a_body_cut_off_anywhere_is_an_error() {
    for (service, operation, body) in samples() {
        assert!(decode(service, operation, &body).is_ok(), "{service}");
        // REST bodies may be absent altogether, and JSON's as well.
        for end in 1..body.len() {
            let cut = decode(service, operation, &body[..end]);
            assert!(cut.is_err(), "{service} {end}: {cut:?}");
        }
    }
}

#[test]
fn a_body_with_a_wrong_byte_never_panics() {
    for (service, operation, body) in samples() {
        for position in 0..body.len() {
            for byte in [0, b'<', b'>', b'&', b'"', b'{', b'[', b'9', 0xff] {
                let mut wrong = body.clone();
                wrong[position] = byte;
                let _ = decode(service, operation, &wrong);
                let service = catalog().service(service).unwrap();
                let _ = decode_error(
                    &service,
                    &WireResponse { status: 500, headers: Vec::new(), body: wrong },
                );
            }
        }
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_path() {
    refused(
        "ec2",
        "DescribeInstances",
        "<R><reservationSet><item><instancesSet><item><amiLaunchIndex>many</amiLaunchIndex></item></instancesSet></item>\
         </reservationSet></R>",
        "`Reservations[0].Instances[0].AmiLaunchIndex` must be an integer, not `many`",
    );
    refused(
        "dynamodb",
        "ListTables",
        r#"{"TableNames": ["a", {"b": 1}]}"#,
        "`TableNames[1]` must be a string, not an object",
    );
    refused(
        "lambda",
        "ListFunctions",
        r#"{"Functions": {}}"#,
        "`Functions` must be a list, not an object",
    );
    refused("dynamodb", "ListTables", "[]", "the whole must be an object, not a list");
}

#[test]
fn a_page_that_is_not_the_services_is_refused() {
    refused(
        "ec2",
        "DescribeInstances",
        "please log in",
        "not well-formed XML: it begins with text",
    );
    refused("dynamodb", "ListTables", "<html></html>", "not well-formed JSON");
    refused(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "<page></page>",
        "it has no element `DescribeAutoScalingGroupsResult`",
    );
    let page = "<!DOCTYPE html><html><body>moved</body></html>";
    for (service, operation) in [
        ("autoscaling", "DescribeAutoScalingGroups"),
        ("ec2", "DeleteTags"),
        ("ec2", "DescribeInstances"),
        ("s3", "ListBuckets"),
    ] {
        refused(service, operation, page, "it is an HTML page");
    }
}

#[test]
fn a_body_nested_without_end_is_refused_before_the_stack_is() {
    let deep = format!("<R>{}", "<item>".repeat(100_000));
    refused("ec2", "DescribeInstances", &deep, "not well-formed XML");
    let deep = format!("<R><reservationSet>{}", "<item><instancesSet>".repeat(100_000));
    refused("ec2", "DescribeInstances", &deep, "not well-formed XML");
    let attribute = r#"{"M": {"a": "#.repeat(100_000);
    refused(
        "dynamodb",
        "GetItem",
        &format!(r#"{{"Item": {{"a": {attribute}"#),
        "not well-formed JSON",
    );

    let key = format!("Filter{}", ".1".repeat(100_000));
    let request = WireRequest {
        body: format!("Action=DescribeInstances&{key}=x").into(),
        ..WireRequest::default()
    };
    let error = decode_request(&catalog().service("ec2").unwrap(), &request).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

#[test]
fn an_answer_that_is_no_error_of_the_service_is_known_by_its_status() {
    let services = ["ec2", "autoscaling", "dynamodb", "lambda", "s3", "eventbridgev2"];
    for name in services {
        let service = catalog().service(name).unwrap();
        let page = decode_error(
            &service,
            &response(502, "<html><h1>Bad  Gateway</h1>\n<p>try later</p></html>"),
        );
        assert_eq!(
            (page.code.as_str(), page.message.as_str()),
            ("502", "Bad Gateway try later"),
            "{name}"
        );
        assert!(!page.sender_fault);
        let nothing = decode_error(&service, &response(404, ""));
        assert_eq!(
            (nothing.code.as_str(), nothing.message.as_str()),
            ("404", "not found"),
            "{name}"
        );
        let garbage = decode_error(
            &service,
            &WireResponse { status: 500, headers: Vec::new(), body: vec![0xff; 5000] },
        );
        assert_eq!(garbage.code, "500", "{name}");
        assert!(garbage.message.chars().count() <= 201, "{name}: {}", garbage.message);
    }
}

#[test]
fn an_error_reads_back_as_it_was_written() {
    for name in
        ["ec2", "autoscaling", "dynamodb", "eventbridgev2", "lambda", "s3", "route53", "sqs"]
    {
        let service: &Service = &catalog().service(name).unwrap();
        let error = ServiceError::new("AccessDenied", "not <you> & not \"now\"")
            .with_status(403)
            .with_request_id("request-1");
        let response = encode_error(service, service.metadata().protocol, &error);
        assert_eq!(request_id(&response).as_deref(), Some("request-1"), "{name}");
        assert_eq!(decode_error(service, &response), error, "{name}");
    }
}

#[test]
fn s3_says_errors_under_a_status_of_success() {
    let body = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>again</Message></Error>";
    refused("s3", "CopyObject", body, "answered with `InternalError` under the status 200: again");
}

#[test]
fn the_region_of_a_bucket_is_the_root_of_its_answer() {
    let given = decode(
        "s3",
        "GetBucketLocation",
        b"<LocationConstraint xmlns=\"x\">eu-west-1</LocationConstraint>",
    );
    assert_eq!(given, Ok(Value::from_iter([("LocationConstraint", "eu-west-1")])));
    let oldest = decode("s3", "GetBucketLocation", b"<LocationConstraint/>");
    assert_eq!(oldest, Ok(Value::object()));
    assert_eq!(
        decode("s3", "GetBucketLocation", &sample("s3", "GetBucketLocation", &json!({}))),
        Ok(Value::object())
    );
}

#[test]
fn bucket_tags_are_sent_with_the_checksum_that_s3_requires() {
    let service = catalog().service("s3").unwrap();
    let operation = service.operation("PutBucketTagging").unwrap();
    let input = json!({"Bucket": "logs", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}});
    let request = encode_request(&service, operation, &Value::from_json(&input)).unwrap();
    assert_eq!(
        (request.method.as_str(), request.path_and_query().as_str()),
        ("PUT", "/logs?tagging=")
    );
    assert_eq!(
        String::from_utf8(request.body.clone()).unwrap(),
        "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>\
         </Tagging>"
    );
    assert_eq!(request.header("x-amz-sdk-checksum-algorithm"), Some("CRC32"));
    assert_eq!(request.header("x-amz-checksum-crc32").map(str::len), Some(8));
}

#[test]
fn what_cannot_be_written_is_named_with_its_path() {
    let check = |service: &str, operation: &str, input: serde_json::Value, expected: &str| {
        let service = catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let error = encode_request(&service, operation, &Value::from_json(&input)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        "ec2",
        "DescribeInstances",
        json!({"Filters": [{"Values": "running"}]}),
        "`Filters[0].Values` must be a list, not a string",
    );
    check(
        "ec2",
        "DescribeInstances",
        json!({"Filters": [{"Valeus": []}]}),
        "`Filters[0].Valeus` is not a member of `Filter`",
    );
    check(
        "s3",
        "GetBucketTagging",
        json!({}),
        "`Bucket` is missing, and the request's URI needs it",
    );
    check(
        "s3",
        "GetBucketTagging",
        json!({"Bucket": ""}),
        "`Bucket` is missing, and the request's URI needs it",
    );
    check(
        "dynamodb",
        "ListTables",
        json!({"Limit": "ten"}),
        "`Limit` must be an integer, not a string",
    );
}

#[test]
fn a_request_for_no_operation_says_what_was_asked_for() {
    let check = |service: &str, request: WireRequest, expected: &str| {
        let error = decode_request(&catalog().service(service).unwrap(), &request).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let form = WireRequest { body: b"Action=Describe".to_vec(), ..WireRequest::default() };
    check("ec2", form, "`ec2` has no operation for the action `Describe`");
    let target = vec![("X-Amz-Target".to_owned(), "DynamoDB_20120810.List".to_owned())];
    let json = WireRequest { headers: target, ..WireRequest::default() };
    check("dynamodb", json, "`dynamodb` has no operation for the target `DynamoDB_20120810.List`");
    let rest =
        WireRequest { method: "PATCH".to_owned(), path: "/".to_owned(), ..WireRequest::default() };
    check("s3", rest, "`s3` has no operation for `PATCH /`");
}
