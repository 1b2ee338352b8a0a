//! What there is to be called.

use std::sync::Arc;

use anyhow::Result;
use reeve_model::{Service, catalog};
use serde_json::{Value as Json, json};

use super::super::Globals;
use crate::{
    exit::{Status, WrongInput},
    table::table,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The service, by the name the AWS CLI uses.
    pub(super) service: String,
}

/// The service of a name.
pub(super) fn service(name: &str) -> Result<Arc<Service>> {
    Ok(catalog().service(name).map_err(|wrong| {
        WrongInput::new(wrong.to_string()).with_hint("`reeve aws services` lists them")
    })?)
}

/// Lists all services.
pub(super) fn services(globals: &Globals) -> Result<Status> {
    let services: Vec<_> = catalog()
        .services()
        .map(|service| json!({ "name": service.name.as_str(), "service_id": service.service_id.as_str() }))
        .collect();
    globals.output().show(&services, |services| {
        let line = |service: &Json| {
            let text =
                |key: &str| service.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
            [text("name"), text("service_id")]
        };
        table(["name", "service id"], services.iter().map(line), "none")
    })?;
    Ok(Status::Done)
}

/// Lists the operations of a service, in the model's order.
pub(super) fn operations(globals: &Globals, name: &str) -> Result<Status> {
    let service = service(name)?;
    let names: Vec<&str> =
        service.operations().iter().map(|operation| operation.name.as_str()).collect();
    globals.output().show(&names, |names| names.join("\n"))?;
    Ok(Status::Done)
}

/// Lists the waiters of a service.
pub(super) fn waiters(globals: &Globals, service: &Service) -> Result<Status> {
    let names: Vec<&str> = service.waiters().map(|(name, _)| name.as_str()).collect();
    globals.output().show(&names, |names| match names.as_slice() {
        [] => format!("`{}` has no waiters", service.name()),
        names => names.join("\n"),
    })?;
    Ok(Status::Done)
}
