//! Amazon Elasticsearch Service, the older API over the same domains as `opensearch`, in its own words.

use reeve_model::{Object, Value};

use super::{ServiceDefinition, opensearch};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    state::State,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "es",
    signing_name: "es",
    api_version: Some("2015-01-01"),
    dialect: Dialect::RestJson,
    iam_prefix: "es",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: opensearch::TAG_ERRORS,
    operations: &[
        ("ListDomainNames", opensearch::list_domain_names),
        ("DescribeElasticsearchDomains", describe_domains),
        ("ListTags", opensearch::list_tags),
        ("AddTags", opensearch::tag),
        ("RemoveTags", opensearch::untag),
    ],
};

fn describe_domains(call: &Call, state: &mut State) -> Answer {
    let found: Vec<Value> =
        opensearch::described(call, state)?.into_iter().map(translate).collect();
    Ok(Value::from_iter([("DomainStatusList", Value::List(found))]))
}

/// The engine's version loses the engine's name, and instance types end in `.elasticsearch`.
fn translate(mut domain: Object) -> Value {
    if let Some(Value::String(version)) = domain.remove("EngineVersion") {
        let bare = version.strip_prefix("Elasticsearch_").unwrap_or(&version);
        domain.insert("ElasticsearchVersion", bare);
    }
    if let Some(Value::Object(mut cluster)) = domain.remove("ClusterConfig") {
        for member in ["InstanceType", "DedicatedMasterType"] {
            if let Some(Value::String(kind)) = cluster.get_mut(member) {
                *kind = kind.replace(".search", ".elasticsearch");
            }
        }
        domain.insert("ElasticsearchClusterConfig", cluster);
    }
    domain.into()
}
