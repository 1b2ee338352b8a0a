//! Makes, reads, changes and deletes resources of the registered types, by the calls of their services.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    fitting,
    registry::{From, Request, ResourceType, Setter, TagWay},
};
use crate::{
    failure::Failure,
    filter::as_text,
    kind::{lower_tag_list, tag_list, tag_map},
    value::value,
    world::{Origin, World},
};

/// What a call is about.
struct About<'a> {
    kind: &'static ResourceType,
    id: &'a str,
    properties: &'a Object,
}

/// Why a handler failed, as `CloudFormation` words it.
fn worded(kind: &ResourceType, failure: &Failure) -> String {
    let code = match failure.code.as_str() {
        code if is_missing(code) => "NotFound",
        code if code.contains("Exists") || code.contains("Duplicate") => "AlreadyExists",
        code if code.contains("Denied") || code.contains("Unauthorized") => "AccessDenied",
        code if code.contains("Throttl") => "Throttling",
        code if code.contains("Limit") => "ServiceLimitExceeded",
        code if code.contains("Invalid") || code.contains("Validation") => "InvalidRequest",
        _ => "GeneralServiceException",
    };
    format!(
        "Resource handler returned message: \"{} (Service: {}, Status Code: {})\" (HandlerErrorCode: {code})",
        failure.message, kind.service, failure.status
    )
}

fn is_missing(code: &str) -> bool {
    code.contains("NotFound")
        || code.starts_with("NoSuch")
        || code.contains("NonExistent")
        || code.contains("DoesNotExist")
}

fn arguments(request: Request, about: &About<'_>) -> Object {
    let value = |from: &From| match from {
        From::Id => Value::from(about.id),
        From::Ids => Value::List(vec![about.id.into()]),
        From::Property(name) => about.properties.get(name).cloned().unwrap_or_default(),
        From::Text(text) => Value::from(*text),
        From::Flag(is) => Value::from(*is),
    };
    request.members.iter().map(|(member, from)| (*member, value(from))).collect()
}

fn perform(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &ResourceType,
    (operation, values): (&str, &Object),
) -> Result<Value, Failure> {
    let (input, _) = fitting::fit(kind.service, operation, values);
    world.call(origin, kind.service, operation, input)
}

/// The tags that properties say, as a list or a map.
fn said_tags(kind: &ResourceType, properties: &Object) -> Tags {
    let mut tags = Tags::new();
    match properties.get(kind.tags_property) {
        Some(Value::List(list)) => {
            for tag in list {
                let part = |member: &str| tag.get(member).map(as_text).unwrap_or_default();
                tags.insert(part("Key"), part("Value"));
            }
        }
        Some(Value::Object(map)) => {
            tags.extend(map.iter().map(|(key, value)| (key.to_string(), as_text(value))));
        }
        _ => {}
    }
    tags
}

fn put_tags(kind: &ResourceType, tags: &Tags, input: &mut Object) {
    if tags.is_empty() {
        return;
    }
    match kind.tags {
        TagWay::None => {}
        TagWay::List(member) => {
            input.insert(member, tag_list(tags));
        }
        TagWay::Lower(member) => {
            input.insert(member, lower_tag_list(tags));
        }
        TagWay::Map(member) => {
            input.insert(member, tag_map(tags));
        }
        TagWay::Specifications(of) => {
            input.insert(
                "TagSpecifications",
                value!([{ "ResourceType": (of), "Tags": (tag_list(tags)) }]),
            );
        }
    }
}

