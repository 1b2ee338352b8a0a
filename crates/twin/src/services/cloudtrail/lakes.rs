//! Event data stores, as far as they can be described: the twin runs no queries on them.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::Value;

use super::{EVENT_DATA_STORE, PAGES, empty};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_list,
    page::{all, plain},
    store::{Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

/// How long a deleted store could still be had back.
const GRACE: SignedDuration = SignedDuration::from_hours(24 * 7);

const KEPT: [&str; 8] = [
    "Name",
    "AdvancedEventSelectors",
    "MultiRegionEnabled",
    "OrganizationEnabled",
    "RetentionPeriod",
    "TerminationProtectionEnabled",
    "KmsKeyId",
    "BillingMode",
];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&EVENT_DATA_STORE);
    let name = call.required("Name")?;
    if world.shelf(&place).values().any(|store| store.fact("Name") == Some(name)) {
        let message = format!("An event data store named {name} already exists.");
        return Err(Failure::new("EventDataStoreAlreadyExistsException", message));
    }
    let tags = tagging::checked(call, tagging::listed(call, "TagsList"))?;
    let running = call.input.get("StartIngestion").and_then(Value::as_bool).unwrap_or(true);
    let selector = value!({
        "Name": "Default management events",
        "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
    });
    let mut said = object!(
        "Status": (if running { "ENABLED" } else { "STOPPED_INGESTION" }),
        "AdvancedEventSelectors": (vec![selector]),
        "MultiRegionEnabled": true,
        "OrganizationEnabled": false,
        "RetentionPeriod": 366,
        "TerminationProtectionEnabled": true,
        "BillingMode": "EXTENDABLE_RETENTION_PRICING",
        "CreatedTimestamp": (call.now),
        "UpdatedTimestamp": (call.now),
    );
    said.extend(call.given(KEPT));
    let id = world.uuid();
    let list = tag_list(&tags);
    world.put(place, id.clone(), Resource::new(facts(said), Arc::new(tags)));
    let mut answer = shown(call, world, &id)?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("TagsList", list);
    }
    Ok(answer)
}

fn id(call: &Call) -> Result<String, Failure> {
    Ok(call.id_of(&EVENT_DATA_STORE, call.required("EventDataStore")?))
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let place = call.place(&EVENT_DATA_STORE);
    let found = call.find(world, &EVENT_DATA_STORE, id)?;
    let described = place.describe(&EVENT_DATA_STORE, id, found);
    Ok(call.fit(described.into()))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    shown(call, world, &id(call)?)
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let id = id(call)?;
    call.find(world, &EVENT_DATA_STORE, &id)?;
    let now = call.now;
    world.change(&call.place(&EVENT_DATA_STORE), &id, |facts| {
        facts.extend(call.given(KEPT));
        facts.insert("UpdatedTimestamp", now);
    });
    shown(call, world, &id)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = id(call)?;
    let found = call.find(world, &EVENT_DATA_STORE, &id)?;
    if found.flag("TerminationProtectionEnabled") {
        let message = "The event data store cannot be deleted because termination protection is enabled for it.";
        return Err(Failure::new("EventDataStoreTerminationProtectedException", message));
    }
    let place = call.place(&EVENT_DATA_STORE);
    world.set(&place, &id, "Status", "PENDING_DELETION");
    world.schedule(call.now + GRACE, Task::new("cloudtrail:forget-store", &place, &id));
    Ok(empty())
}

/// A store that was deleted a week ago is gone.
pub(super) fn forget(world: &mut World, task: &Task) {
    world.remove(&task.place, &task.id);
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let output = PAGES.list((call, world), (&EVENT_DATA_STORE, "EventDataStores"), all, plain)?;
    Ok(call.fit(output))
}
