//! The document of an observed resource: what its row's columns do not say.

use std::collections::BTreeMap;

use reeve_care::plan::TagChange;
use reeve_types::{Attribute, Tags};
use serde::{Deserialize, Serialize};

use super::{
    DocumentError,
    action::{
        AttributeV1, TagChangeV1, attribute_from_v1, attribute_to_v1, changes_from_v1,
        changes_to_v1,
    },
    from_json, to_json,
};

/// The part of an observed resource that is not in its row's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResourceDetail {
    pub(crate) tags: Tags,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) configurations: Vec<String>,
    pub(crate) changes: Vec<TagChange>,
    pub(crate) notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum VersionedResource {
    #[serde(rename = "1")]
    V1(ResourceV1),
}

#[derive(Serialize, Deserialize)]
struct ResourceV1 {
    tags: Tags,
    attributes: BTreeMap<String, AttributeV1>,
    configurations: Vec<String>,
    changes: Vec<TagChangeV1>,
    /// Not there in the first documents of this version.
    #[serde(default)]
    notes: Vec<String>,
}

/// Writes the part of a resource that is not in its row's columns.
pub(crate) fn write_resource(detail: &ResourceDetail) -> Result<String, DocumentError> {
    let ResourceDetail { tags, attributes, configurations, changes, notes } = detail;
    let attributes =
        attributes.iter().map(|(name, value)| (name.clone(), attribute_to_v1(value))).collect();
    to_json(&VersionedResource::V1(ResourceV1 {
        tags: tags.clone(),
        attributes,
        configurations: configurations.clone(),
        changes: changes_to_v1(changes),
        notes: notes.clone(),
    }))
}

/// Reads the part of a resource that is not in its row's columns.
pub(crate) fn read_resource(json: &str) -> Result<ResourceDetail, DocumentError> {
    let VersionedResource::V1(ResourceV1 { tags, attributes, configurations, changes, notes }) =
        from_json(json)?;
    let attributes =
        attributes.into_iter().map(|(name, value)| (name, attribute_from_v1(value))).collect();
    let changes = changes_from_v1(changes);
    Ok(ResourceDetail { tags, attributes, configurations, changes, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is written now, and as it was before there were notes.
    const V1: &str = include_str!("../../test-data/resource-v1.jsonl");

    #[test]
    fn a_resource_of_version_1_is_read_as_it_was_meant() {
        let change = TagChange {
            key: "ams:rt:a".to_owned(),
            before: None,
            after: Some("true".to_owned()),
            reason: "`Linux` matches".to_owned(),
        };
        let expected = ResourceDetail {
            tags: Tags::from([("Name".to_owned(), "web".to_owned())]),
            attributes: BTreeMap::from([
                ("Platform".to_owned(), Attribute::Text("false".to_owned())),
                ("Public".to_owned(), Attribute::Flag(false)),
            ]),
            configurations: vec!["Linux".to_owned()],
            changes: vec![change],
            notes: vec!["two configurations disagree".to_owned()],
        };
        let without_notes = ResourceDetail { notes: Vec::new(), ..expected.clone() };
        let read: Vec<_> = V1.lines().map(|line| read_resource(line).unwrap()).collect();
        assert_eq!(read, [expected, without_notes]);
    }

    /// While version 1 is the newest, it is also what is written.
    #[test]
    fn a_resource_is_written_as_version_1() {
        let written = V1.lines().next().unwrap();
        assert_eq!(write_resource(&read_resource(written).unwrap()).unwrap(), written);
    }
}
