//! Every call that a definition can make is one that the service's model knows, with inputs of the right shape.

use reeve_inventory::{Call, Definition, Lookup, Place, definitions};
use reeve_model::{Value, catalog, conform};
use reeve_types::{ResourceRef, ResourceType, Scope, Tags};

fn reference(definition: &Definition) -> ResourceRef {
    let scope = Scope {
        account: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        resource_type: definition.resource_type().clone(),
    };
    ResourceRef {
        scope,
        id: "one".to_owned(),
        arn: "arn:aws:x:eu-west-1:111122223333:one".to_owned(),
    }
}

fn check(call: &Call) {
    let service = catalog().service(&call.service).unwrap_or_else(|wrong| panic!("{wrong}"));
    let operation = service.operation(&call.operation).unwrap_or_else(|wrong| panic!("{wrong}"));
    let wrong = conform(&service, operation, &call.input.to_json()).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}:{} {:?}: {wrong:?}", call.service, call.operation, call.input);
}

#[test]
fn every_call_fits_its_service_model() {
    let tags: Tags = [("a".to_owned(), "1".to_owned())].into();
    for definition in definitions().iter() {
        let reference = reference(definition);
        let place = Place::of(&reference);
        check(&definition.list_call(&place));
        let item = match definition.lookup(&reference) {
            Lookup::Call(call) => {
                check(&call);
                continue_with(definition, &place)
            }
            Lookup::Item(item) => definition.item(&place, &item),
        };
        for detail in definition.details() {
            check(&detail.call(&item.clone().into_iter().collect::<Vec<_>>()));
        }
        check(&definition.tag_call(&reference, &tags));
        check(&definition.untag_call(&reference, &["a".to_owned()]));
    }
}

fn continue_with(definition: &Definition, place: &Place) -> Option<reeve_inventory::Found> {
    let item = Value::from_iter([
        ("LoadBalancerName", "one"),
        ("LoadBalancerArn", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/one"),
    ]);
    definition.item(place, &item)
}

#[test]
fn an_auto_scaling_tag_names_its_group_and_does_not_propagate() {
    let definition =
        definitions().get(&ResourceType::new("AWS::AutoScaling::AutoScalingGroup")).unwrap();
    let tags: Tags = [("a".to_owned(), "1".to_owned())].into();
    let call = definition.tag_call(&reference(definition), &tags);
    insta::assert_snapshot!(call.input.to_json().to_string(), @r#"{"Tags":[{"ResourceId":"one","ResourceType":"auto-scaling-group","Key":"a","Value":"1","PropagateAtLaunch":false}]}"#);
}
