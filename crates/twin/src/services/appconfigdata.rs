//! AWS `AppConfig` Data: sessions of readers, each call with the token that the one before returned.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    Action, Part, ServiceDefinition,
    appconfig::retrieval::{self, Subject},
};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::Definition,
    store::{Resource, facts},
    tagging::TagErrors,
    value::{object, value},
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "appconfigdata",
    signing_name: "appconfig",
    api_version: Some("configuration"),
    dialect: Dialect::RestJson,
    iam_prefix: "appconfig",
    invalid: "BadRequestException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&SESSION],
    operations: &[
        ("StartConfigurationSession", Action::Own(start)),
        ("GetLatestConfiguration", Action::Own(latest)),
    ],
    tasks: &[],
};

/// A session, kept under the token that its next call must bring.
static SESSION: Definition =
    Definition { resource_type: "AWS::AppConfigData::ConfigurationSession", ..Definition::OF };

/// For how long a token is good.
const TOKEN: SignedDuration = SignedDuration::from_hours(24);
/// How long to wait between calls, in seconds, if the session does not say.
const INTERVAL: i64 = 60;

fn start(call: &Call, world: &mut World) -> Answer {
    let named = [
        call.required("ApplicationIdentifier")?,
        call.required("EnvironmentIdentifier")?,
        call.required("ConfigurationProfileIdentifier")?,
    ];
    let subject = retrieval::subject(call, world, named)?;
    let interval = call.integer("RequiredMinimumPollIntervalInSeconds");
    let mut session = object! {
        "Reader": (world.uuid()),
        "Environment": (subject.environment),
        "Profile": (subject.profile),
        "Interval": (interval.unwrap_or(INTERVAL))
    };
    if interval.is_some() {
        // Only who asked for an interval is held to it.
        session.insert("Required", true);
    }
    let token = keep(call, world, session);
    Ok(value!({ "InitialConfigurationToken": (token) }))
}

/// Keeps a session under a new token; sessions whose tokens are too old are forgotten.
fn keep(call: &Call, world: &mut World, mut session: Object) -> String {
    let place = call.place(&SESSION);
    let is_old = |one: &Resource| {
        let made = one.value("Made").and_then(Value::as_timestamp);
        made.is_none_or(|made| made + TOKEN < call.now)
    };
    let old = world.shelf(&place).iter().filter(|(_, one)| is_old(one));
    let old: Vec<String> = old.map(|(token, _)| token.clone()).collect();
    for token in old {
        world.remove(&place, &token);
    }
    session.insert("Made", world.now());
    let token = world.random_letters(64);
    world.put(place, token.as_str(), Resource::new(facts(session), Arc::default()));
    token
}

fn refused(problem: &str) -> Failure {
    let parameters = value!({ "ConfigurationToken": { "Problem": (problem) } });
    Failure::new("BadRequestException", "Request parameters are invalid")
        .with_detail("Reason", "InvalidParameters")
        .with_detail("Details", value!({ "InvalidParameters": (parameters) }))
}

fn latest(call: &Call, world: &mut World) -> Answer {
    let token = call.required("ConfigurationToken")?;
    let place = call.place(&SESSION);
    let found = world.get(&place, token).ok_or_else(|| refused("Corrupted"))?;
    let mut session = (*found.facts).clone();
    let made = session.get("Made").and_then(Value::as_timestamp).unwrap_or(call.now);
    if made + TOKEN < call.now {
        return Err(refused("Expired"));
    }
    let interval = session.get("Interval").and_then(Value::as_i64).unwrap_or(INTERVAL);
    let was_read = session.get("Version").is_some();
    let is_early = call.now < made + SignedDuration::from_secs(interval);
    if was_read && is_early && session.get("Required").is_some() {
        return Err(refused("PollIntervalNotSatisfied"));
    }
    let subject = Subject {
        environment: session.text("Environment").to_owned(),
        profile: session.text("Profile").to_owned(),
    };
    let served = retrieval::current(call, world, &subject, session.text("Reader"))?;
    let is_known = session.text("Version") == served.text("Version") && was_read;
    session.insert("Version", served.text("Version"));
    world.remove(&place, token);
    let next = keep(call, world, session);
    let mut output = object! {
        "NextPollConfigurationToken": (next),
        "NextPollIntervalInSeconds": (interval),
        "ContentType": (served.text("ContentType"))
    };
    if let Some(label) = served.get("VersionLabel").filter(|_| !is_known) {
        output.insert("VersionLabel", label.clone());
    }
    let content = served.get("Content").filter(|_| !is_known).cloned();
    output.insert("Configuration", content.unwrap_or(Value::Blob(Vec::new())));
    Ok(call.fit(output.into()))
}
