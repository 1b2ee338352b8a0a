//! What the two profiles say together.

use reeve_care::tagger::{DEFAULT_PROFILE, EffectiveProfile, decide};

use crate::support::{check, profiles, resource};

/// The examples of the AMS documentation.
const DEFAULT: &str = r#"{
    "AWS::EC2::Instance": {
        "AMSManagedBlock1": {
            "Enabled": true,
            "Filter": {"Platform": "Windows"},
            "Tags": [{"Key": "my-tag", "Value": "SampleValueA"}, {"Key": "other", "Value": "kept"}]
        }
    }
}"#;

fn warnings(profile: &EffectiveProfile) -> String {
    let lines: Vec<String> = profile.warnings().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn standings(profile: &EffectiveProfile) -> Vec<String> {
    let shown = profile
        .configurations()
        .map(|block| format!("{} {} {}", block.id, block.source.as_str(), block.standing.as_str()));
    shown.collect()
}

#[test]
fn a_block_of_the_customization_replaces_the_whole_block_of_its_id() {
    let profile = profiles(
        DEFAULT,
        r#"{"AWS::EC2::Instance": {"AMSManagedBlock1": {
            "Filter": {"Platform": "*"}, "Tags": [{"Key": "my-tag", "Value": "SampleValueB"}]}}}"#,
    );
    check(
        &profile,
        "AWS::EC2::Instance i-1 Platform=linux | ams:rt:other=kept",
        &[
            "fail missing AMSManagedBlock1",
            "set `ams:rt:my-tag` to `SampleValueB`: `AMSManagedBlock1` of the customization profile yields it",
            "remove `ams:rt:other` (was `kept`): `AMSManagedBlock1` of the default profile is replaced by the customization profile, and nothing else yields it",
        ],
    );
    assert_eq!(
        standings(&profile),
        ["AMSManagedBlock1 customization enabled", "AMSManagedBlock1 default replaced"]
    );
}

#[test]
fn a_default_is_disabled_by_a_block_of_its_id_that_says_no_more_than_that() {
    let profile =
        profiles(DEFAULT, r#"{"AWS::EC2::Instance": {"AMSManagedBlock1": {"Enabled": false}}}"#);
    check(
        &profile,
        "AWS::EC2::Instance i-1 Platform=windows | ams:rt:my-tag=SampleValueA",
        &[
            "fail unmanaged",
            "remove `ams:rt:my-tag` (was `SampleValueA`): `AMSManagedBlock1` of the default profile is disabled by the customization profile, and nothing else yields it",
        ],
    );
    assert_eq!(warnings(&profile), "", "this is what the documentation tells people to do");
}

#[test]
fn reusing_an_id_of_the_default_disables_that_default_and_is_warned_of() {
    let profile = profiles(
        DEFAULT_PROFILE,
        r#"{"AWS::EC2::Instance": {
            "AMSMonitoringLinux": {"Filter": {"Platform": "linux"}, "Tags": [{"Key": "ams-managed", "Value": "true"}]}
        }}"#,
    );
    let decision = decide(&profile, &resource("AWS::EC2::Instance i-1 Platform=linux"));
    assert_eq!(decision.desired.into_keys().collect::<Vec<_>>(), ["ams:rt:ams-managed"]);
    insta::assert_snapshot!(warnings(&profile), @r"
    2:13: AWS::EC2::Instance.AMSMonitoringLinux: takes the place of the whole block of this id of the default profile (default.json:3:5)
      hint: if the default shall stay in effect, give this block another id
    ");
}

#[test]
fn the_same_id_under_another_type_is_another_block() {
    let profile = profiles(
        DEFAULT,
        r#"{"AWS::S3::Bucket": {"AMSManagedBlock1": {"Filter": {"BucketName": "*"}, "Tags": []}}}"#,
    );
    let shown: Vec<_> = profile
        .configurations()
        .map(|block| (block.resource_type, block.standing.as_str()))
        .collect();
    assert_eq!(shown, [("AWS::EC2::Instance", "enabled"), ("AWS::S3::Bucket", "enabled")]);
    assert_eq!(warnings(&profile), "");
}

#[test]
fn disabling_a_default_that_does_not_exist_is_warned_of() {
    let profile = profiles(
        DEFAULT,
        r#"{"AWS::EC2::Instance": {
            "AMSManagedBlock": {"Enabled": false},
            "Mine": {"Enabled": false, "Filter": {"Platform": "*"}, "Tags": []}
        }}"#,
    );
    insta::assert_snapshot!(warnings(&profile), @r"
    2:13: AWS::EC2::Instance.AMSManagedBlock: disables nothing: the default profile has no block of this id
      hint: did you mean `AMSManagedBlock1`?
    ");
}

#[test]
fn read_only_is_taken_from_the_customization_profile_alone() {
    let read_only = r#"{"Options": {"ReadOnly": true}}"#;
    assert!(profiles("{}", read_only).is_read_only());
    assert!(!profiles(read_only, "{}").is_read_only());
    assert!(!profiles("{}", r#"{"Options": {"ReadOnly": false}}"#).is_read_only());
    assert!(!profiles("{}", r#"{"Options": {}}"#).is_read_only());
}

#[test]
fn the_shipped_default_sets_no_tag_on_what_nobody_marked_as_managed() {
    let profile = profiles(DEFAULT_PROFILE, "{}");
    check(&profile, "AWS::EC2::Instance i-1 Platform=linux | env=prod", &["pass unmanaged"]);
    check(&profile, "AWS::RDS::DBInstance db Engine=mysql", &["pass unmanaged"]);
}
