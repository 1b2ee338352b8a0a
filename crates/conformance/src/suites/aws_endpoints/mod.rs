//! Endpoint resolution, as the services publish it for their SDKs' tests.
//!
//! A case gives the parameters of a service's rules, and the URL with its properties or the error that must come out. Many
//! also give an operation, its input and the settings of a client, from which the same parameters must be put together.
//!
//! Cases and rules are published together, and the cases here are of another day than the models. So a case that fails is
//! shown to botocore's own engine with the rules of the release that the models are from: if that resolves the case exactly
//! as we do, the rules have changed, and the case is skipped.

mod operation;
mod second_opinion;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use reeve_model::{Object, Service, UnknownService, Value, catalog, endpoint::Unresolved};
use serde_json::{Value as Json, json};

use crate::{
    Found, NotPassed, Suite, difference,
    files::{self, At, File},
};

/// The suite of endpoint resolution.
pub(crate) struct AwsEndpoints;

/// A case, with the service whose rules it is about.
pub(crate) struct Case {
    service: Arc<Service>,
    json: Json,
}

impl Suite for AwsEndpoints {
    type Case = Case;

    fn name(&self) -> &'static str {
        "aws-endpoints"
    }

    fn find(&self, folder: &Path) -> Vec<Found<Case>> {
        files::json_files(folder).iter().flat_map(cases_of).collect()
    }

    fn check(&self, case: &Case) -> Result<(), NotPassed> {
        difference::json("endpoint", &case.resolved(), &case.expected())?;
        for operation in case.json.at("operationInputs").as_array().into_iter().flatten() {
            operation::check(case, operation)?;
        }
        Ok(())
    }

    fn review(&self, failed: Vec<(&Case, &mut NotPassed)>) {
        second_opinion::ask(failed);
    }
}

/// The service is the folder that the file is in.
fn cases_of(file: &File) -> Vec<Found<Case>> {
    let cases = match file
        .json()
        .map(|mut json| json.get_mut("testCases").map(Json::take).unwrap_or_default())
    {
        Ok(Json::Array(cases)) => cases,
        Ok(_) => return vec![file.unreadable("has no list `testCases`")],
        Err(why) => return vec![file.unreadable(why)],
    };
    let name = file.name.split('/').next().unwrap_or_default();
    let service = catalog().service(name).map_err(|error| match &error {
        UnknownService::NoSuchName { .. } => {
            NotPassed::Skipped(format!("the models have no service `{name}`"))
        }
        UnknownService::Unreadable { .. } => NotPassed::Failed(error.to_string()),
    });
    let found = |(position, json): (usize, Json)| {
        let documentation = json.at("documentation").as_str().map(str::to_owned);
        let documentation = documentation.unwrap_or_else(|| format!("#{position}"));
        let case = service.clone().map(|service| Case { service, json });
        Found { name: format!("{name}: {documentation}"), case }
    };
    cases.into_iter().enumerate().map(found).collect()
}

impl Case {
    /// The parameters of the rules.
    fn parameters(&self) -> Json {
        self.json.get("params").cloned().unwrap_or_else(|| json!({}))
    }

    /// What the rules make of the parameters, written as the cases write it.
    fn resolved(&self) -> Json {
        let Some(rules) = self.service.endpoint_rules() else {
            return json!({ "error": "the models have no rules for this service" });
        };
        let parameters = Value::from_json(&self.parameters());
        let parameters = parameters.as_object().cloned().unwrap_or_else(Object::new);
        match rules.evaluate(&parameters) {
            Ok(resolved) => {
                let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for (name, value) in resolved.headers {
                    headers.entry(name).or_default().push(value);
                }
                let properties = resolved.properties.to_json();
                endpoint(&json!(resolved.url), &properties, &json!(headers))
            }
            Err(Unresolved::Refused(message)) => json!({ "error": message }),
            Err(other) => json!({ "error": format!("{other:?}") }),
        }
    }

    fn expected(&self) -> Json {
        let expected = self.json.at("expect");
        match expected.get("endpoint") {
            Some(found) => endpoint(found.at("url"), found.at("properties"), found.at("headers")),
            None => json!({ "error": expected.at("error") }),
        }
    }
}

/// An endpoint without the parts that say nothing.
fn endpoint(url: &Json, properties: &Json, headers: &Json) -> Json {
    let mut endpoint = serde_json::Map::from_iter([("url".to_owned(), url.clone())]);
    for (name, part) in [("properties", properties), ("headers", headers)] {
        if part.as_object().is_some_and(|part| !part.is_empty()) {
            endpoint.insert(name.to_owned(), part.clone());
        }
    }
    json!({ "endpoint": endpoint })
}
