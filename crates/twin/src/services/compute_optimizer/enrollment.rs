//! Whether an account has asked to be advised.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::Value;

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Scope},
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

/// An account's enrollment.
pub(super) static ENROLLMENT: Definition = Definition {
    resource_type: "AWS::ComputeOptimizer::Enrollment",
    arn: "arn:{partition}:compute-optimizer::{account}:enrollment/{id}",
    scope: Scope::Global,
    ..Definition::OF
};

/// The task in which an enrollment is done.
pub(super) const DONE: &str = "compute-optimizer:enrolled";
const TAKES: SignedDuration = SignedDuration::from_mins(2);
const ID: &str = "account";

/// `GetEnrollmentStatus`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let enrollment = world.get(&call.place(&ENROLLMENT), ID);
    let mut shown = object! {"status": "Inactive", "memberAccountsEnrolled": false};
    for (member, value) in enrollment.into_iter().flat_map(|found| found.facts.iter()) {
        shown.insert(member, value.clone());
    }
    Ok(shown.into())
}

/// `UpdateEnrollmentStatus`.
pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let status = call.required("status")?;
    let members = call.flag("includeMemberAccounts");
    let status = match status {
        "Active" => "Pending",
        "Inactive" => "Inactive",
        other => return Err(call.invalid(format!("The status {other} cannot be asked for."))),
    };
    let place = call.place(&ENROLLMENT);
    let described = object! {
        "status": (status), "memberAccountsEnrolled": (members), "lastUpdatedTimestamp": (call.now),
    };
    world.put(place.clone(), ID, Resource::new(facts(described), Arc::default()));
    if status == "Pending" {
        world.schedule(call.now + TAKES, Task::new(DONE, &place, ID));
    }
    Ok(value!({"status": (status)}))
}

/// An enrollment is done.
pub(super) fn done(world: &mut World, task: &Task) {
    let pending =
        world.get(&task.place, ID).is_some_and(|found| found.fact("status") == Some("Pending"));
    if pending {
        let now = world.now();
        world.change(&task.place, ID, |facts| {
            facts.insert("status", "Active");
            facts.insert("lastUpdatedTimestamp", now);
        });
    }
}

/// The accounts whose resources a caller is advised on: its own, or those it names as the management account.
pub(super) fn accounts(call: &Call, world: &World) -> Result<Vec<String>, Failure> {
    let active = world
        .get(&call.place(&ENROLLMENT), ID)
        .is_some_and(|found| found.fact("status") == Some("Active"));
    if !active {
        let message = "Your account is not registered for Compute Optimizer.";
        return Err(Failure::new("OptInRequiredException", message).with_status(403));
    }
    let own = call.account().as_str();
    let named = call.texts("accountIds");
    let manages = world.directory.management.as_ref() == Some(call.account());
    if named.iter().any(|account| *account != own) && !manages {
        let message = "Only the management account can see other accounts' recommendations.";
        return Err(Failure::new("AccessDeniedException", message));
    }
    if named.is_empty() {
        return Ok(vec![own.to_owned()]);
    }
    Ok(named
        .into_iter()
        .map(Value::from)
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect())
}
