//! What is a policy and what is refused, in whose words and where.

use proptest::prelude::*;
use reeve_policy::{Form, Policy};

fn refused(form: Form, text: &str) -> String {
    Policy::parse(form, text).unwrap_err().with_place()
}

/// The statement stands on a line of its own, so that columns count from its beginning.
fn identity(statement: &str) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\":\n{statement}}}")
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_aws_with_its_place() {
    const ACTION: &str =
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    for (statement, expected) in [
        ("[]", "2:1: Statement: Syntax errors in policy.".to_owned()),
        (
            r#"{"Effect": "Allow", "Resource": "*"}"#,
            "2:1: Statement: Policy statement must contain actions.".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:GetObject"}"#,
            "2:1: Statement: Policy statement must contain resources.".to_owned(),
        ),
        (
            r#"[{"Effect": "Allow", "Action": ["s3:*", "GetObject"], "Resource": "*"}]"#,
            format!("2:41: Statement[0].Action: {ACTION}"),
        ),
        (
            r#"{"Effect": "allow", "Action": "s3:*", "Resource": "*"}"#,
            "2:12: Statement.Effect: Syntax errors in policy.".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}"#,
            "2:51: Statement.Resource: Resource bucket must be in ARN format or \"*\".".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:bucket"}"#,
            "2:51: Statement.Resource: The policy failed legacy parsing".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}"#,
            "2:69: Statement.Principal: Policy document should not specify a principal.".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"aws:x": "y"}}}"#,
            "2:70: Statement.Condition.StringEqual: Syntax errors in policy.".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}"#,
            "2:100: Statement.Condition.IpAddress.aws:SourceIp: Syntax errors in policy.".to_owned(),
        ),
        (
            r#"{"Sid": "a b", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
            "2:9: Statement.Sid: Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the \
             regular expression [0-9A-Za-z]*"
                .to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#,
            "2:21: Statement.Effect: Syntax errors in policy.".to_owned(),
        ),
    ] {
        assert_eq!(refused(Form::Identity, &identity(statement)), expected, "{statement}");
    }
    let twice = r#"[{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"},
                    {"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}]"#;
    let found = Policy::parse(Form::Identity, &identity(twice)).unwrap_err().message;
    assert_eq!(found, "Statement IDs (SID) in a single policy must be unique.");
    for text in ["", "[]", "{", r#"{"Version": "2012-10-18", "Statement": []}"#] {
        let found = Policy::parse(Form::Identity, text).unwrap_err().message;
        assert_eq!(found, "Syntax errors in policy.", "{text}");
    }
    for text in [
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    ] {
        let found = Policy::parse(Form::Identity, text).unwrap_err().message;
        assert_eq!(found, "Policy document must be version 2012-10-17 or greater.");
        assert!(Policy::parse(Form::ServiceControl, text).is_ok(), "{text}");
    }
}

#[test]
fn a_trust_policy_has_principals_and_no_resources() {
    for (statement, expected) in [
        (r#"{"Effect": "Allow", "Action": "sts:AssumeRole"}"#, "Missing required field Principal"),
        (
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Resource": "*"}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Effect": "Allow", "Principal": {"AWS": "ana"}, "Action": "sts:AssumeRole"}"#,
            r#"Invalid principal in policy: "AWS":"ana""#,
        ),
    ] {
        let found = Policy::parse(Form::Trust, &identity(statement)).unwrap_err().message;
        assert_eq!(found, expected, "{statement}");
    }
}

proptest! {
    #[test]
    fn no_document_makes_reading_panic(text in r#"[{}\[\]":, a-zA-Z0-9*$/-]{0,80}"#) {
        for form in [Form::Identity, Form::Trust, Form::Resource] {
            let _ = Policy::parse(form, &text);
        }
    }

    #[test]
    fn no_text_of_an_element_makes_reading_panic(element in "(arn|aws|:|[*]|[?]|[$]|[{]|[}]|,|'|iam|1|/){0,12}") {
        let text = identity(&format!(
            r#"{{"Effect": "Allow", "Action": "{element}", "Resource": "{element}",
                "Condition": {{"ArnLike": {{"aws:x": "{element}"}}, "IpAddress": {{"aws:y": "{element}"}}}}}}"#
        ));
        let _ = Policy::parse(Form::Identity, &text);
    }
}
