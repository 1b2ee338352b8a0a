//! Who may invoke a function: its own policy, one for each qualifier.

use reeve_model::Value;

use super::{FUNCTION, Named, conflict, empty, existing, read};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::Place,
    value::object,
    world::World,
};

/// Where the policy for a qualifier is kept.
fn member(named: &Named) -> String {
    match &named.qualifier {
        Some(qualifier) => format!("Policy:{qualifier}"),
        None => "Policy".to_owned(),
    }
}

/// The policy of the function with this ARN, if it has one.
pub(crate) fn policy_of(world: &World, arn: &str) -> Option<String> {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next()?.parse().ok()?;
    let account = parts.next()?.parse().ok()?;
    let named = read(&Place { account, region, kind: &FUNCTION }, arn);
    let function = world.get(&named.place, &named.name)?;
    function.inside.get(&member(&named))?.as_str().map(str::to_owned)
}

fn policy(world: &World, named: &Named) -> Option<serde_json::Value> {
    let text = named.function(world).ok()?.inside.get(&member(named))?.as_str()?.to_owned();
    serde_json::from_str(&text).ok()
}

pub(super) fn add(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let sid = call.required("StatementId")?;
    for unsupported in ["FunctionUrlAuthType", "InvokedViaFunctionUrl", "EventSourceToken"] {
        if call.input.get(unsupported).is_some() {
            let message = format!("the twin does not support {unsupported}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    }
    let usual = serde_json::json!({"Version": "2012-10-17", "Id": "default", "Statement": []});
    let mut policy = policy(world, &named).unwrap_or(usual);
    let principal = call.required("Principal")?;
    let principal = match principal {
        "*" => serde_json::json!("*"),
        service if service.ends_with(".amazonaws.com") => serde_json::json!({"Service": service}),
        account if account.len() == 12 => {
            serde_json::json!({"AWS": format!("arn:aws:iam::{account}:root")})
        }
        other => serde_json::json!({"AWS": other}),
    };
    let mut conditions = serde_json::Map::new();
    if let Some(account) = call.text("SourceAccount") {
        conditions
            .insert("StringEquals".to_owned(), serde_json::json!({"AWS:SourceAccount": account}));
    }
    if let Some(arn) = call.text("SourceArn") {
        conditions.insert("ArnLike".to_owned(), serde_json::json!({"AWS:SourceArn": arn}));
    }
    if let Some(organization) = call.text("PrincipalOrgID") {
        let condition = serde_json::json!({"aws:PrincipalOrgID": organization});
        conditions.insert("StringLike".to_owned(), condition);
    }
    let mut statement = serde_json::json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": call.required("Action")?,
        "Resource": named.arn(),
    });
    if let (Some(members), false) = (statement.as_object_mut(), conditions.is_empty()) {
        members.insert("Condition".to_owned(), conditions.into());
    }
    if let Some(statements) = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut)
    {
        if statements.iter().any(|known| known.get("Sid").is_some_and(|known| known == sid)) {
            return Err(conflict(format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
            )));
        }
        statements.push(statement.clone());
    }
    keep(world, &named, Some(policy.to_string()));
    Ok(Value::from_iter([("Statement", statement.to_string())]))
}

fn keep(world: &mut World, named: &Named, policy: Option<String>) {
    world.change_inside(&named.place, &named.name, |inside| {
        match policy {
            Some(policy) => inside.insert(member(named), policy),
            None => inside.remove(&member(named)),
        };
    });
}

fn missing() -> Failure {
    let message = "The resource you requested does not exist.";
    Failure::new("ResourceNotFoundException", message).with_status(404)
}

pub(super) fn remove(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let sid = call.required("StatementId")?;
    let mut policy = policy(world, &named).ok_or_else(missing)?;
    let statements = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut);
    let statements = statements.ok_or_else(missing)?;
    let before = statements.len();
    statements.retain(|known| known.get("Sid").is_none_or(|known| known != sid));
    if statements.len() == before {
        let message = format!("Statement {sid} is not found in resource policy.");
        return Err(Failure::new("ResourceNotFoundException", message).with_status(404));
    }
    let left = (!statements.is_empty()).then(|| policy.to_string());
    keep(world, &named, left);
    Ok(empty())
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let named = existing(call, world)?;
    let policy = policy(world, &named).ok_or_else(missing)?;
    let revision = named.function(world)?.fact("RevisionId").unwrap_or_default();
    Ok(object!("Policy": (policy.to_string()), "RevisionId": (revision)).into())
}
