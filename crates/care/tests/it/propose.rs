//! From decisions to the actions of a plan.

use reeve_care::tagger::{Decision, EffectiveProfile, decide, plan, rule_name, tagged_types};
use reeve_types::{ResourceRef, ResourceType};

use crate::support::{profiles, resource};

const MINE: &str = r#""AWS::S3::Bucket": {"A": {"Filter": {"BucketName": "*"}, "Tags": [{"Key": "a", "Value": "1"}]}},
    "AWS::EC2::Instance": {"B": {"Filter": {"Platform": "*"}, "Tags": [{"Key": "b", "Value": "1"}]}}"#;

const ESTATE: [&str; 6] = [
    "222222222222/eu-west-1 AWS::S3::Bucket a",
    "111111111111/us-east-1 AWS::S3::Bucket b",
    "111111111111/eu-west-1 AWS::S3::Bucket d",
    "111111111111/eu-west-1 AWS::S3::Bucket c",
    "111111111111/eu-west-1 AWS::S3::Bucket right | ams:rt:a=1",
    "111111111111/eu-west-1 AWS::EC2::Instance z",
];

fn decided(profile: &EffectiveProfile, lines: &[&str]) -> Vec<(ResourceRef, Decision)> {
    let resources = lines.iter().map(|line| resource(line));
    resources.map(|resource| (resource.reference.clone(), decide(profile, &resource))).collect()
}

#[test]
fn actions_are_numbered_in_order_of_place_type_and_id_whatever_order_they_come_in() {
    let profile = profiles("{}", &format!("{{{MINE}}}"));
    let forwards = plan(&profile, decided(&profile, &ESTATE));
    let shown: Vec<_> = forwards
        .iter()
        .map(|action| format!("{} {} {}", action.number, action.resource.scope, action.resource.id))
        .collect();
    assert_eq!(
        shown,
        [
            "1 AWS::EC2::Instance in 111111111111 eu-west-1 z",
            "2 AWS::S3::Bucket in 111111111111 eu-west-1 c",
            "3 AWS::S3::Bucket in 111111111111 eu-west-1 d",
            "4 AWS::S3::Bucket in 111111111111 us-east-1 b",
            "5 AWS::S3::Bucket in 222222222222 eu-west-1 a",
        ]
    );
    let backwards = plan(&profile, decided(&profile, &ESTATE).into_iter().rev());
    assert_eq!(forwards, backwards);
}

#[test]
fn a_resource_that_was_seen_twice_has_one_action() {
    let profile = profiles("{}", &format!("{{{MINE}}}"));
    assert_eq!(plan(&profile, decided(&profile, &[ESTATE[0], ESTATE[0]])).len(), 1);
}

#[test]
fn under_read_only_everything_is_decided_and_nothing_is_planned() {
    let profile = profiles("{}", &format!(r#"{{"Options": {{"ReadOnly": true}}, {MINE}}}"#));
    let decisions = decided(&profile, &ESTATE);
    assert_eq!(decisions.iter().filter(|(_, decision)| !decision.changes.is_empty()).count(), 5);
    assert_eq!(plan(&profile, decisions), []);
}

#[test]
fn differences_are_reported_under_a_rule_name_of_the_type() {
    for (name, expected) in [
        ("AWS::EC2::Instance", "AMSResourceTagger-EC2Instance"),
        ("AWS::RDS::DBInstance", "AMSResourceTagger-RDSDBInstance"),
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AMSResourceTagger-ElasticLoadBalancingV2LoadBalancer",
        ),
    ] {
        assert_eq!(rule_name(&ResourceType::new(name)), expected);
    }
    let names: std::collections::BTreeSet<String> =
        tagged_types().iter().map(|tagged| rule_name(&ResourceType::new(tagged.name))).collect();
    assert_eq!(names.len(), tagged_types().len(), "no two types share one");
}
