//! The wire protocols, as botocore tests itself with.
//!
//! A file holds suites, a suite a model and cases. An input case gives parameters and the HTTP request that must come out;
//! an output case a response and what it means. Each is also sent the other way: what a client wrote a server must read,
//! and the reverse. Which protocol is meant is in the suite's metadata, which direction in the case.

mod body;
mod input;
mod output;

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeve_model::{
    Operation, Protocol, Service,
    schema::{Member, Structure},
};
use serde_json::{Value as Json, json};

use crate::{
    Found, NotPassed, Suite,
    files::{self, At, File},
};

/// The suite of the wire protocols.
pub(crate) struct AwsProtocols;

/// A case, with the model that is made for it.
pub(crate) struct Case {
    service: Service,
    operation: Operation,
    json: Json,
    /// Host and base path of the client.
    endpoint: String,
}

impl Suite for AwsProtocols {
    type Case = Case;

    fn name(&self) -> &'static str {
        "aws-protocols"
    }

    fn find(&self, folder: &Path) -> Vec<Found<Case>> {
        files::json_files(folder).iter().flat_map(cases_of).collect()
    }

    fn check(&self, case: &Case) -> Result<(), NotPassed> {
        if case.json.get("serialized").is_some() {
            input::check(case)
        } else if case.json.get("response").is_some() {
            output::check(case)
        } else {
            Err(NotPassed::Failed("has neither `serialized` nor `response`".to_owned()))
        }
    }
}

fn cases_of(file: &File) -> Vec<Found<Case>> {
    let suites = match file.json() {
        Ok(Json::Array(suites)) => suites,
        Ok(_) => return vec![file.unreadable("is not a list of suites")],
        Err(why) => return vec![file.unreadable(why)],
    };
    let mut found = Vec::new();
    for suite in &suites {
        let Some(cases) = suite.at("cases").as_array() else {
            found.push(file.unreadable("has a suite without `cases`"));
            continue;
        };
        let description = suite.at("description").as_str().unwrap_or("suite");
        for (position, case) in cases.iter().enumerate() {
            let name = match case.at("id").as_str() {
                Some(id) => format!("{}: {id}", file.name),
                None => format!("{}: {description} #{position}", file.name),
            };
            found.push(Found { name, case: read(suite, case).map_err(NotPassed::Failed) });
        }
    }
    found
}

fn read(suite: &Json, case: &Json) -> Result<Case, String> {
    let given = case.at("given");
    let name = given.at("name").as_str().unwrap_or("OperationName");
    let model = json!({
        "metadata": suite.at("metadata"),
        "shapes": suite.at("shapes"),
        "operations": { name: given },
    });
    let service = Service::from_json("suite", &model).map_err(|error| error.to_string())?;
    let operation = service.operation(name).map_err(|error| error.to_string())?.clone();
    let endpoint = suite.at("clientEndpoint").as_str().unwrap_or("https://example.com");
    let endpoint = endpoint.trim_start_matches("https://").trim_end_matches('/').to_owned();
    Ok(Case { service, operation, json: case.clone(), endpoint })
}

impl Case {
    fn protocol(&self) -> Protocol {
        self.service.metadata().protocol
    }

    fn output_members(&self) -> &[Member] {
        let output = self.operation.output.as_ref().map(|output| output.shape);
        let structure = output.and_then(|output| self.service.structure(output));
        structure.map(Structure::members).unwrap_or_default()
    }

    fn answers_with_events(&self) -> bool {
        let structure = |member: &Member| self.service.structure(member.shape);
        self.output_members().iter().filter_map(structure).any(|member| member.event_stream)
    }

    /// The bytes that a case's text stands for: those of CBOR and of event streams are written as base64.
    fn bytes(&self, text: &str, is_binary: bool) -> Result<Vec<u8>, String> {
        if is_binary || self.protocol() == Protocol::RpcV2Cbor {
            let bytes = STANDARD.decode(text.trim());
            bytes.map_err(|error| format!("the case's body is not base64: {error}"))
        } else {
            Ok(text.into())
        }
    }
}
