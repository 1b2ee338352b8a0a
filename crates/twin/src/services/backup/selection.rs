//! Which resources a selection of a backup plan takes.
//!
//! `Resources` (ARNs with wildcards) or `ListOfTags` (any of them) bring a resource in; `Conditions` (all of them) and
//! `NotResources` keep it out. With `Resources` and `ListOfTags` both must match. A selection that names nothing selects
//! nothing.

use reeve_model::Value;
use reeve_types::Tags;

/// Whether a selection takes the resource with this ARN and these tags.
pub(super) fn selects(selection: &Value, arn: &str, tags: &Tags) -> bool {
    let texts = |member: &str| selection.list(member).iter().filter_map(Value::as_str);
    let listed = selection.list("ListOfTags");
    let conditions = selection.get("Conditions");
    let named = texts("Resources").next().is_some();
    if !named && listed.is_empty() && conditions.is_none_or(is_empty) {
        return false;
    }
    let in_resources = !named || texts("Resources").any(|pattern| wildcard(pattern, arn));
    let in_tags = listed.is_empty() || listed.iter().any(|condition| listed_tag(condition, tags));
    let in_conditions = conditions.is_none_or(|conditions| all_hold(conditions, tags));
    in_resources
        && in_tags
        && in_conditions
        && !texts("NotResources").any(|pattern| wildcard(pattern, arn))
}

/// Whether `Conditions` has no condition.
fn is_empty(conditions: &Value) -> bool {
    conditions
        .as_object()
        .is_none_or(|kinds| kinds.iter().all(|(_, list)| list.as_list().is_empty()))
}

fn listed_tag(condition: &Value, tags: &Tags) -> bool {
    condition.text("ConditionType").eq_ignore_ascii_case("STRINGEQUALS")
        && tags.get(condition.text("ConditionKey")).map(String::as_str)
            == Some(condition.text("ConditionValue"))
}

fn all_hold(conditions: &Value, tags: &Tags) -> bool {
    let Some(kinds) = conditions.as_object() else { return true };
    kinds.iter().all(|(kind, list)| {
        list.as_list().iter().all(|condition| {
            // Conditions write `aws:ResourceTag/key`.
            let key = condition.text("ConditionKey");
            let key = key.strip_prefix("aws:ResourceTag/").unwrap_or(key);
            let (found, wanted) =
                (tags.get(key).map(String::as_str), condition.text("ConditionValue"));
            match kind.as_str() {
                "StringEquals" => found == Some(wanted),
                "StringNotEquals" => found != Some(wanted),
                "StringLike" => found.is_some_and(|found| wildcard(wanted, found)),
                "StringNotLike" => found.is_none_or(|found| !wildcard(wanted, found)),
                _ => false,
            }
        })
    })
}

/// Whether a text matches a pattern in which `*` stands for any text.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const VOLUME: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1";

    fn check(selection: &Json, tags: &[(&str, &str)], expected: bool) {
        let tags: Tags =
            tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let value = Value::from_json(selection);
        assert_eq!(selects(&value, VOLUME, &tags), expected, "{selection}");
    }

    #[test]
    fn resources_may_have_wildcards_and_be_excluded() {
        check(&json!({"Resources": ["*"]}), &[], true);
        check(&json!({"Resources": ["arn:aws:ec2:*:*:volume/*"]}), &[], true);
        check(&json!({"Resources": ["arn:aws:ec2:*:*:instance/*"]}), &[], false);
        check(
            &json!({"Resources": ["*"], "NotResources": ["arn:aws:ec2:*:*:volume/*"]}),
            &[],
            false,
        );
        check(&json!({}), &[], false);
    }

    #[test]
    fn one_listed_tag_is_enough() {
        let listed = json!({"ListOfTags": [
            {"ConditionType": "STRINGEQUALS", "ConditionKey": "a", "ConditionValue": "1"},
            {"ConditionType": "STRINGEQUALS", "ConditionKey": "b", "ConditionValue": "2"},
        ]});
        check(&listed, &[("b", "2")], true);
        check(&listed, &[("b", "1")], false);
    }

    #[test]
    fn every_condition_must_hold() {
        let all = json!({"Resources": ["*"], "Conditions": {
            "StringEquals": [{"ConditionKey": "aws:ResourceTag/stage", "ConditionValue": "live"}],
            "StringNotLike": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "temp*"}],
        }});
        check(&all, &[("stage", "live")], true);
        check(&all, &[("stage", "live"), ("team", "temporary")], false);
        check(&all, &[("team", "x")], false);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "aXbYc", true),
            ("a", "ab", false),
        ] {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
        }
    }
}
