//! The rules of tagging, which all services share, in each service's own error codes.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use crate::{call::Call, failure::Failure, store::Resource};

const MOST_TAGS: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
/// The prefix of keys that only AWS itself may write.
pub(crate) const RESERVED: &str = "aws:";

/// A service's error codes about tags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagErrors {
    /// A key begins with `aws:`.
    pub(crate) reserved: &'static str,
    /// The resource would have more than fifty tags.
    pub(crate) too_many: &'static str,
    /// A key occurs twice in one request.
    pub(crate) duplicate: &'static str,
}

impl TagErrors {
    /// A service that has one code for everything.
    pub(crate) const fn all(code: &'static str) -> Self {
        Self { reserved: code, too_many: code, duplicate: code }
    }
}

/// The tags in a list of `Key` and `Value`.
pub(crate) fn listed(call: &Call, member: &str) -> Vec<(String, String)> {
    let text = |tag: &Value, name: &str| {
        tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    call.list(member).iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// The tags in a list of `key` and `value`.
pub(crate) fn lower_listed(call: &Call, member: &str) -> Vec<(String, String)> {
    let text = |tag: &Value, name: &str| {
        tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    call.list(member).iter().map(|tag| (text(tag, "key"), text(tag, "value"))).collect()
}

/// The tags that EC2's `TagSpecifications` have for a resource type.
pub(crate) fn specified(call: &Call, resource_type: &str) -> Vec<(String, String)> {
    let text = |tag: &Value, name: &str| {
        tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let specifications = call.list("TagSpecifications").iter();
    specifications
        .filter(|one| one.get("ResourceType").and_then(Value::as_str) == Some(resource_type))
        .flat_map(|one| one.get("Tags").map_or(&[][..], Value::as_list))
        .map(|tag| (text(tag, "Key"), text(tag, "Value")))
        .collect()
}

/// The tags in a map.
pub(crate) fn mapped(call: &Call, member: &str) -> Vec<(String, String)> {
    let tags = call.input.get(member).and_then(Value::as_object);
    tags.into_iter()
        .flat_map(Object::iter)
        .map(|(key, value)| (key.to_string(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Refuses tags that no resource may be given.
pub(crate) fn check(call: &Call, tags: &[(String, String)]) -> Result<(), Failure> {
    let errors = call.service.tag_errors;
    let mut seen = BTreeSet::new();
    for (key, value) in tags {
        if key.starts_with(RESERVED) {
            return Err(reserved(call));
        }
        if key.is_empty() || key.chars().count() > LONGEST_KEY {
            let message =
                format!("Tag keys must have between 1 and {LONGEST_KEY} characters: '{key}'");
            return Err(call.invalid(message));
        }
        if value.chars().count() > LONGEST_VALUE {
            let message =
                format!("The value of tag '{key}' has more than {LONGEST_VALUE} characters");
            return Err(call.invalid(message));
        }
        if !seen.insert(key) {
            let message = format!("The tag key '{key}' occurs more than once in the request");
            return Err(Failure::new(errors.duplicate, message));
        }
    }
    Ok(())
}

/// Tags for a new resource; refused if no resource may be given them.
pub(crate) fn checked(call: &Call, given: Vec<(String, String)>) -> Result<Tags, Failure> {
    check(call, &given)?;
    Ok(given.into_iter().collect())
}

/// The tags that a resource would have with `added`: refused if they were too many.
pub(crate) fn with(
    call: &Call,
    resource: &Resource,
    added: &[(String, String)],
) -> Result<Tags, Failure> {
    check(call, added)?;
    let mut tags = Tags::clone(&resource.tags);
    tags.extend(added.iter().cloned());
    check_count(call, &tags)?;
    Ok(tags)
}

/// Refuses more user tags than a resource may have.
pub(crate) fn check_count(call: &Call, tags: &Tags) -> Result<(), Failure> {
    // Tags that AWS made do not count.
    if tags.keys().filter(|key| !key.starts_with(RESERVED)).count() > MOST_TAGS {
        let message = format!("A resource can have at most {MOST_TAGS} tags");
        return Err(Failure::new(call.service.tag_errors.too_many, message));
    }
    Ok(())
}

/// The tags that a resource would have without `keys`; keys it does not have are no error.
pub(crate) fn without(call: &Call, resource: &Resource, keys: &[&str]) -> Result<Tags, Failure> {
    if keys.iter().any(|key| key.starts_with(RESERVED)) {
        return Err(reserved(call));
    }
    let mut tags = Tags::clone(&resource.tags);
    tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(tags)
}

fn reserved(call: &Call) -> Failure {
    let message = format!("Tag keys starting with '{RESERVED}' are reserved for internal use");
    Failure::new(call.service.tag_errors.reserved, message)
}
