//! What is read from the outputs of list and detail calls.

use reeve_inventory::{Definition, Place, definitions};
use reeve_model::Value;
use reeve_types::{Attribute, Resource, ResourceType};

fn definition(name: &str) -> &'static Definition {
    definitions().get(&ResourceType::new(name)).unwrap()
}

fn place() -> Place {
    Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

fn value(json: &str) -> Value {
    Value::from_json(&serde_json::from_str(json).unwrap())
}

/// Reads one page of the list and one answer for each detail, and shows the resources a line each.
fn check(resource_type: &str, page: &str, details: &[&str], expected: &[&str]) {
    let definition = definition(resource_type);
    let mut found = definition.found(&place(), &value(page));
    for (detail, answer) in definition.details().iter().zip(details) {
        detail.attach(value(answer), &mut found);
    }
    let lines: Vec<String> =
        found.into_iter().map(|found| line(&found.resource(definition))).collect();
    assert_eq!(lines, expected);
}

fn line(resource: &Resource) -> String {
    let tags = resource.tags.iter().map(|(key, value)| format!("{key}={value}"));
    let attributes = resource.attributes.iter().map(|(name, value)| match value {
        Attribute::Text(text) => format!("{name}:{text}"),
        Attribute::Flag(flag) => format!("{name}:{flag}"),
    });
    let facts: Vec<String> = tags.chain(attributes).collect();
    format!("{} {} | {}", resource.reference.id, resource.reference.arn, facts.join(" "))
}

#[test]
fn an_instance_without_a_platform_is_a_linux_one_and_a_terminated_one_is_left_out() {
    check(
        "AWS::EC2::Instance",
        r#"{"Reservations":[{"Instances":[
            {"InstanceId":"i-1","State":{"Name":"running"},"Placement":{"AvailabilityZone":"eu-west-1a"},
             "Tags":[{"Key":"Name","Value":"web"}]},
            {"InstanceId":"i-2","State":{"Name":"terminated"}}]},
          {"Instances":[{"InstanceId":"i-3","Platform":"windows","State":{"Name":"stopped"}}]}]}"#,
        &[],
        &[
            "i-1 arn:aws:ec2:eu-west-1:111122223333:instance/i-1 | Name=web AvailabilityZone:eu-west-1a InstanceId:i-1 Platform:linux",
            "i-3 arn:aws:ec2:eu-west-1:111122223333:instance/i-3 | InstanceId:i-3 Platform:windows",
        ],
    );
}

#[test]
fn a_list_of_names_is_completed_by_its_details() {
    check(
        "AWS::EKS::Cluster",
        r#"{"clusters":["blue"]}"#,
        &[r#"{"cluster":{"name":"blue","tags":{"env":"prod"}}}"#],
        &["blue arn:aws:eks:eu-west-1:111122223333:cluster/blue | env=prod ClusterName:blue"],
    );
}

#[test]
fn the_answers_of_a_batch_are_given_to_the_resources_they_belong_to() {
    check(
        "AWS::ElasticLoadBalancing::LoadBalancer",
        r#"{"LoadBalancerDescriptions":[
            {"LoadBalancerName":"a","Scheme":"internal","VPCId":"vpc-1"},{"LoadBalancerName":"b"}]}"#,
        &[r#"{"TagDescriptions":[{"LoadBalancerName":"b","Tags":[{"Key":"k","Value":"v"}]},
            {"LoadBalancerName":"a","Tags":[]}]}"#],
        &[
            "a arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/a | LoadBalancerName:a Scheme:internal VPCId:vpc-1",
            "b arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/b | k=v LoadBalancerName:b",
        ],
    );
}

#[test]
fn a_domain_that_its_description_leaves_out_is_gone() {
    check(
        "AWS::OpenSearch::Domain",
        r#"{"DomainNames":[{"DomainName":"logs"},{"DomainName":"gone"}]}"#,
        &[
            r#"{"DomainStatusList":[{"DomainName":"logs","DomainId":"111122223333/logs",
                "ClusterConfig":{"DedicatedMasterEnabled":true},
                "EncryptionAtRestOptions":{"Enabled":true,"KmsKeyId":"k"}}]}"#,
            r#"{"TagList":[{"Key":"a","Value":"1"}]}"#,
        ],
        &[
            "logs arn:aws:es:eu-west-1:111122223333:domain/logs | a=1 DomainId:111122223333/logs DomainName:logs HasKmsKey:true HasMasterNode:true",
        ],
    );
}

#[test]
fn a_failure_inside_a_successful_answer_is_a_failure() {
    let bucket = definition("AWS::S3::Bucket");
    let failed = r#"{"FailedResourcesMap":{"arn:aws:s3:::logs":
        {"StatusCode":400,"ErrorCode":"InvalidParameterException","ErrorMessage":"no such bucket"}}}"#;
    let failure = ("InvalidParameterException".to_owned(), "no such bucket".to_owned());
    assert_eq!(bucket.failure_inside(&value(failed)), Some(failure));
    assert_eq!(bucket.failure_inside(&value(r#"{"FailedResourcesMap":{}}"#)), None);
    assert_eq!(bucket.failure_inside(&value("{}")), None);
    assert_eq!(definition("AWS::EKS::Cluster").failure_inside(&value(failed)), None);
}

#[test]
fn a_bucket_has_the_tags_of_its_tag_set() {
    check(
        "AWS::S3::Bucket",
        r#"{"Buckets":[{"Name":"logs","BucketRegion":"eu-west-1"}]}"#,
        &[r#"{"TagSet":[{"Key":"a","Value":"1"}]}"#],
        &["logs arn:aws:s3:::logs | a=1 BucketName:logs"],
    );
}

#[test]
fn a_tag_of_an_auto_scaling_group_that_propagates_keeps_doing_so() {
    let definition = definition("AWS::AutoScaling::AutoScalingGroup");
    let page = value(
        r#"{"AutoScalingGroups":[{"AutoScalingGroupName":"g","AutoScalingGroupARN":"arn:aws:autoscaling:eu-west-1:111122223333:g",
            "Tags":[{"Key":"a","Value":"1","PropagateAtLaunch":true},{"Key":"b","Value":"2","PropagateAtLaunch":false}]}]}"#,
    );
    let group = definition.found(&place(), &page).pop().unwrap().resource(definition);
    let propagates = |key: &str| group.attributes.contains_key(&Attribute::propagation_of(key));
    assert!(propagates("a") && !propagates("b"));
    let tags = [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "4".to_owned())].into();
    let call = definition.tag_call(&group.reference, &tags, &["a".to_owned()].into());
    let flags = call.input.get("Tags").unwrap().as_list().iter();
    let flags: Vec<_> = flags.filter_map(|tag| tag.get("PropagateAtLaunch")?.as_bool()).collect();
    assert_eq!(flags, [true, false]);
}
