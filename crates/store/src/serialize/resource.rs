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
}

/// Writes the part of a resource that is not in its row's columns.
pub(crate) fn write_resource(detail: &ResourceDetail) -> Result<String, DocumentError> {
    let ResourceDetail { tags, attributes, configurations, changes } = detail;
    let attributes =
        attributes.iter().map(|(name, value)| (name.clone(), attribute_to_v1(value))).collect();
    to_json(&VersionedResource::V1(ResourceV1 {
        tags: tags.clone(),
        attributes,
        configurations: configurations.clone(),
        changes: changes_to_v1(changes),
    }))
}

/// Reads the part of a resource that is not in its row's columns.
pub(crate) fn read_resource(json: &str) -> Result<ResourceDetail, DocumentError> {
    let VersionedResource::V1(ResourceV1 { tags, attributes, configurations, changes }) =
        from_json(json)?;
    let attributes =
        attributes.into_iter().map(|(name, value)| (name, attribute_from_v1(value))).collect();
    Ok(ResourceDetail { tags, attributes, configurations, changes: changes_from_v1(changes) })
}