/// Makes a resource and returns its id. `tags` are those of its stack.
pub(crate) fn create(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &'static ResourceType,
    properties: &Object,
    tags: &Tags,
) -> Result<String, String> {
    let mut values = properties.clone();
    let is_late = |setter: &&Setter| setter.at_creation && values.contains(setter.property);
    let late: Vec<&Setter> = kind.setters.iter().filter(is_late).collect();
    for setter in &late {
        values.remove(setter.property);
    }
    let mut all_tags = tags.clone();
    all_tags.extend(said_tags(kind, properties));
    if kind.tags != TagWay::None {
        values.remove(kind.tags_property);
    }
    (kind.prepare)(&mut values);
    for (property, member) in kind.rename {
        if let Some(value) = values.remove(property) {
            values.insert(*member, value);
        }
    }
    put_tags(kind, &all_tags, &mut values);
    let (mut input, left) = fitting::fit(kind.service, kind.create, &values);
    if let Some(name) = left.first() {
        return Err(format!(
            "Properties validation failed for resource with message: #: extraneous key [{name}] is not permitted"
        ));
    }
    let about = About { kind, id: "", properties };
    for (member, value) in arguments(Request { operation: "", members: kind.fixed_input }, &about) {
        input.insert(member, value);
    }
    if kind.create == "CreateFileSystem" {
        input.insert("CreationToken", world.uuid());
    }
    if kind.create == "CreateBucket" && origin.region.as_str() != "us-east-1" {
        input.insert(
            "CreateBucketConfiguration",
            value!({ "LocationConstraint": (origin.region.as_str()) }),
        );
    }
    let output = world
        .call(origin, kind.service, kind.create, input)
        .map_err(|failure| worded(kind, &failure))?;
    let id = new_id(kind, properties, &output);
    let about = About { kind, id: &id, properties };
    for setter in late {
        if let Some(value) = properties.get(setter.property)
            && let Err(failure) = apply(world, origin, &about, (setter, value))
        {
            // What is half made is taken away again.
            let _ = delete(world, origin, kind, (&id, properties));
            return Err(worded(kind, &failure));
        }
    }
    Ok(id)
}

fn new_id(kind: &ResourceType, properties: &Object, output: &Value) -> String {
    if let Some(parts) = kind.id.strip_prefix('*') {
        let parts =
            parts.split('|').map(|part| properties.get(part).map(as_text).unwrap_or_default());
        return parts.collect::<Vec<_>>().join("|");
    }
    if kind.id.is_empty() {
        return properties.get(kind.name_property).map(as_text).unwrap_or_default();
    }
    output.path(kind.id).map(as_text).unwrap_or_default()
}

/// Calls a setter with a value.
fn apply(
    world: &mut World,
    origin: &Origin<'_>,
    about: &About<'_>,
    (setter, value): (&Setter, &Value),
) -> Result<(), Failure> {
    send(world, origin, about, (setter, setter.request.operation, value))
}

fn send(
    world: &mut World,
    origin: &Origin<'_>,
    about: &About<'_>,
    (setter, operation, value): (&Setter, &str, &Value),
) -> Result<(), Failure> {
    let values = if setter.each { value.as_list().to_vec() } else { vec![value.clone()] };
    for value in values {
        let shaped = (setter.shape)(&value);
        let mut input = Object::new();
        match (&shaped, setter.member) {
            (Value::Object(members), "") => input.extend(members.clone()),
            (_, "") => {}
            (_, member) => {
                input.insert(member, shaped.clone());
            }
        }
        for (member, value) in arguments(setter.request, about) {
            input.insert(member, value);
        }
        if operation == "RemoveTargets" {
            let ids = value.as_list().iter().filter_map(|target| target.get("Id").cloned());
            input.insert("Ids", ids.collect::<Value>());
        }
        if operation == "CreatePolicyVersion" {
            drop_versions(world, origin, about.kind, about.id)?;
        }
        perform(world, origin, about.kind, (operation, &input))?;
    }
    Ok(())
}

/// Deletes the versions of a managed policy that are not in force.
fn drop_versions(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &ResourceType,
    id: &str,
) -> Result<(), Failure> {
    let input = Object::from_iter([("PolicyArn", Value::from(id))]);
    let found = perform(world, origin, kind, ("ListPolicyVersions", &input))?;
    let is_old = |one: &&Value| one.get("IsDefaultVersion").and_then(Value::as_bool) == Some(false);
    let all = found.list("Versions").iter();
    for version in all.filter(is_old) {
        let mut input = input.clone();
        input.insert("VersionId", version.get("VersionId").cloned().unwrap_or_default());
        perform(world, origin, kind, ("DeletePolicyVersion", &input))?;
    }
    Ok(())
}

