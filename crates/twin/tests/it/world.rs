//! A twin with one resource of each kind, and a client that speaks to it through the codecs.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reeve_model::{ServiceError, WireRequest, WireResponse, catalog};
use reeve_time::Clock;
use reeve_twin::{Account, Draft, Role, Twin, UserKey};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const MEMBER: &str = "444455556666";
pub(crate) const REGION: &str = "eu-west-1";

/// The one resource of each kind: type and id.
pub(crate) const RESOURCES: [(&str, &str); 16] = [
    ("AWS::AutoScaling::AutoScalingGroup", "group"),
    ("AWS::DynamoDB::Table", "Table"),
    ("AWS::EC2::Instance", "i-01"),
    ("AWS::EC2::NatGateway", "nat-01"),
    ("AWS::EC2::VPNConnection", "vpn-01"),
    ("AWS::EFS::FileSystem", "fs-01234567"),
    ("AWS::EKS::Cluster", "cluster"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "classic"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "app/web/0123456789abcdef"),
    ("AWS::OpenSearch::Domain", "search"),
    ("AWS::FSx::FileSystem", "fs-89abcdef"),
    ("AWS::RDS::DBCluster", "aurora"),
    ("AWS::RDS::DBInstance", "orders"),
    ("AWS::Redshift::Cluster", "house"),
    ("AWS::S3::Bucket", "bucket"),
    ("AWS::Synthetics::Canary", "canary"),
];

/// A twin and a client of it.
pub(crate) struct World {
    pub(crate) twin: Twin,
    pub(crate) clock: Clock,
}

/// Who calls, and where.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) access_key_id: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
}

impl Session {
    /// A user of an account, in the usual Region.
    pub(crate) fn user(account: &str) -> Self {
        let access_key_id = format!("AKIA{account}");
        Self { access_key_id, token: None, region: REGION.to_owned() }
    }

    pub(crate) fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }
}

impl World {
    /// Two accounts with a user each and nothing else; signatures are not checked.
    pub(crate) fn empty(seed: u64) -> Self {
        let clock = Clock::manual("2026-03-01T09:00:00Z".parse().unwrap());
        let twin = Twin::new(clock.clone(), seed).without_signature_checks();
        for (id, name) in [(ACCOUNT, "management"), (MEMBER, "member")] {
            let id: reeve_types::AccountId = id.parse().unwrap();
            let email = format!("{name}@example.com");
            twin.add_account(Account { id: id.clone(), name: name.to_owned(), email, unit: None });
            twin.add_user_key(UserKey {
                access_key_id: format!("AKIA{id}"),
                account: id,
                user: "ana".to_owned(),
                secret_access_key: "secret".to_owned(),
            });
        }
        twin.add_role(Role {
            account: MEMBER.parse().unwrap(),
            name: "reeve".to_owned(),
            trusted: [ACCOUNT.parse().unwrap()].into(),
            external_id: Some("agreed".to_owned()),
            max_session_seconds: 7200,
        });
        Self { twin, clock }
    }

    /// The same with one resource of each kind, tagged `Name=first`.
    pub(crate) fn one_of_each() -> Self {
        let world = Self::empty(1);
        for (resource_type, id) in RESOURCES {
            world.put(resource_type, id, [("Name", "first")]);
        }
        world
    }

    /// Makes a resource in the usual place, and returns its ARN.
    pub(crate) fn put<const N: usize>(
        &self,
        resource_type: &str,
        id: &str,
        tags: [(&str, &str); N],
    ) -> reeve_types::Arn {
        let draft = Draft {
            account: ACCOUNT.parse().unwrap(),
            region: REGION.parse().unwrap(),
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
            facts: json!({}),
            tags: tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        };
        self.twin.put(draft).unwrap()
    }

    /// A call by the management account's user.
    pub(crate) fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        self.call_as(&Session::user(ACCOUNT), service, operation, input)
    }

    /// A call: encoded, answered, decoded.
    pub(crate) fn call_as(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let response = self.twin.handle(request(session, service, operation, input));
        let service = catalog().service(service).unwrap();
        let wire = wire_response(response);
        if wire.status >= 300 {
            return Err(reeve_model::decode_error(&service, &wire));
        }
        let operation = service.operation(operation).unwrap();
        Ok(reeve_model::decode_response(&service, operation, &wire).unwrap().to_json())
    }
}

/// The request of a call, signed in name only.
pub(crate) fn request(
    session: &Session,
    service: &str,
    operation: &str,
    input: Value,
) -> Request<Bytes> {
    let service = catalog().service(service).unwrap();
    let operation = service.operation(operation).unwrap();
    let input = reeve_model::conform(&service, operation, &input).unwrap();
    let wire = reeve_model::encode_request(&service, operation, &input).unwrap();
    sign(session, &service.metadata().signing_name, wire)
}

/// Addresses a request and gives it a signature that is not one.
pub(crate) fn sign(session: &Session, signing_name: &str, wire: WireRequest) -> Request<Bytes> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query: Vec<String> = wire
        .query
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    let uri = format!("https://{signing_name}.amazonaws.com{}?{}", wire.path, query.join("&"));
    let scope = format!(
        "{}/20260301/{}/{signing_name}/aws4_request",
        session.access_key_id, session.region
    );
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
    let mut request = Request::builder()
        .method(wire.method.as_str())
        .uri(uri)
        .header("authorization", authorization)
        .header("x-amz-date", "20260301T090000Z");
    if let Some(token) = &session.token {
        request = request.header("x-amz-security-token", token);
    }
    for (name, value) in &wire.headers {
        request = request.header(name, value);
    }
    request.body(Bytes::from(wire.body)).unwrap()
}

/// The response as a codec reads it.
pub(crate) fn wire_response(response: Response<Bytes>) -> WireResponse {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter();
    WireResponse {
        status: parts.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: body.to_vec(),
    }
}

/// Tags, from a list of keys and values or from a map.
pub(crate) fn tags(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match value {
        Value::Array(list) => {
            list.iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        _ => BTreeMap::new(),
    }
}
