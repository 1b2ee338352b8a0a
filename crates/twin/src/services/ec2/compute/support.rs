//! What the files of compute share: times, places, texts of objects, tags on creation and plain refusals.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};
use reeve_types::Tags;

use crate::{
    call::Call,
    failure::Failure,
    page::Paging,
    store::{Place, Resource, facts as shared},
    tagging,
    world::World,
};

/// Without a page size AWS returns as much as it can; the twin returns its largest page and a token.
pub(crate) const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (1000, 1000), "InvalidParameterValue").with_least(5);

/// So many seconds from now.
pub(crate) fn after(world: &World, seconds: i64) -> Timestamp {
    let now = world.now();
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// A random moment between so many seconds from now.
pub(crate) fn between(world: &mut World, least: i64, most: i64) -> Timestamp {
    let seconds = world.random_between(least, most);
    after(world, seconds)
}

/// The ARN of a resource.
pub(crate) fn arn(place: &Place, id: &str) -> String {
    place.arn_of(place.kind, id)
}

/// A text at a dotted path; empty if there is none.
pub(crate) fn text<'o>(object: &'o Object, path: &str) -> &'o str {
    value(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// A number at a dotted path.
pub(crate) fn number(object: &Object, path: &str) -> Option<i64> {
    value(object, path).and_then(Value::as_i64)
}

/// A truth at a dotted path.
pub(crate) fn truth(object: &Object, path: &str) -> Option<bool> {
    value(object, path).and_then(Value::as_bool)
}

/// The value at a dotted path.
pub(crate) fn value<'o>(object: &'o Object, path: &str) -> Option<&'o Value> {
    match path.split_once('.') {
        None => object.get(path),
        Some((first, rest)) => object.get(first)?.path(rest),
    }
}

/// The elements of a list in an object.
pub(crate) fn list<'o>(object: &'o Object, member: &str) -> &'o [Value] {
    object.get(member).map_or(&[], Value::as_list)
}

/// The texts of a list in an object.
pub(crate) fn texts<'o>(object: &'o Object, member: &str) -> Vec<&'o str> {
    list(object, member).iter().filter_map(Value::as_str).collect()
}

/// A text of an element.
pub(crate) fn part<'v>(value: &'v Value, path: &str) -> &'v str {
    value.path(path).and_then(Value::as_str).unwrap_or_default()
}

/// A time as EC2 writes it where it writes times as text.
pub(crate) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The tags that a request gives to what it creates of one kind.
pub(crate) fn specified(call: &Call, resource_type: &str) -> Result<Tags, Failure> {
    specified_in(call, call.list("TagSpecifications"), resource_type)
}

/// The same from a list that is not the request's own.
pub(crate) fn specified_in(
    call: &Call,
    specifications: &[Value],
    resource_type: &str,
) -> Result<Tags, Failure> {
    let fitting = specifications
        .iter()
        .filter(|specification| part(specification, "ResourceType") == resource_type);
    let tags: Vec<(String, String)> = fitting
        .flat_map(|specification| specification.list("Tags"))
        .map(|tag| (part(tag, "Key").to_owned(), part(tag, "Value").to_owned()))
        .collect();
    // Services may give tags of their own.
    if call.caller.invoked_by.is_some() {
        return Ok(tags.into_iter().collect());
    }
    tagging::check(call, &tags)?;
    let tags: Tags = tags.into_iter().collect();
    tagging::check_count(call, &tags)?;
    Ok(tags)
}

/// Refuses tag specifications for anything but what is created.
pub(crate) fn only_for(call: &Call, allowed: &[&str]) -> Result<(), Failure> {
    for specification in call.list("TagSpecifications") {
        let kind = part(specification, "ResourceType");
        if !allowed.contains(&kind) {
            let message =
                format!("'{kind}' is not a valid taggable resource type for this operation.");
            return Err(call.invalid(message));
        }
    }
    Ok(())
}

/// Refuses parameters that the twin would otherwise have to ignore.
pub(crate) fn refuse(call: &Call, members: &[&str]) -> Result<(), Failure> {
    match members.iter().find(|member| call.input.get(member).is_some_and(says_something)) {
        Some(member) => Err(unsupported(call, member)),
        None => Ok(()),
    }
}

/// Whether a value asks for anything.
pub(crate) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::List(elements) => !elements.is_empty(),
        Value::Object(members) => members.iter().any(|(_, member)| says_something(member)),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// The refusal of a parameter that the twin does not do.
pub(crate) fn unsupported(call: &Call, member: &str) -> Failure {
    let message = format!("the twin does not implement `{member}` of `ec2:{}`", call.operation);
    Failure::new("NotImplemented", message).with_status(501)
}

/// A new resource with facts and tags.
pub(crate) fn resource(facts: Object, tags: Tags) -> Resource {
    Resource::new(shared(facts), tags.into())
}

/// `{"Return": true}`, which old operations answer.
pub(crate) fn done() -> Value {
    Value::from_iter([("Return", true)])
}
