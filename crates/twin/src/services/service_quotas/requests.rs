//! Requests for more: small ones are approved by themselves, large ones open a case first.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::Value;

use super::quotas::{APPLIED, applied, arn, named, page, place, service_name};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing},
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

/// A request for more of a quota.
pub(super) static REQUEST: Definition = Definition {
    resource_type: "AWS::ServiceQuotas::QuotaRequest",
    arn: "arn:{partition}:servicequotas:{region}:{account}:request/{id}",
    identity: &[("Id", Identity::Id)],
    missing: Missing::new(
        "NoSuchResourceException",
        "The request failed because the specified request does not exist.",
    ),
    ..Definition::OF
};

/// The task in which a request is decided.
pub(super) const DECIDED: &str = "service-quotas:decided";
/// How long a request takes, in minutes.
const TAKES: (i64, i64) = (6, 45);
/// Requests for so many times what there is are looked at by people.
const LARGE: f64 = 2.0;
const OPEN: [&str; 2] = ["PENDING", "CASE_OPENED"];

/// `RequestServiceQuotaIncrease`.
pub(super) fn request(call: &Call, world: &mut World) -> Answer {
    let quota = named(call)?;
    let wanted = call.input.get("DesiredValue").and_then(Value::as_f64).unwrap_or(0.0);
    if !quota.adjustable {
        return Err(call.invalid("The quota is not adjustable."));
    }
    let present = applied(call, world, quota);
    if wanted <= present {
        let message = format!(
            "You must provide a quota value greater than the current quota value of {present}."
        );
        return Err(call.invalid(message));
    }
    let home = call.place(&REQUEST);
    let is_open = |request: &Resource| {
        request.fact("QuotaCode") == Some(quota.code)
            && request.fact("ServiceCode") == Some(quota.service)
            && request.fact("Status").is_some_and(|status| OPEN.contains(&status))
    };
    if world.shelf(&home).values().any(is_open) {
        let message = "Only one open service quota increase request is allowed per quota.";
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let id = format!("{}{}", world.random_hex(32), world.random_letters(8));
    let described = object! {
        "ServiceCode": (quota.service),
        "ServiceName": (service_name(quota.service)),
        "QuotaCode": (quota.code),
        "QuotaName": (quota.name),
        "DesiredValue": (wanted),
        "Status": "PENDING",
        "Created": (call.now),
        "LastUpdated": (call.now),
        "Requester": (format!("{{\"accountId\":\"{}\",\"callerArn\":\"{}\"}}", call.account(), call.caller.arn)),
        "QuotaArn": (arn(call, quota)),
        "GlobalQuota": (quota.global),
        "Unit": "None",
        "QuotaRequestedAtLevel": "ACCOUNT",
    };
    let place = place(call, quota);
    world.put(home.clone(), id.clone(), Resource::new(facts(described.clone()), Arc::default()));
    let minutes = world.random_between(TAKES.0, TAKES.1);
    let large = wanted > present.max(1.0) * LARGE;
    let due = call.now + SignedDuration::from_mins(if large { minutes / 3 + 1 } else { minutes });
    let detail = value!({"Large": (large), "Region": (place.region.as_str())});
    world.schedule(due, Task::new(DECIDED, &home, &id).with(detail));
    let mut shown = described;
    shown.insert("Id", id);
    Ok(call.fit(Value::from_iter([("RequestedQuota", shown)])))
}

/// A request is approved, or refused, or a case is opened for it.
pub(super) fn decide(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(request) = world.get(place, id) else { return };
    if !request.fact("Status").is_some_and(|status| OPEN.contains(&status)) {
        return;
    }
    let text = |member: &str| request.fact(member).unwrap_or_default().to_owned();
    let applied = format!("{}/{}", text("ServiceCode"), text("QuotaCode"));
    let wanted = request.value("DesiredValue").and_then(Value::as_f64).unwrap_or(0.0);
    let opened = request.facts.contains("CaseId");
    let now = world.now();
    let large = task.detail.flag("Large");
    if large && !opened {
        let case = format!("{}", world.random_between(1_000_000_000, 9_999_999_999));
        world.change(place, id, |facts| {
            facts.insert("Status", "CASE_OPENED");
            facts.insert("CaseId", case);
            facts.insert("LastUpdated", now);
        });
        let hours = world.random_between(3, 30);
        let due = now + SignedDuration::from_hours(hours);
        world.schedule(due, Task::new(DECIDED, place, id).with(task.detail.clone()));
        return;
    }
    let status = match world.fate(place, id, "QuotaRequest") {
        Fate::Succeeds => "APPROVED",
        Fate::Fails(_) => "DENIED",
        Fate::Never => return,
    };
    world.change(place, id, |facts| {
        facts.insert("Status", status);
        facts.insert("LastUpdated", now);
    });
    if status == "APPROVED" {
        let region = task.detail.get("Region").and_then(Value::as_str);
        let mut home = place.clone();
        home.kind = &APPLIED;
        if let Some(Ok(region)) = region.map(str::parse) {
            home.region = region;
        }
        let described = object! {"Value": (wanted)};
        world.put(home, applied, Resource::new(facts(described), Arc::default()));
    }
}

/// `GetRequestedServiceQuotaChange`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RequestId")?;
    let request = call.find(world, &REQUEST, id)?;
    let mut shown = (*request.facts).clone();
    shown.insert("Id", id);
    Ok(call.fit(Value::from_iter([("RequestedQuota", shown)])))
}

/// `ListRequestedServiceQuotaChangeHistory` and the same by quota, the latest first.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let is = |request: &Resource, member: &str| {
        call.text(member).is_none_or(|wanted| request.fact(member) == Some(wanted))
    };
    let wanted = |request: &Resource| {
        ["ServiceCode", "QuotaCode", "Status"].iter().all(|member| is(request, member))
    };
    let shelf = world.shelf(&call.place(&REQUEST)).iter();
    let mut found: Vec<(&String, &Resource)> =
        shelf.filter(|(_, request)| wanted(request)).collect();
    let created = |request: &Resource| request.value("Created").and_then(Value::as_timestamp);
    found.sort_by_key(|(_, request)| std::cmp::Reverse(created(request)));
    let shown = found.into_iter().map(|(id, request)| {
        let mut shown = (*request.facts).clone();
        shown.insert("Id", id);
        shown.into()
    });
    page(call, "RequestedQuotas", shown.collect())
}
