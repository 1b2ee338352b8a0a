//! What readers of configurations get.

use reeve_model::{Object, Value};

use super::{
    deployments::DEPLOYMENT,
    feature_flags,
    profiles::PROFILE,
    things::{APPLICATION, ENVIRONMENT, MISSING, of_owner},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::Kind,
    services::{Action, Part},
    value::object,
    world::World,
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[("GetConfiguration", Action::Own(get))], tasks: &[] };

/// What a reader reads, by keys.
#[derive(Debug)]
pub(in crate::services) struct Subject {
    pub(in crate::services) environment: String,
    pub(in crate::services) profile: String,
}

/// Finds what a reader reads; each of the three may be an id or a name.
pub(in crate::services) fn subject(
    call: &Call,
    world: &World,
    [application, environment, profile]: [&str; 3],
) -> Result<Subject, Failure> {
    let application = key(call, world, (&APPLICATION, ""), application)?;
    let owner = format!("{application}/");
    Ok(Subject {
        environment: key(call, world, (&ENVIRONMENT, &owner), environment)?,
        profile: key(call, world, (&PROFILE, &owner), profile)?,
    })
}

fn key(
    call: &Call,
    world: &World,
    (kind, owner): (Kind, &str),
    named: &str,
) -> Result<String, Failure> {
    let by_id = format!("{owner}{named}");
    let place = call.place(kind);
    if world.get(&place, &by_id).is_some() {
        return Ok(by_id);
    }
    let mut shelf = world.shelf(&place).iter();
    let found = shelf
        .find(|(key, found)| key.starts_with(owner) && found.fact("Name") == Some(named))
        .map(|(key, _)| key.clone());
    found.ok_or_else(|| MISSING.failure(named))
}

/// The configuration that `reader` gets now: the same reader stays on the same side of a deployment as it grows.
pub(in crate::services) fn current(
    call: &Call,
    world: &mut World,
    subject: &Subject,
    reader: &str,
) -> Result<Object, Failure> {
    let profile = subject.profile.split('/').nth(1).unwrap_or_default();
    let drawn = u32::from_str_radix(&hex_digest(reader, 6), 16).unwrap_or(0) % 10_000;
    let deployments = of_owner(world, &call.place(&DEPLOYMENT), &subject.environment);
    let found = deployments.into_iter().rev().find(|(_, one)| {
        let percent = one.value("PercentageComplete").and_then(Value::as_f64).unwrap_or(0.0);
        let reached = match one.fact("State") {
            Some("COMPLETE" | "BAKING") => true,
            Some("DEPLOYING") => f64::from(drawn) < percent * 100.0,
            _ => false,
        };
        one.fact("ConfigurationProfileId") == Some(profile) && reached
    });
    let (_, found) = found.ok_or_else(|| {
        MISSING.failure(&format!("a deployment of the configuration profile {profile}"))
    })?;
    let mut served = (*found.inside).clone();
    let is_flags =
        call.find(world, &PROFILE, &subject.profile)?.fact("Type") == Some(feature_flags::TYPE);
    let content = served.get("Content").and_then(Value::as_blob).unwrap_or_default();
    if is_flags && let Ok(read) = serde_json::from_slice(content) {
        let flags = feature_flags::served(&read).to_string();
        served.insert("Content", Value::Blob(flags.into_bytes()));
    }
    let now = world.now();
    for (kind, key) in [(&ENVIRONMENT, &subject.environment), (&PROFILE, &subject.profile)] {
        world.set_inside(&call.place(kind), key, "Read", now);
    }
    Ok(served)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let named = [
        call.required("Application")?,
        call.required("Environment")?,
        call.required("Configuration")?,
    ];
    let subject = subject(call, world, named)?;
    let found = current(call, world, &subject, call.required("ClientId")?)?;
    let version = found.text("Version");
    let mut output = object! {
        "ConfigurationVersion": (version),
        "ContentType": (found.get("ContentType").cloned().unwrap_or_default())
    };
    let is_known = call.text("ClientConfigurationVersion") == Some(version);
    let content = found.get("Content").filter(|_| !is_known).cloned();
    output.insert("Content", content.unwrap_or(Value::Blob(Vec::new())));
    Ok(call.fit(output.into()))
}
