//! The published cases of the wire protocols, as far as codecs exist.
//!
//! An input case gives a model, parameters and the HTTP request that must come out; an output case a response and what it
//! means. Each case is also sent the other way: what a client wrote a server must read, and the reverse.

use std::fs;

use reeve_model::{
    Operation, Service, Value, WireRequest, WireResponse, decode_error, decode_request,
    decode_response, encode_request_with, encode_response,
};
use serde_json::{Value as Json, json};

use crate::{compare, suites};

const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

/// The protocols that have a codec, as the suites' files are called.
const FILES: [&str; 7] =
    ["ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml"];

/// The cases that fail, and why. A case that passes must be taken out.
const KNOWN_FAILURES: [(&str, &str); 10] = [
    ("ec2: SDKAppliedContentEncoding_ec2Query", COMPRESSION),
    ("ec2: SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", COMPRESSION),
    ("json_1_0: SDKAppliedContentEncoding_awsJson1_0", COMPRESSION),
    ("json_1_0: SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", COMPRESSION),
    ("query: SDKAppliedContentEncoding_awsQuery", COMPRESSION),
    ("query: SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", COMPRESSION),
    ("rest-xml: SDKAppliedContentEncoding_restXml", COMPRESSION),
    ("rest-xml: SDKAppendedGzipAfterProvidedEncoding_restXml", COMPRESSION),
    ("json: RPC JSON Event Stream #0", "event streams are not decoded yet"),
    ("json: Lists #1", "the model says string where the response has an object"),
];
const COMPRESSION: &str = "request bodies are not compressed yet";

/// The cases that are not sent the other way, and why.
const ONE_WAY: [(&str, &str); 3] = [
    (
        "rest-json: Supports header maps #0",
        "a map of all headers also takes those that the server adds",
    ),
    ("rest-json: Tagged Unions #2", "a member that the model does not know cannot be written"),
    ("rest-xml: Unions #2", "a member that the model does not know cannot be written"),
];

#[test]
fn every_published_input_becomes_the_published_request() {
    run("aws-protocols/input", check_input);
}

#[test]
fn every_published_response_becomes_the_published_output() {
    run("aws-protocols/output", check_output);
}

#[test]
fn every_legacy_input_becomes_its_request() {
    run("aws-protocols/legacy/input", check_input);
}

#[test]
fn every_legacy_response_becomes_its_output() {
    run("aws-protocols/legacy/output", check_output);
}

struct Case {
    name: String,
    service: Service,
    json: Json,
    endpoint: String,
}

impl Case {
    fn operation(&self) -> &Operation {
        &self.service.operations()[0]
    }
}

