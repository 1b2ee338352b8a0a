//! The targets of rules.

use reeve_model::{Object, Value};

use super::{RULE, rules::rule};
use crate::{
    bus::check_input,
    call::{Answer, Call},
    failure::Failure,
    services::sqs,
    value::object,
    world::World,
};

/// How many targets a rule may have.
const MOST: usize = 5;

fn id_of(target: &Value) -> &str {
    target.text("Id")
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let id = rule(call, world, "Rule")?;
    let given = call.list("Targets");
    for target in given {
        let arn = target.text("Arn");
        if arn.split(':').count() < 6 || !arn.starts_with("arn:") {
            let message = format!(
                "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
            );
            return Err(call.invalid(message));
        }
        check_input(target).map_err(|message| call.invalid(message))?;
        if arn.contains(":sqs:") && sqs::is_ordered(arn) && target.get("SqsParameters").is_none() {
            let message = format!(
                "Parameter(s) SqsParameters must be specified for target: {}.",
                id_of(target)
            );
            return Err(call.invalid(message));
        }
        if target.get("RoleArn").is_none()
            && (arn.contains(":ecs:") || (arn.contains(":ssm:") && arn.contains(":document/")))
        {
            let message = format!("RoleArn is required for target {arn}.");
            return Err(call.invalid(message));
        }
    }
    let place = call.place(&RULE);
    let known = call.find(world, &RULE, &id)?;
    let mut targets = known.inside.list("Targets").to_vec();
    for target in given {
        match targets.iter_mut().find(|known| id_of(known) == id_of(target)) {
            Some(known) => *known = target.clone(),
            None => targets.push(target.clone()),
        }
    }
    if targets.len() > MOST {
        let message = "The requested resource exceeds the maximum number allowed.";
        return Err(Failure::new("LimitExceededException", message));
    }
    world.set_inside(&place, &id, "Targets", targets);
    Ok(outcome(Vec::new()))
}

fn outcome(failed: Vec<Value>) -> Value {
    let count = i64::try_from(failed.len()).unwrap_or(0);
    object!("FailedEntryCount": (count), "FailedEntries": (failed)).into()
}

pub(super) fn remove(call: &Call, world: &mut World) -> Answer {
    let id = rule(call, world, "Rule")?;
    let wanted = call.texts("Ids");
    let known = call.find(world, &RULE, &id)?;
    let mut targets = known.inside.list("Targets").to_vec();
    let failed = wanted
        .iter()
        .filter(|wanted| !targets.iter().any(|target| id_of(target) == **wanted))
        .map(|wanted| {
            object!(
                "TargetId": (*wanted),
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": (format!("Rule {} does not have target {wanted}.", call.text("Rule").unwrap_or_default())),
            )
            .into()
        })
        .collect();
    targets.retain(|target| !wanted.contains(&id_of(target)));
    world.set_inside(&call.place(&RULE), &id, "Targets", targets);
    Ok(outcome(failed))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let id = rule(call, world, "Rule")?;
    let found = call.find(world, &RULE, &id)?;
    // A rule has at most five, which is one page.
    let targets = found.inside.get("Targets").cloned().unwrap_or(Value::List(Vec::new()));
    Ok(Object::from_iter([("Targets", targets)]).into())
}
