//! Whose answers the answers of a batch become, whatever the service says in whichever order.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::subsequence};
use reeve_inventory::{Definition, Found, Place, definitions};
use reeve_model::Value;
use reeve_types::ResourceType;

/// The types whose details answer for many resources at once: the list's items, what names one in an answer, where the
/// answers are, and whether a resource without an answer is gone.
const BATCHED: [(&str, &str, &str, &str, bool); 4] = [
    (
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "LoadBalancerDescriptions",
        "LoadBalancerName",
        "TagDescriptions",
        false,
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancers",
        "LoadBalancerArn",
        "TagDescriptions",
        false,
    ),
    ("AWS::Elasticsearch::Domain", "DomainNames", "DomainName", "DomainStatusList", true),
    ("AWS::OpenSearch::Domain", "DomainNames", "DomainName", "DomainStatusList", true),
];

fn definition(name: &str) -> &'static Definition {
    definitions().get(&ResourceType::new(name)).unwrap()
}

fn listed(name: &str, items: &str, key: &str, ids: &[String]) -> Vec<Found> {
    let place =
        Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
    let items_of = ids.iter().map(|id| Value::from_iter([(key, id.as_str())])).collect::<Value>();
    definition(name).found(&place, &Value::from_iter([(items, items_of)]))
}

/// An answer that says in every place that definitions look into whose it is.
fn answer(key: &str, id: &str) -> Value {
    let tag = Value::from_iter([("Key", "owner"), ("Value", id)]);
    let key = if key == "LoadBalancerArn" { "ResourceArn" } else { key };
    Value::from_iter([
        (key, Value::from(id)),
        ("DomainId", Value::from(id)),
        ("Tags", [tag].into_iter().collect::<Value>()),
    ])
}

/// Names that begin like one another, differ in case, and hold each other: what a careless comparison would confuse.
fn names() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set("[aA][ab/:-]{0,3}", 1..12)
}

proptest! {
    #[test]
    fn no_resource_is_given_the_answer_of_another(
        (names, listed_ids, answered) in names().prop_flat_map(|names| {
            let names: Vec<String> = names.into_iter().collect();
            let some = || subsequence(names.clone(), 0..=names.len()).prop_shuffle();
            (Just(names.clone()), some(), some())
        }),
        which in 0..BATCHED.len(),
    ) {
        let (name, items, key, results, required) = BATCHED[which];
        let mut found = listed(name, items, key, &listed_ids);
        let output = answered.iter().map(|id| answer(key, id)).collect::<Value>();
        let detail = definition(name).details().first().unwrap();
        detail.attach(Value::from_iter([(results, output)]), &mut found);

        let kept: Vec<&String> = found.iter().map(|found| &found.reference.id).collect();
        let expected: Vec<&String> =
            listed_ids.iter().filter(|id| !required || answered.contains(id)).collect();
        prop_assert_eq!(kept, expected, "among {:?}", names);
        for found in found {
            let id = found.reference.id.clone();
            let resource = found.resource(definition(name));
            let owner = if required {
                resource.attributes.get("DomainId").map(|fact| format!("{fact:?}"))
            } else {
                resource.tags.get("owner").map(|owner| format!("Text({owner:?})"))
            };
            let own = answered.contains(&id).then(|| format!("Text({id:?})"));
            prop_assert_eq!(owner, own, "of {} among {:?}", id, answered);
        }
    }

    #[test]
    fn what_is_asked_for_one_resource_stays_with_it(ids in names(), which in 0..BATCHED.len()) {
        let (name, items, key, ..) = BATCHED[which];
        let ids: Vec<String> = ids.into_iter().collect();
        for found in listed(name, items, key, &ids) {
            let reference = found.reference.clone();
            for detail in definition(name).details() {
                let call = detail.call(std::slice::from_ref(&found));
                let input = call.input.to_json().to_string();
                let own = [&reference.id, &reference.arn].map(|text| format!("{text:?}"));
                prop_assert!(own.iter().any(|own| input.contains(own)), "{}: {}", reference.id, input);
            }
        }
    }
}
