//! Publishing what happened: kept for those who ask, and told to EventBridge.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};
use serde_json::json;

use super::EVENT;
use crate::{
    digest::hex_digest,
    event::Event,
    metrics::Site,
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

/// The task in which an event is over.
pub(super) const CLOSED: &str = "health:closed";
/// The inner fact with the entities that an event affects.
pub(super) const ENTITIES: &str = "Entities";
/// The inner fact with the text of an event.
pub(super) const DESCRIPTION: &str = "Description";

/// Something that AWS tells an account.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) site: Site,
    /// Such as `EC2`.
    pub(crate) service: String,
    /// Such as `AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED`.
    pub(crate) code: String,
    /// `issue`, `accountNotification`, `scheduledChange` or `investigation`.
    pub(crate) category: String,
    pub(crate) description: String,
    /// What it affects; a public event if nothing.
    pub(crate) affected: Vec<Affected>,
    pub(crate) start: Timestamp,
    /// None if nobody knows yet.
    pub(crate) end: Option<Timestamp>,
}

/// An affected resource.
#[derive(Debug, Clone)]
pub(crate) struct Affected {
    /// Its id or ARN.
    pub(crate) value: String,
    /// `IMPAIRED`, `UNIMPAIRED`, `UNKNOWN`, `PENDING` or `RESOLVED`.
    pub(crate) status: String,
}

/// Publishes a notice, and returns the ARN of its event.
pub(crate) fn publish(world: &mut World, notice: &Notice) -> String {
    let place = Place {
        account: notice.site.account.clone(),
        region: notice.site.region.clone(),
        kind: &EVENT,
    };
    let (service, code) = (&notice.service, &notice.code);
    // The same notice to several accounts is one event.
    let unique = hex_digest(&format!("{}/{code}/{}", place.region, notice.start), 20);
    let id = format!("{service}/{code}/{code}_{unique}");
    let arn = place.arn_of(&EVENT, &id);
    let scope = if notice.affected.is_empty() { "PUBLIC" } else { "ACCOUNT_SPECIFIC" };
    let actionability = match notice.category.as_str() {
        "scheduledChange" => "ACTION_REQUIRED",
        "accountNotification" => "ACTION_MAY_BE_REQUIRED",
        _ => "INFORMATIONAL",
    };
    let now = world.now();
    let mut described = object! {
        "service": (service), "eventTypeCode": (code), "eventTypeCategory": (&notice.category),
        "region": (place.region.as_str()), "startTime": (notice.start), "lastUpdatedTime": (now),
        "eventScopeCode": (scope), "actionability": (actionability), "personas": ["OPERATIONS"],
    };
    if let Some(end) = notice.end {
        described.insert("endTime", end);
    }
    let entities: Value =
        notice.affected.iter().map(|one| entity(&place, &arn, one, now)).collect();
    let inside = object! {"Entities": (entities), "Description": (&notice.description)};
    let resource = Resource::new(facts(described), Arc::default()).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    tell(world, &place, &id);
    if let Some(end) = notice.end.filter(|end| *end > now) {
        world.schedule(end, Task::new(CLOSED, &place, &id));
    }
    arn
}

fn entity(place: &Place, event: &str, affected: &Affected, now: Timestamp) -> Value {
    let unique = hex_digest(&format!("{event}/{}/{}", place.account, affected.value), 32);
    let arn = format!("arn:aws:health:{}:{}:entity/{unique}", place.region, place.account);
    value!({
        "entityArn": (arn), "eventArn": (event), "entityValue": (&affected.value),
        "awsAccountId": (place.account.as_str()), "lastUpdatedTime": (now), "statusCode": (&affected.status),
    })
}

/// What an event's status is at a time.
pub(super) fn status(event: &Object, now: Timestamp) -> &'static str {
    let time = |member: &str| event.get(member).and_then(Value::as_timestamp);
    if time("endTime").is_some_and(|end| end <= now) {
        "closed"
    } else if time("startTime").is_some_and(|start| start > now) {
        "upcoming"
    } else {
        "open"
    }
}

/// An event is over: EventBridge is told again.
pub(super) fn closed(world: &mut World, task: &Task) {
    let Some(event) = world.get(&task.place, &task.id) else { return };
    if event.value("endTime").and_then(Value::as_timestamp) != Some(task.due) {
        return;
    }
    let now = world.now();
    world.set(&task.place, &task.id, "lastUpdatedTime", now);
    tell(world, &task.place, &task.id);
}

fn tell(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    let Some(event) = world.get(place, id) else { return };
    let text = |member: &str| event.fact(member).unwrap_or_default();
    let stamp = |time: Timestamp| {
        time.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let time = |member: &str| event.value(member).and_then(Value::as_timestamp).map(stamp);
    let entities = event.inside.list(ENTITIES);
    let part = |entity: &Value, member: &str| entity.text(member).to_owned();
    let affected: Vec<serde_json::Value> = entities
        .iter()
        .map(|entity| {
            json!({
                "entityValue": part(entity, "entityValue"),
                "status": part(entity, "statusCode"),
                "lastUpdatedTime": stamp(now),
            })
        })
        .collect();
    let arn = place.arn_of(&EVENT, id);
    let description = event.inside.text(DESCRIPTION);
    let mut detail = json!({
        "eventArn": arn,
        "service": text("service"),
        "eventTypeCode": text("eventTypeCode"),
        "eventTypeCategory": text("eventTypeCategory"),
        "eventScopeCode": text("eventScopeCode"),
        "communicationId": format!("{}-{}", hex_digest(&arn, 40), now.as_second()),
        "startTime": time("startTime"),
        "lastUpdatedTime": stamp(now),
        "statusCode": status(&event.facts, now),
        "eventRegion": place.region.as_str(),
        "eventDescription": [{"language": "en_US", "latestDescription": description}],
        "affectedEntities": affected,
        "affectedAccount": place.account.as_str(),
        "page": "1",
        "totalPages": "1",
    });
    if let (Some(end), Some(members)) = (time("endTime"), detail.as_object_mut()) {
        members.insert("endTime".to_owned(), json!(end));
    }
    let mut told = Event::new("aws.health", "AWS Health Event", place);
    for entity in entities {
        told = told.about(part(entity, "entityValue"));
    }
    world.emit(told.with(Value::from_json(&detail)));
}
