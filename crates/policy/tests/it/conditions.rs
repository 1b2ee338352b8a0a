//! The operators, as AWS documents them.

use proptest::prelude::*;
use reeve_policy::{Caller, ContextMap, Form, Named, Policies, Policy, Request, decide};

/// Whether a statement with this condition applies. The context is lines of `key=value`, or `key=[a,b]` for several.
fn is_met(condition: &str, context: &str) -> bool {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {condition}}}}}"#
    );
    allows(&text, "arn:aws:s3:::b", context)
}

fn allows(document: &str, resource: &str, context: &str) -> bool {
    let mut map = ContextMap::default();
    for entry in context.split(' ').filter(|entry| !entry.is_empty()) {
        let (key, value) = entry.split_once('=').unwrap();
        match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(list) => {
                map.set_all(key, list.split(',').filter(|it| !it.is_empty()).map(str::to_owned));
            }
            None => map.set(key, value),
        }
    }
    let policy = Policy::parse(Form::Identity, document).unwrap();
    let policies =
        Policies { identity: &[Named { name: "own", policy: &policy }], ..Policies::default() };
    let caller =
        Caller::User { account: "111122223333", arn: "arn:aws:iam::111122223333:user/ana" };
    let request =
        Request { caller, action: "s3:GetObject", resource, resource_account: None, context: &map };
    decide(&request, &policies).is_allowed()
}

