//! Templates without their stacks: fetched, validated, summed up, and shown again.

use reeve_model::{Object, Value};

use super::{
    record::Goal,
    stacks::named,
    template::{LARGEST_BODY, Template},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part, cloudcontrol::registry},
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ValidateTemplate", Action::Own(validate)),
        ("GetTemplateSummary", Action::Own(summary)),
        ("GetTemplate", Action::Own(get)),
    ],
    tasks: &[],
};

/// The template that the caller gives, as text or by address.
pub(super) fn body(call: &Call, world: &mut World) -> Result<Option<String>, Failure> {
    match (call.text("TemplateBody"), call.text("TemplateURL")) {
        (Some(_), Some(_)) => Err(call.invalid("Both TemplateBody and TemplateURL were specified")),
        (Some(body), None) if body.len() > LARGEST_BODY => Err(call.invalid(format!(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LARGEST_BODY}"
        ))),
        (Some(body), None) => Ok(Some(body.to_owned())),
        (None, Some(url)) => fetch(call, world, url).map(Some),
        (None, None) => Ok(None),
    }
}

/// Reads a template from a bucket.
fn fetch(call: &Call, world: &mut World, url: &str) -> Result<String, Failure> {
    let unreadable = || {
        call.invalid("S3 error: Access Denied For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html")
    };
    let rest = url
        .strip_prefix("https://")
        .ok_or_else(|| call.invalid("TemplateURL must be a supported URL."))?;
    let (host, path) = rest.split_once('/').ok_or_else(|| {
        call.invalid("TemplateURL must reference a valid S3 object to which you have access.")
    })?;
    let (bucket, key) = match host.split_once(".s3") {
        Some((bucket, _)) => (bucket, path),
        None => path.split_once('/').ok_or_else(unreadable)?,
    };
    let (account, region) = world.store.bucket_owner(bucket).cloned().ok_or_else(unreadable)?;
    let origin = Origin { account: &account, region: &region, by: "cloudformation.amazonaws.com" };
    let answer =
        world.call(&origin, "s3", "GetObject", value!({ "Bucket": (bucket), "Key": (key) }));
    let bytes = answer
        .ok()
        .and_then(|answer| answer.get("Body").and_then(Value::as_blob).map(<[u8]>::to_vec));
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unreadable)
}

/// Refuses types that the registry does not know.
pub(super) fn check_types(call: &Call, template: &Template) -> Result<(), Failure> {
    let types = template.resources.values().map(|one| one.resource_type.as_str());
    let mut unknown: Vec<&str> = types.filter(|name| registry::named(name).is_none()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(call.invalid(format!(
        "Template format error: Unrecognized resource types: [{}]",
        unknown.join(", ")
    )))
}

/// Refuses what needs a capability that was not acknowledged.
pub(super) fn check_capabilities(call: &Call, template: &Template) -> Result<(), Failure> {
    let given = call.texts("Capabilities");
    let (needed, _) = template.capabilities();
    let is_given =
        |needed: &&str| given.contains(needed) || given.contains(&"CAPABILITY_NAMED_IAM");
    let lacking: Vec<&str> = needed.into_iter().filter(|needed| !is_given(needed)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let message = format!("Requires capabilities : [{}]", lacking.join(", "));
    Err(Failure::new("InsufficientCapabilitiesException", message))
}

fn capabilities(template: &Template, output: &mut Object) {
    let (needed, types) = template.capabilities();
    if needed.is_empty() {
        return;
    }
    let types: Vec<&str> = types.into_iter().collect();
    output.insert(
        "CapabilitiesReason",
        format!("The following resource(s) require capabilities: [{}]", types.join(", ")),
    );
    output.insert("Capabilities", needed.into_iter().map(Value::from).collect::<Value>());
}

fn declared(template: &Template) -> Vec<Object> {
    template
        .section("Parameters")
        .map(|(name, one)| {
            let is_hidden =
                one.get("NoEcho").is_some_and(|is| super::functions::text(is) == "true");
            let mut shown = object! {
                "ParameterKey": (name),
                "NoEcho": (is_hidden),
                "ParameterType": (one.get("Type").cloned().unwrap_or_else(|| "String".into()))
            };
            if let Some(default) = one.get("Default") {
                shown.insert("DefaultValue", super::functions::text(default));
            }
            if let Some(description) = one.get("Description") {
                shown.insert("Description", description.clone());
            }
            if let Some(allowed) = one.get("AllowedValues") {
                let allowed: Value = allowed
                    .as_list()
                    .iter()
                    .map(|one| Value::from(super::functions::text(one)))
                    .collect();
                shown.insert("ParameterConstraints", object! { "AllowedValues": (allowed) });
            }
            shown
        })
        .collect()
}

fn validate(call: &Call, world: &mut World) -> Answer {
    let body = body(call, world)?;
    let body = body
        .ok_or_else(|| call.invalid("Either Template URL or Template Body must be specified."))?;
    let template = Template::parse(&body).map_err(|message| call.invalid(message))?;
    check_types(call, &template)?;
    let parameters: Value = declared(&template).into_iter().map(Value::from).collect();
    let mut output = object! { "Parameters": (parameters) };
    if let Some(description) = template.description() {
        output.insert("Description", description);
    }
    capabilities(&template, &mut output);
    Ok(call.fit(output.into()))
}

/// The template of a stack that the caller names, or the one given.
fn chosen(call: &Call, world: &mut World) -> Result<String, Failure> {
    if let Some(body) = body(call, world)? {
        return Ok(body);
    }
    let (place, id) = named(call, world)?;
    let stack = world.get(&place, &id).cloned().unwrap_or_default();
    Goal::of(&stack, "Goal")
        .map(|goal| goal.body)
        .ok_or_else(|| call.invalid("The stack has no template"))
}

fn summary(call: &Call, world: &mut World) -> Answer {
    let body = chosen(call, world)?;
    let template = Template::parse(&body).map_err(|message| call.invalid(message))?;
    let parameters: Value = declared(&template).into_iter().map(Value::from).collect();
    let mut types: Vec<&str> =
        template.resources.values().map(|one| one.resource_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let mut output = object! {
        "Parameters": (parameters),
        "ResourceTypes": (types.into_iter().map(Value::from).collect::<Value>())
    };
    for (section, member) in
        [("AWSTemplateFormatVersion", "Version"), ("Description", "Description")]
    {
        if let Some(value) = template.root.get(section) {
            output.insert(member, super::functions::text(value));
        }
    }
    if let Some(metadata) = template.root.get("Metadata") {
        output.insert("Metadata", metadata.to_json().to_string());
    }
    capabilities(&template, &mut output);
    Ok(call.fit(output.into()))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let body = match call.text("ChangeSetName") {
        Some(_) => super::change_sets::template(call, world)?,
        None => chosen(call, world)?,
    };
    Ok(value!({ "TemplateBody": (body), "StagesAvailable": ["Original", "Processed"] }))
}
