//! Becoming a role: its trust policy decides, and the caller's own where it only trusts the account.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reeve_model::{Object, Value};
use reeve_policy::ContextMap;
use reeve_types::{AccountId, Tags};

use super::{check_seconds, check_session_name, mint, session, session_policies};
use crate::{
    access,
    call::{Answer, Call},
    directory::{Caller, Identity},
    failure::Failure,
    kind::HOME_REGION,
    services::iam::{
        common::{id_of, last_segment},
        kinds::{OIDC_PROVIDER, ROLE},
    },
    store::Place,
    tagging,
    value::object,
    world::World,
};

const SHORTEST: i64 = 900;
const USUAL: i64 = 3600;
const LONGEST: i64 = 43_200;

/// A role as STS needs it.
struct Role {
    account: AccountId,
    /// Its name with its path.
    id: String,
    unique_id: String,
    trust: String,
    most_seconds: i64,
}

fn role(world: &World, arn: &str) -> Option<Role> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return None };
    let (account, id) = (account.parse::<AccountId>().ok()?, resource.strip_prefix("role/")?);
    let place = Place { account, region: HOME_REGION.parse().ok()?, kind: &ROLE };
    // A role is known by its whole ARN only.
    let id = id_of(world, &place, id).filter(|found| found == id)?;
    let found = world.get(&place, &id)?;
    Some(Role {
        unique_id: found.fact("RoleId").unwrap_or_default().to_owned(),
        trust: found.fact("AssumeRolePolicyDocument").unwrap_or_default().to_owned(),
        most_seconds: found.value("MaxSessionDuration").and_then(Value::as_i64).unwrap_or(USUAL),
        account: place.account,
        id,
    })
}

pub(super) fn assume_role(call: &Call, world: &mut World) -> Answer {
    let role_arn = call.required("RoleArn")?;
    let name = call.required("RoleSessionName")?;
    check_session_name(call, "roleSessionName", name)?;
    if let Some(seconds) = call.integer("DurationSeconds") {
        check_seconds(call, ("durationSeconds", seconds), SHORTEST, LONGEST)?;
    }
    if call.caller.identity == Identity::Root {
        let message = "Roles may not be assumed by root accounts.";
        return Err(Failure::new("AccessDenied", message).with_status(403));
    }
    let denied = |action: &str| {
        let caller = &call.caller.arn;
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {role_arn}"
        );
        Failure::new("AccessDenied", message).with_status(403)
    };
    // A role that does not exist and one that does not trust the caller look the same from outside.
    let role = role(world, role_arn).ok_or_else(|| denied("sts:AssumeRole"))?;
    let context = context(call)?;
    let may = |world: &World, action: &str| {
        let about = (role_arn, role.trust.as_str());
        access::allows_on_role(world, call, about, (action, context.clone()))
    };
    let is_service = call.caller.identity == Identity::Service;
    for action in actions(call) {
        if !is_service && !may(world, action) {
            return Err(denied(action));
        }
    }
    let seconds = duration(call, &role)?;
    let inherited = call.caller.source_identity.as_deref();
    if let (Some(inherited), Some(wanted)) = (inherited, call.text("SourceIdentity"))
        && inherited != wanted
    {
        return Err(denied("sts:SetSourceIdentity"));
    }
    let source = call.text("SourceIdentity").or(inherited).map(str::to_owned);
    let caller = Caller { source_identity: source, ..assumed(call, world, &role, name)? };
    Ok(answer(call, world, caller, seconds))
}

/// What a call to become a role asks for.
fn actions(call: &Call) -> Vec<&'static str> {
    let mut actions = vec!["sts:AssumeRole"];
    if !call.list("Tags").is_empty() {
        actions.push("sts:TagSession");
    }
    if call.text("SourceIdentity").is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    actions
}

fn context(call: &Call) -> Result<Value, Failure> {
    let tags = tagging::listed(call, "Tags");
    tagging::check(call, &tags)?;
    let mut context = Object::new();
    for (key, member) in [
        ("sts:externalid", "ExternalId"),
        ("sts:rolesessionname", "RoleSessionName"),
        ("sts:sourceidentity", "SourceIdentity"),
    ] {
        if let Some(text) = call.text(member) {
            context.insert(key, text);
        }
    }
    let transitive = call.texts("TransitiveTagKeys");
    if !transitive.is_empty() {
        context.insert(
            "sts:transitivetagkeys",
            transitive.into_iter().map(Value::from).collect::<Value>(),
        );
    }
    Ok(context.into())
}

