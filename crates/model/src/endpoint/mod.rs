//! Where a request goes, and for whom it is signed.
//!
//! Every service publishes rules for this. They are evaluated over parameters that come from five places; the first that
//! has a parameter wins:
//!
//! ```text
//! what the operation fixes ─┐
//! members of the input      │
//! expressions on the input  ├──► parameters ──► rules ──► URL, signing name and Region, headers
//! settings of the client    │
//! the rules' defaults      ─┘
//! ```
//!
//! For S3 the rules put the bucket into the URL, in the host or at the beginning of the path. Whoever joins the URL with a
//! request's path must leave the bucket out of that path.

mod evaluate;
mod function;
mod partition;
mod rules;

use std::{borrow::Cow, collections::BTreeMap};

pub use evaluate::{Resolved, Unresolved};
pub use partition::{Partition, Partitions, PartitionsError};
pub use rules::{RuleSet, RuleSetError};

use self::rules::Parameter;
use crate::{Expression, ExpressionError, Name, Object, Operation, Service, Value};

/// The ways of signing that are known here. The rules name the one that the service prefers first.
const KNOWN_SCHEMES: &[&str] = &["sigv4", "sigv4a", "sigv4-s3express"];

/// The setting under which clients give the account.
const ACCOUNT: &str = "AWS::Auth::AccountId";

/// What a client knows about where its requests go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointParameters {
    /// The Region.
    pub region: String,
    /// Only endpoints with validated cryptography.
    pub use_fips: bool,
    /// Endpoints that can be reached by IPv4 and IPv6.
    pub use_dual_stack: bool,
    /// The URL to use instead of the published one.
    pub endpoint: Option<String>,
    /// The account of the credentials, for services that have an address per account
    /// ([`RuleSet::ask_for_account`]). Leave it out for the usual address.
    pub account_id: Option<String>,
    /// Further settings, by the name that the rules give to the setting (`AWS::S3::ForcePathStyle`) or to the parameter
    /// (`DisableS3ExpressSessionAuth`).
    pub settings: BTreeMap<String, Value>,
}

/// Where a request goes, and for whom it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL, without a slash at its end; the request's path follows.
    pub url: String,
    /// How requests are signed: `sigv4`, `sigv4a`, `sigv4-s3express`.
    pub auth_scheme: String,
    /// The service's name in the signature.
    pub signing_name: String,
    /// The Region in the signature; for `sigv4a` the set of Regions, joined by commas.
    pub signing_region: String,
    /// The path is signed as it is sent, instead of encoded once more.
    pub disable_double_encoding: bool,
    /// Headers to send along.
    pub headers: Vec<(String, String)>,
    /// All that the rules say besides, as they say it.
    pub properties: Value,
}

/// A request that has nowhere to go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The service's rules refuse the combination.
    #[error("`{service}` has no endpoint for this: {message}")]
    Refused {
        /// The service.
        service: Name,
        /// What the rules say.
        message: String,
    },
    /// The rules need something that was not given.
    #[error("the endpoint of `{service}` depends on `{parameter}`, which is not set")]
    MissingParameter {
        /// The service.
        service: Name,
        /// The parameter.
        parameter: Name,
    },
    /// The rules say nothing.
    #[error("the endpoint rules of `{service}` lead nowhere for {operation} in Region `{region}`")]
    NoMatch {
        /// The service.
        service: Name,
        /// The operation.
        operation: Name,
        /// The Region.
        region: String,
    },
    /// An expression of the model cannot be evaluated.
    #[error("a parameter of the endpoint of `{service}` cannot be told from the input")]
    Expression {
        /// The service.
        service: Name,
        /// What is wrong.
        source: ExpressionError,
    },
}

/// Finds where a request goes, and for whom it is signed.
pub fn resolve_endpoint(
    service: &Service,
    operation: &Operation,
    input: &Value,
    parameters: &EndpointParameters,
) -> Result<Endpoint, EndpointError> {
    let resolved = match (service.endpoint_rules(), &parameters.endpoint) {
        (Some(rules), _) => {
            let values = collect(rules, (service, operation), input, parameters)?;
            rules
                .evaluate(&values)
                .map_err(|unresolved| refuse(service, operation, parameters, unresolved))?
        }
        (None, Some(url)) => {
            Resolved { url: url.clone(), headers: Vec::new(), properties: Value::object() }
        }
        (None, None) => return Err(refuse(service, operation, parameters, Unresolved::NoMatch)),
    };
    Ok(endpoint(service, parameters, resolved))
}

fn refuse(
    service: &Service,
    operation: &Operation,
    parameters: &EndpointParameters,
    unresolved: Unresolved,
) -> EndpointError {
    let service = service.name().clone();
    match unresolved {
        Unresolved::Refused(message) => EndpointError::Refused { service, message },
        Unresolved::MissingParameter(parameter) => {
            EndpointError::MissingParameter { service, parameter }
        }
        Unresolved::NoMatch => EndpointError::NoMatch {
            service,
            operation: operation.name.clone(),
            region: parameters.region.clone(),
        },
    }
}

