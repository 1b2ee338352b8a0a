//! AWS STS: who a caller is, and becoming somebody else for a while.

mod assume;
mod session;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use reeve_model::Object;
use reeve_types::AccountId;

use super::{Action, Part, ServiceDefinition};
use crate::{
    access::refusal,
    call::{Answer, Call},
    dialect::Dialect,
    directory::{AccessKey, Caller, Identity, Session},
    failure::Failure,
    tagging::TagErrors,
    value::{object, value},
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
        ("AssumeRole", Action::Own(assume::assume_role)),
        ("AssumeRoleWithWebIdentity", Action::Own(assume::assume_role_with_web_identity)),
        ("GetSessionToken", Action::Own(session::get_session_token)),
        ("GetFederationToken", Action::Own(session::get_federation_token)),
        ("GetAccessKeyInfo", Action::Own(get_access_key_info)),
        ("DecodeAuthorizationMessage", Action::Own(decode_authorization_message)),
    ],
    tasks: &[],
};

fn get_caller_identity(call: &Call, _world: &mut World) -> Answer {
    Ok(value!({
        "UserId": (call.caller.user_id.as_str()),
        "Account": (call.account().as_str()),
        "Arn": (call.caller.arn.as_str()),
    }))
}

fn get_access_key_info(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AccessKeyId")?;
    let known = world.directory.any_key(id).map(|key| key.caller.account.to_string());
    match known {
        Some(account) => Ok(value!({"Account": (account)})),
        None => Err(call.invalid(format!("Access Key {id} is not valid"))),
    }
}

fn decode_authorization_message(call: &Call, _world: &mut World) -> Answer {
    let decoded = refusal::decode(call.required("EncodedMessage")?);
    let decoded = decoded.ok_or_else(|| {
        Failure::new("InvalidAuthorizationMessageException", "Message is not valid")
    })?;
    Ok(value!({"DecodedMessage": (decoded)}))
}

/// The refusal of a duration, in AWS's words.
fn check_seconds(
    call: &Call,
    (member, seconds): (&str, i64),
    least: i64,
    most: i64,
) -> Result<(), Failure> {
    let (word, bound) = match seconds {
        _ if seconds < least => ("greater", least),
        _ if seconds > most => ("less", most),
        _ => return Ok(()),
    };
    Err(call.invalid(format!(
        "1 validation error detected: Value '{seconds}' at '{member}' failed to satisfy constraint: Member must have value \
         {word} than or equal to {bound}"
    )))
}

/// Whether a name is one that sessions may have.
fn check_session_name(call: &Call, member: &str, name: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(call.invalid(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: [\\w+=,.@-]*"
    )))
}

/// New credentials for a caller.
fn mint(call: &Call, world: &mut World, mut caller: Caller, seconds: i64) -> Object {
    let access_key_id = format!("ASIA{}", world.random_letters(16));
    let secret = world.random_hex(40);
    let token = STANDARD.encode(world.random_hex(160));
    let expires = call.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(call.now);
    caller.access_key_id.clone_from(&access_key_id);
    let key = AccessKey {
        secret: secret.clone(),
        session_token: Some(token.clone()),
        expires: Some(expires),
        is_active: true,
        caller,
    };
    world.directory.add_session(access_key_id.clone(), key, call.now);
    object! {
        "AccessKeyId": (access_key_id),
        "SecretAccessKey": (secret),
        "SessionToken": (token),
        "Expiration": (expires),
    }
}

/// The policies that limit a new session of somebody of an account, whose managed policies can be named.
fn session_policies(
    call: &Call,
    world: &World,
    account: &AccountId,
) -> Result<Vec<String>, Failure> {
    use reeve_policy::{Form, Policy};
    let mut policies = Vec::new();
    if let Some(text) = call.text("Policy") {
        Policy::parse(Form::Identity, text)
            .map_err(|problem| Failure::new("MalformedPolicyDocument", problem.message))?;
        if text.len() > 2048 {
            return Err(Failure::new("PackedPolicyTooLarge", "Packed policy size exceeds limit"));
        }
        policies.push(text.to_owned());
    }
    for arn in call.list("PolicyArns").iter().filter_map(|it| it.get("arn")?.as_str()) {
        let document = super::iam::policy_document(world, account, arn);
        policies.push(document.ok_or_else(|| {
            call.invalid(format!("The policy {arn} does not exist or is not attachable."))
        })?);
    }
    Ok(policies)
}

/// A session begun by this call, without policies or tags yet.
fn session(call: &Call) -> Session {
    let inherited = call.caller.session.as_ref();
    Session {
        began: call.now,
        has_second_factor: inherited.is_some_and(|session| session.has_second_factor),
        ..Session::default()
    }
}

/// The id in the store of the user who calls with keys of their own.
fn calling_user(call: &Call, what: &str) -> Result<String, Failure> {
    match &call.caller.identity {
        Identity::User(id) if !call.caller.is_session => Ok(id.clone()),
        Identity::Root => Ok(String::new()),
        _ => {
            let message = format!("Cannot call {what} with session credentials");
            Err(Failure::new("AccessDenied", message).with_status(403))
        }
    }
}
