//! What the management account sees of everybody's events, once it has enabled that.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{
    events::{detailed, page},
    filter::{Found, all, holds},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Scope},
    store::Resource,
    value::value,
    world::World,
};

/// That an organization's management account may see everybody's events.
pub(super) static ACCESS: Definition = Definition {
    resource_type: "AWS::Health::OrganizationalView",
    arn: "arn:{partition}:health::{account}:organizational-view/{id}",
    scope: Scope::Global,
    ..Definition::OF
};

const ID: &str = "view";

fn check_management(call: &Call, world: &World) -> Result<(), Failure> {
    if world.directory.management.as_ref() == Some(call.account()) {
        return Ok(());
    }
    let message = "Only the management account of an organization can do this.";
    Err(Failure::new("AccessDeniedException", message))
}

fn check(call: &Call, world: &World) -> Result<(), Failure> {
    check_management(call, world)?;
    if world.get(&call.place(&ACCESS), ID).is_some() {
        return Ok(());
    }
    let message =
        "Organizational view is not enabled. Call EnableHealthServiceAccessForOrganization first.";
    Err(call.invalid(message))
}

/// `EnableHealthServiceAccessForOrganization`.
pub(super) fn enable(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    world.put(call.place(&ACCESS), ID, Resource::default());
    Ok(Value::object())
}

/// `DisableHealthServiceAccessForOrganization`.
pub(super) fn disable(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    world.remove(&call.place(&ACCESS), ID);
    Ok(Value::object())
}

/// `DescribeHealthServiceStatusForOrganization`.
pub(super) fn status(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    let enabled = world.get(&call.place(&ACCESS), ID).is_some();
    let status = if enabled { "ENABLED" } else { "DISABLED" };
    Ok(value!({"healthServiceAccessStatusForOrganization": (status)}))
}

/// `DescribeEventsForOrganization`: an event of several accounts is shown once.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let mut seen = BTreeSet::new();
    let mut events = all(world);
    events
        .retain(|found| holds(call.object("filter"), found, call.now) && seen.insert(found.arn()));
    let shown = events.iter().map(|found| found.shown(call.now).into()).collect();
    page(call, "events", shown, Object::new())
}

/// `DescribeAffectedAccountsForOrganization`.
pub(super) fn accounts(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let arn = call.required("eventArn")?;
    let mut events = all(world);
    events.retain(|found| found.arn() == arn);
    let scope = events.first().and_then(|found| found.event.fact("eventScopeCode"));
    let scope = scope.unwrap_or("NONE").to_owned();
    let accounts: BTreeSet<&str> =
        events.iter().map(|found| found.place.account.as_str()).collect();
    let accounts = accounts.into_iter().map(Value::from).collect();
    page(
        call,
        "affectedAccounts",
        accounts,
        Object::from_iter([("eventScopeCode", Value::from(scope))]),
    )
}

/// `DescribeEventDetailsForOrganization`.
pub(super) fn details(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let events = all(world);
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for filter in call.list("organizationEventDetailFilters") {
        match wanted(&events, filter).next() {
            Some(found) => {
                let mut shown = detailed(call, found);
                if let Some(shown) = shown.as_object_mut() {
                    shown.insert("awsAccountId", found.place.account.as_str());
                }
                successful.push(shown);
            }
            None => failed.push(value!({
                "eventArn": (filter.get("eventArn").cloned().unwrap_or_default()),
                "errorName": "InvalidArn",
                "errorMessage": "The event does not exist.",
            })),
        }
    }
    let output = Value::from_iter([
        ("successfulSet", Value::List(successful)),
        ("failedSet", Value::List(failed)),
    ]);
    Ok(call.fit(output))
}

fn wanted<'f, 'w>(
    events: &'f [Found<'w>],
    filter: &'f Value,
) -> impl Iterator<Item = &'f Found<'w>> {
    let text = |member: &str| filter.get(member).and_then(Value::as_str);
    let (arn, account) = (text("eventArn").unwrap_or_default(), text("awsAccountId"));
    events.iter().filter(move |found| {
        found.arn() == arn && account.is_none_or(|account| account == found.place.account.as_str())
    })
}

/// `DescribeAffectedEntitiesForOrganization`.
pub(super) fn entities(call: &Call, world: &mut World) -> Answer {
    check(call, world)?;
    let events = all(world);
    let filters: Vec<&Value> = call
        .list("organizationEntityFilters")
        .iter()
        .chain(call.list("organizationEntityAccountFilters"))
        .collect();
    let entities = filters
        .iter()
        .flat_map(|filter| wanted(&events, filter))
        .flat_map(Found::entities)
        .cloned()
        .collect();
    page(call, "entities", entities, Object::new())
}
