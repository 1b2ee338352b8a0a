//! What an update would change, resource by resource, and whether it would replace anything.

use std::collections::{BTreeMap, BTreeSet};

use reeve_model::{Object, Value};

use super::{evaluate::KNOWN_LATER, functions::same};

/// A resource on one side of a comparison, with evaluated properties.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Side {
    /// Its type.
    pub(crate) resource_type: String,
    /// Its properties.
    pub(crate) properties: Object,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is made.
    Add,
    /// These properties change.
    Modify(Replacement, BTreeSet<String>),
    /// It leaves.
    Remove,
}

/// Whether a change makes a new resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Replacement {
    /// No.
    Never,
    /// It depends on a value that is known later.
    Conditional,
    /// Yes.
    Always,
}

impl Replacement {
    /// As change sets show it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Never => "False",
            Self::Conditional => "Conditional",
            Self::Always => "True",
        }
    }
}

/// Compares what is with what shall be. `fixed` says which properties of a type cannot be changed in place.
pub(crate) fn plan(
    before: &BTreeMap<String, Side>,
    after: &BTreeMap<String, Side>,
    fixed: impl Fn(&str, &str) -> bool,
) -> BTreeMap<String, Action> {
    let mut actions = BTreeMap::new();
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for id in ids {
        let action = match (before.get(id), after.get(id)) {
            (None, Some(_)) => Some(Action::Add),
            (Some(_), None) => Some(Action::Remove),
            (Some(old), Some(new)) => modification(old, new, &fixed),
            (None, None) => None,
        };
        if let Some(action) = action {
            actions.insert(id.clone(), action);
        }
    }
    actions
}

fn modification(old: &Side, new: &Side, fixed: impl Fn(&str, &str) -> bool) -> Option<Action> {
    if old.resource_type != new.resource_type {
        return Some(Action::Modify(Replacement::Always, BTreeSet::new()));
    }
    let changed = changes(&old.properties, &new.properties);
    let replacement = changed.iter().map(|name| {
        if !fixed(&new.resource_type, name) {
            Replacement::Never
        } else if new.properties.get(name).is_some_and(is_known_later) {
            Replacement::Conditional
        } else {
            Replacement::Always
        }
    });
    let replacement = replacement.max().unwrap_or(Replacement::Never);
    (!changed.is_empty()).then_some(Action::Modify(replacement, changed))
}

/// The properties that differ.
pub(crate) fn changes(old: &Object, new: &Object) -> BTreeSet<String> {
    let names = old.names().chain(new.names());
    let differs = |name: &&reeve_model::Name| match (old.get(name), new.get(name)) {
        (Some(one), Some(other)) => !same(one, other),
        _ => true,
    };
    names.filter(differs).map(ToString::to_string).collect()
}

fn is_known_later(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(KNOWN_LATER),
        Value::List(elements) => elements.iter().any(is_known_later),
        Value::Object(members) => members.iter().any(|(_, value)| is_known_later(value)),
        _ => false,
    }
}
