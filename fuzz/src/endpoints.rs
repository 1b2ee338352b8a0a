//! The endpoint engine: real rules with anything as parameters, and anything as rules.

use std::sync::{Arc, LazyLock};

use arbitrary::{Arbitrary, Unstructured};
use reeve_model::{
    EndpointParameters, Object, Partitions, Value, endpoint::RuleSet, resolve_endpoint,
};
use serde_json::json;

use crate::operations::open;

/// The services whose rules do more than fill in a Region, each with an operation.
const SERVICES: [(&str, &str); 8] = [
    ("s3", "GetObject"),
    ("s3control", "GetAccessPoint"),
    ("s3outposts", "ListEndpoints"),
    ("dynamodb", "GetItem"),
    ("kinesis", "DescribeStream"),
    ("sts", "AssumeRole"),
    ("events", "PutEvents"),
    ("cloudfront-keyvaluestore", "GetKey"),
];

const NAMES: [&str; 24] = [
    "Region",
    "UseFIPS",
    "UseDualStack",
    "Endpoint",
    "Bucket",
    "Key",
    "ForcePathStyle",
    "Accelerate",
    "UseGlobalEndpoint",
    "UseArnRegion",
    "DisableMultiRegionAccessPoints",
    "UseS3ExpressControlEndpoint",
    "DisableS3ExpressSessionAuth",
    "AccountId",
    "AccountIdEndpointMode",
    "ResourceArn",
    "ResourceArnList",
    "StreamARN",
    "ConsumerARN",
    "OperationType",
    "EndpointId",
    "AccessPointName",
    "OutpostId",
    "KvsARN",
];

#[derive(Debug, Arbitrary)]
struct Parameters {
    service: u8,
    values: Vec<(u8, Made)>,
    bucket: String,
}

#[derive(Debug, Arbitrary)]
enum Made {
    Truth(bool),
    Region(u8),
    Arn(u8, Vec<String>),
    Text(String),
    Texts(Vec<String>),
}

impl Made {
    fn value(self) -> Value {
        const REGIONS: [&str; 5] =
            ["us-east-1", "cn-north-1", "us-gov-west-1", "aws-global", "us-isob-east-1"];
        const ARNS: [&str; 4] = [
            "arn:aws:s3:us-west-2:123456789012:accesspoint",
            "arn:aws-cn:s3-outposts:cn-north-1:123456789012:outpost",
            "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint",
            "arn:aws:kinesis:us-east-1:123:stream",
        ];
        match self {
            Self::Truth(truth) => truth.into(),
            Self::Region(at) => REGIONS[usize::from(at) % REGIONS.len()].into(),
            Self::Arn(at, parts) => {
                let arn = ARNS[usize::from(at) % ARNS.len()];
                format!("{arn}/{}", parts.join("/")).into()
            }
            Self::Text(text) => text.into(),
            Self::Texts(texts) => texts.into_iter().map(Value::from).collect(),
        }
    }
}

/// Evaluates the rules of a real service; the same parameters always lead to the same endpoint.
pub fn endpoint_parameters(input: &[u8]) {
    let Ok(made) = Parameters::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let (service, operation) = open(SERVICES[usize::from(made.service) % SERVICES.len()]);
    let mut parameters = Object::new();
    for (name, value) in made.values {
        parameters.insert(NAMES[usize::from(name) % NAMES.len()], value.value());
    }
    let rules = service.endpoint_rules().expect("every service has rules");
    assert_eq!(rules.evaluate(&parameters), rules.evaluate(&parameters));

    let text = |name: &str| parameters.get(name).and_then(Value::as_str).map(str::to_owned);
    let client = EndpointParameters {
        region: text("Region").unwrap_or_default(),
        endpoint: text("Endpoint"),
        account_id: text("AccountId"),
        ..EndpointParameters::default()
    };
    let input = Value::from_iter([("Bucket", made.bucket)]);
    drop(resolve_endpoint(&service, &operation, &input, &client));
}

static PARTITIONS: LazyLock<Arc<Partitions>> = LazyLock::new(|| {
    let partition = json!({"partitions": [{
        "id": "aws",
        "regionRegex": "^(us|eu)-\\w+-\\d+$",
        "regions": {"us-east-1": {}},
        "outputs": {
            "name": "aws", "dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
            "implicitGlobalRegion": "us-east-1", "supportsFIPS": true, "supportsDualStack": true,
        },
    }]});
    Arc::new(Partitions::from_json(&partition).expect("this is a list of partitions"))
});

/// Reads JSON as rules and as partitions, and evaluates what can be read.
pub fn endpoint_rules(input: &[u8]) {
    let Ok(json) = serde_json::from_slice(input) else { return };
    drop(Partitions::from_json(&json));
    let Ok(Some(rules)) = RuleSet::from_json(&json, Arc::clone(&PARTITIONS)) else { return };
    let parameters = Object::from_iter([
        ("Region", Value::from("us-east-1")),
        ("UseFIPS", false.into()),
        ("UseDualStack", true.into()),
        ("Bucket", "arn:aws:s3:us-west-2:123456789012:accesspoint/name".into()),
        ("Endpoint", "https://example.com:443/base?x".into()),
    ]);
    drop(rules.evaluate(&parameters));
    // Nothing to be evaluated on is no reason to fall over.
    drop(rules.evaluate(&Object::new()));
}
