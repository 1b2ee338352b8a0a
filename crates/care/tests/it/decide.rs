//! What the Tagger wants of a resource, rule by rule.

use reeve_care::tagger::{DEFAULT_PROFILE, decide};

use crate::support::{block, blocks, check, profiles, profiles_with_prefix, resource};

const INSTANCE: &str = "AWS::EC2::Instance";

fn linux(tags: &str) -> String {
    block("Mine", r#"{"Platform": "linux"}"#, tags)
}

#[test]
fn a_resource_gets_the_tags_of_a_block_that_matches_it() {
    check(
        &blocks(INSTANCE, &linux("ams:rt:owner=web ams:rt:tier=2")),
        "AWS::EC2::Instance i-1 Platform=linux | env=prod",
        &[
            "fail missing Mine",
            "set `ams:rt:owner` to `web`: `Mine` of the customization profile yields it",
            "set `ams:rt:tier` to `2`: `Mine` of the customization profile yields it",
        ],
    );
}

#[test]
fn a_resource_that_has_its_tags_is_left_alone() {
    check(
        &blocks(INSTANCE, &linux("owner=web")),
        "AWS::EC2::Instance i-1 Platform=linux | env=prod ams:rt:owner=web",
        &["pass managed Mine"],
    );
}

#[test]
fn a_tag_that_someone_changed_is_changed_back() {
    check(
        &blocks(INSTANCE, &linux("owner=web")),
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:owner=Web",
        &[
            "fail missing Mine",
            "change `ams:rt:owner` from `Web` to `web`: `Mine` of the customization profile yields it",
        ],
    );
}

#[test]
fn a_tag_of_the_taggers_that_someone_typed_by_hand_is_removed() {
    check(
        &blocks(INSTANCE, &linux("owner=web")),
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:owner=web ams:rt:mine=true",
        &["fail managed Mine", "remove `ams:rt:mine` (was `true`): no configuration yields it"],
    );
}

#[test]
fn a_resource_that_no_block_matches_loses_the_taggers_tags_and_no_others() {
    // The example of the AMS documentation: a Linux instance, and a profile about Windows.
    check(
        &blocks(INSTANCE, &block("W", r#"{"Platform": "Windows"}"#, "ams:rt:ams-managed=true")),
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:MyOwnTag=true myTag=true",
        &["fail unmanaged", "remove `ams:rt:MyOwnTag` (was `true`): no configuration yields it"],
    );
}

#[test]
fn a_resource_of_a_type_that_no_block_is_about_loses_the_taggers_tags_too() {
    check(
        &blocks(INSTANCE, &linux("owner=web")),
        "AWS::S3::Bucket logs | ams:rt:owner=web",
        &["fail unmanaged", "remove `ams:rt:owner` (was `web`): no configuration yields it"],
    );
}

#[test]
fn a_resource_of_a_type_that_the_tagger_does_not_tag_is_none_of_its_business() {
    check(&profiles("{}", "{}"), "AWS::Lambda::Function f | ams:rt:owner=web", &["pass unmanaged"]);
}

#[test]
fn a_narrower_filter_removes_the_tag_from_what_it_no_longer_matches() {
    let narrow = r#"{"Fn::AND": [{"Platform": "linux"}, {"Fn::NOT": {"InstanceId": "i-1"}}]}"#;
    check(
        &blocks(INSTANCE, &block("Mine", narrow, "owner=web")),
        "AWS::EC2::Instance i-1 InstanceId=i-1 Platform=linux | ams:rt:owner=web",
        &[
            "fail unmanaged",
            "remove `ams:rt:owner` (was `web`): `Mine` of the customization profile does not match, and nothing else yields it",
        ],
    );
}

#[test]
fn a_disabled_block_has_no_effect_and_is_named_as_the_reason() {
    let disabled = r#""Mine": {"Enabled": false, "Filter": {"Platform": "*"}, "Tags": [{"Key": "owner", "Value": "web"}]}"#;
    check(
        &blocks(INSTANCE, disabled),
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:owner=web",
        &[
            "fail unmanaged",
            "remove `ams:rt:owner` (was `web`): `Mine` of the customization profile is disabled, and nothing else yields it",
        ],
    );
}

#[test]
fn every_block_that_matches_adds_its_tags() {
    let two = [
        block("A", r#"{"Platform": "*"}"#, "owner=web"),
        block("B", r#"{"AvailabilityZone": "*a"}"#, "zone=a"),
    ];
    check(
        &blocks(INSTANCE, &two.join(", ")),
        "AWS::EC2::Instance i-1 AvailabilityZone=eu-west-1a",
        &[
            "fail missing A B",
            "set `ams:rt:owner` to `web`: `A` of the customization profile yields it",
            "set `ams:rt:zone` to `a`: `B` of the customization profile yields it",
        ],
    );
}

#[test]
fn of_two_blocks_of_one_profile_the_later_one_outranks_and_the_conflict_is_said() {
    let two = [
        block("A", r#"{"Platform": "*"}"#, "owner=web"),
        block("B", r#"{"Platform": "linux"}"#, "owner=db"),
    ];
    check(
        &blocks(INSTANCE, &two.join(", ")),
        "AWS::EC2::Instance i-1 Platform=linux",
        &[
            "fail missing A B",
            "set `ams:rt:owner` to `db`: `B` of the customization profile yields it, and outranks `A` of the customization profile, which yields `web`",
            "conflict: `ams:rt:owner`: `B` of the customization profile yields `db` and outranks `A` of the customization profile, which yields `web`",
        ],
    );
}

#[test]
fn a_block_of_the_customization_outranks_one_of_the_default() {
    let default =
        format!("{{\"{INSTANCE}\": {{{}}}}}", block("Z", r#"{"Platform": "*"}"#, "owner=default"));
    let custom =
        format!("{{\"{INSTANCE}\": {{{}}}}}", block("A", r#"{"Platform": "*"}"#, "owner=mine"));
    check(
        &profiles(&default, &custom),
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:owner=mine",
        &[
            "pass managed Z A",
            "conflict: `ams:rt:owner`: `A` of the customization profile yields `mine` and outranks `Z` of the default profile, which yields `default`",
        ],
    );
}

#[test]
fn blocks_that_want_the_same_value_are_in_no_conflict() {
    let three = [
        block("A", r#"{"Platform": "*"}"#, "owner=web"),
        block("B", r#"{"Platform": "*"}"#, "owner=db"),
        block("C", r#"{"Platform": "*"}"#, "owner=web"),
    ];
    check(
        &blocks(INSTANCE, &three.join(", ")),
        "AWS::EC2::Instance i-1 | ams:rt:owner=web",
        &[
            "pass managed A B C",
            "conflict: `ams:rt:owner`: `C` of the customization profile yields `web` and outranks `B` of the customization profile, which yields `db`",
        ],
    );
}

#[test]
fn a_block_without_tags_manages_what_it_matches() {
    check(
        &blocks(INSTANCE, &block("A", r#"{"Platform": "*"}"#, "")),
        "AWS::EC2::Instance i-1",
        &["pass managed A"],
    );
}

#[test]
fn a_tag_that_a_block_yields_is_seen_by_the_filters_of_others_in_the_same_plan() {
    let mine = block("Mine", r#"{"Tag": {"Key": "env", "Value": "prod*"}}"#, "ams-managed=true");
    check(
        &profiles(DEFAULT_PROFILE, &format!("{{\"{INSTANCE}\": {{{mine}}}}}")),
        "AWS::EC2::Instance i-1 Platform=linux | env=production",
        &[
            "fail missing AMSMonitoringLinux Mine",
            "set `ams:rt:ams-managed` to `true`: `Mine` of the customization profile yields it",
            "set `ams:rt:ams-monitoring-policy` to `ams-monitored`: `AMSMonitoringLinux` of the default profile yields it",
            "set `ams:rt:ams-monitoring-policy-platform` to `ams-monitored-linux`: `AMSMonitoringLinux` of the default profile yields it",
        ],
    );
}

#[test]
fn a_tag_typed_by_hand_does_not_keep_what_depends_on_it() {
    check(
        &profiles(DEFAULT_PROFILE, "{}"),
        "AWS::EC2::Instance i-1 Platform=windows | ams:rt:ams-managed=true ams:rt:ams-monitoring-policy=ams-monitored",
        &[
            "fail unmanaged",
            "remove `ams:rt:ams-managed` (was `true`): no configuration yields it",
            "remove `ams:rt:ams-monitoring-policy` (was `ams-monitored`): `AMSMonitoringLinux` of the default profile does not match, `AMSMonitoringWindows` of the default profile does not match, and nothing else yields it",
        ],
    );
}

#[test]
fn a_block_may_permit_a_tag_that_people_set_themselves() {
    let permitted = r#"{"Tag": {"Key": "ams:rt:backup", "Value": "true"}}"#;
    let profile = blocks(INSTANCE, &block("Permitted", permitted, "backup=true"));
    check(&profile, "AWS::EC2::Instance i-1 | ams:rt:backup=true", &["pass managed Permitted"]);
    check(&profile, "AWS::EC2::Instance i-1", &["pass unmanaged"]);
}

#[test]
fn blocks_that_contradict_each_other_propose_nothing_and_say_so() {
    let contradiction =
        block("A", r#"{"Fn::NOT": {"Tag": {"Key": "ams:rt:a", "Value": "*"}}}"#, "a=1");
    let profile = blocks(INSTANCE, &contradiction);
    for line in ["AWS::EC2::Instance i-1", "AWS::EC2::Instance i-1 | ams:rt:a=1 ams:rt:b=1"] {
        let decision = decide(&profile, &resource(line));
        assert!(decision.changes.is_empty() && decision.desired.is_empty());
        assert_eq!(
            decision.obstacle.unwrap().to_string(),
            "the configurations never settle: their filters ask for tags that they yield themselves",
        );
    }
}

#[test]
fn a_resource_that_would_have_more_than_fifty_tags_is_left_alone_and_fails() {
    let profile = blocks(INSTANCE, &block("A", r#"{"Platform": "*"}"#, "a=1 b=2"));
    let tags = |count: usize| {
        let tags: Vec<String> = (0..count).map(|number| format!("t{number}=x")).collect();
        format!("AWS::EC2::Instance i-1 | aws:ec2:fleet=f {}", tags.join(" "))
    };
    check(
        &profile,
        &tags(49),
        &["fail missing A", "obstacle: it would have 51 tags, and AWS allows 50"],
    );
    assert_eq!(decide(&profile, &resource(&tags(48))).changes.len(), 2, "50 are allowed");
    let one_goes = tags(48) + " ams:rt:stray=x";
    assert_eq!(decide(&profile, &resource(&one_goes)).changes.len(), 3, "a removal makes room");
    let full = tags(60) + " ams:rt:a=1 ams:rt:stray=x";
    assert_eq!(decide(&profile, &resource(&full)).changes.len(), 2, "it has more already");
}

#[test]
fn a_decision_notes_the_facts_it_rests_on_and_no_others() {
    let filter = r#"{"Fn::AND": [
        {"InstanceId": "*"},
        {"Platform": "linux"},
        {"Tag": {"Key": "env", "Value": "prod"}},
        {"Tag": {"Key": "ams:rt:tier", "Value": "1"}}]}"#;
    let profile = blocks(INSTANCE, &block("A", filter, "owner=web"));
    let reads = |line: &str| {
        let reads = decide(&profile, &resource(line)).reads;
        let tags = reads.tags.into_iter().map(|(key, value)| format!("{key}={value:?}"));
        let attributes = reads.attributes.into_keys();
        attributes.chain(tags).collect::<Vec<_>>()
    };
    // What the first false part decides, the rest cannot change.
    assert_eq!(reads("AWS::EC2::Instance i-1 Platform=windows | env=prod"), ["Platform"]);
    assert_eq!(reads("AWS::EC2::Instance i-1 Platform=linux"), ["Platform", "env=None"]);
    assert_eq!(
        reads("AWS::EC2::Instance i-1 Platform=linux | env=prod ams:rt:tier=1"),
        ["Platform", "ams:rt:tier=Some(\"1\")", "env=Some(\"prod\")"],
        "as it is, although nothing yields the tier"
    );
}

#[test]
fn in_a_profile_the_default_prefix_stands_for_the_one_in_use() {
    let custom = format!(
        "{{\"{INSTANCE}\": {{{}}}}}",
        block("A", r#"{"Tag": {"Key": "ams:rt:in", "Value": "1"}}"#, "ams:rt:a=1 reeve:b=2 c=3")
    );
    let profile = profiles_with_prefix("reeve:", "{}", &custom);
    check(
        &profile,
        "AWS::EC2::Instance i-1 | reeve:in=1 ams:rt:theirs=1",
        &["fail unmanaged", "remove `reeve:in` (was `1`): no configuration yields it"],
    );
    let with_source = custom.replacen('{', r#"{"AWS::S3::Bucket": {"S": {"Filter": {"BucketName": "*"}, "Tags": [{"Key": "ams:rt:a", "Value": "1"}, {"Key": "reeve:b", "Value": "2"}, {"Key": "c", "Value": "3"}]}}, "#, 1);
    let desired =
        decide(&profiles_with_prefix("reeve:", "{}", &with_source), &resource("AWS::S3::Bucket b"))
            .desired;
    assert_eq!(desired.into_keys().collect::<Vec<_>>(), ["reeve:a", "reeve:b", "reeve:c"]);
}

#[test]
fn tags_of_aws_are_read_by_filters_and_never_touched() {
    // The example of the AMS documentation.
    let filter = r#"{"Fn::AND": [
        {"Platform": "Windows"},
        {"Tag": {"Key": "aws:cloudformation:stack-name", "Value": "stack-*"}},
        {"Fn::NOT": {"InstanceId": "i-00000000000000001"}}]}"#;
    let profile =
        blocks(INSTANCE, &block("AMSMonitoringWindows", filter, "ams:rt:ams-managed=true"));
    for (line, matches) in [
        ("i-2 InstanceId=i-2 Platform=windows | aws:cloudformation:stack-name=stack-a", true),
        ("i-2 InstanceId=i-2 Platform=windows | aws:cloudformation:stack-name=other", false),
        ("i-2 InstanceId=i-2 Platform=windows", false),
        ("i-2 InstanceId=i-2 Platform=linux | aws:cloudformation:stack-name=stack-a", false),
        (
            "i-1 InstanceId=i-00000000000000001 Platform=windows | aws:cloudformation:stack-name=stack-a",
            false,
        ),
    ] {
        let decision = decide(&profile, &resource(&format!("AWS::EC2::Instance {line}")));
        let keys: Vec<_> = decision.changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, if matches { vec!["ams:rt:ams-managed"] } else { vec![] }, "{line}");
    }
}
