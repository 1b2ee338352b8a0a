//! Profile documents: what is read, what is refused, what is only warned of.

use proptest::prelude::*;
use reeve_care::tagger::{
    Configuration, DEFAULT_PROFILE, ProfileKind, Settings, TagPrefix, default_profile,
    parse_profile,
};

fn wrong(text: &str) -> String {
    let read = parse_profile("tags.json", text, ProfileKind::Customization, &Settings::default());
    read.expect_err(text).to_string()
}

fn warnings(text: &str) -> String {
    let read = parse_profile("tags.json", text, ProfileKind::Customization, &Settings::default());
    let (_, warnings) = read.unwrap_or_else(|wrong| panic!("{wrong}"));
    warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn in_filter(resource_type: &str, filter: &str) -> String {
    format!(r#"{{"{resource_type}": {{"A": {{"Filter": {filter}, "Tags": []}}}}}}"#)
}

fn in_tags(tags: &str) -> String {
    format!(
        r#"{{"AWS::S3::Bucket": {{"A": {{"Filter": {{"BucketName": "*"}}, "Tags": {tags}}}}}}}"#
    )
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = r#"{
  "Options": { "Readonly": true },
  "AWS::EC2::Instnace": {},
  "AWS::EC2::Instance": {
    "NoFilter": { "Tags": [{ "Key": "a", "Value": "1" }] },
    "Empty": { "Filter": {}, "Tags": [{ "Key": "a", "Value": "1" }] },
    "Two": { "Filter": { "Platform": "beos", "InstanceID": "i-1" }, "Tags": [{ "Key": "a" }] },
    "Misspelt": { "enabled": "no", "Filter": { "Fn::And": [] }, "Tags": { "a": "1" } },
    "Nested": {
      "Enabled": "false",
      "Filter": { "Fn::OR": [ { "Fn::AND": [] }, { "Fn::NOT": [] }, { "Tag": { "Key": 1 } }, "x" ] },
      "Tags": [{ "Key": "ams:rt:", "Value": true }, { "Key": "a*", "Value": "b", "Values": [] }]
    }
  },
  "AWS::RDS::DBInstance": {
    "Wild": { "Filter": { "DBInstanceIdentifier": "orders-*" } }
  }
}"#;
    insta::assert_snapshot!(wrong(text), @r#"
    tags.json:2:16: Options.Readonly: unknown key
      hint: did you mean `ReadOnly`?
    tags.json:3:3: AWS::EC2::Instnace: unknown resource type
      hint: did you mean `AWS::EC2::Instance`?
    tags.json:5:17: AWS::EC2::Instance.NoFilter: the key `Filter` is missing
      hint: to match every resource of the type, write `"Filter": {"AvailabilityZone": "*"}`
    tags.json:6:26: AWS::EC2::Instance.Empty.Filter: expected exactly one field, found none
      hint: known here: AvailabilityZone, InstanceId, Platform, Tag, Fn::AND, Fn::OR, Fn::NOT
    tags.json:7:24: AWS::EC2::Instance.Two.Filter: expected exactly one field, found `Platform`, `InstanceID`
      hint: combine filters of one field each with `Fn::AND` or `Fn::OR`
    tags.json:7:38: AWS::EC2::Instance.Two.Filter.Platform: expected one of `windows`, `linux`, `*`, found `beos`
    tags.json:7:46: AWS::EC2::Instance.Two.Filter.InstanceID: unknown filter field of `AWS::EC2::Instance`
      hint: did you mean `InstanceId`?
    tags.json:7:78: AWS::EC2::Instance.Two.Tags[0]: the key `Value` is missing
    tags.json:8:19: AWS::EC2::Instance.Misspelt.enabled: unknown key
      hint: did you mean `Enabled`?
    tags.json:8:48: AWS::EC2::Instance.Misspelt.Filter.Fn::And: unknown filter field of `AWS::EC2::Instance`
      hint: did you mean `Fn::AND`?
    tags.json:8:73: AWS::EC2::Instance.Misspelt.Tags: expected a list, found a map
    tags.json:10:18: AWS::EC2::Instance.Nested.Enabled: expected `true` or `false`, found the string `false`
      hint: remove the quotes
    tags.json:11:44: AWS::EC2::Instance.Nested.Filter.Fn::OR[0].Fn::AND: expected at least one filter, found an empty list
    tags.json:11:63: AWS::EC2::Instance.Nested.Filter.Fn::OR[1].Fn::NOT: expected a map, found a list
    tags.json:11:78: AWS::EC2::Instance.Nested.Filter.Fn::OR[2].Tag: the key `Value` is missing
      hint: to match any value, write `"Value": "*"`
    tags.json:11:87: AWS::EC2::Instance.Nested.Filter.Fn::OR[2].Tag.Key: expected a string, found the number `1`
      hint: put it in quotes
    tags.json:11:94: AWS::EC2::Instance.Nested.Filter.Fn::OR[3]: expected a map, found the string `x`
    tags.json:12:25: AWS::EC2::Instance.Nested.Tags[0].Key: expected a tag key, found the string `ams:rt:`
    tags.json:12:45: AWS::EC2::Instance.Nested.Tags[0].Value: expected a string, found `true`
      hint: put it in quotes
    tags.json:12:62: AWS::EC2::Instance.Nested.Tags[1].Key: `*` is not allowed in a tag: only letters, digits, spaces and `+ - = . _ : / @` are
    tags.json:12:82: AWS::EC2::Instance.Nested.Tags[1].Values: unknown key
      hint: did you mean `Value`?
    tags.json:16:13: AWS::RDS::DBInstance.Wild: the key `Tags` is missing
    tags.json:16:51: AWS::RDS::DBInstance.Wild.Filter.DBInstanceIdentifier: no `*` is allowed here: expected the whole text, found `orders-*`
    "#);
}

#[test]
fn a_document_that_is_not_json_is_refused_with_its_place() {
    insta::assert_snapshot!(wrong("{\n  \"AWS::EC2::Instance\": {},\n}"), @"tags.json:2:27: trailing commas are not allowed");
    insta::assert_snapshot!(wrong(""), @"tags.json:1:1: expected a value, found the end");
    insta::assert_snapshot!(wrong("[]"), @"tags.json:1:1: expected a map, found a list");
}

#[test]
fn a_resource_type_that_is_written_twice_is_refused() {
    let text = "{\n\"AWS::S3::Bucket\": {},\n\"AWS::S3::Bucket\": {}\n}";
    insta::assert_snapshot!(wrong(text), @"tags.json:3:1: AWS::S3::Bucket: the key was already written in line 2");
}

#[test]
fn of_blocks_with_one_id_the_last_one_counts() {
    let text = r#"{"AWS::S3::Bucket": {
        "A": {"nonsense": 1},
        "A": {"Filter": {"BucketName": "*"}, "Tags": [{"Key": "x", "Value": "last"}]}
    }}"#;
    insta::assert_snapshot!(warnings(text), @"2:9: AWS::S3::Bucket.A: the block of the same id in line 3 takes this one's place");
    let profile = crate::support::profiles("{}", text);
    let tags: Vec<_> = profile.configurations().flat_map(Configuration::tags).collect();
    assert_eq!(tags, [("ams:rt:x", "last")]);
}

