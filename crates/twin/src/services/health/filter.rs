//! Which events a caller wants to see.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::publish::{ENTITIES, status};
use crate::{
    kind::describe,
    store::{Place, Resource},
    world::World,
};

/// An event of an account.
pub(super) struct Found<'w> {
    pub(super) place: &'w Place,
    pub(super) id: &'w str,
    pub(super) event: &'w Resource,
}

impl Found<'_> {
    /// The event as it is shown.
    pub(super) fn shown(&self, now: Timestamp) -> Object {
        let site = (&self.place.account, &self.place.region);
        let mut shown = describe(self.place.kind, site, self.id, self.event);
        shown.insert("statusCode", status(&self.event.facts, now));
        shown
    }

    /// Its ARN.
    pub(super) fn arn(&self) -> String {
        self.place.arn_of(self.place.kind, self.id)
    }

    /// What it affects.
    pub(super) fn entities(&self) -> &[Value] {
        self.event.inside.get(ENTITIES).map_or(&[], Value::as_list)
    }
}

/// Every event, the last updated first.
pub(super) fn all(world: &World) -> Vec<Found<'_>> {
    let every = world.every(&super::EVENT);
    let mut found: Vec<Found<'_>> =
        every.map(|(place, id, event)| Found { place, id, event }).collect();
    let updated =
        |found: &Found<'_>| found.event.value("lastUpdatedTime").and_then(Value::as_timestamp);
    found.sort_by(|one, other| updated(other).cmp(&updated(one)).then(one.id.cmp(other.id)));
    found
}

/// Whether a filter lets an event through.
pub(super) fn holds(filter: Option<&Object>, found: &Found<'_>, now: Timestamp) -> bool {
    let Some(filter) = filter else { return true };
    let any = |member: &str, value: &str| {
        let wanted = filter.list(member);
        wanted.is_empty() || wanted.iter().any(|one| one.as_str() == Some(value))
    };
    let fact = |member: &str| found.event.fact(member).unwrap_or_default();
    let times = |lists: &str, single: &str, member: &str| {
        let ranges = filter.list(lists);
        let all: Vec<&Value> = ranges.iter().chain(filter.get(single)).collect();
        let time = found.event.value(member).and_then(Value::as_timestamp);
        all.is_empty() || all.iter().any(|range| within(range, time))
    };
    let entities = |member: &str, part: &str| {
        let wanted = filter.list(member);
        wanted.is_empty()
            || found.entities().iter().any(|entity| {
                let value = entity.get(part).and_then(Value::as_str);
                wanted.iter().any(|one| one.as_str() == value)
            })
    };
    any("eventArns", &found.arn())
        && any("eventTypeCodes", fact("eventTypeCode"))
        && any("services", fact("service"))
        && any("regions", found.place.region.as_str())
        && any("eventTypeCategories", fact("eventTypeCategory"))
        && any("eventStatusCodes", status(&found.event.facts, now))
        && any("actionabilities", fact("actionability"))
        && any("personas", "OPERATIONS")
        && any("awsAccountIds", found.place.account.as_str())
        && times("startTimes", "startTime", "startTime")
        && times("endTimes", "endTime", "endTime")
        && times("lastUpdatedTimes", "lastUpdatedTime", "lastUpdatedTime")
        && entities("entityArns", "entityArn")
        && entities("entityValues", "entityValue")
        && filter.get("availabilityZones").is_none_or(|zones| zones.as_list().is_empty())
        && filter.get("tags").is_none_or(|tags| tags.as_list().is_empty())
}

fn within(range: &Value, time: Option<Timestamp>) -> bool {
    let end = |member: &str| range.get(member).and_then(Value::as_timestamp);
    time.is_some_and(|time| {
        end("from").is_none_or(|from| time >= from) && end("to").is_none_or(|to| time <= to)
    })
}