fn duration(call: &Call, role: &Role) -> Result<i64, Failure> {
    let Some(seconds) = call.integer("DurationSeconds") else { return Ok(USUAL) };
    let is_role = matches!(call.caller.identity, Identity::Role(_));
    if is_role && seconds > USUAL {
        return Err(call.invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    if seconds > role.most_seconds {
        return Err(call.invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

fn assumed(call: &Call, world: &World, role: &Role, name: &str) -> Result<Caller, Failure> {
    let mut begun = session(call);
    begun.policies = session_policies(call, world, &role.account)?;
    let inherited = call.caller.session.as_ref();
    if let Some(inherited) = inherited {
        let kept = inherited.tags.iter().filter(|(key, _)| inherited.transitive.contains(*key));
        begun.tags.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
        begun.transitive.clone_from(&inherited.transitive);
    }
    for (key, value) in tagging::listed(call, "Tags") {
        if begun.transitive.contains(&key) {
            return Err(call.invalid(format!(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                 from the calling session: {key}"
            )));
        }
        begun.tags.insert(key, value);
    }
    begun.transitive.extend(call.texts("TransitiveTagKeys").into_iter().map(str::to_owned));
    let last = last_segment(&role.id);
    Ok(Caller {
        account: role.account.clone(),
        arn: format!("arn:aws:sts::{}:assumed-role/{last}/{name}", role.account),
        user_id: format!("{}:{name}", role.unique_id),
        source_identity: None,
        is_session: true,
        invoked_by: None,
        identity: Identity::Role(role.id.clone()),
        access_key_id: String::new(),
        session: Some(Arc::new(begun)),
    })
}

fn answer(call: &Call, world: &mut World, caller: Caller, seconds: i64) -> Value {
    let assumed = object! {
        "AssumedRoleId": (caller.user_id.as_str()), "Arn": (caller.arn.as_str()),
    };
    let source = caller.source_identity.clone();
    let has_policies =
        caller.session.as_ref().is_some_and(|it| !it.policies.is_empty() || !it.tags.is_empty());
    let credentials = mint(call, world, caller, seconds);
    let mut output = object! {"Credentials": (credentials), "AssumedRoleUser": (assumed)};
    if has_policies {
        output.insert("PackedPolicySize", Value::Integer(6));
    }
    if let Some(source) = source {
        output.insert("SourceIdentity", source);
    }
    output.into()
}

/// Tokens are believed as far as they go: issuer, audience and expiry must be right, signatures are not looked at.
pub(super) fn assume_role_with_web_identity(call: &Call, world: &mut World) -> Answer {
    let (role_arn, name) = (call.required("RoleArn")?, call.required("RoleSessionName")?);
    check_session_name(call, "roleSessionName", name)?;
    let invalid = |message: &str| Failure::new("InvalidIdentityToken", message);
    let claims = claims(call.required("WebIdentityToken")?)
        .ok_or_else(|| invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"))?;
    let text =
        |claim: &str| claims.get(claim).and_then(serde_json::Value::as_str).unwrap_or_default();
    if claims
        .get("exp")
        .and_then(serde_json::Value::as_i64)
        .is_some_and(|exp| exp <= call.now.as_second())
    {
        return Err(Failure::new("ExpiredTokenException", "Token expired"));
    }
    let denied = || {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        Failure::new("AccessDenied", message).with_status(403)
    };
    let role = role(world, role_arn).ok_or_else(denied)?;
    let host = text("iss").trim_start_matches("https://").to_owned();
    let provider = OIDC_PROVIDER.arn(&role.account, &call.region, &host);
    let known =
        world.store.locate(&provider).and_then(|(place, id)| world.get(&place, &id).cloned());
    let known = known
        .ok_or_else(|| invalid("No OpenIDConnect provider found in your account for the issuer"))?;
    let audience = text("aud").to_owned();
    let clients: BTreeSet<&str> =
        known.list("ClientIDList").iter().filter_map(Value::as_str).collect();
    if !clients.contains(&*audience) {
        return Err(invalid("Incorrect token audience"));
    }
    let mut context = ContextMap::default();
    context.set(&format!("{host}:aud"), audience.as_str());
    context.set(&format!("{host}:sub"), text("sub"));
    context.set("sts:rolesessionname", name);
    let about = (role_arn, "sts:AssumeRoleWithWebIdentity");
    if !access::allows_provider(&role.trust, &provider, about, &context) {
        return Err(denied());
    }
    let seconds = duration(call, &role)?;
    let mut caller = assumed(call, world, &role, name)?;
    if let Some(session) = caller.session.as_mut().map(Arc::make_mut) {
        session.provider = Some(provider.clone());
        session.tags = Tags::new();
    }
    let subject = text("sub").to_owned();
    let mut output = answer(call, world, caller, seconds);
    if let Some(output) = output.as_object_mut() {
        output.insert("SubjectFromWebIdentityToken", subject);
        output.insert("Provider", provider);
        output.insert("Audience", audience);
    }
    Ok(output)
}

fn claims(token: &str) -> Option<serde_json::Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}