#[test]
fn an_id_that_two_types_have_is_warned_of() {
    let block =
        r#"{"Filter": {"Tag": {"Key": "a", "Value": "*"}}, "Tags": [{"Key": "a", "Value": "1"}]}"#;
    let text = format!(
        "{{\n\"AWS::S3::Bucket\": {{\"A\": {block}}},\n\"AWS::EKS::Cluster\": {{\"A\": {block}}}\n}}"
    );
    insta::assert_snapshot!(warnings(&text), @"3:23: AWS::EKS::Cluster.A: `AWS::S3::Bucket` also has a block of this id, in line 2: figures will name both alike");
}

#[test]
fn a_wildcard_is_refused_where_the_field_takes_none() {
    for (resource_type, field) in [
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
        ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn"),
        ("AWS::Synthetics::Canary", "CanaryName"),
    ] {
        for text in ["*", "a*"] {
            let wrong = wrong(&in_filter(resource_type, &format!(r#"{{"{field}": "{text}"}}"#)));
            assert!(wrong.contains("no `*` is allowed here"), "{wrong}");
        }
    }
    let vpc = in_filter("AWS::ElasticLoadBalancing::LoadBalancer", r#"{"VPCId": "vpc-*"}"#);
    assert!(wrong(&vpc).contains("`*` is only allowed alone here"));
}

#[test]
fn a_field_with_a_list_of_values_takes_those_and_a_lone_star() {
    for (resource_type, field, right, other) in [
        ("AWS::EC2::Instance", "Platform", &["windows", "Linux", "*"][..], "win*"),
        (
            "AWS::EC2::NatGateway",
            "State",
            &["pending", "failed", "available", "deleting", "deleted", "*"],
            "Available",
        ),
        (
            "AWS::ElasticLoadBalancing::LoadBalancer",
            "Scheme",
            &["internet-facing", "internal", "*"],
            "internet*",
        ),
    ] {
        let document =
            |text: &str| in_filter(resource_type, &format!(r#"{{"{field}": "{text}"}}"#));
        for text in right {
            warnings(&document(text));
        }
        let wrong = wrong(&document(other));
        assert!(wrong.contains("expected one of `"), "{wrong}");
    }
}

#[test]
fn a_yes_or_no_in_quotes_is_refused() {
    for field in ["HasMasterNode", "HasKmsKey"] {
        warnings(&in_filter("AWS::OpenSearch::Domain", &format!(r#"{{"{field}": false}}"#)));
        let quoted = in_filter("AWS::OpenSearch::Domain", &format!(r#"{{"{field}": "false"}}"#));
        assert!(wrong(&quoted).contains("hint: remove the quotes"), "{}", wrong(&quoted));
    }
}

#[test]
fn filters_may_lie_within_each_other_only_so_deep() {
    let nested = |depth: usize| {
        let filter = format!(
            "{}{}{}",
            r#"{"Fn::NOT": "#.repeat(depth),
            r#"{"BucketName": "*"}"#,
            "}".repeat(depth)
        );
        in_filter("AWS::S3::Bucket", &filter)
    };
    warnings(&nested(32));
    assert!(wrong(&nested(33)).contains("more than 32 deep"));
    assert!(wrong(&nested(100_000)).contains("maximum nesting depth"));
}

#[test]
fn tags_are_held_to_the_limits_of_aws_with_the_prefix_counted() {
    let tag =
        |key: &str, value: &str| in_tags(&format!(r#"[{{"Key": "{key}", "Value": "{value}"}}]"#));
    for (key, value) in [
        ("a".repeat(121), "é".repeat(256)),
        ("ams:rt:".to_owned() + &"a".repeat(121), String::new()),
        ("größe +-=._:/@ 1".to_owned(), "a b".to_owned()),
    ] {
        warnings(&tag(&key, &value));
    }
    for (key, value, expected) in [
        ("a".repeat(122), String::new(), "at most 128 characters, this one has 129"),
        ("a".to_owned(), "a".repeat(257), "at most 256 characters, this one has 257"),
        (String::new(), String::new(), "expected a tag key"),
        ("ams:rt:".to_owned(), String::new(), "expected a tag key"),
        ("a&b".to_owned(), String::new(), "`&` is not allowed in a tag"),
        ("a".to_owned(), "50%".to_owned(), "`%` is not allowed in a tag"),
        ("a\\tb".to_owned(), String::new(), "`\\t` is not allowed in a tag"),
    ] {
        let wrong = wrong(&tag(&key, &value));
        assert!(wrong.contains(expected), "{wrong}");
    }
}

#[test]
fn the_prefix_is_added_where_it_is_missing_and_never_doubled() {
    let text = in_tags(
        r#"[{"Key": "plain", "Value": "1"}, {"Key": "ams:rt:whole", "Value": "2"}, {"Key": "AMS:RT:loud", "Value": "3"}]"#,
    );
    let profile = crate::support::profiles("{}", &text);
    let keys: Vec<_> =
        profile.configurations().flat_map(Configuration::tags).map(|(key, _)| key).collect();
    assert_eq!(keys, ["ams:rt:plain", "ams:rt:whole", "ams:rt:AMS:RT:loud"]);
    insta::assert_snapshot!(warnings(&text), @"1:147: AWS::S3::Bucket.A.Tags[2].Key: this is not the prefix: the tag will be `ams:rt:AMS:RT:loud`");
}

#[test]
fn of_one_key_twice_in_a_block_the_last_value_counts() {
    let text = in_tags(
        r#"[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "ams:rt:a", "Value": "3"}]"#,
    );
    insta::assert_snapshot!(warnings(&text), @"1:124: AWS::S3::Bucket.A.Tags[2]: the block already has a tag `ams:rt:a`: this value takes the earlier one's place");
    let profile = crate::support::profiles("{}", &text);
    let tags: Vec<_> = profile.configurations().flat_map(Configuration::tags).collect();
    assert_eq!(tags, [("ams:rt:b", "2"), ("ams:rt:a", "3")]);
}

#[test]
fn what_is_wrong_in_a_disabled_block_is_only_warned_of() {
    let text = r#"{"AWS::S3::Bucket": {
        "Off": {"Enabled": false},
        "Old": {"Enabled": false, "Filter": {"Bucket": "x"}, "Tags": [{"Key": "a"}]}
    }}"#;
    insta::assert_snapshot!(warnings(text), @r"
    3:46: AWS::S3::Bucket.Old.Filter.Bucket: unknown filter field of `AWS::S3::Bucket` (the block is disabled)
      hint: known here: BucketName, Tag, Fn::AND, Fn::OR, Fn::NOT
    3:71: AWS::S3::Bucket.Old.Tags[0]: the key `Value` is missing (the block is disabled)
    ");
    let both = r#"{"AWS::S3::Bucket": {"A": {"Enabled": false, "Enabled": true}}}"#;
    assert!(wrong(both).contains("already written"), "it is not disabled for sure");
}

#[test]
fn read_only_in_the_default_profile_is_warned_of() {
    let text = r#"{"Options": {"ReadOnly": true}}"#;
    let read = parse_profile("d.json", text, ProfileKind::Default, &Settings::default());
    let (_, warnings) = read.unwrap();
    insta::assert_snapshot!(warnings[0], @"1:26: Options.ReadOnly: has no effect in the default profile: it belongs in the customization profile");
}

#[test]
fn odd_filters_are_warned_of() {
    insta::assert_snapshot!(
        warnings(&in_filter("AWS::S3::Bucket", r#"{"Fn::AND": [{"BucketName": ""}, {"Tag": {"Key": "te*m", "Value": "*"}}]}"#)),
        @r"
        1:66: AWS::S3::Bucket.A.Filter.Fn::AND[0].BucketName: an empty text matches nothing
        1:87: AWS::S3::Bucket.A.Filter.Fn::AND[1].Tag.Key: a key is compared as it is: `*` does not stand for anything here
        1:121: AWS::S3::Bucket.A.Tags: the list is empty: the block matches resources and yields no tag
        "
    );
}

#[test]
fn the_shipped_default_profile_is_read_without_a_warning() {
    let settings = Settings::default();
    let (profile, warnings) =
        parse_profile("default-profile.json", DEFAULT_PROFILE, ProfileKind::Default, &settings)
            .unwrap();
    assert_eq!(warnings, []);
    assert_eq!(default_profile(&settings).unwrap(), profile);
    let longest: TagPrefix = ("x".repeat(63) + ":").parse().unwrap();
    assert!(default_profile(&Settings { prefix: longest }).is_ok());
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>()) {
        drop(parse_profile("x", &text, ProfileKind::Customization, &Settings::default()));
    }

    #[test]
    fn reading_a_damaged_profile_never_panics(
        place in 0..DEFAULT_PROFILE.len(),
        removed in 0..40_usize,
        added in r#"[\[\]{}",:*a0 ]{0,4}"#,
    ) {
        let end = (place + removed).min(DEFAULT_PROFILE.len());
        let (before, after) = (DEFAULT_PROFILE.get(..place), DEFAULT_PROFILE.get(end..));
        let text = [before.unwrap(), &added, after.unwrap()].concat();
        drop(parse_profile("x", &text, ProfileKind::Default, &Settings::default()));
    }
}
