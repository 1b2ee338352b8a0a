//! The policies of keys. A key has exactly one, called `default`.

use reeve_model::Value;

use super::{check_not_pending, key, keys, page};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("GetKeyPolicy", Action::Own(get)),
        ("PutKeyPolicy", Action::Own(put)),
        ("ListKeyPolicies", Action::Own(list)),
    ],
    tasks: &[],
};

fn check_name(call: &Call) -> Result<(), Failure> {
    match call.text("PolicyName") {
        None | Some("default") => Ok(()),
        Some(_) => Err(Failure::new("NotFoundException", "No such policy exists")),
    }
}

fn get(call: &Call, world: &mut World) -> Answer {
    check_name(call)?;
    let key = key(call, world, "KeyId")?;
    let policy = key.resource(world)?.inside.text("Policy");
    Ok(value!({"Policy": (policy), "PolicyName": "default"}))
}

fn put(call: &Call, world: &mut World) -> Answer {
    check_name(call)?;
    let key = keys::own(call, world)?;
    check_not_pending(world, &key)?;
    let policy = call.required("Policy")?;
    keys::check_policy(policy)?;
    if !call.flag("BypassPolicyLockoutSafetyCheck") && !keeps_caller(call, &key.arn(), policy) {
        let message =
            "The new key policy will not allow you to update the key policy in the future.";
        return Err(Failure::new("MalformedPolicyDocumentException", message));
    }
    world.set_inside(&key.place, &key.id, "Policy", policy);
    Ok(Value::object())
}

/// Whether the caller could change the policy again under it, or leaves that to the account.
fn keeps_caller(call: &Call, arn: &str, policy: &str) -> bool {
    use reeve_policy::{
        Caller, ContextMap, Form, Named, Policies, Policy, Request, ResourcePolicy, decide,
    };
    let Ok(policy) = Policy::parse(Form::Resource, policy) else { return false };
    let allows = |caller: Caller<'_>| {
        let request = Request {
            caller,
            action: "kms:PutKeyPolicy",
            resource: arn,
            resource_account: Some(call.account().as_str()),
            context: &ContextMap::default(),
        };
        let resource =
            ResourcePolicy { policy: Named { name: arn, policy: &policy }, opens_alone: true };
        decide(&request, &Policies { resource: Some(resource), ..Policies::default() }).is_allowed()
    };
    let account = call.account().as_str();
    let role = match &call.caller.identity {
        crate::directory::Identity::Role(id) => format!("arn:aws:iam::{account}:role/{id}"),
        _ => String::new(),
    };
    let own = if role.is_empty() {
        Caller::User { account, arn: &call.caller.arn }
    } else {
        Caller::Session { account, role: &role, arn: &call.caller.arn }
    };
    allows(own) || allows(Caller::Root { account })
}

fn list(call: &Call, world: &mut World) -> Answer {
    key(call, world, "KeyId")?;
    page(call, "PolicyNames", vec![("default".to_owned(), "default".into())])
}
