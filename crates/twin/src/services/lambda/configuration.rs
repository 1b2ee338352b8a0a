//! What a function is configured to be, from what callers say; and its code, of which only size and digest matter.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};

use super::{Named, VERSION, time_text};
use crate::{
    call::Call,
    digest::sha256,
    failure::Failure,
    store::Resource,
    value::{object, value},
    world::{Origin, World},
};

/// What callers say and descriptions show alike.
const KEPT: [&str; 13] = [
    "Architectures",
    "DeadLetterConfig",
    "Description",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KMSKeyArn",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
];

/// What would make functions behave otherwise than the twin's do.
const UNSUPPORTED: [&str; 6] = [
    "CapacityProviderConfig",
    "DurableConfig",
    "TenancyConfig",
    "AcceleratorConfig",
    "PublishTo",
    "RuntimeConfig",
];

/// The facts in a call.
pub(super) fn said(call: &Call) -> Result<Object, Failure> {
    for member in UNSUPPORTED {
        if call.input.get(member).is_some() {
            let message = format!("the twin does not support {member}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    }
    let mut said = Object::new();
    said.extend(call.given(KEPT));
    if let Some(environment) = call.object("Environment") {
        let variables = environment.get("Variables").cloned().unwrap_or(Value::object());
        said.insert("Environment", object!("Variables": (variables)));
    }
    if let Some(network) = call.object("VpcConfig") {
        let mut network = network.clone();
        network.insert("VpcId", "");
        said.insert("VpcConfig", network);
    }
    if let Some(snap) = call.object("SnapStart") {
        let apply = snap.get("ApplyOn").cloned().unwrap_or_default();
        said.insert("SnapStart", object!("ApplyOn": (apply), "OptimizationStatus": "Off"));
    }
    if let Some(image) = call.object("ImageConfig") {
        said.insert("ImageConfigResponse", object!("ImageConfig": (image.clone())));
    }
    if call.input.get("Layers").is_some() {
        let layers = call.texts("Layers").into_iter();
        let layers = layers.map(|layer| value!({"Arn": (layer), "CodeSize": 0}));
        said.insert("Layers", layers.collect::<Value>());
    }
    Ok(said)
}

/// What a function is that was told nothing.
pub(super) fn usual(call: &Call, name: &str, revision: &str) -> Object {
    object!(
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": (time_text(call.now)),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": (revision),
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "LastUpdateStatus": "Successful",
        "PackageType": (call.text("PackageType").unwrap_or("Zip")),
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": (format!("/aws/lambda/{name}"))},
    )
}

/// The size and digest of the code that `code` gives or points at.
pub(super) fn code(call: &Call, world: &mut World, code: &Value) -> Result<Object, Failure> {
    let text = |member: &str| code.get(member).and_then(Value::as_str);
    let bytes = if let Some(bytes) = code.get("ZipFile").and_then(Value::as_blob) {
        bytes.to_vec()
    } else if let Some(image) = text("ImageUri") {
        let digest = hex::encode(sha256(image.as_bytes()));
        return Ok(object!("CodeSize": 0, "CodeSha256": (digest)));
    } else if let (Some(bucket), Some(key)) = (text("S3Bucket"), text("S3Key")) {
        let input = object!("Bucket": (bucket), "Key": (key));
        let place = call.place(&super::FUNCTION);
        let found =
            world.call(&Origin::at(&place, "lambda.amazonaws.com"), "s3", "GetObject", input);
        let found = found.map_err(|failure| match failure.status {
            501 => failure,
            _ => call.invalid(format!(
                "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
                failure.code, failure.message
            )),
        })?;
        found.get("Body").and_then(Value::as_blob).unwrap_or_default().to_vec()
    } else {
        return Err(call.invalid("Please provide a source for function code."));
    };
    if bytes.is_empty() {
        return Err(call.invalid("Uploaded file must be a non-empty zip"));
    }
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Ok(object!("CodeSize": (size), "CodeSha256": (STANDARD.encode(sha256(&bytes)))))
}

/// The configuration of a version, or of `$LATEST`, as it is shown.
pub(super) fn shown(named: &Named, version: Option<&str>, resource: &Resource) -> Object {
    let mut shown = Object::clone(&resource.facts);
    let version = version.filter(|version| *version != super::LATEST);
    let whole = Named { qualifier: version.map(str::to_owned), ..named.clone() };
    shown.insert("FunctionName", named.name.as_str());
    shown.insert("FunctionArn", whole.arn());
    shown
}

/// The resource of a version, by number or through an alias, and its number. Aliases may choose by weight.
pub(super) fn resolve<'w>(
    named: &Named,
    world: &'w World,
    drawn: f64,
) -> Result<(&'w Resource, String), Failure> {
    let latest = named.function(world)?;
    let Some(qualifier) = named.qualifier.as_deref().filter(|one| *one != super::LATEST) else {
        return Ok((latest, super::LATEST.to_owned()));
    };
    let alias = world.get(&named.shelf(&super::ALIAS), &named.qualified(qualifier));
    let number = match alias {
        Some(alias) => chosen(alias, drawn),
        None => qualifier.to_owned(),
    };
    let id = named.qualified(&number);
    if number == super::LATEST {
        return Ok((latest, number));
    }
    let version = world.get(&named.shelf(&VERSION), &id).ok_or_else(|| named.missing())?;
    Ok((version, number))
}

/// The version that an alias leads to.
fn chosen(alias: &Resource, drawn: f64) -> String {
    let weights = alias.value("RoutingConfig.AdditionalVersionWeights").and_then(Value::as_object);
    let mut sum = 0.0;
    for (version, weight) in weights.into_iter().flat_map(Object::iter) {
        sum += weight.as_f64().unwrap_or(0.0);
        if drawn < sum {
            return version.to_string();
        }
    }
    alias.fact("FunctionVersion").unwrap_or_default().to_owned()
}
