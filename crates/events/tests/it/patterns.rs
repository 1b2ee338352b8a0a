//! Event patterns: examples of each operator, refusals, and properties.

use proptest::prelude::*;
use reeve_events::{Pattern, RuleSet};
use serde_json::{Value, json};

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::from_json(pattern).unwrap().matches(event)
}

#[test]
fn operators_match_as_documented() {
    let rows = include_str!("../data/patterns.jsonl");
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            matches(&row["pattern"], &row["event"]),
            row["matches"].as_bool().unwrap(),
            "{line}"
        );
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    for (pattern, reason) in [
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"source": {}}"#, "Empty objects are not allowed"),
        (r#"{"source": []}"#, "Empty arrays are not allowed"),
        (r#"{"source": "aws.ec2"}"#, r#""source" must be an object or an array"#),
        (r#"{"source": [["a"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"a": [{"begins": "x"}]}"#, "Unrecognized match type begins"),
        (r#"{"a": [{}]}"#, "Match expression name not found"),
        (r#"{"a": [{"prefix": 1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed in match expression"),
        (r#"{"a": [{"prefix": {"wildcard": "x"}}]}"#, "Unsupported prefix pattern: wildcard"),
        (r#"{"a": [{"exists": "x"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"a": [{"wildcard": "a**b"}]}"#, "Consecutive wildcard characters at pos 1"),
        (r#"{"a": [{"wildcard": "a\\x"}]}"#, "Invalid escape character at pos 1"),
        (r#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a": [{"cidr": "10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"a": [{"cidr": "10.0.0.0/33"}]}"#, "IPv4 mask bits must be < 32"),
        (r#"{"a": [{"numeric": 5}]}"#, "Value of numeric must be an array."),
        (r#"{"a": [{"numeric": []}]}"#, "Invalid member in numeric match: ]"),
        (r#"{"a": [{"numeric": ["~", 5]}]}"#, "Unrecognized numeric range operator: ~"),
        (r#"{"a": [{"numeric": ["<", "5"]}]}"#, "Value of < must be numeric"),
        (r#"{"a": [{"numeric": ["=", "5"]}]}"#, "Value of equals must be numeric"),
        (r#"{"a": [{"numeric": ["<", 5, 6]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a": [{"numeric": [">", 5, ">", 6]}]}"#, "Bad numeric range operator: >"),
        (r#"{"a": [{"numeric": [">", 5, "<", 5]}]}"#, "Bottom must be less than top"),
        (
            r#"{"a": [{"numeric": [">", 1, "<", 5, 6]}]}"#,
            "Too many terms in numeric range expression",
        ),
        (
            r#"{"a": [{"numeric": [">", 5000000001]}]}"#,
            "Value must be between -5.0E9 and 5.0E9, inclusive",
        ),
        (
            r#"{"a": [{"anything-but": ["x", 1]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            r#"{"a": [{"anything-but": [null]}]}"#,
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            r#"{"a": [{"anything-but": true}]}"#,
            "Value of anything-but must be an array or single string/number value.",
        ),
        (r#"{"a": [{"anything-but": {"cidr": "x"}}]}"#, "Unsupported anything-but pattern: cidr"),
        (r#"{"a": [{"anything-but": {"prefix": ""}}]}"#, "Null prefix/suffix not allowed"),
        (
            r#"{"a": {"$or": [{"b": [1]}, {"c": {"$or": [{"d": [1]}]}}]}}"#,
            "There must have at least 2 Objects in $or relationship.",
        ),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap_err().to_string(), reason, "{pattern}");
    }
}

#[test]
fn text_that_is_not_json_is_refused() {
    let refusal = Pattern::parse(r#"{"source": ["#).unwrap_err().to_string();
    assert!(refusal.starts_with("Invalid JSON: "), "{refusal}");
}

#[test]
fn a_set_finds_the_rules_of_an_event_each_once() {
    let mut rules = RuleSet::default();
    let rule = |text: &str| Pattern::parse(text).unwrap();
    rules.insert("ec2", rule(r#"{"source": ["aws.ec2", "aws.ec2"]}"#));
    rules.insert("any", rule(r#"{"source": [{"prefix": "aws."}]}"#));
    rules.insert("stopped", rule(r#"{"source": ["aws.ec2"], "detail": {"state": ["stopped"]}}"#));
    rules.insert("rds", rule(r#"{"source": ["aws.rds"]}"#));
    let event = json!({"source": "aws.ec2", "detail": {"state": "running"}});
    assert_eq!(rules.matching(&event), [&"any", &"ec2"]);
    rules.remove(&"any");
    assert!(rules.could_match("aws.rds"));
    assert!(!rules.could_match("aws.s3"));
    assert_eq!(rules.matching(&json!({"source": "aws.s3"})), Vec::<&&str>::new());
}

/// JSON as events have it, small.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The pattern that asks for every value of an event.
fn pattern_of(event: &Value) -> Option<Value> {
    match event {
        Value::Object(members) => {
            let wanted: serde_json::Map<String, Value> = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), pattern_of(value)?)))
                .collect();
            (!wanted.is_empty()).then(|| wanted.into())
        }
        Value::Array(elements) => {
            let scalar =
                elements.iter().find(|element| !element.is_object() && !element.is_array());
            scalar.map(|scalar| json!([scalar]))
        }
        scalar => Some(json!([scalar])),
    }
}

proptest! {
    #[test]
    fn no_json_makes_the_compiler_or_the_matcher_fall_over(pattern in json_value(), event in json_value()) {
        if let Ok(pattern) = Pattern::from_json(&pattern) {
            let _ = pattern.matches(&event);
        }
    }

    #[test]
    fn an_event_matches_the_pattern_made_of_it(event in json_value()) {
        if let Some(pattern) = pattern_of(&event).filter(Value::is_object) {
            prop_assert!(matches(&pattern, &event), "{pattern}");
        }
    }

    #[test]
    fn anything_but_is_the_opposite_of_a_value(text in "[ab]{0,2}", other in "[ab]{0,2}") {
        let event = json!({"a": text});
        let exact = matches(&json!({"a": [other]}), &event);
        prop_assert_eq!(matches(&json!({"a": [{"anything-but": other}]}), &event), !exact);
    }

    #[test]
    fn a_wildcard_is_a_prefix_and_a_suffix(text in "[ab]{0,6}", front in "[ab]{0,2}", back in "[ab]{0,2}") {
        let event = json!({"a": text});
        let expected =
            text.starts_with(&front) && text.ends_with(&back) && text.len() >= front.len() + back.len();
        let pattern = json!({"a": [{"wildcard": format!("{front}*{back}")}]});
        prop_assert_eq!(matches(&pattern, &event), expected);
    }

    #[test]
    fn a_set_finds_what_each_pattern_finds(source in "[a-c]", sources in prop::collection::vec("[a-c]", 1..4)) {
        let event = json!({"source": source});
        let mut rules = RuleSet::default();
        for (key, source) in sources.iter().enumerate() {
            rules.insert(key, Pattern::from_json(&json!({"source": [source]})).unwrap());
        }
        let expected: Vec<usize> =
            (0..sources.len()).filter(|key| sources[*key] == source).collect();
        prop_assert_eq!(rules.matching(&event), expected.iter().collect::<Vec<_>>());
    }
}
