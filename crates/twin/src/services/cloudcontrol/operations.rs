//! The operations of Cloud Control: requests about resources of any registered type, and how they go.

use std::collections::BTreeSet;

use jiff::Span;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    engine,
    registry::{self, ResourceType},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{self, Definition, Missing},
    page::Paging,
    services::{Action, Part},
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&REQUEST],
    operations: &[
        ("CreateResource", Action::Own(create)),
        ("UpdateResource", Action::Own(update)),
        ("DeleteResource", Action::Own(delete)),
        ("GetResource", Action::Own(get)),
        ("ListResources", Action::Own(list)),
        ("GetResourceRequestStatus", Action::Own(status)),
        ("ListResourceRequests", Action::Own(list_requests)),
        ("CancelResourceRequest", Action::Own(cancel)),
    ],
    tasks: &[("cloudcontrol:begin", begin), ("cloudcontrol:watch", watch)],
};

/// A request.
pub(crate) static REQUEST: Definition = Definition {
    resource_type: "AWS::CloudControl::ResourceRequest",
    arn: "arn:{partition}:cloudcontrol:{region}:{account}:request/{id}",
    identity: &[("RequestToken", kind::Identity::Id)],
    missing: Missing::new("RequestTokenNotFoundException", "The request token {id} was not found"),
    ..Definition::OF
};

static PAGES: Paging = Paging::of("MaxResults", "NextToken", (20, 100), "InvalidRequestException");

const BY: &str = "cloudformation.amazonaws.com";
/// How long it takes until a request is begun, and how often it is looked after, in seconds.
const STEP: i64 = 2;

fn typed(call: &Call) -> Result<&'static ResourceType, Failure> {
    let name = call.required("TypeName")?;
    registry::named(name).ok_or_else(|| {
        Failure::new(
            "UnsupportedActionException",
            format!("Resource type {name} does not support this action"),
        )
    })
}

fn parsed(call: &Call, text: &str) -> Result<Value, Failure> {
    let json: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| call.invalid(format!("Invalid JSON: {error}")))?;
    Ok(Value::from_json(&json))
}

/// Enters a request and answers its progress.
fn enter(
    call: &Call,
    world: &mut World,
    (operation, identifier, inside): (&str, &str, Object),
) -> Answer {
    let token = world.uuid();
    let place = call.place(&REQUEST);
    let event = object! {
        "TypeName": (call.required("TypeName")?),
        "Identifier": (identifier),
        "Operation": (operation),
        "OperationStatus": "IN_PROGRESS",
        "EventTime": (world.now())
    };
    let resource = Resource::new(facts(event), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), token.as_str(), resource);
    let due = world.now() + Span::new().seconds(STEP);
    world.schedule(due, Task::new("cloudcontrol:begin", &place, &token));
    progress(call, world, &token)
}

fn progress(call: &Call, world: &World, token: &str) -> Answer {
    let place = call.place(&REQUEST);
    let found = call.find(world, &REQUEST, token)?;
    let mut shown = place.describe(&REQUEST, token, found);
    if shown.get("Identifier").and_then(Value::as_str) == Some("") {
        shown.remove("Identifier");
    }
    Ok(call.fit(value!({ "ProgressEvent": (shown) })))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let kind = typed(call)?;
    let desired = parsed(call, call.required("DesiredState")?)?;
    let mut properties = desired.as_object().cloned().unwrap_or_default();
    if !kind.name_property.is_empty() && !properties.contains(kind.name_property) {
        properties.insert(kind.name_property, format!("resource-{}", world.random_hex(12)));
    }
    enter(call, world, ("CREATE", "", object! { "Properties": (properties) }))
}

/// The resource named, as it is.
fn found(
    call: &Call,
    world: &mut World,
    kind: &'static ResourceType,
    id: &str,
) -> Result<Object, Failure> {
    let place = call.place(&REQUEST);
    let origin = Origin::at(&place, BY);
    let found = engine::read(world, &origin, kind, (id, &Object::new()))
        .map_err(|message| Failure::new("GeneralServiceException", message))?;
    found.ok_or_else(|| {
        let message =
            format!("Resource of type '{}' with identifier '{id}' was not found.", kind.name);
        Failure::new("ResourceNotFoundException", message)
    })
}

