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

/// Reads what an action changes from its document.
pub(crate) fn read_changes(json: &str) -> Result<Vec<TagChange>, DocumentError> {
    let VersionedAction::V1(ActionV1 { changes, reads: _ }) = from_json(json)?;
    Ok(changes_from_v1(changes))
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

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = include_str!("../../test-data/action-v1.json");

    fn reference() -> ResourceRef {
        let scope = reeve_types::Scope {
            account: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            resource_type: reeve_types::ResourceType::new("AWS::EC2::Instance"),
        };
        let arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1".to_owned();
        ResourceRef { scope, id: "i-1".to_owned(), arn }
    }

    #[test]
    fn an_action_of_version_1_is_read_as_it_was_meant() {
        let action = read_action(7, reference(), V1.trim_end()).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let change = |key: &str, before, after, reason: &str| TagChange {
            key: key.to_owned(),
            before,
            after,
            reason: reason.to_owned(),
        };
        let expected = Action {
            number: 7,
            resource: reference(),
            changes: vec![
                change("ams:rt:a", None, text("true"), "`Linux` matches"),
                change("ams:rt:b", text("1"), text(""), "`Windows` matches"),
                change("ams:rt:c", text("ä"), None, "no configuration yields it"),
            ],
            reads: Facts {
                tags: BTreeMap::from([("Name".to_owned(), text("web")), ("Team".to_owned(), None)]),
                attributes: BTreeMap::from([
                    ("Platform".to_owned(), Some(Attribute::Text("true".to_owned()))),
                    ("Public".to_owned(), Some(Attribute::Flag(true))),
                    ("VPCId".to_owned(), None),
                ]),
            },
        };
        assert_eq!(action, expected);
    }

    /// While version 1 is the newest, it is also what is written.
    #[test]
    fn an_action_is_written_as_version_1() {
        let action = read_action(7, reference(), V1.trim_end()).unwrap();
        assert_eq!(write_action(&action.changes, &action.reads).unwrap(), V1.trim_end());
    }
}
