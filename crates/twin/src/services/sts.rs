//! AWS STS: who a caller is, and becoming a role.

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    digest::hex_digest,
    directory::{AccessKey, Caller, Role},
    failure::Failure,
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "sts",
    signing_name: "sts",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "sts",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("ValidationError"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("GetCallerIdentity", Action::Own(get_caller_identity)),
        ("AssumeRole", Action::Own(assume_role)),
    ],
    tasks: &[],
};

const SHORTEST_SESSION: i64 = 900;
const USUAL_SESSION: i64 = 3600;

#[expect(clippy::unnecessary_wraps, reason = "all handlers have one shape")]
fn get_caller_identity(call: &Call, _world: &mut World) -> Answer {
    Ok(Value::from_iter([
        ("UserId", call.caller.user_id.clone()),
        ("Account", call.account().to_string()),
        ("Arn", call.caller.arn.clone()),
    ]))
}

fn assume_role(call: &Call, world: &mut World) -> Answer {
    let role_arn = call.required("RoleArn")?;
    let session = session_name(call)?;
    let role = world.directory.role(role_arn).filter(|role| allows(role, call)).cloned();
    let role = role.ok_or_else(|| {
        let caller = &call.caller.arn;
        let message = format!(
            "User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        );
        Failure::new("AccessDenied", message).with_status(403)
    })?;
    let seconds = duration(call, &role)?;
    let caller = assumed(call, &role, role_arn, session);
    let assumed_role =
        Object::from_iter([("AssumedRoleId", &caller.user_id), ("Arn", &caller.arn)]);
    let credentials = mint(call, world, caller, seconds);
    let mut output = Object::from_iter([
        ("Credentials", Value::from(credentials)),
        ("AssumedRoleUser", assumed_role.into()),
        ("PackedPolicySize", Value::Integer(1)),
    ]);
    if let Some(identity) = call.text("SourceIdentity") {
        output.insert("SourceIdentity", identity);
    }
    Ok(output.into())
}

/// A role that does not exist and one that does not trust the caller look the same from outside.
fn allows(role: &Role, call: &Call) -> bool {
    role.trusted.contains(call.account())
        && (role.external_id.is_none() || role.external_id.as_deref() == call.text("ExternalId"))
}

fn session_name(call: &Call) -> Result<&str, Failure> {
    let name = call.required("RoleSessionName")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(call.invalid(format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )))
    }
}

fn duration(call: &Call, role: &Role) -> Result<i64, Failure> {
    let wanted = call.input.get("DurationSeconds").and_then(Value::as_i64);
    let Some(seconds) = wanted else { return Ok(USUAL_SESSION) };
    if seconds < SHORTEST_SESSION {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value greater than or equal to {SHORTEST_SESSION}"
        )));
    }
    if call.caller.is_session && seconds > USUAL_SESSION {
        return Err(call.invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    if seconds > role.max_session_seconds {
        return Err(call.invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

fn assumed(call: &Call, role: &Role, role_arn: &str, session: &str) -> Caller {
    let name = role.name.rsplit('/').next().unwrap_or(&role.name);
    let role_id = format!("AROA{}", hex_digest(role_arn, 17).to_uppercase());
    let inherited = call.caller.source_identity.clone();
    Caller {
        account: role.account.clone(),
        arn: format!("arn:aws:sts::{}:assumed-role/{name}/{session}", role.account),
        user_id: format!("{role_id}:{session}"),
        source_identity: call.text("SourceIdentity").map(str::to_owned).or(inherited),
        is_session: true,
        invoked_by: None,
    }
}

fn mint(call: &Call, world: &mut World, caller: Caller, seconds: i64) -> Object {
    let access_key_id = format!("ASIA{}", world.random_letters(16));
    let secret = world.random_hex(40);
    let token = world.random_hex(160);
    let expires = call.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(call.now);
    let key = AccessKey {
        secret: secret.clone(),
        session_token: Some(token.clone()),
        expires: Some(expires),
        caller,
    };
    world.directory.add_session(access_key_id.clone(), key, call.now);
    Object::from_iter([
        ("AccessKeyId", Value::from(access_key_id)),
        ("SecretAccessKey", Value::from(secret)),
        ("SessionToken", Value::from(token)),
        ("Expiration", Value::Timestamp(expires)),
    ])
}