/// The values of the rules' parameters for one request.
fn collect(
    rules: &RuleSet,
    (service, operation): (&Service, &Operation),
    input: &Value,
    parameters: &EndpointParameters,
) -> Result<Object, EndpointError> {
    let mut values = Object::new();
    for parameter in &rules.parameters {
        let from_request = match fixed(operation, parameter)
            .or_else(|| member(service, operation, input, parameter))
        {
            Some(value) => Some(value),
            None => computed(operation, input, parameter).map_err(|source| {
                EndpointError::Expression { service: service.name().clone(), source }
            })?,
        };
        if let Some(value) = from_request.or_else(|| setting(parameter, parameters)) {
            values.insert(&parameter.name, value);
        }
    }
    Ok(values)
}

fn fixed(operation: &Operation, parameter: &Parameter) -> Option<Value> {
    let fixed = operation.static_context_params.get(&*parameter.name)?;
    fixed.get("value").map(Value::from_json)
}

fn member(
    service: &Service,
    operation: &Operation,
    input: &Value,
    parameter: &Parameter,
) -> Option<Value> {
    let structure = service.structure(operation.input.as_ref()?.shape)?;
    let mut members = structure.members().iter();
    let member = members.find(|member| member.context_param.as_ref() == Some(&parameter.name))?;
    input.get(&member.name).filter(|value| !value.is_null()).cloned()
}

fn computed(
    operation: &Operation,
    input: &Value,
    parameter: &Parameter,
) -> Result<Option<Value>, ExpressionError> {
    let computed = operation.operation_context_params.get(&*parameter.name);
    let Some(path) = computed.and_then(|computed| computed.get("path")?.as_str()) else {
        return Ok(None);
    };
    Ok(Expression::new(path).evaluate(input)?.map(Cow::into_owned))
}

fn setting(parameter: &Parameter, parameters: &EndpointParameters) -> Option<Value> {
    let settings = &parameters.settings;
    let built_in = parameter.built_in.as_deref();
    let given = built_in.and_then(|built_in| settings.get(built_in));
    given.or_else(|| settings.get(&*parameter.name)).cloned().or_else(|| match built_in? {
        "AWS::Region" => {
            Some(&parameters.region).filter(|region| !region.is_empty()).map(Value::from)
        }
        "AWS::UseFIPS" => Some(parameters.use_fips.into()),
        "AWS::UseDualStack" => Some(parameters.use_dual_stack.into()),
        "SDK::Endpoint" => parameters.endpoint.as_ref().map(Value::from),
        ACCOUNT => parameters.account_id.as_ref().map(Value::from),
        "AWS::Auth::AccountIdEndpointMode" => Some("preferred".into()),
        // Buckets as host names need a wildcard DNS entry, which what stands in for AWS seldom has.
        "AWS::S3::ForcePathStyle" => parameters.endpoint.as_ref().map(|_| true.into()),
        _ => None,
    })
}

fn endpoint(service: &Service, parameters: &EndpointParameters, resolved: Resolved) -> Endpoint {
    let Resolved { url, headers, properties } = resolved;
    let scheme = preferred_scheme(&properties);
    let text = |key: &str| Some(scheme?.get(key)?.as_str()?.to_owned());
    let regions = || {
        let regions: Vec<&str> =
            scheme?.get("signingRegionSet")?.as_list().iter().filter_map(Value::as_str).collect();
        (!regions.is_empty()).then(|| regions.join(","))
    };
    Endpoint {
        auth_scheme: text("name").unwrap_or_else(|| "sigv4".to_owned()),
        signing_name: text("signingName")
            .unwrap_or_else(|| service.metadata().signing_name.to_string()),
        signing_region: text("signingRegion")
            .or_else(regions)
            .unwrap_or_else(|| home_region(service, parameters)),
        disable_double_encoding: scheme
            .and_then(|scheme| scheme.get("disableDoubleEncoding")?.as_bool())
            .unwrap_or(false),
        url: url.trim_end_matches('/').to_owned(),
        headers,
        properties,
    }
}

/// The first scheme that is known here; if there is none, the first.
fn preferred_scheme(properties: &Value) -> Option<&Value> {
    let schemes = properties.get("authSchemes")?.as_list();
    let is_known = |scheme: &&Value| {
        let name = scheme.get("name").and_then(Value::as_str);
        name.is_some_and(|name| KNOWN_SCHEMES.contains(&name))
    };
    schemes.iter().find(is_known).or_else(|| schemes.first())
}

