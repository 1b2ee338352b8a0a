//! Whether an action may still be performed, from what its resource looks like now.
//!
//! What was approved is exactly what is applied. Before its first call an action must find the resource as it was
//! observed: a fact that changed meanwhile refuses it and says what changed. An action that was started before (the
//! process died, or it failed half-way) may also find its own work, whole or in part: a tag that already has its wanted
//! value is then left alone, so that nothing is done twice.

use reeve_types::{Attribute, Resource, Tags};

use crate::{
    plan::{Action, TagChange},
    progress::Direction,
};

/// What to do about an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Set and remove these tags.
    Perform(Write),
    /// Nothing is left to do: an earlier attempt did it.
    AlreadyDone,
    /// The resource is not what was approved; each text is one difference.
    Refuse(Vec<String>),
}

/// Tags to set and tags to remove on one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write {
    /// Keys and the values they shall have.
    pub set: Tags,
    /// Keys that shall go.
    pub remove: Vec<String>,
}

/// Judges `action` against the resource as it is now; `None` if it is gone.
///
/// `started_before` says that an earlier attempt may have changed something.
pub fn judge(
    action: &Action,
    direction: Direction,
    started_before: bool,
    now: Option<&Resource>,
) -> Judgement {
    let Some(now) = now else {
        return Judgement::Refuse(vec!["the resource no longer exists".to_owned()]);
    };
    let mut differences = match direction {
        Direction::Apply => differing_facts(action, now),
        Direction::Undo => Vec::new(),
    };
    let mut write = Write::default();
    for change in &action.changes {
        let current = now.tags.get(&change.key).map(String::as_str);
        let (from, to) = ends(change, direction);
        let own_work = started_before || direction == Direction::Undo;
        if current == to && own_work {
            continue;
        }
        if current == from {
            write.add(&change.key, to);
        } else {
            differences.push(difference("tag", &change.key, from, current));
        }
    }
    if !differences.is_empty() {
        Judgement::Refuse(differences)
    } else if write == Write::default() {
        Judgement::AlreadyDone
    } else {
        Judgement::Perform(write)
    }
}

/// What is not as `action` wanted it, read back after it was performed; empty if all is.
pub fn verify(action: &Action, direction: Direction, now: Option<&Resource>) -> Vec<String> {
    let Some(now) = now else {
        return vec!["the resource no longer exists".to_owned()];
    };
    let wrong = action.changes.iter().filter_map(|change| {
        let current = now.tags.get(&change.key).map(String::as_str);
        let (_, wanted) = ends(change, direction);
        (current != wanted).then(|| {
            format!("tag `{}` should be {}, but is {}", change.key, shown(wanted), shown(current))
        })
    });
    wrong.collect()
}

impl Write {
    fn add(&mut self, key: &str, to: Option<&str>) {
        match to {
            Some(value) => {
                self.set.insert(key.to_owned(), value.to_owned());
            }
            None => self.remove.push(key.to_owned()),
        }
    }
}

/// Where a change starts and where it ends.
fn ends(change: &TagChange, direction: Direction) -> (Option<&str>, Option<&str>) {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    match direction {
        Direction::Apply => (before, after),
        Direction::Undo => (after, before),
    }
}

/// The facts that the decision rested on and that are different now. Tags that the action itself changes are judged
/// by themselves.
fn differing_facts(action: &Action, now: &Resource) -> Vec<String> {
    let mut differences = Vec::new();
    let changed = |key: &str| action.changes.iter().any(|change| change.key == key);
    for (key, before) in action.reads.tags.iter().filter(|(key, _)| !changed(key)) {
        let (before, current) = (before.as_deref(), now.tags.get(key).map(String::as_str));
        if before != current {
            differences.push(difference("tag", key, before, current));
        }
    }
    // What belongs to a tag that the action changes is judged with the tag.
    let of_changed = |name: &String| {
        action.changes.iter().any(|change| *name == Attribute::propagation_of(&change.key))
    };
    for (name, before) in action.reads.attributes.iter().filter(|(name, _)| !of_changed(name)) {
        let current = now.attributes.get(name);
        if before.as_ref() != current {
            let (before, current) = (before.as_ref().map(text), current.map(text));
            differences.push(difference("", name, before.as_deref(), current.as_deref()));
        }
    }
    differences
}

fn text(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Text(text) => text.clone(),
        Attribute::Flag(flag) => flag.to_string(),
    }
}

fn difference(kind: &str, name: &str, before: Option<&str>, current: Option<&str>) -> String {
    let kind = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    format!("{kind}`{name}` was {}, now is {}", shown(before), shown(current))
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| format!("`{value}`"))
}
