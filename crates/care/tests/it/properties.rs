//! What holds for every profile and every resource.

use proptest::{collection::vec, prelude::*, sample::select};
use reeve_care::{
    judgement::{Judgement, judge, verify},
    plan::TagChange,
    progress::Direction,
    tagger::{EffectiveProfile, decide, plan},
};
use reeve_types::{Attribute, Resource};

use crate::support::{apply, block, profiles, resource};

const TYPE: &str = "AWS::EC2::Instance";
const KEYS: [&str; 6] = ["a", "b", "ams:rt:a", "ams:rt:b", "ams:rt:c", "aws:x"];
const VALUES: [&str; 3] = ["0", "1", "01"];

fn filters() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(&["windows", "Linux", "*"][..])
            .prop_map(|text| format!(r#"{{"Platform": "{text}"}}"#)),
        select(&["*a", "eu-*", "eu-west-1b"][..])
            .prop_map(|text| format!(r#"{{"AvailabilityZone": "{text}"}}"#)),
        (select(&KEYS[..]), select(&["*", "0", "1", "*1"][..])).prop_map(|(key, value)| format!(
            r#"{{"Tag": {{"Key": "{key}", "Value": "{value}"}}}}"#
        )),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4)
                .prop_map(|all| format!(r#"{{"Fn::AND": [{}]}}"#, all.join(", "))),
            vec(inner.clone(), 1..4)
                .prop_map(|any| format!(r#"{{"Fn::OR": [{}]}}"#, any.join(", "))),
            inner.prop_map(|not| format!(r#"{{"Fn::NOT": {not}}}"#)),
        ]
    })
}

fn documents() -> impl Strategy<Value = String> {
    let tags = vec((select(&["a", "b", "ams:rt:c"][..]), select(&VALUES[..])), 0..3);
    vec((filters(), tags), 0..5).prop_map(|all| {
        let blocks = all.iter().enumerate().map(|(number, (filter, tags))| {
            let tags: Vec<String> =
                tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            block(&format!("B{number}"), filter, &tags.join(" "))
        });
        format!("{{\"{TYPE}\": {{{}}}}}", blocks.collect::<Vec<_>>().join(", "))
    })
}

fn effective_profiles() -> impl Strategy<Value = EffectiveProfile> {
    (documents(), documents()).prop_map(|(default, custom)| profiles(&default, &custom))
}

fn resources() -> impl Strategy<Value = Resource> {
    let platform = select(&["", "Platform=linux", "Platform=windows"][..]);
    let zone = select(&["", "AvailabilityZone=eu-west-1a", "AvailabilityZone=eu-west-1b"][..]);
    let tags = vec((select(&KEYS[..]), select(&VALUES[..])), 0..6);
    (platform, zone, tags).prop_map(|(platform, zone, tags)| {
        let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        resource(&format!("{TYPE} i-1 {platform} {zone} | {}", tags.join(" ")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_changed_as_decided_needs_no_change(
        profile in effective_profiles(),
        mut resource in resources(),
    ) {
        let decision = decide(&profile, &resource);
        prop_assume!(decision.obstacle.is_none());
        apply(&mut resource, &decision.changes);
        let again = decide(&profile, &resource);
        prop_assert_eq!(&again.changes, &Vec::<TagChange>::new());
        prop_assert_eq!(again.obstacle, None);
        prop_assert_eq!(again.desired, decision.desired);
        prop_assert_eq!(again.configurations, decision.configurations);
    }

    #[test]
    fn only_tags_with_the_prefix_are_ever_changed(
        profile in effective_profiles(),
        resource in resources(),
    ) {
        let decision = decide(&profile, &resource);
        for change in &decision.changes {
            prop_assert!(change.key.starts_with("ams:rt:"), "{}", change);
            prop_assert_eq!(change.before.as_ref(), resource.tags.get(&change.key));
            prop_assert_ne!(&change.before, &change.after);
        }
        prop_assert!(decision.desired.keys().all(|key| key.starts_with("ams:rt:")));
    }

    #[test]
    fn facts_that_were_not_read_do_not_matter(
        profile in effective_profiles(),
        resource in resources(),
        other in resources(),
    ) {
        let decision = decide(&profile, &resource);
        let mut altered = resource;
        for key in KEYS.iter().filter(|key| !key.starts_with("ams:rt:")) {
            if !decision.reads.tags.contains_key(*key) {
                altered.tags.remove(*key);
                altered.tags.extend(other.tags.get_key_value(*key).map(|(k, v)| (k.clone(), v.clone())));
            }
        }
        for name in ["Platform", "AvailabilityZone"] {
            if !decision.reads.attributes.contains_key(name) {
                altered.attributes.insert(name.to_owned(), Attribute::Text("other".to_owned()));
            }
        }
        prop_assert_eq!(decide(&profile, &altered), decision);
    }

    #[test]
    fn a_planned_action_is_performed_verified_and_undone(
        profile in effective_profiles(),
        resource in resources(),
    ) {
        let decision = decide(&profile, &resource);
        for action in plan(&profile, [(resource.reference.clone(), decision)]) {
            let mut now = resource.clone();
            for direction in [Direction::Apply, Direction::Undo] {
                let Judgement::Perform(write) = judge(&action, direction, false, Some(&now)) else {
                    return Err(TestCaseError::fail("it should be performed"));
                };
                now.tags.extend(write.set);
                now.tags.retain(|key, _| !write.remove.contains(key));
                prop_assert_eq!(verify(&action, direction, Some(&now)), Vec::<String>::new());
            }
            prop_assert_eq!(&now, &resource);
        }
    }
}
