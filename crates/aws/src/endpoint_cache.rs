//! Endpoints that were found before: finding one costs more than all else that is done for a small call.
//!
//! What the rules depend on is the key: the service, the Region, the account where it has a part in the address, and those
//! members of the input that the model names. What cannot be told so simply is found anew each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use reeve_model::{Endpoint, Name, Operation, Service, Value, schema::Structure};
use reeve_types::Region;

/// How many endpoints are kept.
const LIMIT: usize = 4096;

/// The endpoints that were found.
#[derive(Debug, Default)]
pub(crate) struct EndpointCache {
    found: Mutex<HashMap<EndpointKey, Arc<Endpoint>>>,
}

/// All that an endpoint depends on, for one configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EndpointKey {
    service: Name,
    /// The operation, if it fixes something.
    operation: Option<Name>,
    region: Region,
    account: Option<String>,
    /// The members of the input that have a part in it.
    members: Vec<(Name, String)>,
}

impl EndpointKey {
    /// The key of a request, if there is one.
    pub(crate) fn of(
        (service, operation): (&Service, &Operation),
        input: &Value,
        region: &Region,
        account: Option<&str>,
    ) -> Option<Self> {
        if !is_empty(&operation.operation_context_params) {
            return None;
        }
        let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
        let mut members = Vec::new();
        for member in structure.map(Structure::members).unwrap_or_default() {
            let Some(parameter) = &member.context_param else { continue };
            match input.get(&member.name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => members.push((parameter.clone(), text.clone())),
                Some(_) => return None,
            }
        }
        let fixes_something = !is_empty(&operation.static_context_params);
        Some(Self {
            service: service.name().clone(),
            operation: fixes_something.then(|| operation.name.clone()),
            region: region.clone(),
            account: account.map(ToOwned::to_owned),
            members,
        })
    }
}

impl EndpointCache {
    pub(crate) fn get(&self, key: &EndpointKey) -> Option<Arc<Endpoint>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn put(&self, key: EndpointKey, endpoint: Arc<Endpoint>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= LIMIT {
            // Whoever has that many seldom asks for the same again.
            found.clear();
        }
        found.insert(key, endpoint);
    }
}

fn is_empty(published: &serde_json::Value) -> bool {
    published.as_object().is_none_or(serde_json::Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(
        (service, operation): (&str, &str),
        input: &serde_json::Value,
        region: &str,
    ) -> Option<EndpointKey> {
        let service = reeve_model::catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let region = region.parse().unwrap();
        EndpointKey::of((&service, operation), &Value::from_json(input), &region, None)
    }

    #[test]
    fn what_has_a_part_in_the_endpoint_is_in_its_key_and_nothing_else() {
        let of = |operation, input| key(("s3", operation), &input, "eu-west-1").unwrap();
        let logs = of("GetBucketTagging", json!({"Bucket": "logs"}));
        assert_eq!(logs, of("GetBucketTagging", json!({"Bucket": "logs"})));
        assert_ne!(logs, of("GetBucketTagging", json!({"Bucket": "other"})));
        let ec2 = |input, region| key(("ec2", "DescribeInstances"), &input, region).unwrap();
        let first = ec2(json!({"NextToken": "a"}), "eu-west-1");
        assert_eq!(first, ec2(json!({"NextToken": "b"}), "eu-west-1"));
        assert_ne!(first, ec2(json!({}), "eu-west-2"));
    }

    #[test]
    fn what_an_expression_finds_in_the_input_is_not_told_by_a_key() {
        let input = json!({"RequestItems": {"table": {"Keys": []}}});
        assert_eq!(key(("dynamodb", "BatchGetItem"), &input, "eu-west-1"), None);
        let input = json!({"TableName": "table"});
        assert!(key(("dynamodb", "GetItem"), &input, "eu-west-1").is_some());
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let cache = EndpointCache::default();
        let endpoint = Arc::new(Endpoint {
            url: String::new(),
            auth_scheme: String::new(),
            signing_name: String::new(),
            signing_region: String::new(),
            disable_double_encoding: false,
            headers: Vec::new(),
            properties: Value::object(),
        });
        for number in 0..2 * LIMIT {
            let input = json!({"Bucket": format!("bucket-{number}")});
            let key = key(("s3", "GetBucketTagging"), &input, "eu-west-1").unwrap();
            cache.put(key.clone(), Arc::clone(&endpoint));
            assert!(cache.get(&key).is_some());
        }
        assert!(cache.found.lock().unwrap().len() <= LIMIT);
    }
}
