//! Expressions, from text to what they do to an item.

use reeve_model::{Object, Value};
use serde_json::{Value as Json, json};

use super::{
    evaluate::{holds, projected, updated},
    expression::Placeholders,
};

fn item() -> Object {
    let json = json!({
        "id": {"S": "a1"}, "count_": {"N": "5"}, "labels": {"SS": ["x", "y"]},
        "list_": {"L": [{"S": "one"}, {"S": "two"}, {"S": "three"}]},
        "nested": {"M": {"deep": {"N": "1"}, "other": {"S": "o"}}},
    });
    Value::from_json(&json).as_object().cloned().unwrap()
}

fn placeholders() -> Placeholders {
    Placeholders::of(&Value::from_json(&json!({
        "ExpressionAttributeNames": {"#n": "nested", "#s": "status"},
        "ExpressionAttributeValues": {
            ":five": {"N": "5.0"}, ":ten": {"N": "10"}, ":one": {"N": "1"}, ":a": {"S": "a"},
            ":x": {"S": "x"}, ":set": {"SS": ["y", "z"]}, ":type": {"S": "SS"},
            ":list": {"L": [{"S": "four"}]},
        },
    })))
    .unwrap()
}

#[test]
fn conditions_mean_what_they_say() {
    for (text, expected) in [
        ("count_ = :five", true),
        ("count_ < :ten AND NOT count_ > :ten", true),
        ("count_ BETWEEN :one AND :ten", true),
        ("count_ IN (:one, :ten)", false),
        ("begins_with(id, :a) and contains(labels, :x)", true),
        ("attribute_exists(#n.deep) OR attribute_exists(nowhere)", true),
        ("attribute_not_exists(#n.deep)", false),
        ("attribute_type(labels, :type)", true),
        ("size(list_) > :one", true),
        ("(count_ = :ten OR count_ = :five) AND #n.deep = :one", true),
        ("absent <> :five", true),
        ("absent = :five", false),
        ("list_[1] = :x", false),
    ] {
        let condition = placeholders().condition("ConditionExpression", text).unwrap();
        assert_eq!(holds(&condition, &item()), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (text, part) in [
        ("count_ = ", "Syntax error; token: \"<EOF>\""),
        ("status = :five", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("count_ = :none", "attribute value: :none"),
        ("#none = :five", "attribute name: #none"),
        ("unheard(count_)", "Invalid function name; function: unheard"),
        ("count_ = :five :ten", "Syntax error; token: \":ten\""),
        ("", "The expression can not be empty;"),
    ] {
        let refused = placeholders().condition("ConditionExpression", text).unwrap_err();
        assert!(refused.starts_with("Invalid ConditionExpression: "), "{refused}");
        assert!(refused.contains(part), "{text}: {refused}");
    }
}

#[test]
fn unused_placeholders_are_refused() {
    let mut placeholders = Placeholders::of(&Value::from_json(
        &json!({"ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}}}),
    ))
    .unwrap();
    placeholders.condition("FilterExpression", "id = :a").unwrap();
    let refused = placeholders.check_used().unwrap_err();
    assert!(refused.ends_with("unused in expressions: keys: {:b}"), "{refused}");
}

fn check_update(text: &str, expected: &Json) {
    let update = placeholders().update(text).unwrap();
    let after = Value::from(updated(&item(), &update).unwrap());
    for (name, value) in expected.as_object().unwrap() {
        let found = after.get(name).map(Value::to_json).unwrap_or_default();
        assert_eq!(&found, value, "{text}: {name}");
    }
}

#[test]
fn updates_set_add_remove_and_delete() {
    check_update("SET count_ = count_ + :one", &json!({"count_": {"N": "6"}}));
    check_update(
        "SET count_ = count_ - :ten, #s = :a",
        &json!({"count_": {"N": "-5"}, "status": {"S": "a"}}),
    );
    check_update("SET fresh = if_not_exists(fresh, :one)", &json!({"fresh": {"N": "1"}}));
    check_update(
        "SET list_ = list_append(list_, :list)",
        &json!({"list_": {"L": [{"S": "one"}, {"S": "two"}, {"S": "three"}, {"S": "four"}]}}),
    );
    check_update(
        "REMOVE list_[0], list_[2], id",
        &json!({"list_": {"L": [{"S": "two"}]}, "id": null}),
    );
    check_update(
        "ADD count_ :ten, labels :set",
        &json!({"count_": {"N": "15"}, "labels": {"SS": ["x", "y", "z"]}}),
    );
    check_update("DELETE labels :set", &json!({"labels": {"SS": ["x"]}}));
    check_update(
        "SET #n.deep = :ten",
        &json!({"nested": {"M": {"deep": {"N": "10"}, "other": {"S": "o"}}}}),
    );
}

#[test]
fn updates_of_overlapping_paths_are_refused() {
    let refused = placeholders().update("SET #n = :one, #n.deep = :one").unwrap_err();
    assert!(refused.contains("Two document paths overlap with each other"), "{refused}");
    let twice = placeholders().update("SET a = :one SET b = :one").unwrap_err();
    assert!(twice.contains("can only be used once"), "{twice}");
}

#[test]
fn a_projection_keeps_what_it_names() {
    let paths = placeholders().projection("id, #n.deep, list_[1]").unwrap();
    let shown = Value::from(projected(&item(), &paths)).to_json();
    let expected = json!({
        "id": {"S": "a1"}, "nested": {"M": {"deep": {"N": "1"}}}, "list_": {"L": [{"S": "two"}]},
    });
    assert_eq!(shown, expected);
}
