//! What a model says about its service as a whole.

use crate::Name;

/// The service as a whole.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The service's id, such as `Auto Scaling`.
    pub service_id: Name,
    /// The first part of the host name, such as `autoscaling`.
    pub endpoint_prefix: Name,
    /// The full name, for people.
    pub full_name: Name,
    /// The protocol that clients speak: of the published ones, that which AWS's own clients prefer.
    pub protocol: Protocol,
    /// All protocols that the service speaks, in the published order.
    pub protocols: Vec<Protocol>,
    /// The version of the JSON protocols: `1.0` or `1.1`.
    pub json_version: Name,
    /// What precedes the operation in `X-Amz-Target`.
    pub target_prefix: Option<Name>,
    /// The version of the API, such as `2016-11-15`.
    pub api_version: Name,
    /// The name in a signature's scope.
    pub signing_name: Name,
    /// How requests are signed, such as `v4`, `s3` or `bearer`.
    pub signature_version: Name,
    /// The authentication schemes, the preferred first, such as `aws.auth#sigv4`.
    pub auth: Vec<Name>,
    /// The XML namespace of responses.
    pub xml_namespace: Option<Name>,
    /// The model's own id, such as `ec2-2016-11-15`.
    pub uid: Option<Name>,
    /// The host of a service that is not regional.
    pub global_endpoint: Option<Name>,
    /// Errors keep the codes that the service had when it spoke the query protocol.
    pub query_compatible: bool,
}

/// A wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Form in, XML out, in EC2's dialect.
    Ec2,
    /// Form in, XML out.
    Query,
    /// JSON in, JSON out, one URI.
    Json,
    /// JSON bodies, HTTP methods and URIs.
    RestJson,
    /// XML bodies, HTTP methods and URIs.
    RestXml,
    /// CBOR in, CBOR out.
    RpcV2Cbor,
}

impl Protocol {
    /// All protocols, those first which botocore (and so boto3 and the AWS CLI) prefers where a service speaks several.
    pub(crate) const BY_PREFERENCE: [Self; 6] =
        [Self::Json, Self::RestJson, Self::RestXml, Self::RpcV2Cbor, Self::Query, Self::Ec2];

    /// The name in the published models.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Query => "query",
            Self::Json => "json",
            Self::RestJson => "rest-json",
            Self::RestXml => "rest-xml",
            Self::RpcV2Cbor => "smithy-rpc-v2-cbor",
        }
    }

    /// Reads the name in the published models.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ec2" => Self::Ec2,
            "query" => Self::Query,
            "json" => Self::Json,
            "rest-json" => Self::RestJson,
            "rest-xml" => Self::RestXml,
            "smithy-rpc-v2-cbor" => Self::RpcV2Cbor,
            _ => return None,
        })
    }
}
