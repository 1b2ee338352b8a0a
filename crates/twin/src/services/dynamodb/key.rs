//! Keys: what a table or index is ordered by, and where an item stands in the store.

use reeve_model::{Object, Value};

use super::attribute::{self, parts};
use crate::store::Resource;

/// What separates the parts of an item's id.
pub(super) const SEPARATOR: char = '\u{0}';

/// An attribute that a table or index is ordered by, and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyAttribute {
    pub(super) name: String,
    pub(super) kind: String,
}

/// The key of a table or index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) hash: KeyAttribute,
    pub(super) range: Option<KeyAttribute>,
}

impl Keys {
    /// The key of a table.
    pub(super) fn of_table(table: &Resource) -> Option<Self> {
        Self::read(table, table.value("KeySchema")?)
    }

    /// The key of an index of a table.
    pub(super) fn of_index(table: &Resource, index: &str) -> Option<Self> {
        Self::read(table, find_index(table, index)?.get("KeySchema")?)
    }

    fn read(table: &Resource, schema: &Value) -> Option<Self> {
        let definitions = table.value("AttributeDefinitions")?.as_list();
        let named = |wanted: &str| {
            let element = schema
                .as_list()
                .iter()
                .find(|element| element.get("KeyType").and_then(Value::as_str) == Some(wanted))?;
            let name = element.get("AttributeName")?.as_str()?;
            let definition = definitions
                .iter()
                .find(|one| one.get("AttributeName").and_then(Value::as_str) == Some(name))?;
            let kind = definition.get("AttributeType")?.as_str()?.to_owned();
            Some(KeyAttribute { name: name.to_owned(), kind })
        };
        Some(Self { hash: named("HASH")?, range: named("RANGE") })
    }

    /// The attributes, in order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    /// Only the key of an item.
    pub(super) fn only(&self, item: &Object) -> Object {
        self.attributes()
            .filter_map(|attribute| {
                Some((attribute.name.as_str(), item.get(&attribute.name)?.clone()))
            })
            .collect()
    }

    /// Whether an item has all of the key, in the right types.
    pub(super) fn fits(&self, item: &Object) -> bool {
        self.attributes().all(|attribute| {
            item.get(&attribute.name)
                .and_then(parts)
                .is_some_and(|(kind, _)| kind == attribute.kind)
        })
    }

    /// Where an item stands in the store.
    pub(super) fn id(&self, table: &str, item: &Object) -> Option<String> {
        let hash = attribute::sortable(item.get(&self.hash.name)?)?;
        let mut id = format!("{table}{SEPARATOR}{hash}{SEPARATOR}");
        if let Some(range) = &self.range {
            id.push_str(&attribute::sortable(item.get(&range.name)?)?);
        }
        Some(id)
    }

    /// Refuses an item whose key is absent, empty or of the wrong type.
    pub(super) fn check(&self, item: &Object) -> Result<(), String> {
        for attribute in self.attributes() {
            let name = &attribute.name;
            let Some(value) = item.get(name) else {
                return Err(format!(
                    "One or more parameter values were invalid: Missing the key {name} in the item"
                ));
            };
            let (kind, held) = parts(value).unwrap_or(("", value));
            if kind != attribute.kind {
                return Err(format!(
                    "One or more parameter values were invalid: Type mismatch for key {name} \
                     expected: {} actual: {kind}",
                    attribute.kind
                ));
            }
            let empty = held.as_str().is_some_and(str::is_empty)
                || held.as_blob().is_some_and(<[u8]>::is_empty);
            if empty {
                return Err(format!(
                    "One or more parameter values are not valid. The AttributeValue for a key \
                     attribute cannot contain an empty string value. Key: {name}"
                ));
            }
        }
        Ok(())
    }

    /// Refuses a key that is not exactly the table's.
    pub(super) fn check_exact(&self, key: &Object) -> Result<(), String> {
        if key.len() != self.attributes().count() || !self.fits(key) {
            return Err("The provided key element does not match the schema".to_owned());
        }
        self.check(key)
    }
}

/// An index of a table.
pub(super) fn find_index<'t>(table: &'t Resource, name: &str) -> Option<&'t Value> {
    ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"]
        .into_iter()
        .filter_map(|member| table.value(member))
        .flat_map(Value::as_list)
        .find(|index| index.get("IndexName").and_then(Value::as_str) == Some(name))
}
