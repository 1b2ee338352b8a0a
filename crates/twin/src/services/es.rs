//! Amazon Elasticsearch Service, the older API over the same domains as `opensearch`, in its own words.

use reeve_model::{Object, Value};

use super::{
    Action, Part, ServiceDefinition,
    opensearch::{self, life},
};
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
        ("DescribeElasticsearchDomain", Action::Own(describe_domain)),
        ("DescribeElasticsearchDomainConfig", Action::Own(config)),
        ("CreateElasticsearchDomain", Action::Own(create)),
        ("UpdateElasticsearchDomainConfig", Action::Own(update)),
        ("DeleteElasticsearchDomain", Action::Own(delete)),
        ("StartElasticsearchServiceSoftwareUpdate", Action::Own(life::start_update)),
        ("CancelElasticsearchServiceSoftwareUpdate", Action::Own(life::cancel_update)),
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

fn status(call: &Call, world: &World, name: &str) -> Value {
    call.fit(Value::from_iter([("DomainStatus", translate(life::shown(call, world, name)))]))
}

fn describe_domain(call: &Call, world: &mut World) -> Answer {
    let (name, _) = life::named(call, world)?;
    Ok(status(call, world, &name))
}

/// What a caller says in the older words, in the newer.
fn newer(call: &Call) -> Value {
    let mut input = call.input.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(mut cluster)) = input.remove("ElasticsearchClusterConfig") {
        for member in ["InstanceType", "DedicatedMasterType"] {
            if let Some(Value::String(kind)) = cluster.get_mut(member) {
                *kind = kind.replace(".elasticsearch", ".search");
            }
        }
        input.insert("ClusterConfig", cluster);
    }
    input.into()
}

fn create(call: &Call, world: &mut World) -> Answer {
    let version = format!("Elasticsearch_{}", call.text("ElasticsearchVersion").unwrap_or("7.10"));
    let name = life::begin(call, world, &version, &newer(call))?;
    Ok(status(call, world, &name))
}

fn update(call: &Call, world: &mut World) -> Answer {
    if call.flag("DryRun") {
        return Err(call.invalid("DryRun is not supported here"));
    }
    life::change(call, world, &newer(call))?;
    config(call, world)
}

fn config(call: &Call, world: &mut World) -> Answer {
    let (name, _) = life::named(call, world)?;
    let mut options = life::options_with_status(call, world, &name);
    let rename = |options: &mut Object, from: &str, to: &'static str| {
        if let Some(value) = options.remove(from) {
            options.insert(to, value);
        }
    };
    rename(&mut options, "ClusterConfig", "ElasticsearchClusterConfig");
    rename(&mut options, "EngineVersion", "ElasticsearchVersion");
    for member in ["ElasticsearchClusterConfig", "ElasticsearchVersion"] {
        let Some(Value::Object(option)) = options.get_mut(member) else { continue };
        match option.get_mut("Options") {
            Some(Value::String(version)) => {
                *version = version.replace("Elasticsearch_", "");
            }
            Some(Value::Object(cluster)) => {
                if let Some(Value::String(kind)) = cluster.get_mut("InstanceType") {
                    *kind = kind.replace(".search", ".elasticsearch");
                }
            }
            _ => {}
        }
    }
    Ok(call.fit(Value::from_iter([("DomainConfig", options)])))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (name, _) = life::named(call, world)?;
    life::end(call, world, &name);
    Ok(status(call, world, &name))
}