/// Every name that a description or the registry knows for properties.
fn names(kind: &ResourceType, found: &Object) -> BTreeSet<String> {
    let own =
        found.names().map(ToString::to_string).filter(|name| name.starts_with(char::is_uppercase));
    let shown = kind.shown.iter().map(|(name, _)| (*name).to_owned());
    let named = (!kind.name_property.is_empty()).then(|| kind.name_property.to_owned());
    own.chain(shown).chain(named).collect()
}

fn model(kind: &ResourceType, id: &str, found: &Object) -> Object {
    let mut model = engine::actual(kind, &names(kind, found), found);
    if !kind.name_property.is_empty() && !model.contains(kind.name_property) && kind.id.is_empty() {
        model.insert(kind.name_property, id);
    }
    model
}

fn get(call: &Call, world: &mut World) -> Answer {
    let kind = typed(call)?;
    let id = call.required("Identifier")?;
    let found = found(call, world, kind, id)?;
    let properties = Value::Object(model(kind, id, &found)).to_json().to_string();
    Ok(value!({
        "TypeName": (kind.name),
        "ResourceDescription": { "Identifier": (id), "Properties": (properties) }
    }))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let kind = typed(call)?;
    let unsupported = || {
        let message = format!("Resource type {} does not support LIST action here", kind.name);
        Failure::new("UnsupportedActionException", message)
    };
    let stored = kind::named(kind.name).ok_or_else(unsupported)?;
    let place = call.place(stored);
    let shown = world
        .shelf(&place)
        .iter()
        .map(|(id, found)| {
            let described = place.describe(stored, id, found);
            // Types whose id is an ARN are identified by it here too.
            let identifier = match kind.id.rsplit('.').next() {
                Some(last) if last.ends_with("Arn") || last == "ARN" => place.arn_of(stored, id),
                _ => id.clone(),
            };
            let properties =
                Value::Object(model(kind, &identifier, &described)).to_json().to_string();
            value!({ "Identifier": (identifier), "Properties": (properties) })
        })
        .collect();
    let output = object! { "TypeName": (kind.name) };
    PAGES.slice_beside(call, "ResourceDescriptions", shown, output)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let kind = typed(call)?;
    let id = call.required("Identifier")?.to_owned();
    let patch = parsed(call, call.required("PatchDocument")?)?;
    let found = found(call, world, kind, &id)?;
    let before = model(kind, &id, &found);
    let mut after = before.clone();
    let mut changed = BTreeSet::new();
    for step in patch.as_list() {
        let path = step.text("path").trim_start_matches('/');
        let name = path.split('/').next().unwrap_or(path).to_owned();
        if path.contains('/') {
            return Err(call.invalid("Only whole properties can be patched here"));
        }
        match step.text("op") {
            "add" | "replace" => {
                after.insert(name.as_str(), step.get("value").cloned().unwrap_or_default());
            }
            "remove" => {
                after.remove(&name);
            }
            other => {
                return Err(call.invalid(format!("The operation {other} is not supported here")));
            }
        }
        if kind.fixed.contains(&name.as_str()) {
            let message = format!(
                "Invalid patch update: createOnlyProperties [/properties/{name}] cannot be updated"
            );
            return Err(Failure::new("NotUpdatableException", message));
        }
        changed.insert(name);
    }
    let changed: Value = changed.iter().map(|name| Value::from(name.as_str())).collect();
    let inside = object! { "Before": (before), "Properties": (after), "Changed": (changed) };
    enter(call, world, ("UPDATE", &id, inside))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let kind = typed(call)?;
    let id = call.required("Identifier")?.to_owned();
    let found = found(call, world, kind, &id)?;
    enter(call, world, ("DELETE", &id, object! { "Properties": (model(kind, &id, &found)) }))
}