/// The operation that takes back what another did.
fn inverse(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "AttachRolePolicy" => "DetachRolePolicy",
        "AttachUserPolicy" => "DetachUserPolicy",
        "AttachGroupPolicy" => "DetachGroupPolicy",
        "PutRolePolicy" => "DeleteRolePolicy",
        "PutUserPolicy" => "DeleteUserPolicy",
        "PutGroupPolicy" => "DeleteGroupPolicy",
        "AddRoleToInstanceProfile" => "RemoveRoleFromInstanceProfile",
        "AddUserToGroup" => "RemoveUserFromGroup",
        "AuthorizeSecurityGroupIngress" => "RevokeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress" => "RevokeSecurityGroupEgress",
        "RegisterPatchBaselineForPatchGroup" => "DeregisterPatchBaselineForPatchGroup",
        "RegisterTargets" => "DeregisterTargets",
        "PutTargets" => "RemoveTargets",
        _ => return None,
    })
}

/// What a resource is like; nothing if it does not exist. A type that cannot be read is as it was made.
pub(crate) fn read(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &'static ResourceType,
    (id, properties): (&str, &Object),
) -> Result<Option<Object>, String> {
    if kind.read.operation.is_empty() {
        return Ok(Some(properties.clone()));
    }
    let input = arguments(kind.read, &About { kind, id, properties });
    match perform(world, origin, kind, (kind.read.operation, &input)) {
        Ok(output) => {
            let found = if kind.at.is_empty() { Some(&output) } else { output.path(kind.at) };
            let found = found.and_then(Value::as_object).cloned();
            Ok(found.filter(|found| !is_gone(found)))
        }
        Err(failure) if is_missing(&failure.code) => Ok(None),
        Err(failure) => Err(worded(kind, &failure)),
    }
}

fn is_gone(found: &Object) -> bool {
    let state = |path: &str| {
        Value::Object(found.clone()).path(path).and_then(Value::as_str).map(str::to_owned)
    };
    ["State.Name", "State", "KeyState"].iter().any(|path| {
        matches!(state(path).as_deref(), Some("terminated" | "deleted" | "PendingDeletion"))
    }) || found.contains("DeletedDate")
}

