//! Every call that a definition can make is one that the service's model knows, with inputs of the right shape.

use std::{collections::BTreeSet, fmt::Write as _};

use reeve_inventory::{Call, Definition, Found, Lookup, Place, definitions};
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

/// Every call that a definition makes about one resource.
fn calls(definition: &Definition) -> Vec<Call> {
    let reference = reference(definition);
    let place = Place::of(&reference);
    let mut calls = vec![definition.list_call(&place)];
    let item = match definition.lookup(&reference) {
        Lookup::Call(call) => {
            calls.push(call);
            continue_with(definition, &place)
        }
        Lookup::Item(item) => definition.item(&place, &item),
    };
    let item: Vec<Found> = item.into_iter().collect();
    calls.extend(definition.details().iter().map(|detail| detail.call(&item)));
    let tags: Tags = [("a".to_owned(), "1".to_owned())].into();
    calls.push(definition.tag_call(&reference, &tags, &BTreeSet::new()));
    calls.push(definition.untag_call(&reference, &["a".to_owned()]));
    calls
}

#[test]
fn every_call_fits_its_service_model() {
    definitions().iter().flat_map(calls).for_each(|call| check(&call));
}

/// The models of EC2 and Auto Scaling name no such errors. What is left here is about things other than the resource.
#[test]
fn every_error_that_says_the_resource_is_not_there_means_gone() {
    let mut others = String::new();
    for definition in definitions().iter() {
        let mut codes = BTreeSet::new();
        for Call { service, operation, input: _ } in calls(definition) {
            let service = catalog().service(&service).unwrap();
            for error in &service.operation(&operation).unwrap().errors {
                let exception = service.structure(*error).unwrap().exception.as_ref().unwrap();
                codes.insert(exception.code.to_string());
            }
        }
        codes.retain(|code| code.contains("NotFound") && !definition.means_gone(code));
        if !codes.is_empty() {
            let codes: Vec<String> = codes.into_iter().collect();
            writeln!(others, "{}: {}", definition.resource_type(), codes.join(" ")).unwrap();
        }
    }
    insta::assert_snapshot!(others, @r"
    AWS::EFS::FileSystem: AccessPointNotFound
    AWS::ElasticLoadBalancingV2::LoadBalancer: ListenerNotFound RuleNotFound TargetGroupNotFound TrustStoreNotFound
    AWS::RDS::DBCluster: BlueGreenDeploymentNotFoundFault DBCapacityReservationNotFound DBInstanceNotFound DBProxyEndpointNotFoundFault DBProxyNotFoundFault DBProxyTargetGroupNotFoundFault DBShardGroupNotFound DBSnapshotNotFound DBSnapshotTenantDatabaseNotFoundFault IntegrationNotFoundFault TenantDatabaseNotFound
    AWS::RDS::DBInstance: BlueGreenDeploymentNotFoundFault DBCapacityReservationNotFound DBClusterNotFoundFault DBProxyEndpointNotFoundFault DBProxyNotFoundFault DBProxyTargetGroupNotFoundFault DBShardGroupNotFound DBSnapshotNotFound DBSnapshotTenantDatabaseNotFoundFault IntegrationNotFoundFault TenantDatabaseNotFound
    ");
}

fn continue_with(definition: &Definition, place: &Place) -> Option<Found> {
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
    let call = definition.tag_call(&reference(definition), &tags, &BTreeSet::new());
    insta::assert_snapshot!(call.input.to_json().to_string(), @r#"{"Tags":[{"ResourceId":"one","ResourceType":"auto-scaling-group","Key":"a","Value":"1","PropagateAtLaunch":false}]}"#);
}
