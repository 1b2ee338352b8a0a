//! Input cases: parameters and the request that they must become.

use reeve_model::{RequestSettings, Value, WireRequest, decode_request, encode_request_with};
use serde_json::Value as Json;

use crate::{
    NotPassed, difference,
    files::At,
    suites::aws_protocols::{Case, body},
};

/// What the cases expect where an idempotency token is filled in.
const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

pub(super) fn check(case: &Case) -> Result<(), NotPassed> {
    let input = case.json.get("params").map(Value::from_json).unwrap_or_default();
    let request = encode(case, &input)?;
    compare(case, &request, case.json.at("serialized"))?;

    let (operation, read) =
        decode_request(&case.service, &request).map_err(|error| format!("the server: {error}"))?;
    let called = case.operation.name.to_string();
    difference::equal("the operation read by the server", &operation, &called)?;
    let again = encode(case, &read)?;
    difference::equal("the request made of what the server read", &again, &request)?;
    Ok(())
}

fn encode(case: &Case, input: &Value) -> Result<WireRequest, String> {
    encode_request_with(
        &case.service,
        &case.operation,
        input,
        RequestSettings::new(&mut || TOKEN.to_owned()),
    )
    .map_err(|error| format!("encoding: {error}"))
}

fn compare(case: &Case, request: &WireRequest, expected: &Json) -> Result<(), String> {
    if let Some(method) = expected.at("method").as_str() {
        difference::equal("method", &request.method.as_str(), &method)?;
    }
    compare_address(case, request, expected)?;
    compare_headers(request, expected)?;
    match expected.at("body").as_str() {
        Some(expected) => body::compare(case, &request.body, expected),
        None => Ok(()),
    }
}

fn compare_address(case: &Case, request: &WireRequest, expected: &Json) -> Result<(), String> {
    let (host, base) = case.endpoint.split_once('/').unwrap_or((&case.endpoint, ""));
    if let Some(expected) = expected.at("host").as_str() {
        let host = format!("{}{host}", request.host_prefix.as_deref().unwrap_or_default());
        let expected = expected.split('/').next().unwrap_or_default();
        difference::equal("host", &host.as_str(), &expected)?;
    }
    let base = if base.is_empty() { String::new() } else { format!("/{base}") };
    let target = format!("{base}{}", request.path_and_query());
    let parts = |uri: &str| {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        (path.to_owned(), body::form(query))
    };
    difference::equal("uri", &parts(&target), &parts(expected.at("uri").as_str().unwrap_or("/")))
}

fn compare_headers(request: &WireRequest, expected: &Json) -> Result<(), String> {
    for (name, expected) in expected.at("headers").as_object().into_iter().flatten() {
        let found = request.header(name).ok_or_else(|| format!("header `{name}` is missing"))?;
        let plain = |text: &str| text.replace("; charset=utf-8", "").replace(", ", ",");
        let expected = plain(expected.as_str().unwrap_or_default());
        difference::equal(&format!("header `{name}`"), &plain(found), &expected)?;
    }
    for (key, expected_there) in [("requireHeaders", true), ("forbidHeaders", false)] {
        for name in expected.at(key).as_array().into_iter().flatten().filter_map(Json::as_str) {
            let is_there = match name {
                // The length is the HTTP client's to say.
                "Content-Length" => !request.body.is_empty(),
                _ => request.header(name).is_some(),
            };
            difference::equal(&format!("presence of `{name}`"), &is_there, &expected_there)?;
        }
    }
    Ok(())
}