#[test]
fn operators_compare_as_documented() {
    for (condition, context, expected) in [
        (r#"{"StringEquals": {"aws:x": ["a", "b"]}}"#, "aws:X=b", true),
        (r#"{"StringEquals": {"aws:x": "a*"}}"#, "aws:x=ab", false),
        (r#"{"StringEquals": {"aws:x": "a"}}"#, "", false),
        (r#"{"StringEqualsIfExists": {"aws:x": "a"}}"#, "", true),
        (r#"{"StringNotEquals": {"aws:x": ["a", "b"]}}"#, "aws:x=b", false),
        (r#"{"StringNotEquals": {"aws:x": ["a", "b"]}}"#, "aws:x=c", true),
        (r#"{"StringNotEquals": {"aws:x": "a"}}"#, "", true),
        (r#"{"StringEqualsIgnoreCase": {"aws:x": "A"}}"#, "aws:x=a", true),
        (r#"{"StringNotEqualsIgnoreCase": {"aws:x": "A"}}"#, "aws:x=a", false),
        (r#"{"StringLike": {"aws:x": "a*c"}}"#, "aws:x=abc", true),
        (r#"{"StringNotLike": {"aws:x": "a*c"}}"#, "aws:x=abc", false),
        (r#"{"StringEquals": {"aws:x": "a"}, "Bool": {"aws:y": true}}"#, "aws:x=a", false),
        (
            r#"{"StringEquals": {"aws:x": "a"}, "Bool": {"aws:y": true}}"#,
            "aws:x=a aws:y=true",
            true,
        ),
        (r#"{"NumericLessThanEquals": {"s3:max-keys": 10}}"#, "s3:max-keys=10", true),
        (r#"{"NumericLessThan": {"s3:max-keys": "10"}}"#, "s3:max-keys=10", false),
        (r#"{"NumericNotEquals": {"s3:max-keys": "10"}}"#, "s3:max-keys=11", true),
        (r#"{"NumericEquals": {"s3:max-keys": "10"}}"#, "s3:max-keys=ten", false),
        (
            r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}"#,
            "aws:CurrentTime=2026-03-01T09:00:00Z",
            true,
        ),
        (
            r#"{"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}"#,
            "aws:CurrentTime=2026-03-01T09:00:00Z",
            false,
        ),
        (r#"{"DateLessThan": {"aws:EpochTime": "1700000000"}}"#, "aws:EpochTime=1600000000", true),
        (r#"{"Bool": {"aws:SecureTransport": "false"}}"#, "aws:SecureTransport=true", false),
        (r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#, "", true),
        (r#"{"BinaryEquals": {"kms:x": "aGk="}}"#, "kms:x=aGk=", true),
        (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, "aws:SourceIp=203.0.113.9", true),
        (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, "aws:SourceIp=203.0.114.9", false),
        (r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.9"}}"#, "aws:SourceIp=203.0.113.9", false),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#, "aws:SourceIp=1.2.3.4", true),
        (r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#, "aws:SourceIp=2001:db8::1", true),
        (
            r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team-*"}}"#,
            "aws:PrincipalArn=arn:aws:iam::111122223333:role/team-a/x",
            true,
        ),
        (
            r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:s3*b"}}"#,
            "aws:SourceArn=arn:aws:s3:::b",
            false,
        ),
        (
            r#"{"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}"#,
            "aws:SourceArn=arn:aws:sns:eu-west-1:1:t",
            false,
        ),
        (r#"{"Null": {"aws:TokenIssueTime": "true"}}"#, "", true),
        (r#"{"Null": {"aws:TokenIssueTime": "false"}}"#, "", false),
        (r#"{"Null": {"aws:TagKeys": false}}"#, "aws:TagKeys=[a]", true),
    ] {
        assert_eq!(is_met(condition, context), expected, "{condition} on {context}");
    }
}

#[test]
fn sets_are_compared_as_documented() {
    for (condition, context, expected) in [
        (r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#, "aws:TagKeys=[a]", true),
        (
            r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#,
            "aws:TagKeys=[a,c]",
            false,
        ),
        (r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}"#, "", true),
        (r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}"#, "aws:TagKeys=[]", true),
        (r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}"#, "aws:TagKeys=[b,a]", true),
        (r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}"#, "", false),
        (r#"{"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": ["a"]}}"#, "", true),
        (r#"{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}"#, "aws:TagKeys=[a,b]", true),
        (r#"{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}}"#, "aws:TagKeys=[a,b]", false),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/ou-*"]}}"#,
            "aws:PrincipalOrgPaths=[o-1/r-1/ou-2/]",
            true,
        ),
    ] {
        assert_eq!(is_met(condition, context), expected, "{condition} on {context}");
    }
}

#[test]
fn variables_take_their_value_from_the_request() {
    let document = |version: &str, resource: &str| {
        let statement =
            format!(r#"{{"Effect": "Allow", "Action": "s3:*", "Resource": "{resource}"}}"#);
        format!(r#"{{"Version": "{version}", "Statement": {statement}}}"#)
    };
    for (pattern, resource, context, expected) in [
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ana/x", "aws:username=ana", true),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/x", "aws:username=ana", false),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ana/x", "", false),
        ("arn:aws:s3:::b/${aws:x, 'none'}", "arn:aws:s3:::b/none", "", true),
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/xyz", "aws:username=*", false),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", "", true),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", "", false),
        ("arn:aws:s3:::b/${$}", "arn:aws:s3:::b/$", "", true),
    ] {
        let document = document("2012-10-17", pattern);
        assert_eq!(allows(&document, resource, context), expected, "{pattern} {resource}");
    }
    let condition = r#"{"StringEquals": {"s3:prefix": "home/${aws:username}"},
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/*"}}"#;
    let context = "aws:username=ana s3:prefix=home/ana aws:PrincipalAccount=111122223333 \
                   aws:PrincipalArn=arn:aws:iam::111122223333:user/ana";
    assert!(is_met(condition, context));
}

proptest! {
    #[test]
    fn a_negated_operator_says_the_opposite_where_there_is_a_value(
        wanted in "[ab*?]{1,4}",
        found in "[ab]{1,4}",
        (plain, negated) in prop_oneof![
            Just(("StringEquals", "StringNotEquals")),
            Just(("StringLike", "StringNotLike")),
            Just(("ArnLike", "ArnNotLike")),
        ],
    ) {
        let context = format!("aws:x={found}");
        let plain = is_met(&format!(r#"{{"{plain}": {{"aws:x": "{wanted}"}}}}"#), &context);
        let negated = is_met(&format!(r#"{{"{negated}": {{"aws:x": "{wanted}"}}}}"#), &context);
        prop_assert_ne!(plain, negated);
    }

    #[test]
    fn for_all_is_the_denial_of_for_any_of_the_opposite(
        found in prop::collection::vec("[abc]", 0..4),
        wanted in prop::collection::vec("[abc]", 1..3),
    ) {
        let context = format!("aws:x=[{}]", found.join(","));
        let wanted = format!("[\"{}\"]", wanted.join("\",\""));
        let all = is_met(&format!(r#"{{"ForAllValues:StringEquals": {{"aws:x": {wanted}}}}}"#), &context);
        let any = is_met(&format!(r#"{{"ForAnyValue:StringNotEquals": {{"aws:x": {wanted}}}}}"#), &context);
        prop_assert_ne!(all, any);
    }
}
