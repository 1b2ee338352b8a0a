//! `reeve aws shape`: what an operation takes and returns, as a tree or as JSON.
//!
//! The shapes of some services refer to each other in circles. Each structure is therefore shown with its members once, and
//! where it comes again only by its name.

mod describe;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use reeve_aws::find_operation;
use reeve_model::{Operation, Service, ShapeId, ShapeKind};
use serde_json::{Value as Json, json};

use super::{super::Globals, lists};
use crate::exit::{Status, WrongInput};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The service, by the name the AWS CLI uses.
    service: String,
    /// An operation, such as `DescribeInstances`, or a shape, such as `Instance`.
    name: String,
    /// Show structures so many levels deep; all by default.
    #[arg(long, value_name = "NUMBER")]
    depth: Option<usize>,
}

pub(super) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let Arguments { service, name, depth } = arguments;
    let service = lists::service(service)?;
    let depth = depth.unwrap_or(usize::MAX);
    if let Ok(operation) = find_operation(&service, name) {
        let json = operation_json(&service, operation);
        globals.output().show(&json, |_| tree::operation(&service, operation, depth))?;
        return Ok(Status::Done);
    }
    let Some((id, _)) = service.shape_named(name) else {
        return Err(unknown(&service, name).into());
    };
    let json = json!({ "shape": name, "shapes": shapes_json(&service, [id]) });
    globals.output().show(&json, |_| tree::shape(&service, id, depth))?;
    Ok(Status::Done)
}

fn operation_json(service: &Service, operation: &Operation) -> Json {
    let name = |member: &Option<reeve_model::schema::Member>| {
        member.as_ref().map(|member| service.shape(member.shape).name.to_string())
    };
    let ends = [&operation.input, &operation.output];
    let roots = ends.into_iter().flatten().map(|member| member.shape);
    let errors = operation.errors.iter().map(|id| service.shape(*id).name.as_str());
    json!({
        "service": service.name().as_str(),
        "operation": operation.name.as_str(),
        "method": operation.http.method.as_str(),
        "uri": operation.http.request_uri.as_str(),
        "pages": service.paginator(&operation.name).is_some(),
        "deprecated": operation.deprecated,
        "input": name(&operation.input),
        "output": name(&operation.output),
        "errors": errors.collect::<Vec<_>>(),
        "shapes": shapes_json(service, roots),
    })
}

/// All shapes that are reached from some, by name.
fn shapes_json(service: &Service, roots: impl IntoIterator<Item = ShapeId>) -> Json {
    let mut found = BTreeMap::new();
    for id in reachable(service, roots) {
        let shape = service.shape(id);
        found.entry(shape.name.to_string()).or_insert_with(|| describe::shape(service, shape));
    }
    json!(found)
}

/// The shapes that are reached from some, those included.
fn reachable(service: &Service, roots: impl IntoIterator<Item = ShapeId>) -> BTreeSet<ShapeId> {
    let mut found: BTreeSet<ShapeId> = BTreeSet::new();
    let mut open: Vec<ShapeId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        match &service.shape(id).kind {
            ShapeKind::Structure(structure) => {
                open.extend(structure.members().iter().map(|member| member.shape));
            }
            ShapeKind::List(list) => open.push(list.member.shape),
            ShapeKind::Map(map) => open.extend([map.key.shape, map.value.shape]),
            _ => {}
        }
    }
    found
}

fn unknown(service: &Service, name: &str) -> WrongInput {
    let operations = service.operations();
    let ends = operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
    let roots = ends.flatten().map(|member| member.shape);
    let ids = reachable(service, roots);
    let names = operations.iter().map(|operation| operation.name.as_str());
    let names: BTreeSet<&str> =
        names.chain(ids.iter().map(|id| service.shape(*id).name.as_str())).collect();
    // No name is longer; comparing takes time in the square of it.
    let wanted: String = name.to_lowercase().replace('-', "").chars().take(128).collect();
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &wanted);
    let mut near: Vec<(f64, &str)> =
        names.iter().map(|name| (likeness(name), *name)).filter(|near| near.0 > 0.85).collect();
    near.sort_by(|one, two| two.0.total_cmp(&one.0));
    let near: Vec<String> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    let mut message = format!("`{}` has no operation and no shape `{name}`", service.name());
    if !near.is_empty() {
        message += &format!("; did you mean {}?", near.join(" or "));
    }
    WrongInput::new(message)
}