fn object_of(found: &Resource, member: &str) -> Object {
    found.inside.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Does what was requested.
fn begin(world: &mut World, task: &Task) {
    let Some(request) = world.get(&task.place, &task.id).cloned() else { return };
    if request.fact("OperationStatus") != Some("IN_PROGRESS") {
        return;
    }
    let Some(kind) = request.fact("TypeName").and_then(registry::named) else { return };
    let origin = Origin::at(&task.place, BY);
    let id = request.fact("Identifier").unwrap_or_default().to_owned();
    let properties = object_of(&request, "Properties");
    let done = match request.fact("Operation") {
        Some("CREATE") => engine::create(world, &origin, kind, &properties, &Tags::new()),
        Some("DELETE") => engine::delete(world, &origin, kind, (&id, &properties)).map(|()| id),
        _ => {
            let before = object_of(&request, "Before");
            let changed = request.inside.list("Changed");
            let changed = changed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            engine::update(world, &origin, kind, (&id, &before, &properties), &changed).map(|()| id)
        }
    };
    match done {
        Ok(id) => {
            world.set(&task.place, &task.id, "Identifier", id);
            watch(world, task);
        }
        Err(message) => finish(world, &task.place, &task.id, Some(message)),
    }
}

/// Looks whether a resource is as it will be.
fn watch(world: &mut World, task: &Task) {
    let Some(request) = world.get(&task.place, &task.id).cloned() else { return };
    let Some(kind) = request.fact("TypeName").and_then(registry::named) else { return };
    let id = request.fact("Identifier").unwrap_or_default().to_owned();
    let origin = Origin::at(&task.place, BY);
    let is_deletion = request.fact("Operation") == Some("DELETE");
    let found = engine::read(world, &origin, kind, (&id, &object_of(&request, "Properties")));
    let is_done = match found {
        _ if is_deletion && kind.read.operation.is_empty() => Ok(true),
        Ok(None) => Ok(is_deletion),
        Ok(Some(_)) if is_deletion => Ok(false),
        Ok(Some(found)) => engine::is_ready(kind, &found),
        Err(message) => Err(message),
    };
    match is_done {
        Ok(true) => finish(world, &task.place, &task.id, None),
        Ok(false) => {
            let due = world.now() + Span::new().seconds(STEP);
            world.schedule(due, Task::new("cloudcontrol:watch", &task.place, &task.id));
        }
        Err(message) => finish(world, &task.place, &task.id, Some(message)),
    }
}

fn finish(world: &mut World, place: &Place, token: &str, problem: Option<String>) {
    let now = world.now();
    world.change(place, token, |facts| {
        facts.insert("EventTime", now);
        match problem {
            None => {
                facts.insert("OperationStatus", "SUCCESS");
            }
            Some(message) => {
                let code = message
                    .rsplit_once("HandlerErrorCode: ")
                    .map(|(_, code)| code.trim_end_matches(')'));
                facts.insert("ErrorCode", code.unwrap_or("InvalidRequest"));
                facts.insert("OperationStatus", "FAILED");
                facts.insert("StatusMessage", message);
            }
        }
    });
}

fn status(call: &Call, world: &mut World) -> Answer {
    let token = call.required("RequestToken")?;
    progress(call, world, token)
}

fn list_requests(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&REQUEST);
    let wanted = |member: &str, value: &str| {
        let list =
            call.input.get("ResourceRequestStatusFilter").and_then(|filter| filter.get(member));
        list.is_none_or(|list| list.as_list().iter().any(|one| one.as_str() == Some(value)))
    };
    let shown = world
        .shelf(&place)
        .iter()
        .filter(|(_, one)| {
            wanted("Operations", one.fact("Operation").unwrap_or_default())
                && wanted("OperationStatuses", one.fact("OperationStatus").unwrap_or_default())
        })
        .map(|(id, one)| place.describe(&REQUEST, id, one).into())
        .collect();
    PAGES.slice(call, "ResourceRequestStatusSummaries", shown)
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let token = call.required("RequestToken")?;
    let found = call.find(world, &REQUEST, token)?;
    if found.fact("OperationStatus") != Some("IN_PROGRESS") {
        let message = "The request is not in progress any more";
        return Err(Failure::new("ConcurrentModificationException", message));
    }
    world.set(&call.place(&REQUEST), token, "OperationStatus", "CANCEL_COMPLETE");
    progress(call, world, token)
}
