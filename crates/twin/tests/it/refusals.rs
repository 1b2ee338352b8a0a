//! What AWS refuses, the twin refuses, with the same code and status.

use serde_json::{Value, json};

use crate::world::{ACCOUNT, MEMBER, Session, World};

/// A call that is refused: service, operation, input, code, status.
type Refusal = (&'static str, &'static str, Value, &'static str, u16);

fn check(refusals: Vec<Refusal>) {
    let world = World::one_of_each();
    for (service, operation, input, code, status) in refusals {
        let error = world
            .call(service, operation, input.clone())
            .expect_err(&format!("{service} {operation} {input}"));
        assert_eq!((&*error.code, error.status), (code, status), "{service} {operation} {input}");
        assert!(error.request_id.is_some(), "{service} {operation} has no request id");
    }
}

fn arn(rest: &str) -> String {
    format!("arn:aws:{}", rest.replace("HERE", &format!("eu-west-1:{ACCOUNT}")))
}

#[test]
fn servers_and_databases_that_do_not_exist_are_refused_in_the_words_of_their_service() {
    check(vec![
        (
            "ec2",
            "DescribeInstances",
            json!({"InstanceIds": ["i-02"]}),
            "InvalidInstanceID.NotFound",
            400,
        ),
        (
            "ec2",
            "DescribeInstances",
            json!({"InstanceIds": ["x"]}),
            "InvalidInstanceID.Malformed",
            400,
        ),
        (
            "ec2",
            "DescribeNatGateways",
            json!({"NatGatewayIds": ["nat-02"]}),
            "NatGatewayNotFound",
            400,
        ),
        (
            "ec2",
            "DescribeVpnConnections",
            json!({"VpnConnectionIds": ["vpn-02"]}),
            "InvalidVpnConnectionID.NotFound",
            400,
        ),
        (
            "ec2",
            "CreateTags",
            json!({"Resources": ["i-01", "i-02"], "Tags": [{"Key": "a", "Value": "b"}]}),
            "InvalidInstanceID.NotFound",
            400,
        ),
        (
            "rds",
            "DescribeDBInstances",
            json!({"DBInstanceIdentifier": "none"}),
            "DBInstanceNotFound",
            404,
        ),
        (
            "rds",
            "DescribeDBClusters",
            json!({"DBClusterIdentifier": "none"}),
            "DBClusterNotFoundFault",
            404,
        ),
        (
            "rds",
            "ListTagsForResource",
            json!({"ResourceName": arn("rds:HERE:db:none")}),
            "DBInstanceNotFound",
            404,
        ),
        (
            "rds",
            "ListTagsForResource",
            json!({"ResourceName": "orders"}),
            "InvalidParameterValue",
            400,
        ),
    ]);
}

#[test]
fn other_resources_that_do_not_exist_are_refused_in_the_words_of_their_service() {
    check(vec![
        ("s3", "GetBucketTagging", json!({"Bucket": "none"}), "NoSuchBucket", 404),
        (
            "elb",
            "DescribeTags",
            json!({"LoadBalancerNames": ["none"]}),
            "LoadBalancerNotFound",
            400,
        ),
        (
            "elbv2",
            "DescribeTags",
            json!({"ResourceArns": [arn("elasticloadbalancing:HERE:loadbalancer/app/none/1")]}),
            "LoadBalancerNotFound",
            400,
        ),
        (
            "efs",
            "DescribeFileSystems",
            json!({"FileSystemId": "fs-none"}),
            "FileSystemNotFound",
            404,
        ),
        (
            "fsx",
            "DescribeFileSystems",
            json!({"FileSystemIds": ["fs-00000000"]}),
            "FileSystemNotFound",
            400,
        ),
        (
            "dynamodb",
            "DescribeTable",
            json!({"TableName": "none"}),
            "ResourceNotFoundException",
            400,
        ),
        (
            "dynamodb",
            "ListTagsOfResource",
            json!({"ResourceArn": arn("dynamodb:HERE:table/none")}),
            "ResourceNotFoundException",
            400,
        ),
    ]);
}

#[test]
fn clusters_and_canaries_that_do_not_exist_are_refused_in_the_words_of_their_service() {
    check(vec![
        (
            "redshift",
            "DescribeClusters",
            json!({"ClusterIdentifier": "none"}),
            "ClusterNotFound",
            404,
        ),
        (
            "redshift",
            "CreateTags",
            json!({"ResourceName": arn("redshift:HERE:cluster:none"), "Tags": []}),
            "ResourceNotFoundFault",
            404,
        ),
        (
            "opensearch",
            "ListTags",
            json!({"ARN": arn("es:HERE:domain/none")}),
            "ResourceNotFoundException",
            409,
        ),
        ("eks", "DescribeCluster", json!({"name": "none"}), "ResourceNotFoundException", 404),
        (
            "eks",
            "ListTagsForResource",
            json!({"resourceArn": arn("eks:HERE:cluster/none")}),
            "NotFoundException",
            404,
        ),
        (
            "synthetics",
            "ListTagsForResource",
            json!({"ResourceArn": arn("synthetics:HERE:canary:none")}),
            "NotFoundException",
            404,
        ),
    ]);
}

#[test]
fn input_beyond_a_services_limits_is_refused() {
    let arns =
        vec!["arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/1"; 21];
    check(vec![
        ("ec2", "DescribeInstances", json!({"MaxResults": 4}), "InvalidParameterValue", 400),
        ("ec2", "DescribeInstances", json!({"MaxResults": 1001}), "InvalidParameterValue", 400),
        (
            "ec2",
            "DescribeInstances",
            json!({"MaxResults": 5, "InstanceIds": ["i-01"]}),
            "InvalidParameterCombination",
            400,
        ),
        (
            "ec2",
            "DescribeInstances",
            json!({"Filters": [{"Name": "colour", "Values": ["red"]}]}),
            "InvalidParameterValue",
            400,
        ),
        (
            "ec2",
            "DescribeInstances",
            json!({"NextToken": "nonsense"}),
            "InvalidParameterValue",
            400,
        ),
        ("rds", "DescribeDBInstances", json!({"MaxRecords": 19}), "InvalidParameterValue", 400),
        ("elbv2", "DescribeTags", json!({"ResourceArns": arns}), "ValidationError", 400),
        ("dynamodb", "ListTables", json!({"Limit": 101}), "ValidationException", 400),
        (
            "opensearch",
            "DescribeDomains",
            json!({"DomainNames": ["aaa", "bbb", "ccc", "ddd", "eee", "fff"]}),
            "ValidationException",
            400,
        ),
        (
            "autoscaling",
            "DescribeAutoScalingGroups",
            json!({"NextToken": "x"}),
            "InvalidNextToken",
            400,
        ),
    ]);
}

#[test]
fn what_the_twin_cannot_do_it_says_by_name() {
    let world = World::one_of_each();
    for (service, operation, input) in [
        ("ec2", "DescribeFpgaImages", json!({})),
        (
            "s3",
            "SelectObjectContent",
            json!({
                "Bucket": "bucket", "Key": "k", "Expression": "SELECT 1", "ExpressionType": "SQL",
                "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}},
            }),
        ),
        ("kinesis", "ListStreams", json!({})),
        ("batch", "DescribeJobQueues", json!({})),
    ] {
        let error = world.call(service, operation, input).unwrap_err();
        assert_eq!((&*error.code, error.status), ("NotImplemented", 501), "{service} {operation}");
        assert!(error.message.contains(&format!("`{service}:{operation}`")), "{}", error.message);
    }
}

#[test]
fn a_resource_has_at_most_fifty_tags_of_its_own() {
    let world = World::empty(1);
    let key = |at: usize| format!("k{at:02}");
    for (resource_type, service, operation, member, code, status) in [
        (
            "AWS::RDS::DBInstance",
            "rds",
            "AddTagsToResource",
            "ResourceName",
            "InvalidParameterValue",
            400,
        ),
        (
            "AWS::Redshift::Cluster",
            "redshift",
            "CreateTags",
            "ResourceName",
            "TagLimitExceededFault",
            400,
        ),
        (
            "AWS::DynamoDB::Table",
            "dynamodb",
            "TagResource",
            "ResourceArn",
            "ValidationException",
            400,
        ),
        ("AWS::FSx::FileSystem", "fsx", "TagResource", "ResourceARN", "BadRequest", 400),
    ] {
        let arn =
            world.put(resource_type, "fs-01234567", [("aws:cloudformation:stack-name", "stack-x")]);
        let tags = |keys: std::ops::Range<usize>| -> Vec<Value> {
            keys.map(|at| json!({"Key": key(at), "Value": ""})).collect()
        };
        let call = |tags: Vec<Value>| {
            world.call(service, operation, json!({member: arn.as_str(), "Tags": tags}))
        };
        call(tags(0..49)).unwrap();
        call(tags(49..50)).unwrap();
        let error = call(tags(50..51)).unwrap_err();
        assert_eq!((&*error.code, error.status), (code, status), "{service}");
        assert_eq!(world.twin.tags(&arn).unwrap().len(), 51, "{service}");
        call(tags(0..1)).unwrap();
    }
}

#[test]
fn keys_of_aws_and_texts_that_are_too_long_are_refused_and_change_nothing() {
    let world = World::one_of_each();
    let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/cluster";
    for tags in [
        json!({"aws:a": "b"}),
        json!({"a": "b", "k".repeat(129): "v"}),
        json!({"a": "b", "k": "v".repeat(257)}),
    ] {
        let error = world
            .call("eks", "TagResource", json!({"resourceArn": arn, "tags": tags}))
            .unwrap_err();
        assert!(
            ["BadRequestException", "InvalidParameterException"].contains(&&*error.code),
            "{error:?}"
        );
    }
    let long = json!({"k".repeat(128): "v".repeat(256)});
    world.call("eks", "TagResource", json!({"resourceArn": arn, "tags": long})).unwrap();
    assert_eq!(world.twin.tags(&arn.parse().unwrap()).unwrap().len(), 2);
}

#[test]
fn a_dry_run_of_tagging_says_so_and_changes_nothing() {
    let world = World::one_of_each();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let input = json!({"Resources": ["i-01"], "Tags": tags, "DryRun": true});
    let error = world.call("ec2", "CreateTags", input).unwrap_err();
    assert_eq!((&*error.code, error.status), ("DryRunOperation", 412));
    let arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-01".parse().unwrap();
    assert_eq!(world.twin.tags(&arn).unwrap().len(), 1);
}

#[test]
fn deleting_an_ec2_tag_by_value_leaves_another_value() {
    let world = World::one_of_each();
    let arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-01".parse().unwrap();
    let delete = |tags: Value| {
        world.call("ec2", "DeleteTags", json!({"Resources": ["i-01"], "Tags": tags})).unwrap();
        world.twin.tags(&arn).unwrap().len()
    };
    assert_eq!(delete(json!([{"Key": "Name", "Value": "second"}])), 1);
    assert_eq!(delete(json!([{"Key": "Name", "Value": "first"}])), 0);
}

#[test]
fn bucket_tags_that_aws_made_can_be_kept_but_not_lost_or_changed() {
    let world = World::empty(1);
    let system = "aws:cloudformation:stack-name";
    let arn = world.put("AWS::S3::Bucket", "stacked", [(system, "stack-x"), ("a", "b")]);
    let put = |tags: Value| {
        world.call(
            "s3",
            "PutBucketTagging",
            json!({"Bucket": "stacked", "Tagging": {"TagSet": tags}}),
        )
    };
    let kept = json!({"Key": system, "Value": "stack-x"});
    for wrong in [
        json!([{"Key": "a", "Value": "c"}]),
        json!([{"Key": system, "Value": "stack-y"}]),
        json!([kept, {"Key": "aws:more", "Value": "x"}]),
    ] {
        assert_eq!(put(wrong).unwrap_err().code, "InvalidTag");
    }
    put(json!([kept, {"Key": "c", "Value": "d"}])).unwrap();
    assert_eq!(world.twin.tags(&arn).unwrap().into_keys().collect::<Vec<_>>(), [system, "c"]);
    world.call("s3", "DeleteBucketTagging", json!({"Bucket": "stacked"})).unwrap();
    assert_eq!(world.twin.tags(&arn).unwrap().into_keys().collect::<Vec<_>>(), [system]);
}

#[test]
fn a_bucket_is_asked_in_its_own_region_by_its_own_account() {
    let world = World::one_of_each();
    let error = |session: &Session, operation: &str| {
        let error =
            world.call_as(session, "s3", operation, json!({"Bucket": "bucket"})).unwrap_err();
        (error.code, error.status)
    };
    let user = Session::user(ACCOUNT);
    let first = user.clone().in_region("us-east-1");
    assert_eq!(error(&first, "GetBucketTagging"), ("AuthorizationHeaderMalformed".to_owned(), 400));
    let other = user.in_region("eu-north-1");
    assert_eq!(error(&other, "GetBucketTagging"), ("PermanentRedirect".to_owned(), 301));
    let stranger = Session::user(MEMBER);
    assert_eq!(error(&stranger, "GetBucketTagging"), ("AccessDenied".to_owned(), 403));
    let located = world.call_as(&other, "s3", "GetBucketLocation", json!({"Bucket": "bucket"}));
    assert_eq!(located.unwrap()["LocationConstraint"], "eu-west-1");
}