fn run(suite: &str, check: fn(&Case) -> Result<(), String>) {
    let Some(folder) = suites::folder(suite) else {
        suites::say(&format!("skipped: the suite `{suite}` is not here"));
        return;
    };
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in FILES {
        let Ok(text) = fs::read(folder.join(format!("{file}.json"))) else { continue };
        let parsed: Json = serde_json::from_slice(&text).unwrap();
        for suite in parsed.as_array().unwrap() {
            for (position, case) in suite["cases"].as_array().unwrap().iter().enumerate() {
                let description = format!("{} #{position}", suite["description"].as_str().unwrap());
                let name = format!("{file}: {}", case["id"].as_str().unwrap_or(&description));
                let known = KNOWN_FAILURES.iter().find(|(known, _)| *known == name);
                cases += 1;
                match (check(&build(&name, suite, case)), known) {
                    (Ok(()), None) | (Err(_), Some(_)) => {}
                    (Ok(()), Some(_)) => {
                        wrong.push(format!("{name}: passes, but is listed as failing"));
                    }
                    (Err(reason), None) => wrong.push(format!("{name}: {reason}")),
                }
            }
        }
    }
    suites::say(&format!("{suite}: {cases} cases"));
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

fn build(name: &str, suite: &Json, case: &Json) -> Case {
    let given = case["given"].clone();
    let operation = given["name"].as_str().unwrap_or("OperationName").to_owned();
    let model = json!({
        "metadata": suite["metadata"],
        "shapes": suite["shapes"],
        "operations": { operation: given },
    });
    let service = Service::from_json("suite", &model).unwrap();
    let endpoint = suite["clientEndpoint"].as_str().unwrap_or("https://example.com");
    let endpoint = endpoint.trim_start_matches("https://").trim_end_matches('/').to_owned();
    Case { name: name.to_owned(), service, json: case.clone(), endpoint }
}

fn check_input(case: &Case) -> Result<(), String> {
    let input = case.json.get("params").map(Value::from_json).unwrap_or_default();
    let encode = |input: &Value| {
        encode_request_with(&case.service, case.operation(), input, &mut || TOKEN.to_owned())
            .map_err(|error| format!("encoding: {error}"))
    };
    let request = encode(&input)?;
    compare_request(case, &request, &case.json["serialized"])?;

    let (operation, read) =
        decode_request(&case.service, &request).map_err(|error| format!("the server: {error}"))?;
    compare::equal(
        "the operation read by the server",
        &operation,
        &case.operation().name.to_string(),
    )?;
    let again = encode(&read)?;
    compare::equal("the request made of what the server read", &again, &request)
}

fn compare_request(case: &Case, request: &WireRequest, expected: &Json) -> Result<(), String> {
    if let Some(method) = expected["method"].as_str() {
        compare::equal("method", &request.method.as_str(), &method)?;
    }
    let (host, base) = case.endpoint.split_once('/').unwrap_or((&case.endpoint, ""));
    if let Some(expected) = expected["host"].as_str() {
        let host = format!("{}{host}", request.host_prefix.as_deref().unwrap_or_default());
        compare::equal("host", &host.as_str(), &expected.split('/').next().unwrap())?;
    }
    let base = if base.is_empty() { String::new() } else { format!("/{base}") };
    let target = format!("{base}{}", request.path_and_query());
    compare::uris(&target, expected["uri"].as_str().unwrap_or("/"))?;
    for (name, expected) in expected["headers"].as_object().into_iter().flatten() {
        let found = request.header(name).ok_or_else(|| format!("header `{name}` is missing"))?;
        compare::headers(name, found, expected.as_str().unwrap())?;
    }
    let names = |key: &str| expected[key].as_array().cloned().unwrap_or_default();
    for name in names("requireHeaders") {
        let name = name.as_str().unwrap();
        let is_there = request.header(name).is_some();
        // The length is the HTTP client's to say.
        let is_there = if name == "Content-Length" { !request.body.is_empty() } else { is_there };
        compare::equal(&format!("presence of `{name}`"), &is_there, &true)?;
    }
    for name in names("forbidHeaders") {
        let name = name.as_str().unwrap();
        let is_there = request.header(name).is_some();
        let is_there = if name == "Content-Length" { !request.body.is_empty() } else { is_there };
        compare::equal(&format!("presence of `{name}`"), &is_there, &false)?;
    }
    match expected["body"].as_str() {
        Some(expected) => compare::bodies(&case.service, &request.body, expected),
        None => Ok(()),
    }
}

fn check_output(case: &Case) -> Result<(), String> {
    let response = response(&case.json["response"]);
    if case.json.get("errorCode").is_some() {
        let error = decode_error(&case.service, &response);
        compare::equal("code", &error.code.as_str(), &case.json["errorCode"].as_str().unwrap())?;
        if let Some(message) = case.json["errorMessage"].as_str() {
            compare::equal("message", &error.message.as_str(), &message)?;
        }
        compare::values("error", &error.detail, &case.json["error"])?;
        let written = reeve_model::encode_error(&case.service, &error);
        let again = decode_error(&case.service, &written);
        compare::equal("code after the way back", &again.code, &error.code)?;
        return compare::values("error after the way back", &again.detail, &case.json["error"]);
    }
    let output = decode_response(&case.service, case.operation(), &response);
    let output = output.map_err(|error| format!("decoding: {error}"))?;
    compare::values("result", &output, &case.json["result"])?;
    if ONE_WAY.iter().any(|(name, _)| *name == case.name) {
        return Ok(());
    }

    let written = encode_response(&case.service, case.operation(), &output, "request-1");
    let written = written.map_err(|error| format!("the server: {error}"))?;
    let again = decode_response(&case.service, case.operation(), &written);
    let again = again.map_err(|error| format!("decoding what the server wrote: {error}"))?;
    compare::equal("the output made of what the server wrote", &again, &output)
}

fn response(json: &Json) -> WireResponse {
    let headers = json["headers"].as_object().into_iter().flatten();
    WireResponse {
        status: u16::try_from(json["status_code"].as_u64().unwrap()).unwrap(),
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: json["body"].as_str().unwrap_or_default().into(),
    }
}
