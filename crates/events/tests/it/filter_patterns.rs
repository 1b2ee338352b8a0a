//! CloudWatch Logs filter patterns: the examples of the user guide.

use std::collections::BTreeMap;

use reeve_events::FilterPattern;

const TRAIL: &str = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "198.51.100.7",
    "arrayKey": ["value", "another value"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": null, "ThisFlag": true, "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}], "actions": ["GET", "PUT", "DELETE"],
    "latency": 50}"#;
const ACCESS: &str =
    r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn patterns_match_as_documented() {
    for (pattern, message, expected) in [
        ("", "anything", true),
        ("ERROR", "[ERROR 400] BAD REQUEST", true),
        ("ERROR", "[error 400]", false),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true),
        ("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED", false),
        ("?ERROR ?ARGUMENTS", "[INFO] ARGUMENTS", true),
        ("?ERROR ?ARGUMENTS", "[INFO]", false),
        ("ERROR -ARGUMENTS", "[ERROR 400] BAD", true),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false),
        (r#""INTERNAL SERVER ERROR""#, "500 INTERNAL SERVER ERROR", true),
        (r#"-"x y" a"#, "a x y", false),
        ("%4[0-9][0-9]%", "ERROR 419", true),
        ("%AUTHORIZED|FORBIDDEN%", "ERROR 403", false),
        ("?ERROR WARN", "WARN", true),
        (r#"{ $.eventType = "UpdateTrail" }"#, TRAIL, true),
        (r#"{ $.eventType = "Update*" }"#, TRAIL, true),
        (r"{ $.eventType = UpdateTrail }", TRAIL, true),
        (r#"{ $.eventType != "UpdateTrail" }"#, TRAIL, false),
        ("{ $.sourceIPAddress != 123.123.* }", TRAIL, true),
        ("{ $.sourceIPAddress = %198\\.51\\..*% }", TRAIL, true),
        (r#"{ $.arrayKey[0] = "value" }"#, TRAIL, true),
        ("{ $.objectList[1].id = 2 }", TRAIL, true),
        ("{ $.objectList[*].id = 2 }", TRAIL, true),
        ("{ $.SomeObject IS NULL }", TRAIL, true),
        ("{ $.SomeOtherObject NOT EXISTS }", TRAIL, true),
        ("{ $.eventType NOT EXISTS }", TRAIL, false),
        ("{ $.ThisFlag IS TRUE }", TRAIL, true),
        ("{ $.ThisFlag IS FALSE }", TRAIL, false),
        (r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, TRAIL, true),
        (
            r#"{ ($.user.email = "x" || $.actions[2] = "nothing") && $.users[0].id = 2 }"#,
            TRAIL,
            false,
        ),
        (
            r#"{ $.user.email = "John.Stiles@example.com" || $.users[0].id = 7 && $.latency > 90 }"#,
            TRAIL,
            true,
        ),
        ("{ $.latency >= 50 }", TRAIL, true),
        ("{ $.latency < 5e1 }", TRAIL, false),
        ("{ $.latency = 50 }", "not json", false),
        ("[ip, user, username, timestamp, request, status_code, bytes]", ACCESS, true),
        ("[ip, user, username, timestamp, request, status_code=4*, bytes]", ACCESS, true),
        ("[ip, user, username, timestamp, request, status_code=2*, bytes]", ACCESS, false),
        ("[..., status_code=404, bytes>1000]", ACCESS, true),
        ("[ip!=127.0.0.1, ...]", ACCESS, false),
        (
            "[ip, user, username, timestamp, request=*html*, status_code=4* || status_code=5*, bytes]",
            ACCESS,
            true,
        ),
        ("[ip, user]", ACCESS, false),
        ("[w1=ERROR || w1=%WARN%, w2]", "WARNING disk", true),
    ] {
        let compiled = FilterPattern::parse(pattern).expect(pattern);
        assert_eq!(compiled.matches(message), expected, "{pattern} | {message}");
    }
}

#[test]
fn what_a_pattern_names_is_extracted() {
    let named = |pairs: &[(&str, &str)]| -> Option<BTreeMap<String, String>> {
        Some(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    };
    let fields = FilterPattern::parse("[..., request, status=404, bytes]").unwrap();
    assert_eq!(
        fields.extract(ACCESS),
        named(&[("$request", "GET /index.html HTTP/1.0"), ("$status", "404"), ("$bytes", "1534")])
    );
    assert_eq!(fields.value_of(ACCESS, "$bytes").as_deref(), Some("1534"));
    let json = FilterPattern::parse("{ $.latency > 1 }").unwrap();
    assert_eq!(json.extract(TRAIL), named(&[("$.latency", "50")]));
    assert_eq!(json.value_of(TRAIL, "$.users[0].id").as_deref(), Some("2"));
}

#[test]
fn what_is_no_pattern_is_refused() {
    for pattern in [
        "{ $.a = }",
        "{ $.a = 1",
        "{ a = 1 }",
        "{ ($.a = 1 }",
        "{ $.a > x }",
        "[a, b",
        "[..., a, ...]",
        r#""open"#,
        "%(a)%",
        "%open",
        "a#b",
        "{ $.a IS MAYBE }",
    ] {
        let error = FilterPattern::parse(pattern).map(|_| pattern).unwrap_err().to_string();
        assert!(error.starts_with("Invalid filter pattern: "), "{error}");
    }
}
