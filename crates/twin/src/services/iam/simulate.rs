//! What would be decided: the policy simulator, by the same decisions that are made on calls.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_policy::{
    Caller, ContextMap, Decision, Family, Form, Named, Policy, Request, ResourcePolicy,
};

use super::{
    common::{missing, page_with},
    kinds::{GROUP, ROLE, USER},
};
use crate::{
    access::principal::{Gathered, Kept},
    call::{Answer, Call},
    failure::Failure,
    kind::parse_arn,
    services::{Action, Part},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("SimulateCustomPolicy", Action::Own(custom)),
        ("SimulatePrincipalPolicy", Action::Own(of_principal)),
        ("GetContextKeysForCustomPolicy", Action::Own(keys_of_custom)),
        ("GetContextKeysForPrincipalPolicy", Action::Own(keys_of_principal)),
    ],
    tasks: &[],
};

fn given(call: &Call, member: &str) -> Result<Vec<Kept>, Failure> {
    let parse = |(place, text): (usize, &str)| {
        let policy = Policy::parse(Form::Identity, text).map_err(|problem| {
            Failure::new(
                "InvalidInput",
                format!("Invalid Input Policy {}: {}", place + 1, problem.message),
            )
        })?;
        Ok((format!("{member}.{}", place + 1), Arc::new(policy)))
    };
    call.texts(member).into_iter().enumerate().map(parse).collect()
}

fn custom(call: &Call, world: &mut World) -> Answer {
    let mut gathered = Gathered::default();
    gathered.identity = given(call, "PolicyInputList")?;
    gathered.boundary = given(call, "PermissionsBoundaryPolicyInputList")?.into_iter().next();
    simulate(call, world, &gathered)
}

fn principal(call: &Call, world: &World) -> Result<Gathered, Failure> {
    let arn = call.required("PolicySourceArn")?;
    let found = parse_arn(arn).filter(|(kind, parsed)| {
        [&USER, &GROUP, &ROLE].contains(kind) && world.get(&call.place(kind), parsed.id).is_some()
    });
    let (kind, parsed) = found.ok_or_else(|| {
        missing(format!(
            "The principal {arn} does not exist or is not one that policies can be simulated for."
        ))
    })?;
    Ok(Gathered::of_principal(world, call.account(), (kind, parsed.id)))
}

fn of_principal(call: &Call, world: &mut World) -> Answer {
    let mut gathered = principal(call, world)?;
    gathered.identity.extend(given(call, "PolicyInputList")?);
    if let Some(boundary) = given(call, "PermissionsBoundaryPolicyInputList")?.into_iter().next() {
        gathered.boundary = Some(boundary);
    }
    gathered.limit_by_organization(world, call.account());
    simulate(call, world, &gathered)
}

fn context(call: &Call) -> ContextMap {
    let mut context = ContextMap::default();
    for entry in call.list("ContextEntries") {
        let Some(name) = entry.get("ContextKeyName").and_then(Value::as_str) else { continue };
        let values = entry.list("ContextKeyValues").iter();
        let values: Vec<String> = values.filter_map(Value::as_str).map(str::to_owned).collect();
        let kind = entry.get("ContextKeyType").and_then(Value::as_str).unwrap_or("string");
        match values.as_slice() {
            [one] if !kind.ends_with("List") => context.set(name, one.as_str()),
            _ => context.set_all(name, values),
        }
    }
    context
}

