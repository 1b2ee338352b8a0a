//! AWS Lambda: functions with declared behaviour.
//!
//! A function of the twin runs no code. It answers with its environment variable `TWIN_RESPONSE`, fails with `TWIN_ERROR`,
//! and without either answers with the event it was given. Around that everything is as it should be: states, versions,
//! aliases with weights, permissions, concurrency, logs, metrics, retries and dead letters.

mod aliases;
mod configuration;
mod functions;
mod invoking;
mod layers;
mod mappings;
mod permissions;
mod settings;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    store::{Place, Resource},
    tagging::TagErrors,
    world::World,
};

pub(crate) use permissions::policy_of;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "lambda",
    signing_name: "lambda",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "lambda",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&FUNCTION, &VERSION, &ALIAS, &MAPPING, &LAYER],
    operations: &[
        ("CreateFunction", Action::Own(functions::create)),
        ("GetFunction", Action::Own(functions::get)),
        ("GetFunctionConfiguration", Action::Own(functions::get_configuration)),
        ("ListFunctions", Action::Own(functions::list)),
        ("UpdateFunctionCode", Action::Own(functions::update_code)),
        ("UpdateFunctionConfiguration", Action::Own(functions::update_configuration)),
        ("DeleteFunction", Action::Own(functions::delete)),
        ("Invoke", Action::Own(invoking::invoke)),
        ("PublishVersion", Action::Own(aliases::publish)),
        ("ListVersionsByFunction", Action::Own(aliases::list_versions)),
        ("CreateAlias", Action::Own(aliases::create)),
        ("GetAlias", Action::Own(aliases::get)),
        ("UpdateAlias", Action::Own(aliases::update)),
        ("DeleteAlias", Action::Own(aliases::delete)),
        ("ListAliases", Action::Own(aliases::list)),
        ("AddPermission", Action::Own(permissions::add)),
        ("RemovePermission", Action::Own(permissions::remove)),
        ("GetPolicy", Action::Own(permissions::get)),
        ("PutFunctionConcurrency", Action::Own(settings::put_concurrency)),
        ("GetFunctionConcurrency", Action::Own(settings::get_concurrency)),
        ("DeleteFunctionConcurrency", Action::Own(settings::delete_concurrency)),
        ("PutFunctionEventInvokeConfig", Action::Own(settings::put_invoke_config)),
        ("GetFunctionEventInvokeConfig", Action::Own(settings::get_invoke_config)),
        ("DeleteFunctionEventInvokeConfig", Action::Own(settings::delete_invoke_config)),
        ("GetAccountSettings", Action::Own(settings::account)),
        ("CreateEventSourceMapping", Action::Own(mappings::create)),
        ("GetEventSourceMapping", Action::Own(mappings::get)),
        ("UpdateEventSourceMapping", Action::Own(mappings::update)),
        ("DeleteEventSourceMapping", Action::Own(mappings::delete)),
        ("ListEventSourceMappings", Action::Own(mappings::list)),
        ("PublishLayerVersion", Action::Own(layers::publish)),
        ("GetLayerVersion", Action::Own(layers::get)),
        ("DeleteLayerVersion", Action::Own(layers::delete)),
        ("ListLayers", Action::Own(layers::list)),
        ("ListLayerVersions", Action::Own(layers::list_versions)),
        ("ListTags", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[
        ("lambda:active", functions::activate),
        ("lambda:updated", functions::finish_update),
        ("lambda:retry", invoking::retry),
        ("lambda:poll", mappings::poll),
    ],
};

static TAGS: TagAccess = TagAccess {
    arn: "Resource",
    kinds: &[&FUNCTION],
    tags: TagInput::Map("Tags"),
    keys: "TagKeys",
    output: "Tags",
    ..TagAccess::OF
};

/// A function: what `$LATEST` is.
pub(crate) static FUNCTION: Definition = Definition {
    resource_type: "AWS::Lambda::Function",
    tagging_type: "lambda:function",
    arn: "arn:{partition}:lambda:{region}:{account}:function:{id}",
    identity: &[("FunctionName", Identity::Id), ("FunctionArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Function not found: {id}").with_status(404),
    sample: Some(|sample| {
        serde_json::json!({
            "Runtime": "python3.13",
            "Role": sample.role("function"),
            "Handler": "index.handler",
            "CodeSize": 1024,
            "Description": "",
            "Timeout": 3,
            "MemorySize": 128,
            "LastModified": "2026-01-01T00:00:00.000+0000",
            "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "Version": "$LATEST",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": ["x86_64"],
        })
    }),
    ..Definition::OF
};

/// A version: its id is the function's name, a colon and its number.
pub(crate) static VERSION: Definition = Definition {
    resource_type: "AWS::Lambda::Version",
    arn: "arn:{partition}:lambda:{region}:{account}:function-version/{id}",
    missing: Missing::new("ResourceNotFoundException", "Function not found: {id}").with_status(404),
    ..Definition::OF
};

/// An alias: its id is the function's name, a colon and its own.
pub(crate) static ALIAS: Definition = Definition {
    resource_type: "AWS::Lambda::Alias",
    arn: "arn:{partition}:lambda:{region}:{account}:function-alias/{id}",
    missing: Missing::new("ResourceNotFoundException", "Cannot find alias arn: {id}")
        .with_status(404),
    ..Definition::OF
};

/// What a function is fed from.
pub(crate) static MAPPING: Definition = Definition {
    resource_type: "AWS::Lambda::EventSourceMapping",
    arn: "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{id}",
    identity: &[("UUID", Identity::Id), ("EventSourceMappingArn", Identity::Arn)],
    missing: Missing::new(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    .with_status(404),
    ..Definition::OF
};

/// A version of a layer: its id is the layer's name, a colon and its number.
pub(crate) static LAYER: Definition = Definition {
    resource_type: "AWS::Lambda::LayerVersion",
    arn: "arn:{partition}:lambda:{region}:{account}:layer:{id}",
    identity: &[("LayerVersionArn", Identity::Arn)],
    missing: Missing::new(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    .with_status(404),
    ..Definition::OF
};

static PAGES: Paging =
    Paging::of("MaxItems", "Marker", (50, 10_000), "InvalidParameterValueException")
        .with_next("NextMarker");

/// The version that is being worked on.
const LATEST: &str = "$LATEST";

/// A function as callers name it.
#[derive(Debug, Clone)]
struct Named {
    place: Place,
    name: String,
    qualifier: Option<String>,
}

impl Named {
    /// The ARN, with the qualifier if there is one.
    fn arn(&self) -> String {
        let arn = self.place.arn_of(&FUNCTION, &self.name);
        match &self.qualifier {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        }
    }

    fn missing(&self) -> Failure {
        FUNCTION.missing.failure(&self.arn())
    }

    /// The id of its version or alias.
    fn qualified(&self, qualifier: &str) -> String {
        format!("{}:{qualifier}", self.name)
    }

    fn function<'w>(&self, world: &'w World) -> Result<&'w Resource, Failure> {
        world.get(&self.place, &self.name).ok_or_else(|| self.missing())
    }

    /// Where versions or aliases of it are.
    fn shelf(&self, kind: crate::kind::Kind) -> Place {
        Place { kind, ..self.place.clone() }
    }
}

/// The function that a call names: by name, partial or full ARN, each with or without a qualifier.
fn named(call: &Call) -> Result<Named, Failure> {
    let text = call.required("FunctionName")?;
    let place = call.place(&FUNCTION);
    let mut named = read(&place, text);
    if let Some(qualifier) = call.text("Qualifier") {
        named.qualifier = Some(qualifier.to_owned());
    }
    Ok(named)
}

fn read(usual: &Place, text: &str) -> Named {
    let mut place = usual.clone();
    let mut parts: Vec<&str> = text.split(':').collect();
    if let Some(at) = parts.iter().position(|part| *part == "function") {
        let before: Vec<&str> = parts.drain(..=at).collect();
        let account = at.checked_sub(1).and_then(|at| before.get(at)?.parse().ok());
        let region = at.checked_sub(2).and_then(|at| before.get(at)?.parse().ok());
        place.account = account.unwrap_or(place.account);
        place.region = region.unwrap_or(place.region);
    }
    let mut parts = parts.into_iter();
    let name = parts.next().unwrap_or_default().to_owned();
    Named { place, name, qualifier: parts.next().map(str::to_owned) }
}

/// The function or its version or alias that a call names; it must exist.
fn existing(call: &Call, world: &World) -> Result<Named, Failure> {
    let named = named(call)?;
    named.function(world)?;
    Ok(named)
}

fn empty() -> Value {
    Value::Object(Object::new())
}

fn conflict(message: impl Into<String>) -> Failure {
    Failure::new("ResourceConflictException", message).with_status(409)
}

/// A time as Lambda writes it in texts.
fn time_text(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}
