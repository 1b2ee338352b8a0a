//! Stack policies: what an update may do to which resources.

use reeve_model::Value;
use serde_json::Value as Json;

use super::{
    deploy::{records, text},
    template::Template,
};
use crate::{call::Call, failure::Failure, pattern::matches, store::Place, world::World};

/// The members that a statement may have.
const MEMBERS: [&str; 7] =
    ["Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"];

fn list<'j>(statement: &'j Json, member: &str) -> Option<Vec<&'j str>> {
    match statement.get(member)? {
        Json::String(one) => Some(vec![one]),
        Json::Array(all) => Some(all.iter().filter_map(Json::as_str).collect()),
        _ => None,
    }
}

fn statements(policy: &Json) -> Vec<&Json> {
    match policy.get("Statement") {
        Some(Json::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// Refuses what is not a stack policy, and conditions on anything but the type of a resource.
pub(super) fn check(call: &Call, policy: &str) -> Result<(), Failure> {
    let bad = |problem: String| call.invalid(format!("Error validating stack policy: {problem}"));
    let read: Json = serde_json::from_str(policy).map_err(|error| bad(error.to_string()))?;
    if read.get("Statement").is_none() {
        return Err(bad("Invalid stack policy".to_owned()));
    }
    for statement in statements(&read) {
        let members = statement.as_object().into_iter().flatten().map(|(member, _)| member);
        if let Some(other) = members.into_iter().find(|one| !MEMBERS.contains(&one.as_str())) {
            return Err(bad(format!("{other} is not part of a statement")));
        }
        let effect = statement.get("Effect").and_then(Json::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Err(bad("Effect must be Allow or Deny".to_owned()));
        }
        let conditions = statement.get("Condition").and_then(Json::as_object);
        for (operator, keys) in conditions.into_iter().flatten() {
            let keys = keys.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            let is_type = keys.into_iter().all(|key| key == "ResourceType");
            if !["StringEquals", "StringLike"].contains(&operator.as_str()) || !is_type {
                return Err(bad(format!("The condition {operator} is not supported here")));
            }
        }
    }
    Ok(())
}

fn fits(statement: &Json, (action, logical, kind): (&str, &str, &str)) -> bool {
    let action = format!("Update:{action}");
    let resource = format!("LogicalResourceId/{logical}");
    let any = |patterns: &[&str], text: &str| patterns.iter().any(|one| matches(one, text));
    let holds = |member: &str, other: &str, text: &str| match (
        list(statement, member),
        list(statement, other),
    ) {
        (Some(named), _) => any(&named, text),
        (None, Some(excepted)) => !any(&excepted, text),
        (None, None) => false,
    };
    let conditions = statement.get("Condition").and_then(Json::as_object);
    let is_of_type = conditions
        .into_iter()
        .flatten()
        .all(|(_, keys)| list(keys, "ResourceType").is_none_or(|types| any(&types, kind)));
    holds("Action", "NotAction", &action)
        && holds("Resource", "NotResource", &resource)
        && is_of_type
}

/// Refuses an action that the policy of a stack which is being updated does not allow.
pub(super) fn allow(
    world: &World,
    place: &Place,
    id: &str,
    asked: (&str, &str, &str),
) -> Result<(), String> {
    let Some(stack) = world.get(place, id) else { return Ok(()) };
    let kept = stack.inside.get("PolicyDuringUpdate").or_else(|| stack.inside.get("Policy"));
    let policy = kept.and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    let Some(policy) = policy.filter(|_| stack.fact("StackStatus") == Some("UPDATE_IN_PROGRESS"))
    else {
        return Ok(());
    };
    let all = statements(&policy);
    let effect =
        |statement: &Json| statement.get("Effect").and_then(Json::as_str).map(str::to_owned);
    let (action, logical, _) = asked;
    let mut fitting = all.iter().enumerate().filter(|(_, statement)| fits(statement, asked));
    let is_denied = |statement: &Json| effect(statement).as_deref() == Some("Deny");
    match fitting.clone().find(|(_, statement)| is_denied(statement)) {
        Some((at, _)) => Err(format!(
            "Action denied by stack policy: Statement [#{}] does not allow [Update:{action}] for resource [{logical}]",
            at + 1
        )),
        None if fitting.next().is_some() => Ok(()),
        None => Err(format!(
            "Action denied by stack policy: [Update:{action}] is not allowed for resource [{logical}]"
        )),
    }
}

/// Refuses to take away resources that the policy protects.
pub(super) fn allow_removal(
    world: &World,
    place: &Place,
    id: &str,
    template: &Template,
) -> Result<(), (String, String)> {
    let all = world.get(place, id).map(records).unwrap_or_default();
    for (logical, record) in all.iter() {
        let kind = record.as_object().map_or("", |record| text(record, "ResourceType"));
        if !template.resources.contains_key(logical.as_str()) {
            allow(world, place, id, ("Delete", logical, kind))
                .map_err(|reason| (logical.to_string(), reason))?;
        }
    }
    Ok(())
}
