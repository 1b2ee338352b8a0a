//! Amazon ECS: clusters, task definitions, services that converge on what is desired, and tasks that start, run and stop.
//!
//! ```text
//! service ─► turn ─► tasks: PROVISIONING ─► PENDING ─► RUNNING ─► STOPPED
//!              └► deployments: the new one fills up as the old one empties; too many failures trip the circuit breaker
//! ```

use super::ServiceDefinition;
use crate::{call::Call, dialect::Dialect, failure::Failure, page::Paging, tagging::TagErrors};

mod cluster;
mod definition;
mod deployment;
mod service;
mod task;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ecs",
    signing_name: "ecs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "ecs",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&cluster::PART, &definition::PART, &service::PART, &deployment::PART, &task::PART],
};

/// How all listings of ECS are paged.
static PAGES: Paging =
    Paging::of("maxResults", "nextToken", (100, 100), "InvalidParameterException");

/// The name of the cluster that a call is about.
fn cluster_name(call: &Call) -> String {
    let named = call.text("cluster").unwrap_or("default");
    named.rsplit('/').next().unwrap_or(named).to_owned()
}

/// A request that cannot be done as things are.
fn client_error(message: impl Into<String>) -> Failure {
    Failure::new("ClientException", message)
}
