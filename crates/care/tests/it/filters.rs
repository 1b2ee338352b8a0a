//! What filters match: every type, every field, every function.

use reeve_care::tagger::{Coverage, FieldValues, decide, tagged_types};

use crate::support::{block, blocks, resource};

fn matches(resource_type: &str, filter: &str, rest_of_line: &str) -> bool {
    let profile = blocks(resource_type, &block("A", filter, ""));
    let resource = resource(&format!("{resource_type} x {rest_of_line}"));
    decide(&profile, &resource).coverage != Coverage::Unmanaged
}

#[test]
fn every_field_of_every_type_compares_the_attribute_of_its_name() {
    let mut fields = 0;
    for tagged in tagged_types() {
        for field in tagged.fields {
            fields += 1;
            let (written, matching, other) = match field.values {
                FieldValues::Flag => ("true", "true", "false"),
                FieldValues::Wildcard => ("\"a-*\"", "a-1", "b-1"),
                FieldValues::Exact | FieldValues::ExactOrAny => ("\"a-1\"", "a-1", "a-11"),
                FieldValues::OneOf(["internet-facing", ..]) => {
                    ("\"internal\"", "internal", "internet-facing")
                }
                FieldValues::OneOf(_) => ("\"available\"", "available", "deleted"),
                FieldValues::OneOfInAnyCase(_) => ("\"windows\"", "windows", "linux"),
            };
            let filter = format!("{{\"{}\": {written}}}", field.name);
            let has =
                |value: &str| matches(tagged.name, &filter, &format!("{}={value}", field.name));
            assert!(has(matching), "{} {filter}", tagged.name);
            assert!(!has(other), "{} {filter}", tagged.name);
            assert!(!matches(tagged.name, &filter, ""), "{} {filter} without it", tagged.name);
        }
    }
    assert_eq!((tagged_types().len(), fields), (17, 36));
}

#[test]
fn a_lone_star_matches_whatever_the_attribute_is_and_a_resource_without_it() {
    for (resource_type, field) in [
        ("AWS::EC2::Instance", "Platform"),
        ("AWS::EC2::NatGateway", "State"),
        ("AWS::EC2::NatGateway", "SubnetId"),
        ("AWS::ElasticLoadBalancing::LoadBalancer", "Scheme"),
        ("AWS::ElasticLoadBalancing::LoadBalancer", "VPCId"),
        ("AWS::RDS::DBInstance", "Engine"),
    ] {
        let filter = format!("{{\"{field}\": \"*\"}}");
        assert!(matches(resource_type, &filter, ""), "{resource_type} {field}");
        assert!(matches(resource_type, &filter, &format!("{field}=x")), "{resource_type} {field}");
    }
}

#[test]
fn a_platform_is_compared_in_any_case_and_nothing_else_is() {
    for written in ["windows", "Windows", "WINDOWS"] {
        let filter = format!("{{\"Platform\": \"{written}\"}}");
        assert!(matches("AWS::EC2::Instance", &filter, "Platform=windows"));
        assert!(matches("AWS::EC2::Instance", &filter, "Platform=Windows"));
        assert!(!matches("AWS::EC2::Instance", &filter, "Platform=linux"));
    }
    assert!(!matches("AWS::S3::Bucket", r#"{"BucketName": "Logs*"}"#, "BucketName=logs-1"));
}

#[test]
fn a_tag_filter_needs_the_exact_key_and_a_value_like_the_pattern() {
    for (filter, tags, expected) in [
        (r#"{"Tag": {"Key": "env", "Value": "prod"}}"#, "env=prod", true),
        (r#"{"Tag": {"Key": "env", "Value": "prod"}}"#, "env=production", false),
        (r#"{"Tag": {"Key": "env", "Value": "prod"}}"#, "Env=prod", false),
        (r#"{"Tag": {"Key": "env", "Value": "Prod"}}"#, "env=prod", false),
        (r#"{"Tag": {"Key": "env", "Value": "*Sample"}}"#, "env=MySample", true),
        (r#"{"Tag": {"Key": "env", "Value": "a*b*c"}}"#, "env=axxbc", true),
        (r#"{"Tag": {"Key": "env", "Value": "*"}}"#, "env=", true),
        (r#"{"Tag": {"Key": "env", "Value": "*"}}"#, "", false),
        (r#"{"Tag": {"Key": "env", "Value": ""}}"#, "env=", true),
        (r#"{"Tag": {"Key": "env", "Value": ""}}"#, "env=x", false),
        (r#"{"Tag": {"Key": "en*", "Value": "prod"}}"#, "env=prod", false),
    ] {
        for tagged in tagged_types() {
            let found = matches(tagged.name, filter, &format!("| {tags}"));
            assert_eq!(found, expected, "{} {filter} on {tags}", tagged.name);
        }
    }
}

#[test]
fn functions_combine_filters_and_lie_within_each_other() {
    let (yes, no) = (r#"{"BucketName": "logs"}"#, r#"{"BucketName": "other"}"#);
    for (filter, expected) in [
        (format!("{{\"Fn::AND\": [{yes}]}}"), true),
        (format!("{{\"Fn::AND\": [{yes}, {yes}]}}"), true),
        (format!("{{\"Fn::AND\": [{yes}, {no}]}}"), false),
        (format!("{{\"Fn::OR\": [{no}, {yes}]}}"), true),
        (format!("{{\"Fn::OR\": [{no}, {no}]}}"), false),
        (format!("{{\"Fn::NOT\": {no}}}"), true),
        (format!("{{\"Fn::NOT\": {yes}}}"), false),
        (format!("{{\"Fn::NOT\": {{\"Fn::OR\": [{no}, {{\"Fn::NOT\": {yes}}}]}}}}"), true),
        (format!("{{\"Fn::AND\": [{{\"Fn::OR\": [{no}, {yes}]}}, {{\"Fn::NOT\": {no}}}]}}"), true),
    ] {
        assert_eq!(matches("AWS::S3::Bucket", &filter, "BucketName=logs"), expected, "{filter}");
    }
}
