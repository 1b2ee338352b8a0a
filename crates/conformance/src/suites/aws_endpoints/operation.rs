//! The same case by way of an operation: its input and the settings of a client become the parameters of the rules.

use reeve_model::{Endpoint, EndpointError, EndpointParameters, Value, resolve_endpoint};
use serde_json::{Value as Json, json};

use crate::{difference, files::At, suites::aws_endpoints::Case};

pub(super) fn check(case: &Case, call: &Json) -> Result<(), String> {
    let name = call.at("operationName").as_str().unwrap_or_default();
    let operation = case.service.operation(name).map_err(|error| error.to_string())?;
    let input = Value::from_json(call.get("operationParams").unwrap_or(&json!({})));
    let expected = case.json.at("expect");
    let found = match resolve_endpoint(&case.service, operation, &input, &parameters(call)) {
        Ok(endpoint) => {
            check_signing(&endpoint, expected.at("endpoint").at("properties").at("authSchemes"))?;
            json!(endpoint.url)
        }
        Err(EndpointError::Refused { message, .. }) => json!(message),
        Err(other) => json!(format!("{other:?}")),
    };
    let expected = match expected.at("endpoint").at("url").as_str() {
        Some(url) => json!(url.trim_end_matches('/')),
        None => expected.at("error").clone(),
    };
    difference::json(&format!("endpoint of `{name}`"), &found, &expected)
}

/// The endpoint is signed for in one of the ways that the case allows, as that way says.
fn check_signing(endpoint: &Endpoint, schemes: &Json) -> Result<(), String> {
    let Some(schemes) = schemes.as_array().filter(|schemes| !schemes.is_empty()) else {
        return Ok(());
    };
    let is_chosen = |scheme: &&Json| scheme.at("name") == &json!(endpoint.auth_scheme);
    let scheme = schemes.iter().find(is_chosen);
    let scheme = scheme.ok_or_else(|| format!("found the scheme `{}`", endpoint.auth_scheme))?;
    let regions = scheme
        .at("signingRegionSet")
        .as_array()
        .map(|regions| regions.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(","));
    let region = scheme.at("signingRegion").as_str().map(str::to_owned).or(regions);
    if let Some(region) = region {
        difference::equal("signing Region", &endpoint.signing_region, &region)?;
    }
    if let Some(name) = scheme.at("signingName").as_str() {
        difference::equal("signing name", &endpoint.signing_name.as_str(), &name)?;
    }
    let double = scheme.at("disableDoubleEncoding").as_bool().unwrap_or(false);
    difference::equal("`disableDoubleEncoding`", &endpoint.disable_double_encoding, &double)
}

fn parameters(call: &Json) -> EndpointParameters {
    let built_in = |name: &str| call.at("builtInParams").get(name);
    let text = |name: &str| built_in(name).and_then(Json::as_str).map(str::to_owned);
    let truth = |name: &str| built_in(name).and_then(Json::as_bool).unwrap_or(false);
    let settings = [call.at("builtInParams"), call.at("clientParams")];
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
    parameters
}
