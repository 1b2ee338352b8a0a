//! Who may do what: IAM's decision on every call.
//!
//! ```text
//! caller ─► its policies, boundary, session, organization ─┐
//! call ─► actions, resources and their policies, context ──┴─► reeve_policy::decide ─► go on, or the service's refusal
//! ```
//!
//! Calls that services make for themselves are not asked about. The usual caller, who may do everything and whom nothing
//! limits, is let through before anything is looked up.

pub(crate) mod actions;
pub(crate) mod cache;
pub(crate) mod context;
mod names;
pub(crate) mod principal;
pub(crate) mod refusal;
pub(crate) mod resource_policies;
pub(crate) mod resources;
mod tag_policies;

use reeve_model::Value;
use reeve_policy::{Decision, Named, Request, ResourcePolicy, decide};

use crate::{
    call::Call,
    directory::{Identity, LastUse, UserKey},
    failure::Failure,
    kind::HOME_REGION,
    services::{
        iam::{
            kinds::{ACCESS_KEY, ROLE, USER},
            roles_seeded, user_seeded,
        },
        kms,
    },
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

use self::{context::CallContext, principal::Gathered, resources::Subject};

/// Refuses a call that its caller's policies do not allow.
pub(crate) fn authorize(world: &mut World, call: &Call) -> Result<(), Failure> {
    settle(world);
    if call.caller.identity == Identity::Service {
        return Ok(());
    }
    note(world, call);
    let needed = actions::needed(call);
    // Who may become a role is asked with its trust policy, by STS itself.
    if needed.is_free || call.service.model == "sts" && call.operation.starts_with("AssumeRole") {
        return Ok(());
    }
    let gathered = Gathered::of(world, call);
    if gathered.is_unlimited() && !resource_policies::may_decide(call) {
        return tag_policies::check(world, call);
    }
    for (action, subjects) in actions::asked(world, call, &needed) {
        for subject in subjects {
            check(world, call, &gathered, (&action, &subject))?;
        }
    }
    tag_policies::check(world, call)
}

fn check(
    world: &World,
    call: &Call,
    gathered: &Gathered,
    (action, subject): (&str, &Subject),
) -> Result<(), Failure> {
    let context = CallContext::new(world, call, subject);
    let policy = resource_policies::of(world, call, subject);
    let resource = policy.as_ref().map(|(policy, opens_alone)| ResourcePolicy {
        policy: Named { name: &subject.arn, policy },
        opens_alone: *opens_alone,
    });
    let request = Request {
        caller: gathered.caller(),
        action,
        resource: &subject.arn,
        resource_account: Some(&subject.account),
        context: &context,
    };
    gathered.decide(world, &request, resource, |decision| match decision {
        Decision::Allowed { .. } => Ok(()),
        // Grants allow where policies are silent, not where they deny.
        Decision::ImplicitDeny(_)
            if call.service.model == "kms"
                && kms::is_granted(world, call, gathered, &subject.arn) =>
        {
            Ok(())
        }
        denied => Err(refusal::of(call, &request, denied)),
    })
}

/// Makes resources of the roles and users that were added from outside, and members of the accounts.
pub(crate) fn settle(world: &mut World) {
    world.directory.admit_accounts();
    if !world.directory.has_new() {
        return;
    }
    let (roles, users) = world.directory.take_new();
    let Ok(region) = HOME_REGION.parse::<reeve_types::Region>() else { return };
    let now = crate::directory::organization::JOINED;
    for role in roles {
        let place = Place { account: role.account.clone(), region: region.clone(), kind: &ROLE };
        let resource = roles_seeded(&role, now);
        world.put(place, role.name, resource);
    }
    for UserKey { account, user, access_key_id, .. } in users {
        let place = Place { account: account.clone(), region: region.clone(), kind: &USER };
        if world.get(&place, &user).is_none() {
            let user_id = format!("AIDA{}", access_key_id.trim_start_matches("AKIA"));
            world.put(place, user.clone(), user_seeded(&user, &user_id, now));
        }
        let described = object! {"UserName": (user), "Status": "Active", "CreateDate": (now)};
        let key = Resource::new(facts(described), std::sync::Arc::default());
        world.put(Place { account, region: region.clone(), kind: &ACCESS_KEY }, access_key_id, key);
    }
}

/// Notes which service was used, for those who ask what permissions are needed.
fn note(world: &mut World, call: &Call) {
    let principal = match &call.caller.identity {
        Identity::Role(id) => format!("arn:aws:iam::{}:role/{id}", call.caller.account),
        _ => call.caller.arn.clone(),
    };
    let last = LastUse { at: call.now, region: call.region.to_string() };
    let service = call.service.iam_prefix;
    world.directory.note_use(&principal, &call.caller.access_key_id, service, &last);
}

/// Decides for STS: whether the caller may do something to a role, by the role's trust policy.
pub(crate) fn allows_on_role(
    world: &World,
    call: &Call,
    (role_arn, trust): (&str, &str),
    (action, extra): (&str, Value),
) -> bool {
    let Some(policy) = cache::compiled(reeve_policy::Form::Trust, trust) else { return false };
    let account = role_arn.split(':').nth(4).unwrap_or_default().to_owned();
    if account.parse().is_ok_and(|account| world.directory.is_closed(&account)) {
        return false;
    }
    let subject = Subject { arn: role_arn.to_owned(), account };
    let context = CallContext::new(world, call, &subject).with(extra);
    let gathered = Gathered::of(world, call);
    let resource = Some(ResourcePolicy {
        policy: Named { name: role_arn, policy: &policy },
        opens_alone: true,
    });
    let request = Request {
        caller: gathered.caller(),
        action,
        resource: role_arn,
        resource_account: Some(&subject.account),
        context: &context,
    };
    gathered
        .decide(world, &request, resource, |decision| matches!(decision, Decision::Allowed { .. }))
}

/// Decides for STS about somebody whom an identity provider vouches for.
pub(crate) fn allows_provider(
    trust: &str,
    provider: &str,
    (role_arn, action): (&str, &str),
    context: &dyn reeve_policy::Context,
) -> bool {
    let Some(policy) = cache::compiled(reeve_policy::Form::Trust, trust) else { return false };
    let policies = reeve_policy::Policies {
        resource: Some(ResourcePolicy {
            policy: Named { name: role_arn, policy: &policy },
            opens_alone: true,
        }),
        ..reeve_policy::Policies::default()
    };
    let caller = reeve_policy::Caller::Provider(provider);
    let request = Request { caller, action, resource: role_arn, resource_account: None, context };
    decide(&request, &policies).is_allowed()
}
