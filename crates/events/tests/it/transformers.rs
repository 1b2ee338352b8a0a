//! Input transformers: the examples of the user guide, and refusals.

use reeve_events::{JsonPath, Subject, Transformer};
use serde_json::{Value, json};

fn event() -> Value {
    json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
        "account": "123456789012", "time": "2015-11-11T21:29:54Z", "region": "us-east-1",
        "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
        "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "count": 2,
                   "say": "a \"b\"", "items": [{"n": 1}, {"n": 2}]}
    })
}

fn transformed(paths: &[(&str, &str)], template: &str) -> String {
    let event = event();
    let subject = Subject {
        event: &event,
        rule_arn: "arn:aws:events:us-east-1:123456789012:rule/example",
        rule_name: "example",
        received: "2015-11-11T21:29:55Z",
    };
    Transformer::parse(paths.iter().copied(), template).unwrap().apply(&subject)
}

const PATHS: [(&str, &str); 2] =
    [("instance", "$.detail.instance-id"), ("status", "$.detail.state")];

#[test]
fn templates_are_filled_as_documented() {
    for (template, expected) in [
        (r#""instance <instance> is in <status>""#, r#""instance i-0123456789 is in RUNNING""#),
        (
            r#"{"instance": <instance>, "status": <status>}"#,
            r#"{"instance": "i-0123456789", "status": "RUNNING"}"#,
        ),
        (
            r#"{"instance": <instance>, "state": "<status>", "both": "instance \"<instance>\" is in <status>"}"#,
            r#"{"instance": "i-0123456789", "state": "RUNNING", "both": "instance \"i-0123456789\" is in RUNNING"}"#,
        ),
        (r#"{"rule": <aws.events.rule-name>}"#, r#"{"rule": "example"}"#),
        (
            r#""<aws.events.rule-arn> at <aws.events.event.ingestion-time>""#,
            r#""arn:aws:events:us-east-1:123456789012:rule/example at 2015-11-11T21:29:55Z""#,
        ),
        ("a < b > c", "a < b > c"),
    ] {
        assert_eq!(transformed(&PATHS, template), expected, "{template}");
    }
}

#[test]
fn values_stay_json_outside_and_become_text_inside_quotation_marks() {
    let paths = [("n", "$.detail.count"), ("say", "$.detail.say"), ("none", "$.detail.none")];
    let output = transformed(&paths, r#"{"n": <n>, "t": "<n>", "say": "<say>", "none": <none>}"#);
    let output: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(output, json!({"n": 2, "t": "2", "say": "a \"b\"", "none": ""}));
}

#[test]
fn the_event_itself_is_a_variable_with_and_without_its_detail() {
    let whole: Value = serde_json::from_str(&transformed(&[], "<aws.events.event.json>")).unwrap();
    assert_eq!(whole, event());
    let rest: Value = serde_json::from_str(&transformed(&[], "<aws.events.event>")).unwrap();
    assert_eq!((rest.get("detail"), &rest["source"]), (None, &json!("aws.ec2")));
}

#[test]
fn what_has_no_path_or_a_reserved_name_is_refused() {
    let refused = |paths: &[(&'static str, &'static str)], template| {
        Transformer::parse(paths.iter().copied(), template).unwrap_err().to_string()
    };
    assert_eq!(refused(&[], "<x>"), "InputTemplate contains invalid placeholder x.");
    assert_eq!(
        refused(&[("aws.x", "$.a")], "y"),
        "InputPathsMap contains the reserved name aws.x."
    );
    assert_eq!(
        refused(&[("x", "a")], "<x>"),
        "Invalid InputPath: `a` is not a path: it must begin with `$`"
    );
}

#[test]
fn paths_pick_members_elements_and_all() {
    for (path, expected) in [
        ("$.detail.items[1].n", Some(json!(2))),
        ("$.detail.items[*].n", Some(json!([1, 2]))),
        ("$['detail'].state", Some(json!("RUNNING"))),
        ("$.resources[0]", Some(event()["resources"][0].clone())),
        ("$.detail.items[5]", None),
        ("$", Some(event())),
    ] {
        assert_eq!(JsonPath::parse(path).unwrap().find(&event()), expected, "{path}");
    }
}
