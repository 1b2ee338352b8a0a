//! A handful of real operations for each protocol: those whose shapes have something peculiar.

use std::sync::Arc;

use reeve_model::{Operation, Protocol, Service, catalog};

const EC2: &[(&str, &str)] = &[
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeTags"),
    ("ec2", "CreateTags"),
    ("ec2", "GetConsoleOutput"),
    ("ec2", "DescribeSpotPriceHistory"),
];
const QUERY: &[(&str, &str)] = &[
    ("iam", "GetAccountAuthorizationDetails"),
    ("iam", "GetAccountSummary"),
    ("rds", "DescribeDBInstances"),
    ("elbv2", "DescribeLoadBalancers"),
    ("sns", "GetTopicAttributes"),
    ("cloudformation", "DescribeStacks"),
];
const JSON: &[(&str, &str)] = &[
    ("dynamodb", "GetItem"),
    ("dynamodb", "BatchWriteItem"),
    ("ecs", "DescribeTasks"),
    ("ssm", "GetParametersByPath"),
    ("logs", "StartLiveTail"),
    ("sqs", "ReceiveMessage"),
];
const REST_JSON: &[(&str, &str)] = &[
    ("lambda", "GetFunction"),
    ("lambda", "Invoke"),
    ("lambda", "InvokeWithResponseStream"),
    ("bedrock-runtime", "ConverseStream"),
    ("bedrock-runtime", "Converse"),
    ("apigateway", "GetRestApis"),
    ("efs", "DescribeFileSystems"),
    ("glacier", "GetJobOutput"),
];
const REST_XML: &[(&str, &str)] = &[
    ("s3", "ListObjectsV2"),
    ("s3", "GetObject"),
    ("s3", "SelectObjectContent"),
    ("s3", "GetBucketLocation"),
    ("s3", "PutBucketLifecycleConfiguration"),
    ("route53", "ListResourceRecordSets"),
    ("cloudfront", "GetDistribution"),
    ("s3control", "GetAccessPoint"),
];
const RPC_V2_CBOR: &[(&str, &str)] = &[
    ("cloudwatchomni", "GetContextGraph"),
    ("cloudwatchomni", "CreateAlert"),
    ("cloudwatchomni", "GetTelemetryQueryResults"),
    ("eventbridgev2", "DescribeSubscriber"),
    ("partnercentral-revenue-measurement", "GetRevenueAttribution"),
];

/// The operations that speak a protocol.
pub(crate) fn operations(protocol: Protocol) -> &'static [(&'static str, &'static str)] {
    match protocol {
        Protocol::Ec2 => EC2,
        Protocol::Query => QUERY,
        Protocol::Json => JSON,
        Protocol::RestJson => REST_JSON,
        Protocol::RestXml => REST_XML,
        Protocol::RpcV2Cbor => RPC_V2_CBOR,
    }
}

/// The operation that a byte stands for.
pub(crate) fn pick(protocol: Protocol, choice: u8) -> (Arc<Service>, Operation) {
    let operations = operations(protocol);
    open(operations[usize::from(choice) % operations.len()])
}

/// The operation of any protocol that a byte stands for.
pub(crate) fn pick_any(choice: u8) -> (Arc<Service>, Operation) {
    let all = [EC2, QUERY, JSON, REST_JSON, REST_XML, RPC_V2_CBOR];
    let operations = all[usize::from(choice) % all.len()];
    open(operations[usize::from(choice) / all.len() % operations.len()])
}

pub(crate) fn open((service, operation): (&str, &str)) -> (Arc<Service>, Operation) {
    let service = catalog().service(service).expect("the models have the services named here");
    let operation = service.operation(operation).expect("and their operations").clone();
    (service, operation)
}
