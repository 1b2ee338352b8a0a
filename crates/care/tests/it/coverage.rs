//! Figures per type, account and Region.

use std::collections::BTreeMap;

use reeve_care::tagger::{CoverageTally, EffectiveProfile, TypeCoverage, decide, unmanaged_rises};

use crate::support::{block, blocks, resource};

fn tally(profile: &EffectiveProfile, lines: &[&str]) -> Vec<TypeCoverage> {
    let mut tally = CoverageTally::new(profile);
    for line in lines {
        let resource = resource(line);
        tally.add(&resource.reference.scope, &decide(profile, &resource));
    }
    tally.finish()
}

fn instances() -> EffectiveProfile {
    let three = [
        block("All", r#"{"Fn::NOT": {"Tag": {"Key": "skip", "Value": "*"}}}"#, "owner=web"),
        block("Windows", r#"{"Platform": "windows"}"#, "os=windows"),
        block("Nothing", r#"{"InstanceId": "i-nowhere"}"#, "x=1"),
    ];
    blocks("AWS::EC2::Instance", &three.join(", "))
}

#[test]
fn every_resource_is_counted_as_managed_missing_or_unmanaged() {
    let figures = tally(
        &instances(),
        &[
            "AWS::EC2::Instance i-1 Platform=linux | ams:rt:owner=web",
            "AWS::EC2::Instance i-2 Platform=linux | ams:rt:owner=web ams:rt:stray=1",
            "AWS::EC2::Instance i-3 Platform=windows | ams:rt:owner=web",
            "AWS::EC2::Instance i-4 Platform=linux | skip=yes",
            "AWS::EC2::Instance i-5 Platform=linux | skip=yes ams:rt:owner=web",
            "222222222222/eu-west-1 AWS::EC2::Instance i-6 | ams:rt:owner=web",
        ],
    );
    let [first, second] = &figures[..] else { panic!("{figures:?}") };
    assert_eq!(
        (first.resources, first.compliant, first.missing, first.unmanaged, first.managed()),
        (5, 2, 1, 2, 3)
    );
    let matching: Vec<_> = first.matching.iter().map(|(id, count)| (id.as_str(), *count)).collect();
    assert_eq!(matching, [("All", 3), ("Nothing", 0), ("Windows", 1)]);
    assert_eq!((second.resources, second.compliant, second.unmanaged), (1, 1, 0));
}

#[test]
fn a_scope_without_resources_has_figures_too() {
    let profile = instances();
    let mut tally = CoverageTally::new(&profile);
    tally.look(&resource("AWS::S3::Bucket x").reference.scope);
    let figures = tally.finish();
    assert_eq!((figures.len(), figures[0].resources, figures[0].matching.len()), (1, 0, 0));
}

#[test]
fn a_rise_of_unmanaged_resources_is_said_above_three_or_half_of_the_type() {
    let scope = resource("AWS::S3::Bucket x").reference.scope;
    let figures = |resources, unmanaged| {
        vec![TypeCoverage {
            scope: scope.clone(),
            resources,
            compliant: 0,
            missing: 0,
            unmanaged,
            matching: BTreeMap::new(),
        }]
    };
    for (before, now, expected) in [
        ((100, 0), (100, 3), false),
        ((100, 0), (100, 4), true),
        ((100, 50), (100, 53), false),
        ((100, 50), (100, 54), true),
        ((100, 54), (100, 50), false),
        ((4, 0), (4, 2), false),
        ((4, 0), (5, 3), true),
        ((0, 0), (1, 1), true),
        ((1, 1), (1, 1), false),
    ] {
        let rises = unmanaged_rises(&figures(before.0, before.1), &figures(now.0, now.1));
        assert_eq!(!rises.is_empty(), expected, "{before:?} to {now:?}");
    }
    assert_eq!(unmanaged_rises(&[], &figures(10, 10)), [], "nothing to compare with");
}