/// Whether a resource is as it will be; a state that it cannot leave is an error.
pub(crate) fn is_ready(kind: &ResourceType, found: &Object) -> Result<bool, String> {
    let (path, good) = kind.ready;
    if path.is_empty() {
        return Ok(true);
    }
    let state = Value::Object(found.clone())
        .path(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if good.contains(&state.as_str()) {
        return Ok(true);
    }
    let lower = state.to_lowercase();
    if ["fail", "error", "terminat", "shutting-down", "incompatible"]
        .iter()
        .any(|bad| lower.contains(bad))
    {
        return Err(format!(
            "Resource handler returned message: \"The resource is in the state {state}\" (HandlerErrorCode: NotStabilized)"
        ));
    }
    Ok(false)
}

/// Changes a resource in place.
pub(crate) fn update(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &'static ResourceType,
    (id, before, after): (&str, &Object, &Object),
    changed: &BTreeSet<String>,
) -> Result<(), String> {
    let about = About { kind, id, properties: after };
    let whole = kind.setters.iter().find(|setter| setter.property == "*");
    let mut is_whole_due = false;
    for name in changed {
        let Some(setter) = kind.setters.iter().find(|setter| setter.property == *name) else {
            if whole.is_none() {
                return Err(format!(
                    "Update of the property {name} of {} is not supported here",
                    kind.name
                ));
            }
            is_whole_due = true;
            continue;
        };
        let (old, new) = (before.get(name), after.get(name));
        replace(world, origin, &about, (setter, old, new))
            .map_err(|failure| worded(kind, &failure))?;
    }
    if let Some(setter) = whole.filter(|_| is_whole_due) {
        let mut values = after.clone();
        if kind.tags != TagWay::None {
            values.remove(kind.tags_property);
        }
        (kind.prepare)(&mut values);
        for (member, value) in arguments(setter.request, &about) {
            values.insert(member, value);
        }
        perform(world, origin, kind, (setter.request.operation, &values))
            .map_err(|failure| worded(kind, &failure))?;
    }
    Ok(())
}

/// Sets a new value, and takes the old one back where values add up.
fn replace(
    world: &mut World,
    origin: &Origin<'_>,
    about: &About<'_>,
    (setter, old, new): (&Setter, Option<&Value>, Option<&Value>),
) -> Result<(), Failure> {
    let undo = inverse(setter.request.operation);
    let elements =
        |value: Option<&Value>| value.map_or_else(Vec::new, |value| value.as_list().to_vec());
    if let Some(undo) = undo {
        let old = if setter.each {
            let kept = elements(new);
            Value::List(elements(old).into_iter().filter(|one| !kept.contains(one)).collect())
        } else {
            old.cloned().unwrap_or_default()
        };
        if !old.as_list().is_empty() {
            send(world, origin, about, (setter, undo, &old))?;
        }
    }
    match new {
        Some(new) if setter.each => {
            let had = elements(old);
            let added = elements(Some(new)).into_iter().filter(|one| !had.contains(one)).collect();
            apply(world, origin, about, (setter, &Value::List(added)))
        }
        Some(new) => apply(world, origin, about, (setter, new)),
        None => Ok(()),
    }
}

/// Deletes a resource; one that is not there is deleted already.
pub(crate) fn delete(
    world: &mut World,
    origin: &Origin<'_>,
    kind: &'static ResourceType,
    (id, properties): (&str, &Object),
) -> Result<(), String> {
    let about = About { kind, id, properties };
    for setter in kind.setters.iter().filter(|setter| setter.at_creation) {
        if let (Some(undo), Some(value)) =
            (inverse(setter.request.operation), properties.get(setter.property))
        {
            // What was taken back by others is no obstacle; what matters is whether it can be deleted.
            let _ = send(world, origin, &about, (setter, undo, value));
        }
    }
    if kind.create == "CreatePolicy" {
        drop_versions(world, origin, kind, id).map_err(|failure| worded(kind, &failure))?;
    }
    let input = arguments(kind.delete, &about);
    match perform(world, origin, kind, (kind.delete.operation, &input)) {
        Ok(_) => Ok(()),
        Err(failure) if is_missing(&failure.code) => Ok(()),
        Err(failure) => Err(worded(kind, &failure)),
    }
}

/// What `Ref` returns.
pub(crate) fn reference(kind: &ResourceType, id: &str, found: &Object) -> String {
    if kind.reference.is_empty() {
        return id.to_owned();
    }
    Value::Object(found.clone()).path(kind.reference).map_or_else(|| id.to_owned(), as_text)
}

/// What `Fn::GetAtt` returns: what the description has, and what is called otherwise there.
pub(crate) fn attributes(
    kind: &ResourceType,
    origin: &Origin<'_>,
    id: &str,
    found: &Object,
) -> Object {
    let mut attributes = found.clone();
    let whole = Value::Object(found.clone());
    for (name, path) in kind.attributes {
        let value = match path.strip_prefix('@') {
            Some(template) => {
                let last = id.rsplit(['/', ':']).next().unwrap_or(id);
                let filled = template.replace("{id}", id).replace("{name}", last);
                Some(Value::from(filled.replace("{region}", origin.region.as_str())))
            }
            None => whole.path(path).cloned(),
        };
        if let Some(value) = value {
            attributes.insert(*name, value);
        }
    }
    attributes
}

/// The properties as the world has them, of those named; what cannot be read back is left out.
pub(crate) fn actual(kind: &ResourceType, names: &BTreeSet<String>, found: &Object) -> Object {
    let whole = Value::Object(found.clone());
    let mut properties = Object::new();
    for name in names {
        let elsewhere = kind.shown.iter().find(|(known, _)| known == name).map(|(_, path)| *path);
        let value = match elsewhere {
            Some("") => None,
            Some(path) => whole.path(path).cloned(),
            None => found
                .iter()
                .find(|(member, _)| member.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone()),
        };
        if let Some(value) = value {
            properties.insert(name.as_str(), value);
        }
    }
    properties
}
