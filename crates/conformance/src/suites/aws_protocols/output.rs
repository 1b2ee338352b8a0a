//! Output cases: a response and what it means, an output or an error.

use reeve_model::{
    Object, Value, WireResponse, decode_error, decode_response, encode_error, encode_response,
    schema::{Location, Member},
};
use serde_json::Value as Json;

use crate::{NotPassed, difference, files::At, shapes, suites::aws_protocols::Case};

/// What stands for a union's member that the model does not know.
const UNKNOWN_MEMBER: &str = "SDK_UNKNOWN_MEMBER";

pub(super) fn check(case: &Case) -> Result<(), NotPassed> {
    let response = response(case)?;
    if case.json.get("errorCode").is_some() || case.json.get("error").is_some() {
        Ok(check_error(case, &response)?)
    } else {
        check_output(case, &response)
    }
}

fn check_output(case: &Case, response: &WireResponse) -> Result<(), NotPassed> {
    let expected = case.json.at("result");
    let decode = |response| decode_response(&case.service, &case.operation, response);
    let output = decode(response).map_err(|error| undecoded(case, expected, &error.to_string()))?;
    difference::json("result", &as_cases_write(&output), expected)?;
    // Servers cannot write what the model does not know.
    if expected.to_string().contains(UNKNOWN_MEMBER) {
        return Ok(());
    }

    let written = encode_response(
        &case.service,
        case.service.metadata().protocol,
        &case.operation,
        &output,
        "request-1",
    );
    let written = written.map_err(|error| format!("the server: {error}"))?;
    let again = decode(&written);
    let mut again = again.map_err(|error| format!("decoding what the server wrote: {error}"))?;
    without_added_headers(case, &mut again, &output);
    difference::values("the output made of what the server wrote", &again, &output)?;
    Ok(())
}

/// A response that cannot be read is a failure, unless the case contradicts itself.
fn undecoded(case: &Case, expected: &Json, error: &str) -> NotPassed {
    let misfit = case.operation.output.as_ref().and_then(|output| {
        let found = shapes::read(&case.service, output, expected);
        found.err()
    });
    match misfit {
        Some(misfit) => NotPassed::Skipped(format!("the case's own result {misfit}")),
        None => NotPassed::Failed(format!("decoding: {error}")),
    }
}

/// A map of headers also takes those that the server adds.
fn without_added_headers(case: &Case, again: &mut Value, output: &Value) {
    let headers = |member: &&Member| member.location == Some(Location::Headers);
    for member in case.output_members().iter().filter(headers) {
        let sent = output.get(&member.name).and_then(Value::as_object);
        let read = again.as_object_mut().and_then(|again| again.get_mut(&member.name));
        if let (Some(sent), Some(Value::Object(read))) = (sent, read) {
            let kept = read.iter().filter(|(name, _)| sent.contains(name));
            *read = kept.map(|(name, value)| (name, value.clone())).collect::<Object>();
        }
    }
}

fn check_error(case: &Case, response: &WireResponse) -> Result<(), String> {
    let error = decode_error(&case.service, response);
    if let Some(code) = case.json.at("errorCode").as_str() {
        difference::equal("code", &error.code.as_str(), &code)?;
    }
    if let Some(message) = case.json.at("errorMessage").as_str() {
        difference::equal("message", &error.message.as_str(), &message)?;
    }
    difference::json("error", &as_cases_write(&error.detail), case.json.at("error"))?;
    let again = decode_error(
        &case.service,
        &encode_error(&case.service, case.service.metadata().protocol, &error),
    );
    difference::equal("code after the way back", &again.code, &error.code)?;
    difference::values("error after the way back", &again.detail, &error.detail)
}

fn response(case: &Case) -> Result<WireResponse, String> {
    let json = case.json.at("response");
    let status = json.at("status_code").as_u64().and_then(|status| u16::try_from(status).ok());
    let headers = json.at("headers").as_object().into_iter().flatten();
    Ok(WireResponse {
        status: status.ok_or("the case's response has no `status_code`")?,
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        body: case
            .bytes(json.at("body").as_str().unwrap_or_default(), case.answers_with_events())?,
    })
}

/// As the cases write values: blobs as their text, timestamps as seconds.
fn as_cases_write(value: &Value) -> Json {
    match value {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
        Value::Timestamp(instant) => instant.as_duration().as_secs_f64().into(),
        Value::List(elements) => elements.iter().map(as_cases_write).collect(),
        Value::Object(object) => Json::Object(
            object.iter().map(|(name, value)| (name.to_string(), as_cases_write(value))).collect(),
        ),
        other => other.to_json(),
    }
}
