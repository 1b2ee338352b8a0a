//! The document of a plan's action: what its row's columns do not say.

use std::collections::BTreeMap;

use reeve_care::plan::{Action, Facts, TagChange};
use reeve_types::{Attribute, ResourceRef};
use serde::{Deserialize, Serialize};

use super::{DocumentError, from_json, to_json};

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum VersionedAction {
    #[serde(rename = "1")]
    V1(ActionV1),
}

#[derive(Serialize, Deserialize)]
struct ActionV1 {
    changes: Vec<TagChangeV1>,
    reads: FactsV1,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TagChangeV1 {
    key: String,
    before: Option<String>,
    after: Option<String>,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct FactsV1 {
    tags: BTreeMap<String, Option<String>>,
    attributes: BTreeMap<String, Option<AttributeV1>>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum AttributeV1 {
    Flag(bool),
    Text(String),
}

/// Writes the part of an action that is not in its row's columns.
pub(crate) fn write_action(changes: &[TagChange], reads: &Facts) -> Result<String, DocumentError> {
    let Facts { tags, attributes } = reads;
    let attributes = attributes
        .iter()
        .map(|(name, value)| (name.clone(), value.as_ref().map(attribute_to_v1)))
        .collect();
    let reads = FactsV1 { tags: tags.clone(), attributes };
    to_json(&VersionedAction::V1(ActionV1 { changes: changes_to_v1(changes), reads }))
}

/// Reads an action from its document and its row's columns.
pub(crate) fn read_action(
    number: u32,
    resource: ResourceRef,
    json: &str,
) -> Result<Action, DocumentError> {
    let VersionedAction::V1(ActionV1 { changes, reads: FactsV1 { tags, attributes } }) =
        from_json(json)?;
    let attributes =
        attributes.into_iter().map(|(name, value)| (name, value.map(attribute_from_v1))).collect();
    let reads = Facts { tags, attributes };
    Ok(Action { number, resource, changes: changes_from_v1(changes), reads })
}

pub(super) fn changes_to_v1(changes: &[TagChange]) -> Vec<TagChangeV1> {
    let shape = |change: &TagChange| {
        let TagChange { key, before, after, reason } = change.clone();
        TagChangeV1 { key, before, after, reason }
    };
    changes.iter().map(shape).collect()
}

pub(super) fn changes_from_v1(changes: Vec<TagChangeV1>) -> Vec<TagChange> {
    let domain = |change| {
        let TagChangeV1 { key, before, after, reason } = change;
        TagChange { key, before, after, reason }
    };
    changes.into_iter().map(domain).collect()
}

pub(super) fn attribute_to_v1(attribute: &Attribute) -> AttributeV1 {
    match attribute {
        Attribute::Text(text) => AttributeV1::Text(text.clone()),
        Attribute::Flag(flag) => AttributeV1::Flag(*flag),
    }
}

pub(super) fn attribute_from_v1(attribute: AttributeV1) -> Attribute {
    match attribute {
        AttributeV1::Text(text) => Attribute::Text(text),
        AttributeV1::Flag(flag) => Attribute::Flag(flag),
    }
}
