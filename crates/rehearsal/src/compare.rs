//! What differs between two descriptions of the same thing.

use serde_json::{Map, Value};

use crate::views::DifferenceView;

/// Members of answers that say nothing about what was asked for.
const ABOUT_THE_ANSWER: [&str; 4] = ["NextToken", "Marker", "ResponseMetadata", "RequestId"];

/// The properties that differ, in order of path.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<DifferenceView> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Vec<DifferenceView>,
) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            compare_members(path, before, after, found);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}[{index}]"), Some(before), Some(after), found);
            }
        }
        _ => found.push(DifferenceView {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn compare_members(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    found: &mut Vec<DifferenceView>,
) {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        compare(&inner, before.get(name), after.get(name), found);
    }
}

/// An answer without what is about itself, its lists in an order that does not depend on who answers.
pub(crate) fn settled(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => members
            .iter()
            .filter(|(name, value)| {
                !ABOUT_THE_ANSWER.contains(&name.as_str()) && !says_nothing(value)
            })
            .map(|(name, value)| (name.clone(), settled(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.iter().map(settled).collect();
            elements.sort_by_cached_key(Value::to_string);
            elements.into()
        }
        other => other.clone(),
    }
}

/// Services leave out what is not set, or send it empty, and mean the same.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A value in a few words.
pub(crate) fn short(value: Option<&Value>, most: usize) -> String {
    let text = match value {
        None | Some(Value::Null) => return "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    shortened(&text, most)
}

/// A text, cut short if it is longer.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let tell = |found: &DifferenceView| {
            let (before, after) =
                (short(found.before.as_ref(), 20), short(found.after.as_ref(), 20));
            format!("{}: {before} -> {after}", found.path)
        };
        differences(before, after).iter().map(tell).collect()
    }

    #[test]
    fn only_the_properties_that_differ_are_told() {
        let before =
            json!({"State": {"Code": 16, "Name": "running"}, "Size": 8, "Tags": {"A": "b"}});
        let after =
            json!({"State": {"Code": 80, "Name": "stopped"}, "Size": 8, "Tags": {"C": "d"}});
        assert_eq!(
            told(&before, &after),
            [
                "State.Code: 16 -> 80",
                "State.Name: running -> stopped",
                "Tags.A: b -> nothing",
                "Tags.C: nothing -> d",
            ]
        );
    }

    #[test]
    fn lists_of_one_length_are_compared_element_by_element() {
        let (before, after) =
            (json!({"L": [{"a": 1}, {"a": 2}]}), json!({"L": [{"a": 1}, {"a": 3}]}));
        assert_eq!(told(&before, &after), ["L[1].a: 2 -> 3"]);
        assert_eq!(told(&json!({"L": [1]}), &json!({"L": []})), ["L: [1] -> []"]);
    }

    #[test]
    fn answers_that_mean_the_same_are_the_same() {
        let one = json!({"Volumes": [{"Id": "b"}, {"Id": "a", "Tags": []}], "NextToken": "x"});
        let other = json!({"Volumes": [{"Id": "a"}, {"Id": "b", "SnapshotId": ""}]});
        assert_eq!(settled(&one), settled(&other));
    }
}
