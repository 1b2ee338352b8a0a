//! The service that a request is for, and how it speaks.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use reeve_model::{Protocol, Service, WireRequest, catalog};

use crate::{
    answer::with_request_id,
    dialect::Dialect,
    failure::Failure,
    services::{SERVED, ServiceDefinition},
    transport::{add_error_members, http_response},
};

/// The service that a request is for.
pub(crate) struct Target {
    pub(crate) model: Arc<Service>,
    /// Absent for a service of AWS that the twin does not serve.
    pub(crate) definition: Option<&'static ServiceDefinition>,
    /// What the client speaks, of all that the service does.
    pub(crate) protocol: Protocol,
}

impl Target {
    pub(crate) fn find(signing_name: &str, wire: &WireRequest) -> Result<Self, Failure> {
        let mut candidates = SERVED.iter().filter(|service| service.signing_name == signing_name);
        let definition = candidates
            .find(|service| service.api_version.is_none_or(|version| speaks(version, wire)));
        let model = match definition {
            Some(definition) => definition.model.to_owned(),
            None => catalog()
                .services()
                .find(|service| &*service.signing_name == signing_name)
                .map(|service| service.name.to_string())
                .ok_or_else(|| {
                    let message = format!("no service of AWS is signed for as `{signing_name}`");
                    Failure::new("UnknownService", message).with_status(404)
                })?,
        };
        let model = catalog()
            .service(&model)
            .map_err(|error| Failure::new("UnknownService", error.to_string()).with_status(404))?;
        let protocol = model.metadata().protocol;
        Ok(Self { model, definition: definition.copied(), protocol })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.definition {
            Some(definition) => definition.dialect,
            None => Dialect::of(&self.model),
        }
    }

    pub(crate) fn not_implemented(&self, operation: &str) -> Failure {
        let message = format!("the twin does not implement `{}:{operation}`", self.model.name());
        Failure::new("NotImplemented", message).with_status(501)
    }

    pub(crate) fn accept(
        &self,
        operation: &str,
        output: &reeve_model::Value,
        id: &str,
    ) -> Response<Bytes> {
        let encoded = self.model.operation(operation).map_err(|error| error.to_string()).and_then(
            |operation| {
                reeve_model::encode_response(&self.model, self.protocol, operation, output, id)
                    .map_err(|error| error.to_string())
            },
        );
        match encoded {
            Ok(mut wire) => {
                if let Some(status) = unmodelled_status(self.dialect(), operation, output) {
                    wire.status = status;
                }
                with_request_id(http_response(wire), id)
            }
            Err(message) => {
                tracing::error!(operation, message, "the twin could not encode its answer");
                self.refuse(Failure::new("InternalFailure", message).with_status(500), id)
            }
        }
    }

    pub(crate) fn refuse(&self, failure: Failure, request_id: &str) -> Response<Bytes> {
        let (headers, detail) = (failure.headers.clone(), failure.detail.clone());
        let error = failure.into_service_error(request_id);
        let mut wire = reeve_model::encode_error(&self.model, self.protocol, &error);
        if self.dialect() == Dialect::S3 {
            add_error_members(&mut wire.body, &detail);
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        wire.headers.extend(headers);
        with_request_id(http_response(wire), request_id)
    }
}

/// The status of S3's successes that differ from what its model says.
fn unmodelled_status(
    dialect: Dialect,
    operation: &str,
    output: &reeve_model::Value,
) -> Option<u16> {
    match (dialect, operation) {
        (Dialect::S3, "PutBucketTagging" | "PutBucketPolicy") => Some(204),
        (Dialect::S3, "GetObject" | "HeadObject") => output.get("ContentRange").map(|_| 206),
        _ => None,
    }
}

/// Whether a request is in this version of an API: query requests say so in the body, REST ones in the path.
fn speaks(version: &str, wire: &WireRequest) -> bool {
    let in_path = wire.path.strip_prefix('/').is_some_and(|path| path.starts_with(version));
    let marker = format!("Version={version}");
    let in_query = wire.query.iter().any(|(key, value)| key == "Version" && value == version);
    in_path || in_query || String::from_utf8_lossy(&wire.body).contains(&marker)
}
