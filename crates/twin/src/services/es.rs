//! Amazon Elasticsearch Service, the older API over the same domains as `opensearch`, in its own words.

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition, opensearch};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    world::World,
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
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListDomainNames", Action::Own(opensearch::list_domain_names)),
        ("DescribeElasticsearchDomains", Action::Own(describe_domains)),
        ("ListTags", Action::Own(opensearch::list_tags)),
        ("AddTags", Action::Own(opensearch::tag)),
        ("RemoveTags", Action::Own(opensearch::untag)),
    ],
    tasks: &[],
};

fn describe_domains(call: &Call, world: &mut World) -> Answer {
    let found: Vec<Value> =
        opensearch::described(call, world)?.into_iter().map(translate).collect();
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
