//! What a stack knows of itself: its template, its parameters, and each resource that it made.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    evaluate::{Made, Scope, Surroundings},
    template::{Declared, Template},
};
use crate::{
    kind::{Definition, Identity, Missing, TagForm},
    store::{Place, Resource},
    value::object,
    world::World,
};

/// A stack; its id is its name, a slash and a UUID.
pub(crate) static STACK: Definition = Definition {
    resource_type: "AWS::CloudFormation::Stack",
    tagging_type: "cloudformation:stack",
    arn: "arn:{partition}:cloudformation:{region}:{account}:stack/{id}",
    identity: &[("StackId", Identity::Arn), ("StackName", Identity::Segment(0))],
    tags: TagForm::List("Tags"),
    missing: Missing::new("ValidationError", "Stack with id {id} does not exist"),
    ..Definition::OF
};

/// How many events of a stack are remembered.
const MOST_EVENTS: usize = 1_000;

/// A template with the values of its parameters: what a stack is, or was, to be.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    /// The template as written.
    pub(super) body: String,
    /// The parameters' values.
    pub(super) parameters: Object,
}

impl Goal {
    /// Reads it from where a stack keeps it.
    pub(super) fn of(stack: &Resource, member: &str) -> Option<Self> {
        let kept = stack.inside.get(member)?;
        Some(Self {
            body: kept.get("Body")?.as_str()?.to_owned(),
            parameters: kept.get("Parameters")?.as_object()?.clone(),
        })
    }

    /// As a stack keeps it.
    pub(super) fn kept(&self) -> Object {
        object! { "Body": (self.body.as_str()), "Parameters": (self.parameters.clone()) }
    }

    /// The values as templates see them.
    pub(super) fn values(&self) -> BTreeMap<String, Value> {
        let values = self.parameters.iter();
        values
            .map(|(name, one)| (name.to_string(), one.get("Value").cloned().unwrap_or_default()))
            .collect()
    }

    /// The values as they were given.
    pub(super) fn written(&self) -> BTreeMap<String, String> {
        let written = |one: &Value| one.text("Written").to_owned();
        self.parameters.iter().map(|(name, one)| (name.to_string(), written(one))).collect()
    }
}

/// The resources of a stack that were made, as templates see them.
pub(super) fn made(stack: &Resource) -> BTreeMap<String, Made> {
    let records = stack.inside.get("Resources").and_then(Value::as_object);
    let is_made = |record: &&Value| record.get("Reference").is_some();
    records
        .into_iter()
        .flat_map(Object::iter)
        .filter(|(_, record)| is_made(record))
        .map(|(id, record)| {
            let reference = record.text("Reference");
            let attributes = record.get("Attributes").and_then(Value::as_object).cloned();
            let made = Made {
                reference: reference.to_owned(),
                attributes: attributes.unwrap_or_default(),
            };
            (id.to_string(), made)
        })
        .collect()
}

/// What surrounds the values of a stack.
pub(super) fn surroundings(place: &Place, id: &str, stack: &Resource) -> Surroundings {
    let topics = stack.list("NotificationARNs");
    let region = place.region.as_str();
    Surroundings {
        account: place.account.to_string(),
        region: region.to_owned(),
        partition: place.region.partition().to_string(),
        stack_name: id.split('/').next().unwrap_or(id).to_owned(),
        stack_id: place.arn_of(&STACK, id),
        topics: topics.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        zones: ["a", "b", "c"].iter().map(|letter| format!("{region}{letter}")).collect(),
    }
}

/// What the stacks of an account and Region export, with the stack that does.
pub(super) fn exports(world: &World, place: &Place) -> BTreeMap<String, (String, String)> {
    let place = place.beside(&STACK);
    let mut exports = BTreeMap::new();
    for (id, stack) in world.shelf(&place) {
        for (name, value) in stack
            .inside
            .get("Exports")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Object::iter)
        {
            let value = value.as_str().unwrap_or_default().to_owned();
            exports.insert(name.to_string(), (id.clone(), value));
        }
    }
    exports
}

/// The properties that a resource is to have, or nothing if it is not to exist.
pub(super) fn wanted(scope: &Scope<'_>, declared: &Declared) -> Result<Option<Object>, String> {
    if !super::evaluate::exists(scope, declared)? {
        return Ok(None);
    }
    let properties = scope.evaluate(&declared.properties)?;
    Ok(Some(properties.as_object().cloned().unwrap_or_default()))
}

/// One line in a stack's history.
pub(super) struct Happening<'h> {
    /// The resource; the stack's name for the stack itself.
    pub(super) logical: &'h str,
    /// What it is in the world.
    pub(super) physical: &'h str,
    /// Its type.
    pub(super) resource_type: &'h str,
    /// What it is now.
    pub(super) status: &'h str,
    /// Why.
    pub(super) reason: Option<&'h str>,
}

/// Enters something into a stack's history.
pub(super) fn happen(world: &mut World, place: &Place, id: &str, happening: &Happening<'_>) {
    let event_id = world.uuid();
    let now = world.now();
    let name = id.split('/').next().unwrap_or(id);
    let mut event = object! {
        "StackId": (place.arn_of(&STACK, id)),
        "EventId": (format!("{}-{event_id}", happening.logical)),
        "StackName": (name),
        "LogicalResourceId": (happening.logical),
        "PhysicalResourceId": (happening.physical),
        "ResourceType": (happening.resource_type),
        "Timestamp": (now),
        "ResourceStatus": (happening.status)
    };
    if let Some(reason) = happening.reason {
        event.insert("ResourceStatusReason", reason);
    }
    world.change_inside(place, id, |inside| {
        let mut events = match inside.remove("Events") {
            Some(Value::List(events)) => events,
            _ => Vec::new(),
        };
        events.insert(0, event.into());
        events.truncate(MOST_EVENTS);
        inside.insert("Events", Value::List(events));
    });
    super::watch::notify(world, place, id, (happening, &event_id));
    super::deploy::tell(world, place, id, happening);
}

/// Sets what a stack is now, and enters it into its history.
pub(super) fn set_status(
    world: &mut World,
    place: &Place,
    id: &str,
    (status, reason): (&str, Option<&str>),
) {
    let now = world.now();
    world.change(place, id, |facts| {
        facts.insert("StackStatus", status);
        match reason {
            Some(reason) => facts.insert("StackStatusReason", reason),
            None => facts.remove("StackStatusReason"),
        };
        if status == "DELETE_COMPLETE" {
            facts.insert("DeletionTime", now);
        }
    });
    let arn = place.arn_of(&STACK, id);
    let name = id.split('/').next().unwrap_or(id).to_owned();
    let happening = Happening {
        logical: &name,
        physical: &arn,
        resource_type: STACK.resource_type,
        status,
        reason,
    };
    happen(world, place, id, &happening);
}

/// The id of the stack that is called so, or has this ARN; of those deleted only by ARN.
pub(super) fn find(world: &World, place: &Place, name: &str) -> Option<String> {
    let place = place.beside(&STACK);
    if name.starts_with("arn:") {
        let id = name.split_once(":stack/").map(|(_, id)| id)?;
        return world.get(&place, id).map(|_| id.to_owned());
    }
    let prefix = format!("{name}/");
    world
        .shelf(&place)
        .range(prefix.clone()..)
        .take_while(|(id, _)| id.starts_with(&prefix))
        .find(|(_, stack)| stack.fact("StackStatus") != Some("DELETE_COMPLETE"))
        .map(|(id, _)| id.clone())
}

/// The template of a stack; those stored were read before.
pub(super) fn template(body: &str) -> Result<Template, String> {
    Template::parse(body)
}
