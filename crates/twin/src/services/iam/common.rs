//! What IAM's operations share: names and paths, documents, pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reeve_model::{Object, Value};
use reeve_policy::{Form, Policy};

use super::kinds::{GROUP, ROLE, USER};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    page::Paging,
    store::{Place, Resource},
    world::World,
};

pub(super) const PAGES: Paging = Paging::of("MaxItems", "Marker", (100, 1000), "ValidationError");

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A policy document as IAM shows it.
pub(crate) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, PLAIN).to_string()
}

/// Something that has policies.
pub(super) struct Owner {
    pub(super) kind: Kind,
    /// The input member with its name.
    pub(super) member: &'static str,
    /// As messages call it.
    pub(super) word: &'static str,
    /// As quotas call it.
    pub(super) title: &'static str,
    /// The most characters that its inline policies may have together.
    pub(super) most_inline: usize,
}

static OWNERS: [Owner; 3] = [
    Owner { kind: &USER, member: "UserName", word: "user", title: "User", most_inline: 2048 },
    Owner { kind: &GROUP, member: "GroupName", word: "group", title: "Group", most_inline: 5120 },
    Owner { kind: &ROLE, member: "RoleName", word: "role", title: "Role", most_inline: 10_240 },
];

/// What an operation such as `PutRolePolicy` is about, going by its name.
pub(super) fn owner(call: &Call) -> &'static Owner {
    let [user, others @ ..] = &OWNERS;
    others.iter().find(|owner| call.operation.contains(owner.title)).unwrap_or(user)
}

/// The owner that the call names, and its id.
pub(super) fn owned(
    call: &Call,
    world: &World,
) -> Result<(&'static Owner, Place, String), Failure> {
    let owner = owner(call);
    let id = named(call, world, owner.kind, call.required(owner.member)?)?;
    Ok((owner, call.place(owner.kind), id))
}

/// The id of the resource of this name.
pub(super) fn named(call: &Call, world: &World, kind: Kind, name: &str) -> Result<String, Failure> {
    id_of(world, &call.place(kind), name).ok_or_else(|| kind.missing.failure(name))
}

/// The id of the resource of this name: names are unique whatever the path.
pub(crate) fn id_of(world: &World, place: &Place, name: &str) -> Option<String> {
    let shelf = world.shelf(place);
    if shelf.contains_key(name) {
        return Some(name.to_owned());
    }
    shelf.keys().find(|id| last_segment(id) == name).cloned()
}

/// The name in an id.
pub(crate) fn last_segment(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The id of a new resource by name and path, refused if there is one of the name.
pub(super) fn new_id(
    call: &Call,
    world: &World,
    kind: Kind,
    (member, title): (&str, &str),
) -> Result<(String, String), Failure> {
    let name = call.required(member)?;
    check_name(call, member, name)?;
    let path = path(call)?;
    let taken = |id: &String| last_segment(id).eq_ignore_ascii_case(name);
    if world.shelf(&call.place(kind)).keys().any(taken) {
        return Err(exists(format!("{title} with name {name} already exists.")));
    }
    Ok((join(&path, name), path))
}

/// An id from a path and a name.
pub(crate) fn join(path: &str, name: &str) -> String {
    format!("{}{name}", path.strip_prefix('/').unwrap_or(path))
}

pub(super) fn path(call: &Call) -> Result<String, Failure> {
    let path = call.text("Path").unwrap_or("/");
    if path.starts_with('/') && path.ends_with('/') && path.len() <= 512 {
        return Ok(path.to_owned());
    }
    Err(call.invalid(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
         characters and/or / characters.",
    ))
}

pub(super) fn check_name(call: &Call, member: &str, name: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let most = if call.operation.contains("Role") { 64 } else { 128 };
    if !name.bytes().all(allowed) {
        return Err(call.invalid(format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: \
             +=,.@_-",
            lower_first(member)
        )));
    }
    if name.len() > most {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{name}' at '{}' failed to satisfy constraint: Member must have length \
             less than or equal to {most}",
            lower_first(member)
        )));
    }
    Ok(())
}

