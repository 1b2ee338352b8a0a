//! A resource on its way from the list to the full description.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};
use reeve_types::{Attribute, Resource, ResourceRef, Tags};

use crate::{Definition, definition::AttributeSource};

/// A resource that was listed, with what its details have added so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which resource.
    pub reference: ResourceRef,
    item: Value,
    details: Object,
}

impl Found {
    pub(crate) fn new(reference: ResourceRef, item: Value) -> Self {
        Self { reference, item, details: Object::new() }
    }

    pub(crate) fn add(&mut self, name: &str, detail: Value) {
        self.details.insert(name, detail);
    }

    /// What the list call said about it.
    pub fn item(&self) -> &Value {
        &self.item
    }

    /// The resource, with its tags and the facts that filters can ask for.
    pub fn resource(self, definition: &Definition) -> Resource {
        let Self { reference, item, details } = self;
        let details = Value::from(details);
        // A path that starts with a detail's name is a path into that detail, any other is one into the item.
        let tags = definition.tags.first(&details).or_else(|| definition.tags.first(&item));
        let mut attributes = BTreeMap::new();
        if let (Some(tags), Some(flag)) = (tags, &definition.tag_flag) {
            let keys = flagged(tags, flag)
                .map(|key| (Attribute::propagation_of(key), Attribute::Flag(true)));
            attributes.extend(keys);
        }
        let tags = tags.map(read_tags).unwrap_or_default();
        for (name, source) in &definition.attributes {
            let look = |path: &crate::path::Path| {
                let detail = path.first(&details).and_then(attribute);
                detail.or_else(|| path.first(&item).and_then(attribute))
            };
            let value = match source {
                AttributeSource::Exists(path) => Some(Attribute::Flag(look(path).is_some())),
                AttributeSource::Path { path, absent } => look(path).or_else(|| absent.clone()),
            };
            if let Some(value) = value {
                attributes.insert(name.clone(), value);
            }
        }
        Resource { reference, tags, attributes }
    }
}

fn attribute(value: &Value) -> Option<Attribute> {
    match value {
        Value::String(text) => Some(Attribute::Text(text.clone())),
        Value::Bool(flag) => Some(Attribute::Flag(*flag)),
        Value::Integer(number) => Some(Attribute::Text(number.to_string())),
        _ => None,
    }
}

/// The keys of the tags whose entry has `flag` set.
fn flagged<'a>(tags: &'a Value, flag: &'a str) -> impl Iterator<Item = &'a str> {
    let is_set = move |tag: &&Value| tag.get(flag).and_then(Value::as_bool) == Some(true);
    tags.as_list().iter().filter(is_set).filter_map(|tag| tag.get("Key").and_then(Value::as_str))
}

/// Reads tags in either of the two forms that AWS services use: a list of keys and values, or a map.
fn read_tags(value: &Value) -> Tags {
    let pair = |entry: &Value| {
        let text = |names: [&str; 2]| {
            names.iter().find_map(|name| entry.get(name).and_then(Value::as_str)).map(str::to_owned)
        };
        Some((text(["Key", "key"])?, text(["Value", "value"]).unwrap_or_default()))
    };
    match value {
        Value::Object(map) => map
            .iter()
            .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
            .collect(),
        list => list.as_list().iter().filter_map(pair).collect(),
    }
}
