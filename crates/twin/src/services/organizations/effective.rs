//! What the policies above an account come to: each level assigns, appends and removes, as far as the levels above let it.

use std::collections::BTreeMap;

use reeve_types::AccountId;
use serde_json::{Map, Value};

use super::organization;
use crate::{
    call::{Answer, Call},
    directory::Organization,
    failure::Failure,
    value::value,
    world::World,
};

const ALLOWED: &str = "@@operators_allowed_for_child_policies";

/// Which operators the levels above left to those below, by path.
type Locks = BTreeMap<String, Vec<String>>;

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let now = call.now;
    let short = call.required("PolicyType")?.to_owned();
    let wanted = call.text("TargetId").unwrap_or(call.account().as_str()).to_owned();
    // Every account may ask about itself.
    if wanted == call.account().as_str() {
        world.directory.admit_accounts();
    } else {
        organization(call, world)?;
    }
    let organization = world.directory.organization.as_ref().ok_or_else(super::not_in_use)?;
    let account: AccountId = wanted.parse().map_err(|_| {
        let message = "We can't find a root, OU, or account with the TargetId that you specified.";
        Failure::new("TargetNotFoundException", message)
    })?;
    let found = of(organization, &account, &short).ok_or_else(|| {
        let message =
            "If you ran this action on the management account, this policy type is not enabled.";
        Failure::new("EffectivePolicyNotFoundException", message)
    })?;
    Ok(value!({"EffectivePolicy": {
        "PolicyContent": (found.to_string()),
        "LastUpdatedTimestamp": (now),
        "TargetId": (wanted),
        "PolicyType": (short),
    }}))
}

/// The effective policy of a kind for an account; nothing if there is none.
pub(super) fn of(organization: &Organization, account: &AccountId, kind: &str) -> Option<Value> {
    if !organization.enabled.contains(kind) || !organization.members.contains_key(account) {
        return None;
    }
    let mut merged = Value::Object(Map::new());
    let mut locks = Locks::new();
    let mut any = false;
    for target in organization.path_to(account.as_str()) {
        let mut next = locks.clone();
        for (_, policy) in organization.attached(&target, kind) {
            if let Ok(document) = serde_json::from_str::<Value>(&policy.content) {
                merge(&mut merged, &document, "", (&locks, &mut next));
                any = true;
            }
        }
        locks = next;
    }
    any.then_some(merged)
}

/// Puts one document into what the others came to.
fn merge(into: &mut Value, document: &Value, path: &str, (locks, next): (&Locks, &mut Locks)) {
    let Value::Object(members) = document else { return };
    if let Some(allowed) = members.get(ALLOWED) {
        next.entry(path.to_owned()).or_insert_with(|| texts(allowed));
    }
    for (name, value) in
        members.iter().filter(|(name, _)| name.starts_with("@@") && *name != ALLOWED)
    {
        if !is_left(locks, path, name) {
            continue;
        }
        match &**name {
            "@@assign" => *into = value.clone(),
            "@@append" => {
                let mut list = into.as_array().cloned().unwrap_or_default();
                for one in value.as_array().into_iter().flatten() {
                    if !list.contains(one) {
                        list.push(one.clone());
                    }
                }
                *into = list.into();
            }
            "@@remove" => {
                if let Some(list) = into.as_array_mut() {
                    let removed = value.as_array().cloned().unwrap_or_default();
                    list.retain(|one| !removed.contains(one));
                }
            }
            _ => {}
        }
    }
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with("@@")) {
        if !into.is_object() {
            *into = Value::Object(Map::new());
        }
        let Some(object) = into.as_object_mut() else { continue };
        // Keys of tags are the same whatever their case.
        let known = object.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        let key = known.unwrap_or_else(|| name.clone());
        let inner = object.entry(key.clone()).or_insert(Value::Null);
        let path = format!("{path}.{}", key.to_lowercase());
        merge(inner, value, &path, (locks, &mut *next));
        if inner.is_null() {
            object.remove(&key);
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether the levels above leave an operator to this one, at this path or above it.
fn is_left(locks: &Locks, path: &str, operator: &str) -> bool {
    let mut at = path;
    loop {
        if let Some(allowed) = locks.get(at) {
            return allowed.iter().any(|it| it == "@@all" || it == operator);
        }
        match at.rsplit_once('.') {
            Some((above, _)) => at = above,
            None => return true,
        }
    }
}

/// One rule of an account's effective tag policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagRule {
    /// The key as it is to be written.
    pub(crate) key: String,
    /// The values that are allowed, with stars; all if there are none.
    pub(crate) values: Vec<String>,
    /// The types of resource that other tags are refused for, such as `ec2:instance`.
    pub(crate) enforced_for: Vec<String>,
}

/// The tag policy of an account.
pub(crate) fn tag_rules(organization: &Organization, account: &AccountId) -> Vec<TagRule> {
    let Some(policy) = of(organization, account, "TAG_POLICY") else { return Vec::new() };
    let tags = policy.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    let rule = |(name, rule): (String, Value)| TagRule {
        key: rule.get("tag_key").and_then(Value::as_str).map_or(name, str::to_owned),
        values: rule.get("tag_value").map(texts).unwrap_or_default(),
        enforced_for: rule.get("enforced_for").map(texts).unwrap_or_default(),
    };
    tags.into_iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(documents: &[Value]) -> Value {
        let (mut into, mut locks) = (json!({}), Locks::new());
        for document in documents {
            let mut next = locks.clone();
            merge(&mut into, document, "", (&locks, &mut next));
            locks = next;
        }
        into
    }

    #[test]
    fn levels_assign_append_and_remove() {
        let root = json!({"tags": {"CostCenter": {
            "tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["100", "200"]},
        }}});
        let unit = json!({"tags": {"costcenter": {
            "tag_value": {"@@append": ["300"]}, "enforced_for": {"@@assign": ["ec2:instance"]},
        }}});
        let account = json!({"tags": {"costcenter": {"tag_value": {"@@remove": ["100"]}}}});
        let expected = json!({"tags": {"CostCenter": {
            "tag_key": "CostCenter", "tag_value": ["200", "300"], "enforced_for": ["ec2:instance"],
        }}});
        assert_eq!(merged(&[root, unit, account]), expected);
    }

    #[test]
    fn what_a_level_does_not_leave_to_those_below_stays() {
        let root = json!({"tags": {"team": {
            "tag_key": {"@@assign": "Team", "@@operators_allowed_for_child_policies": ["@@none"]},
            "tag_value": {"@@assign": ["a"], "@@operators_allowed_for_child_policies": ["@@append"]},
        }}});
        let unit = json!({"tags": {"team": {
            "tag_key": {"@@assign": "TEAM"}, "tag_value": {"@@assign": ["x"], "@@append": ["b"]},
        }}});
        let expected = json!({"tags": {"team": {"tag_key": "Team", "tag_value": ["a", "b"]}}});
        assert_eq!(merged(&[root, unit]), expected);
    }
}