fn lower_first(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn exists(message: String) -> Failure {
    Failure::new("EntityAlreadyExists", message).with_status(409)
}

pub(super) fn missing(message: impl Into<String>) -> Failure {
    Failure::new("NoSuchEntity", message).with_status(404)
}

pub(super) fn conflict(message: &str) -> Failure {
    Failure::new("DeleteConflict", message).with_status(409)
}

pub(super) fn limit(message: impl Into<String>) -> Failure {
    Failure::new("LimitExceeded", message).with_status(409)
}

/// Refuses a text that is no policy, in AWS's words.
pub(super) fn check_document(form: Form, text: &str) -> Result<(), Failure> {
    Policy::parse(form, text)
        .map(|_| ())
        .map_err(|problem| Failure::new("MalformedPolicyDocument", problem.message))
}

/// The characters of a document that count.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// A list of texts that a resource keeps inside.
pub(crate) fn inner_texts(resource: &Resource, member: &str) -> Vec<String> {
    let list = resource.inside.list(member);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The inline policies of a resource by name.
pub(crate) fn inline_policies(resource: &Resource) -> Vec<(String, String)> {
    let found = resource.inside.get("Policies").and_then(Value::as_object);
    let mut found: Vec<(String, String)> = found
        .into_iter()
        .flat_map(Object::iter)
        .map(|(name, text)| (name.to_string(), text.as_str().unwrap_or_default().to_owned()))
        .collect();
    found.sort();
    found
}

/// Adds a text to a list inside. Whether it was not there.
pub(super) fn add_inside(inside: &mut Object, member: &str, text: &str) -> bool {
    let mut list = inside.list(member).to_vec();
    if list.iter().any(|known| known.as_str() == Some(text)) {
        return false;
    }
    list.push(Value::from(text));
    inside.insert(member, list);
    true
}

/// Takes a text out of a list inside. Whether it was there.
pub(super) fn remove_inside(inside: &mut Object, member: &str, text: &str) -> bool {
    let list = inside.list(member);
    let rest: Vec<Value> =
        list.iter().filter(|known| known.as_str() != Some(text)).cloned().collect();
    let found = rest.len() < list.len();
    inside.insert(member, rest);
    found
}

/// A description.
pub(super) fn shown(world: &World, place: &Place, id: &str) -> Object {
    let found = world.get(place, id);
    found.map(|resource| place.describe(place.kind, id, resource)).unwrap_or_default()
}

/// A page of things in order of their keys.
pub(super) fn page(call: &Call, member: &str, entries: Vec<(String, Value)>) -> Answer {
    page_with(call, member, entries, Object::new())
}

/// The same beside other members.
pub(super) fn page_with(
    call: &Call,
    member: &str,
    mut entries: Vec<(String, Value)>,
    others: Object,
) -> Answer {
    entries.sort_by(|one, two| one.0.cmp(&two.0));
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let rest =
        entries.into_iter().filter(|(key, _)| start.as_ref().is_none_or(|start| key > start));
    let mut rest = rest.peekable();
    let mut list = Vec::new();
    let mut last = None;
    while list.len() < size
        && let Some((key, value)) = rest.next()
    {
        list.push(value);
        last = Some(key);
    }
    let is_truncated = rest.peek().is_some();
    let mut output = others;
    output.insert(member, list);
    output.insert("IsTruncated", is_truncated);
    let output = PAGES.finish(call, output, last.as_deref().filter(|_| is_truncated));
    Ok(call.fit(output))
}

/// Whether a path begins as the caller wants.
pub(super) fn has_prefix(call: &Call, resource: &Resource) -> bool {
    let prefix = call.text("PathPrefix").unwrap_or("/");
    resource.fact("Path").unwrap_or("/").starts_with(prefix)
}

/// An id of a user, role or the like.
pub(crate) fn unique_id(world: &mut World, prefix: &str) -> String {
    format!("{prefix}{}", world.random_letters(17))
}