fn simulate(call: &Call, world: &World, gathered: &Gathered) -> Answer {
    let context = context(call);
    let resource_policy = match call.text("ResourcePolicy") {
        Some(text) => Some(Policy::parse(Form::Resource, text).map_err(|problem| {
            Failure::new("InvalidInput", format!("Invalid Resource Policy: {}", problem.message))
        })?),
        None => None,
    };
    let owner = call.text("ResourceOwner").and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
    let own = call.account().to_string();
    let arn = call.text("CallerArn").map_or_else(|| gathered.caller().name(), str::to_owned);
    let caller = match gathered.caller() {
        Caller::User { .. } => Caller::User { account: &own, arn: &arn },
        other => other,
    };
    let mut resources = call.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let mut results = Vec::new();
    for action in call.texts("ActionNames") {
        if !action.contains(':') {
            let message = format!(
                "Invalid Entity Name {action}: Action names must be of the form service:action"
            );
            return Err(Failure::new("InvalidInput", message));
        }
        for resource in &resources {
            let request = Request {
                caller,
                action,
                resource,
                resource_account: Some(owner.as_deref().unwrap_or(&own)),
                context: &context,
            };
            let policy = resource_policy.as_ref().map(|policy| ResourcePolicy {
                policy: Named { name: "ResourcePolicy", policy },
                opens_alone: false,
            });
            let result = gathered.decide(world, &request, policy, |decision| {
                result(gathered, &request, decision, &context)
            });
            results.push((format!("{:06}", results.len()), result));
        }
    }
    page_with(call, "EvaluationResults", results, Object::new())
}

fn result(
    gathered: &Gathered,
    request: &Request<'_>,
    decision: &Decision<'_>,
    context: &ContextMap,
) -> Value {
    use reeve_policy::Context;
    let (word, matched) = match decision {
        Decision::Allowed { by: Some((name, statement)) } => ("allowed", Some((*name, *statement))),
        Decision::Allowed { by: None } => ("allowed", None),
        Decision::ExplicitDeny { policy, statement, .. } => {
            ("explicitDeny", Some((*policy, *statement)))
        }
        Decision::ImplicitDeny(_) => ("implicitDeny", None),
    };
    let matched = matched.map(|(name, statement)| {
        let (line, column) = statement.place();
        let number = |place: usize| i64::try_from(place).unwrap_or(0);
        value!({
            "SourcePolicyId": (name),
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": (number(line)), "Column": (number(column))},
            "EndPosition": {"Line": (number(line)), "Column": (number(column))},
        })
    });
    let policies = gathered.identity.iter().map(|(_, policy)| policy);
    let mut absent: Vec<&str> = policies
        .flat_map(|policy| policy.condition_keys())
        .filter(|key| context.value(&key.to_ascii_lowercase()).is_none())
        .collect();
    absent.sort_unstable();
    absent.dedup();
    let mut shown = object! {
        "EvalActionName": (request.action),
        "EvalResourceName": (request.resource),
        "EvalDecision": (word),
        "MatchedStatements": (matched.into_iter().collect::<Value>()),
        "MissingContextValues": (absent.into_iter().map(Value::from).collect::<Value>()),
    };
    let lacks = |wanted: Family| match decision {
        Decision::ImplicitDeny(lacking) => lacking.family == wanted,
        Decision::ExplicitDeny { family, .. } => *family == wanted,
        Decision::Allowed { .. } => false,
    };
    if gathered.boundary.is_some() {
        let allowed = !lacks(Family::Boundary);
        shown.insert(
            "PermissionsBoundaryDecisionDetail",
            value!({"AllowedByPermissionsBoundary": (allowed)}),
        );
    }
    if !gathered.service_control.is_empty() {
        let allowed = !lacks(Family::ServiceControl);
        shown.insert("OrganizationsDecisionDetail", value!({"AllowedByOrganizations": (allowed)}));
    }
    shown.into()
}

fn keys(policies: &[Kept]) -> Value {
    let mut keys: Vec<&str> =
        policies.iter().flat_map(|(_, policy)| policy.condition_keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    value!({"ContextKeyNames": (keys.into_iter().map(Value::from).collect::<Value>())})
}

fn keys_of_custom(call: &Call, _world: &mut World) -> Answer {
    Ok(keys(&given(call, "PolicyInputList")?))
}

fn keys_of_principal(call: &Call, world: &mut World) -> Answer {
    let mut gathered = principal(call, world)?;
    gathered.identity.extend(given(call, "PolicyInputList")?);
    Ok(keys(&gathered.identity))
}
