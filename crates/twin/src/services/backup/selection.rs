//! Which resources a selection of a backup plan takes.
//!
//! `Resources` (ARNs with wildcards) or `ListOfTags` bring a resource in, any of them is enough; `Conditions` (all of them)
//! and `NotResources` keep it out. A selection that brings in nothing by name or tag brings in everything.

use reeve_model::Value;
use reeve_types::Tags;

/// Whether a selection takes the resource with this ARN and these tags.
pub(super) fn selects(selection: &Value, arn: &str, tags: &Tags) -> bool {
    let texts = |member: &str| selection.list(member).iter().filter_map(Value::as_str);
    let listed = selection.list("ListOfTags");
    let conditions = selection.get("Conditions");
    let brings_all = texts("Resources").next().is_none() && listed.is_empty();
    let is_named = texts("Resources").any(|pattern| wildcard(pattern, arn));
    let is_tagged = listed.iter().any(|condition| listed_tag(condition, tags));
    (brings_all || is_named || is_tagged)
        && conditions.is_none_or(|conditions| all_hold(conditions, tags))
        && !texts("NotResources").any(|pattern| wildcard(pattern, arn))
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
    }

    #[test]
    fn a_selection_that_names_nothing_takes_everything_that_its_conditions_let_in() {
        check(&json!({}), &[], true);
        check(&json!({"NotResources": ["arn:aws:ec2:*:*:volume/*"]}), &[], false);
        let live = json!({"ConditionKey": "aws:ResourceTag/stage", "ConditionValue": "live"});
        let live = json!({"Conditions": {"StringEquals": [live]}});
        check(&live, &[("stage", "live")], true);
        check(&live, &[], false);
    }

    #[test]
    fn a_name_or_a_listed_tag_is_enough() {
        let either = json!({"Resources": ["arn:aws:ec2:*:*:instance/*"], "ListOfTags": [
            {"ConditionType": "STRINGEQUALS", "ConditionKey": "a", "ConditionValue": "1"},
        ]});
        check(&either, &[("a", "1")], true);
        check(&either, &[], false);
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
