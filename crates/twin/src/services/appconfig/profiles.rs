//! Configuration profiles: where a configuration is, and what it must look like.

use reeve_model::{Object, Value};

use super::{
    feature_flags, schema,
    things::{
        MISSING, PAGES, application, apply, check_readers, keep, new_id, of_owner, shown, shown_of,
        within,
    },
    versions::{self, VERSION},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity},
    services::{Action, Part},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&PROFILE],
    operations: &[
        ("CreateConfigurationProfile", Action::Own(create)),
        ("GetConfigurationProfile", Action::Own(get)),
        ("UpdateConfigurationProfile", Action::Own(update)),
        ("ListConfigurationProfiles", Action::Own(list)),
        ("DeleteConfigurationProfile", Action::Own(delete)),
        ("ValidateConfiguration", Action::Own(validate)),
    ],
    tasks: &[],
};

/// A configuration profile, kept as `application/profile`.
pub(super) static PROFILE: Definition = Definition {
    resource_type: "AWS::AppConfig::ConfigurationProfile",
    identity: &[("ApplicationId", Identity::Segment(0)), ("Id", Identity::Segment(1))],
    missing: MISSING,
    ..Definition::OF
};

/// Who asks other services.
pub(super) const BY: &str = "appconfig.amazonaws.com";
const CHANGEABLE: [&str; 5] =
    ["Name", "Description", "RetrievalRoleArn", "Validators", "KmsKeyIdentifier"];

fn check(call: &Call, world: &mut World) -> Result<(), Failure> {
    for validator in call.list("Validators") {
        if validator.text("Type") == "LAMBDA" {
            return Err(call.invalid("Validators of type LAMBDA are not supported here"));
        }
        let content = validator.text("Content");
        let read = serde_json::from_str(content);
        let read = read.map_err(|_| call.invalid("The JSON schema is not valid JSON"))?;
        schema::check(&read).map_err(|problem| call.invalid(problem))?;
    }
    if let Some(key) = call.text("KmsKeyIdentifier") {
        key_arn(call, world, key)?;
    }
    Ok(())
}

fn key_arn(call: &Call, world: &mut World, key: &str) -> Result<Value, Failure> {
    let place = call.place(&PROFILE);
    let input = Object::from_iter([("KeyId", Value::from(key))]);
    let found = world.call(&Origin::at(&place, BY), "kms", "DescribeKey", input);
    let found = found.map_err(|failure| call.invalid(failure.message))?;
    Ok(found.path("KeyMetadata.Arn").cloned().unwrap_or_default())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let application = application(call, world)?;
    let location = call.required("LocationUri")?;
    let is_read_with_a_role =
        ["ssm-parameter://", "secretsmanager://"].iter().any(|scheme| location.starts_with(scheme));
    if location != "hosted" && !is_read_with_a_role {
        return Err(call.invalid(format!("LocationUri {location} is not supported here")));
    }
    if is_read_with_a_role && call.text("RetrievalRoleArn").is_none() {
        return Err(call.invalid("RetrievalRoleArn is required for this LocationUri"));
    }
    let kind = call.text("Type").unwrap_or("AWS.Freeform");
    if !["AWS.Freeform", feature_flags::TYPE].contains(&kind) {
        return Err(call.invalid(format!("Type {kind} is not valid")));
    }
    if kind == feature_flags::TYPE && location != "hosted" {
        return Err(call.invalid("Feature flags must be hosted"));
    }
    check(call, world)?;
    let key = format!("{application}/{}", new_id(call, world)?);
    let mut facts: Object = call.given(CHANGEABLE).collect();
    facts.insert("LocationUri", location);
    facts.insert("Type", kind);
    if let Some(id) = call.text("KmsKeyIdentifier") {
        facts.insert("KmsKeyArn", key_arn(call, world, id)?);
    }
    keep(call, world, (&PROFILE, &key), (facts, Object::new()))?;
    shown(call, world, &PROFILE, &key)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    shown(call, world, &PROFILE, &key)
}

fn update(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    check(call, world)?;
    apply(call, world, (&PROFILE, &key), &CHANGEABLE);
    if let Some(id) = call.text("KmsKeyIdentifier") {
        let arn = key_arn(call, world, id)?;
        world.set(&call.place(&PROFILE), &key, "KmsKeyArn", arn);
    }
    shown(call, world, &PROFILE, &key)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let application = application(call, world)?;
    let mut all = shown_of(call, world, &PROFILE, application);
    let wanted = call.text("Type");
    all.retain(|one| wanted.is_none() || one.get("Type").and_then(Value::as_str) == wanted);
    for one in &mut all {
        let types: Value = one
            .list("Validators")
            .iter()
            .filter_map(|validator| validator.get("Type").cloned())
            .collect();
        if let Some(one) = one.as_object_mut() {
            one.insert("ValidatorTypes", types);
        }
    }
    PAGES.slice(call, "Items", all)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    check_readers(call, call.find(world, &PROFILE, &key)?)?;
    if !of_owner(world, &call.place(&VERSION), &key).is_empty() {
        let message = "The configuration profile still has hosted configuration versions";
        return Err(Failure::new("ConflictException", message).with_status(409));
    }
    world.remove(&call.place(&PROFILE), &key);
    Ok(Value::object())
}

/// Refuses a configuration that its profile's validators do not pass.
pub(super) fn pass(call: &Call, world: &World, key: &str, content: &[u8]) -> Result<(), Failure> {
    let profile = call.find(world, &PROFILE, key)?;
    let is_flags = profile.fact("Type") == Some(feature_flags::TYPE);
    let validators = profile.list("Validators");
    if !is_flags && validators.is_empty() {
        return Ok(());
    }
    let read = serde_json::from_slice(content);
    let read = read.map_err(|_| call.invalid("The configuration is not valid JSON"))?;
    if is_flags {
        feature_flags::check(&read).map_err(|problem| call.invalid(problem))?;
    }
    for validator in validators {
        let schema = validator.text("Content");
        let schema = serde_json::from_str(schema).unwrap_or_default();
        schema::validate(&schema, &read, "$").map_err(|problem| {
            call.invalid(format!("Error validating the configuration: {problem}"))
        })?;
    }
    Ok(())
}

fn validate(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    let found = versions::fetch(call, world, &key, call.required("ConfigurationVersion")?)?;
    let content = found.get("Content").and_then(Value::as_blob).unwrap_or_default();
    pass(call, world, &key, content)?;
    Ok(Value::object())
}