/// The Region that signs when the rules do not say: the request's own, or what its partition has for pseudo-Regions.
fn home_region(service: &Service, parameters: &EndpointParameters) -> String {
    let partition =
        service.endpoint_rules().and_then(|rules| rules.partitions.of_region(&parameters.region));
    match partition {
        Some(partition) if parameters.region.ends_with("-global") => {
            partition.implicit_global_region.to_string()
        }
        _ => parameters.region.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn resolve(
        service: &str,
        operation: &str,
        input: &serde_json::Value,
        parameters: &EndpointParameters,
    ) -> Result<Endpoint, EndpointError> {
        let service = catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        resolve_endpoint(&service, operation, &Value::from_json(input), parameters)
    }

    fn check(service: &str, operation: &str, region: &str, expected: [&str; 3]) {
        let parameters =
            EndpointParameters { region: region.to_owned(), ..EndpointParameters::default() };
        let input = serde_json::json!({"Bucket": "my-bucket"});
        let found = resolve(service, operation, &input, &parameters).unwrap();
        let found = [found.url, found.signing_name, found.signing_region];
        assert_eq!(found, expected.map(str::to_owned));
    }

    #[test]
    fn a_regional_service_is_signed_for_its_region() {
        check(
            "ec2",
            "DescribeInstances",
            "eu-central-1",
            ["https://ec2.eu-central-1.amazonaws.com", "ec2", "eu-central-1"],
        );
    }

    #[test]
    fn a_global_service_is_signed_for_the_region_that_its_rules_name() {
        check(
            "iam",
            "ListRoles",
            "eu-central-1",
            ["https://iam.amazonaws.com", "iam", "us-east-1"],
        );
        check(
            "organizations",
            "ListAccounts",
            "eu-west-1",
            ["https://organizations.us-east-1.amazonaws.com", "organizations", "us-east-1"],
        );
    }

    #[test]
    fn the_signing_name_is_not_always_the_host_name() {
        check(
            "cloudwatch",
            "ListMetrics",
            "us-west-2",
            ["https://monitoring.us-west-2.amazonaws.com", "monitoring", "us-west-2"],
        );
        check(
            "resourcegroupstaggingapi",
            "GetResources",
            "us-west-2",
            ["https://tagging.us-west-2.amazonaws.com", "tagging", "us-west-2"],
        );
    }

    #[test]
    fn a_bucket_is_in_the_host_name_unless_the_endpoint_is_overridden() {
        check(
            "s3",
            "GetBucketTagging",
            "eu-west-1",
            ["https://my-bucket.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"],
        );
        let parameters = EndpointParameters {
            region: "eu-west-1".to_owned(),
            endpoint: Some("http://localhost:4566/".to_owned()),
            ..EndpointParameters::default()
        };
        let input = serde_json::json!({"Bucket": "my-bucket"});
        let found = resolve("s3", "GetBucketTagging", &input, &parameters).unwrap();
        assert_eq!(found.url, "http://localhost:4566/my-bucket");
        assert!(found.disable_double_encoding);
        let found = resolve("s3", "ListBuckets", &serde_json::json!({}), &parameters).unwrap();
        assert_eq!(found.url, "http://localhost:4566");
    }

    #[test]
    fn the_first_known_way_of_signing_is_taken() {
        let scheme = |service: &str, operation: &str, input: serde_json::Value| {
            let parameters =
                EndpointParameters { region: "us-east-1".to_owned(), ..Default::default() };
            let found = resolve(service, operation, &input, &parameters).unwrap();
            (found.auth_scheme, found.signing_name, found.signing_region)
        };
        let bucket = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap";
        let found = scheme("s3", "ListObjectsV2", serde_json::json!({"Bucket": bucket}));
        assert_eq!(found, ("sigv4a".into(), "s3".into(), "*".into()));
        let entries = serde_json::json!({"EndpointId": "abc.456def", "Entries": []});
        let found = scheme("events", "PutEvents", entries);
        assert_eq!(found, ("sigv4a".into(), "events".into(), "*".into()));
        let found = scheme("sustainability", "GetEstimatedCarbonEmissions", serde_json::json!({}));
        assert_eq!(found.0, "sigv4a", "offered before sigv4");
        let found = scheme("ec2", "DescribeInstances", serde_json::json!({}));
        assert_eq!(found, ("sigv4".into(), "ec2".into(), "us-east-1".into()));
    }

    #[test]
    fn a_refusal_of_the_rules_is_passed_on() {
        let parameters = EndpointParameters {
            region: "eu-west-1".to_owned(),
            endpoint: Some("https://example.com".to_owned()),
            use_fips: true,
            ..EndpointParameters::default()
        };
        let error =
            resolve("ec2", "DescribeInstances", &serde_json::json!({}), &parameters).unwrap_err();
        assert!(matches!(error, EndpointError::Refused { .. }), "{error}");
    }

    #[test]
    fn an_account_has_an_address_of_its_own_where_the_rules_know_of_one() {
        let parameters = EndpointParameters {
            region: "us-east-1".to_owned(),
            account_id: Some("111122223333".to_owned()),
            ..EndpointParameters::default()
        };
        let found = resolve("dynamodb", "ListTables", &serde_json::json!({}), &parameters).unwrap();
        assert_eq!(found.url, "https://111122223333.ddb.us-east-1.amazonaws.com");
    }
}
