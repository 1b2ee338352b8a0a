//! Hosted configuration versions, and where a configuration's content comes from.

use reeve_model::{Object, Value};

use super::{
    profiles::{BY, PROFILE, pass},
    things::{MISSING, PAGES, keep, of_owner, shown_of, within},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity},
    services::{Action, Part},
    value::object,
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&VERSION],
    operations: &[
        ("CreateHostedConfigurationVersion", Action::Own(create)),
        ("GetHostedConfigurationVersion", Action::Own(get)),
        ("ListHostedConfigurationVersions", Action::Own(list)),
        ("DeleteHostedConfigurationVersion", Action::Own(delete)),
    ],
    tasks: &[],
};

/// A hosted configuration version, kept as `application/profile/00000001`.
pub(super) static VERSION: Definition = Definition {
    resource_type: "AWS::AppConfig::HostedConfigurationVersion",
    identity: &[
        ("ApplicationId", Identity::Segment(0)),
        ("ConfigurationProfileId", Identity::Segment(1)),
    ],
    missing: MISSING,
    ..Definition::OF
};

/// How much a version may hold, in bytes.
const LARGEST: usize = 2 * 1024 * 1024;

fn conflict(message: String) -> Failure {
    Failure::new("ConflictException", message).with_status(409)
}

fn number_of(facts: &Object) -> i64 {
    facts.get("VersionNumber").and_then(Value::as_i64).unwrap_or(0)
}

fn key_of(call: &Call, world: &World) -> Result<String, Failure> {
    let profile = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    let key = format!("{profile}/{:08}", call.integer("VersionNumber").unwrap_or(0));
    call.find(world, &VERSION, &key)?;
    Ok(key)
}

fn create(call: &Call, world: &mut World) -> Answer {
    let profile = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    let about = call.find(world, &PROFILE, &profile)?;
    if about.fact("LocationUri") != Some("hosted") {
        return Err(call.invalid("The configuration profile is not hosted"));
    }
    let key_arn = about.value("KmsKeyArn").cloned();
    let content = call.input.get("Content").and_then(Value::as_blob).unwrap_or_default().to_vec();
    if content.len() > LARGEST {
        let message = format!("The configuration is larger than {LARGEST} bytes");
        return Err(Failure::new("PayloadTooLargeException", message).with_status(413));
    }
    let present = of_owner(world, &call.place(&VERSION), &profile);
    let latest = present.last().map_or(0, |(_, last)| number_of(&last.facts));
    if call.integer("LatestVersionNumber").is_some_and(|wanted| wanted != latest) {
        return Err(conflict(format!("The latest version number is {latest}")));
    }
    if let Some(label) = call.text("VersionLabel") {
        if label.chars().all(|one| one.is_ascii_digit()) {
            return Err(call.invalid("VersionLabel must not be a number"));
        }
        if present.iter().any(|(_, one)| one.fact("VersionLabel") == Some(label)) {
            return Err(conflict(format!("The version label {label} is in use")));
        }
    }
    pass(call, world, &profile, &content)?;
    // Numbers are not used again, even if the latest version was deleted.
    let place = call.place(&PROFILE);
    let used = world.get(&place, &profile).and_then(|one| one.inside.get("Latest")?.as_i64());
    let number = used.unwrap_or(0).max(latest) + 1;
    world.set_inside(&place, &profile, "Latest", number);
    let mut facts: Object = call.given(["Description", "ContentType", "VersionLabel"]).collect();
    facts.insert("VersionNumber", number);
    if let Some(arn) = key_arn {
        facts.insert("KmsKeyArn", arn);
    }
    let key = format!("{profile}/{number:08}");
    keep(call, world, (&VERSION, &key), (facts, object! { "Content": (Value::Blob(content)) }))?;
    shown(call, world, &key)
}

fn shown(call: &Call, world: &World, key: &str) -> Answer {
    let place = call.place(&VERSION);
    let found = call.find(world, &VERSION, key)?;
    let mut shown = place.describe(&VERSION, key, found);
    shown.insert("Content", found.inside.get("Content").cloned().unwrap_or_default());
    Ok(call.fit(shown.into()))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let key = key_of(call, world)?;
    shown(call, world, &key)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let profile = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    let mut all = shown_of(call, world, &VERSION, &profile);
    if let Some(pattern) = call.text("VersionLabel") {
        let label =
            |one: &Value| one.get("VersionLabel").and_then(Value::as_str).map(str::to_owned);
        all.retain(|one| label(one).is_some_and(|label| crate::pattern::matches(pattern, &label)));
    }
    all.reverse();
    PAGES.slice(call, "Items", all)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let key = key_of(call, world)?;
    world.remove(&call.place(&VERSION), &key);
    Ok(Value::object())
}

/// A version of a profile's configuration: `Content`, `ContentType`, `Version`, and `VersionLabel` if it has one.
pub(super) fn fetch(
    call: &Call,
    world: &mut World,
    profile: &str,
    wanted: &str,
) -> Result<Object, Failure> {
    let location = call.find(world, &PROFILE, profile)?.fact("LocationUri").unwrap_or_default();
    if location == "hosted" {
        return hosted(call, world, profile, wanted);
    }
    let (scheme, name) = location.split_once("://").unwrap_or_default();
    let (service, operation, input, member) = if scheme == "ssm-parameter" {
        let input = object! { "Name": (format!("{name}:{wanted}")), "WithDecryption": (true) };
        ("ssm", "GetParameter", input, "Parameter.Value")
    } else {
        let input = object! { "SecretId": (name), "VersionId": (wanted) };
        ("secretsmanager", "GetSecretValue", input, "SecretString")
    };
    let place = call.place(&PROFILE);
    let found = world.call(&Origin::at(&place, BY), service, operation, input);
    let found = found.map_err(|failure| call.invalid(failure.message))?;
    let text = found.path(member).and_then(Value::as_str).unwrap_or_default();
    Ok(object! {
        "Content": (Value::Blob(text.as_bytes().to_vec())),
        "ContentType": "text/plain",
        "Version": (wanted)
    })
}

fn hosted(call: &Call, world: &World, profile: &str, wanted: &str) -> Result<Object, Failure> {
    let versions = of_owner(world, &call.place(&VERSION), profile);
    let is_wanted = |facts: &Object| {
        number_of(facts).to_string() == wanted
            || facts.get("VersionLabel").and_then(Value::as_str) == Some(wanted)
    };
    let found = versions.into_iter().find(|(_, one)| is_wanted(&one.facts));
    let (_, found) = found.ok_or_else(|| {
        MISSING.failure(&format!("version {wanted} of the configuration profile {profile}"))
    })?;
    let mut fetched = object! {
        "Content": (found.inside.get("Content").cloned().unwrap_or_default()),
        "ContentType": (found.fact("ContentType").unwrap_or_default()),
        "Version": (number_of(&found.facts).to_string())
    };
    if let Some(label) = found.value("VersionLabel") {
        fetched.insert("VersionLabel", label.clone());
    }
    Ok(fetched)
}
