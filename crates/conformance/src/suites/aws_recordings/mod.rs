//! Recorded answers of AWS, in the form into which botocore read them.
//!
//! A file is one answer, called `<endpoint prefix>.<operation>_<n>.json`: its status and data. It is made a value of the
//! operation's output, written as the service would write it, and read again: nothing may be lost. Errors go the same way.
//!
//! What a recording's author wrote or changed by hand, and what services said before the published models, need not fit the
//! model; such a recording is skipped, with the path that does not fit.

mod equal;

use std::{path::Path, sync::Arc};

use reeve_model::{
    Operation, Service, ServiceError, ServiceSummary, Value, catalog, decode_error,
    decode_response, encode_error, encode_response,
};
use serde_json::Value as Json;

use crate::{
    Found, NotPassed, Suite, difference,
    files::{self, At, File},
    shapes,
};

/// The suite of recorded answers.
pub(crate) struct AwsRecordings;

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

impl Suite for AwsRecordings {
    type Case = File;

    fn name(&self) -> &'static str {
        "aws-recordings"
    }

    fn find(&self, folder: &Path) -> Vec<Found<File>> {
        let files = files::json_files(folder).into_iter();
        files.map(|file| Found { name: file.name.clone(), case: Ok(file) }).collect()
    }

    fn check(&self, file: &File) -> Result<(), NotPassed> {
        let recording = Recording::read(file)?;
        let candidates = candidates(&recording.prefix, &recording.operation)?;
        // Services share a prefix; the one that the recording is of is the one whose shapes it has.
        let mut misfit = None;
        for service in &candidates {
            let operation = service
                .operation(&recording.operation)
                .map_err(|error| NotPassed::Failed(error.to_string()))?;
            match recording.check(service, operation) {
                Err(NotPassed::Skipped(reason)) => misfit = misfit.or(Some(reason)),
                outcome => return outcome,
            }
        }
        Err(NotPassed::Skipped(misfit.unwrap_or_default()))
    }
}

/// One answer.
struct Recording {
    prefix: String,
    operation: String,
    status: u16,
    data: Json,
}

impl Recording {
    fn read(file: &File) -> Result<Self, NotPassed> {
        let name = file.name.rsplit('/').next().unwrap_or_default();
        let named = name.rsplit_once('_').and_then(|(call, _)| call.rsplit_once('.'));
        let skipped = |reason: &str| NotPassed::Skipped(reason.to_owned());
        let (prefix, operation) =
            named.ok_or_else(|| skipped("is not called `<service>.<operation>_<n>.json`"))?;
        let mut json = file.json()?;
        let status = json.at("status_code").as_u64().and_then(|status| u16::try_from(status).ok());
        let mut data = json.get_mut("data").map(Json::take).unwrap_or_default();
        let Some(members) = data.as_object_mut() else {
            return Err(skipped("`data` is not an object"));
        };
        members.shift_remove("ResponseMetadata");
        Ok(Self {
            prefix: prefix.to_owned(),
            operation: operation.to_owned(),
            status: status.ok_or_else(|| skipped("has no `status_code`"))?,
            data,
        })
    }

    fn check(&self, service: &Service, operation: &Operation) -> Result<(), NotPassed> {
        match (self.status, self.data.get("Error")) {
            (300.., Some(error)) => self.check_error(service, error),
            (300.., None) => Err(NotPassed::Skipped(format!(
                "the status is {} and there is no `Error`",
                self.status
            ))),
            (..300, _) => self.check_output(service, operation),
        }
    }

    fn check_output(&self, service: &Service, operation: &Operation) -> Result<(), NotPassed> {
        let output = match &operation.output {
            Some(output) => shapes::read(service, output, &self.data),
            None if self.data.as_object().is_some_and(serde_json::Map::is_empty) => {
                Ok(Value::object())
            }
            None => {
                let name = &operation.name;
                return Err(NotPassed::Skipped(format!(
                    "the model's `{name}` answers with nothing"
                )));
            }
        };
        let output = output.map_err(|misfit| NotPassed::Skipped(misfit.to_string()))?;
        let written =
            encode_response(service, service.metadata().protocol, operation, &output, REQUEST_ID)
                .map_err(|error| format!("encoding: {error}"))?;
        let read = decode_response(service, operation, &written)
            .map_err(|error| format!("decoding what was encoded: {error}"))?;
        let read = equal::comparable(service, operation, read, &output);
        let output = equal::comparable(service, operation, output.clone(), &output);
        difference::values("output", &read, &output)?;
        Ok(())
    }

    fn check_error(&self, service: &Service, recorded: &Json) -> Result<(), NotPassed> {
        let text = |name: &str| recorded.at(name).as_str().unwrap_or_default().to_owned();
        let mut error = ServiceError::new(text("Code"), text("Message"))
            .with_status(self.status)
            .with_request_id(REQUEST_ID);
        if let Some((_, exception)) = service.exception(&error.code) {
            let mut members = self.data.clone();
            if let Some(members) = members.as_object_mut() {
                // Beside the exception's own members stand those that every error has.
                members.retain(|name, _| exception.member(name).is_some());
            }
            error.detail = shapes::read_structure(service, exception, &members)
                .map_err(|misfit| NotPassed::Skipped(misfit.to_string()))?;
        }
        let written = encode_error(service, service.metadata().protocol, &error);
        let mut again = decode_error(service, &written);
        // Older releases of botocore kept the message out of the members.
        for name in ["message", "Message"] {
            if let (None, Some(read)) = (error.detail.get(name), again.detail.as_object_mut()) {
                read.remove(name);
            }
        }
        difference::equal("code", &again.code, &error.code)?;
        difference::equal("message", &again.message, &error.message)?;
        difference::equal("status", &again.status, &error.status)?;
        difference::equal("request id", &again.request_id, &error.request_id)?;
        difference::values("detail", &again.detail, &error.detail)?;
        Ok(())
    }
}

/// The services that a recording may be of: those with its prefix that have its operation.
fn candidates(prefix: &str, operation: &str) -> Result<Vec<Arc<Service>>, NotPassed> {
    let has_prefix = |summary: &&ServiceSummary| summary.endpoint_prefix == *prefix;
    let names = catalog().services().filter(has_prefix).map(|summary| summary.name.as_str());
    let mut services = Vec::new();
    for name in names.chain([prefix]) {
        // The last name may be none; the others are the catalog's own.
        services.extend(catalog().service(name).ok());
    }
    if services.is_empty() {
        return Err(NotPassed::Skipped(format!("the models have no service `{prefix}`")));
    }
    services.retain(|service| service.operation(operation).is_ok());
    if services.is_empty() {
        let reason = format!("the models have no operation `{operation}` of `{prefix}`");
        return Err(NotPassed::Skipped(reason));
    }
    Ok(services)
}
