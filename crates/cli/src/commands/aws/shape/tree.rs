//! Shapes as people read them: a member a line, what it is beside it, and its own members below.

use std::collections::BTreeSet;

use reeve_model::{
    Name, Operation, Service, Shape, ShapeId, ShapeKind,
    schema::{Bounds, Member},
};

use super::describe::{number, primitive};
use crate::text::listed;

/// How many values of an enumeration are named before the others are only counted.
const VALUES_SHOWN: usize = 12;

/// What an operation takes and returns.
pub(super) fn operation(service: &Service, operation: &Operation, depth: usize) -> String {
    let mut text = format!("{}:{}\n", service.name(), operation.name);
    let mut remarks = vec![format!("{} {}", operation.http.method, operation.http.request_uri)];
    if service.paginator(&operation.name).is_some() {
        remarks.push("has pages: `--paginate`".to_owned());
    }
    if operation.deprecated {
        remarks.push("deprecated".to_owned());
    }
    text += &format!("  {}\n", remarks.join("; "));
    let waiters = service.waiters().filter(|(_, waiter)| waiter.operation == operation.name);
    let waiters: Vec<&str> = waiters.map(|(name, _)| name.as_str()).collect();
    if !waiters.is_empty() {
        text += &format!("  waiters: {}\n", waiters.join(", "));
    }
    for (title, end) in [("input", &operation.input), ("output", &operation.output)] {
        let is_empty = |member: &&Member| {
            structure_within(service, member.shape).is_none_or(|(_, members)| members.is_empty())
        };
        text += &match end.as_ref().filter(|member| !is_empty(member)) {
            Some(member) => format!("\n{title}: {}", shape(service, member.shape, depth)),
            None => format!("\n{title}: nothing\n"),
        };
    }
    let errors = operation.errors.iter().map(|id| service.shape(*id).name.as_str());
    let errors: Vec<&str> = errors.collect();
    if !errors.is_empty() {
        text += &format!("\nerrors: {}\n", errors.join(", "));
    }
    text
}

/// How a shape is made.
pub(super) fn shape(service: &Service, id: ShapeId, depth: usize) -> String {
    let mut tree = Tree { service, depth, shown: BTreeSet::new(), text: String::new() };
    let shape = service.shape(id);
    let of = tree.describe(shape);
    let is_name = *shape.name == of;
    tree.text = if is_name { of } else { format!("{}, {of}", shape.name) };
    tree.text.push('\n');
    tree.members_within(id, 1);
    tree.text
}

struct Tree<'a> {
    service: &'a Service,
    depth: usize,
    // Structures whose members have been shown.
    shown: BTreeSet<ShapeId>,
    text: String,
}

impl Tree<'_> {
    /// Shows the members of the structure that a shape is, or is made of.
    fn members_within(&mut self, id: ShapeId, level: usize) {
        let service = self.service;
        let Some((id, members)) = structure_within(service, id) else { return };
        if level > self.depth || !self.shown.insert(id) {
            return;
        }
        let width = members.iter().map(|member| member.name.chars().count()).max().unwrap_or(0);
        for member in members {
            let indent = "  ".repeat(level);
            let described = self.member(member, level);
            self.text += &format!("{indent}{:width$}  {described}\n", member.name.as_str());
            self.members_within(member.shape, level + 1);
        }
    }

    fn member(&self, member: &Member, level: usize) -> String {
        let shape = self.service.shape(member.shape);
        let mut words = vec![self.describe(shape)];
        let flags = &member.flags;
        for (word, is_set) in [
            ("required", flags.required),
            ("streamed", flags.streaming),
            ("a stream of events", flags.event_stream),
            ("filled in if absent", flags.idempotency_token),
            ("secret", flags.sensitive || shape.sensitive),
            ("deprecated", flags.deprecated),
        ] {
            if is_set {
                words.push(word.to_owned());
            }
        }
        words.extend(bounds(shape));
        let mut text = words.join(", ");
        if let Some((id, members)) = structure_within(self.service, member.shape)
            && !members.is_empty()
        {
            if self.shown.contains(&id) {
                text += " (as above)";
            } else if level >= self.depth {
                text += " (…)";
            }
        }
        text
    }

    /// What a shape is, in words.
    fn describe(&self, shape: &Shape) -> String {
        let of = |member: &Member| self.describe(self.service.shape(member.shape));
        match &shape.kind {
            ShapeKind::Structure(structure) if structure.document => "any JSON".to_owned(),
            ShapeKind::Structure(structure) if structure.union => {
                format!("exactly one member of {}", shape.name)
            }
            ShapeKind::Structure(_) => shape.name.to_string(),
            ShapeKind::List(list) => format!("list of {}", of(&list.member)),
            ShapeKind::Map(map) => format!("map of {} to {}", of(&map.key), of(&map.value)),
            ShapeKind::String(values) if !values.is_empty() => {
                let values = values.iter().map(Name::as_str);
                format!("string ({})", listed(values, VALUES_SHOWN))
            }
            kind => primitive(kind).to_owned(),
        }
    }
}

/// The structure that a shape is, or that its elements or values are, with its members.
fn structure_within(service: &Service, id: ShapeId) -> Option<(ShapeId, &[Member])> {
    match &service.shape(id).kind {
        ShapeKind::Structure(structure) if structure.document => None,
        ShapeKind::Structure(structure) => Some((id, structure.members())),
        ShapeKind::List(list) => structure_within(service, list.member.shape),
        ShapeKind::Map(map) => structure_within(service, map.value.shape),
        _ => None,
    }
}

/// How long, many or large, in words.
fn bounds(shape: &Shape) -> Option<String> {
    let Bounds { minimum, maximum, pattern: _ } = &shape.bounds;
    let range = match (minimum.map(number), maximum.map(number)) {
        (None, None) => return None,
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (Some(least), Some(most)) if least == most => format!("exactly {least}"),
        (Some(least), Some(most)) => format!("{least} to {most}"),
    };
    let unit = match &shape.kind {
        ShapeKind::String(values) if !values.is_empty() => return None,
        ShapeKind::String(_) if range == "at least 1" => " character",
        ShapeKind::String(_) => " characters",
        ShapeKind::Blob => " bytes",
        ShapeKind::List(_) if range == "at least 1" => " element",
        ShapeKind::List(_) => " elements",
        ShapeKind::Map(_) => " entries",
        _ => "",
    };
    Some(range + unit)
}
