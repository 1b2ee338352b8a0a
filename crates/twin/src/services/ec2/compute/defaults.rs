//! What an account has chosen for its instances and images in a Region, and options of single instances.

use reeve_model::{Object, Value};

use super::{
    instance::{INSTANCE, find, state_of},
    instance_types, settings,
    support::{done, list, part, text},
    volume::{self, VOLUME},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::Place,
    value::{object, value},
    world::World,
};

const IMAGE_SHARING: &str = "ImageSharing";
const METADATA: &str = "MetadataDefaults";
const METADATA_OPTIONS: [&str; 4] =
    ["HttpTokens", "HttpEndpoint", "InstanceMetadataTags", "HttpTokensEnforced"];

/// Who may make images public. AWS blocks it in accounts that never did; the twin's accounts never did.
pub(super) fn image_sharing(world: &World, place: &Place) -> String {
    let chosen = settings::chosen(world, place, IMAGE_SHARING);
    let chosen = chosen.and_then(|value| value.as_str().map(str::to_owned));
    chosen.unwrap_or_else(|| "block-new-sharing".to_owned())
}

/// `GetImageBlockPublicAccessState`.
pub(super) fn get_image_sharing(call: &Call, world: &mut World) -> Answer {
    let state = image_sharing(world, &call.place(&settings::SETTINGS));
    Ok(value!({"ImageBlockPublicAccessState": state, "ManagedBy": "account"}))
}

/// `EnableImageBlockPublicAccess`.
pub(super) fn block_image_sharing(call: &Call, world: &mut World) -> Answer {
    let state = call.required("ImageBlockPublicAccessState")?;
    if state != "block-new-sharing" {
        let message =
            format!("Value ({state}) for parameter ImageBlockPublicAccessState is invalid.");
        return Err(call.invalid(message));
    }
    settings::choose(world, &call.place(&settings::SETTINGS), IMAGE_SHARING, state.into());
    Ok(value!({"ImageBlockPublicAccessState": state}))
}

/// `DisableImageBlockPublicAccess`.
pub(super) fn unblock_image_sharing(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&settings::SETTINGS);
    settings::choose(world, &place, IMAGE_SHARING, "unblocked".into());
    Ok(value!({"ImageBlockPublicAccessState": "unblocked"}))
}

/// What the account has chosen for the metadata of new instances.
pub(super) fn metadata(world: &World, place: &Place) -> Object {
    let chosen = settings::chosen(world, place, METADATA);
    chosen.and_then(|value| value.as_object().cloned()).unwrap_or_default()
}

/// `GetInstanceMetadataDefaults`.
pub(super) fn get_metadata(call: &Call, world: &mut World) -> Answer {
    let mut shown = metadata(world, &call.place(&settings::SETTINGS));
    shown.insert("ManagedBy", "account");
    Ok(value!({"AccountLevel": shown}))
}

/// `ModifyInstanceMetadataDefaults`: `no-preference` and a hop limit of -1 take a choice back.
pub(super) fn modify_metadata(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&settings::SETTINGS);
    let mut chosen = metadata(world, &place);
    for member in METADATA_OPTIONS {
        match call.text(member) {
            None => {}
            Some("no-preference") => {
                chosen.remove(member);
            }
            Some(value) => {
                chosen.insert(member, value);
            }
        }
    }
    match call.integer("HttpPutResponseHopLimit") {
        None => {}
        Some(-1) => {
            chosen.remove("HttpPutResponseHopLimit");
        }
        Some(hops) if (1..=64).contains(&hops) => {
            chosen.insert("HttpPutResponseHopLimit", hops);
        }
        Some(_) => {
            return Err(call.invalid("The HttpPutResponseHopLimit must be between 1 and 64."));
        }
    }
    settings::choose(world, &place, METADATA, chosen.into());
    Ok(done())
}

/// `ModifyInstanceCreditSpecification`: what cannot be changed is said one by one.
pub(super) fn modify_credits(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&INSTANCE);
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for wanted in call.list("InstanceCreditSpecifications") {
        let (id, credits) = (part(wanted, "InstanceId"), part(wanted, "CpuCredits"));
        let kind = world
            .get(&place, id)
            .and_then(|instance| instance_types::named(text(&instance.facts, "InstanceType")));
        let problem = match kind {
            None => Some(("InvalidInstanceID.NotFound", "The instance ID does not exist")),
            Some(kind) if !kind.is_burstable() => Some((
                "InstanceCreditSpecification.NotSupported",
                "The instance type does not support credit specifications",
            )),
            Some(_) if !["standard", "unlimited"].contains(&credits) => {
                return Err(call.invalid(format!("Invalid CPU credits '{credits}'")));
            }
            Some(_) => None,
        };
        if let Some((code, message)) = problem {
            let error = value!({"Code": code, "Message": message});
            refused.push(value!({"InstanceId": id, "Error": error}));
            continue;
        }
        world.set_inside(&place, id, "CpuCredits", credits);
        changed.push(value!({"InstanceId": id}));
    }
    Ok(value!({
        "SuccessfulInstanceCreditSpecifications": changed,
        "UnsuccessfulInstanceCreditSpecifications": refused,
    }))
}

/// `ModifyInstanceMaintenanceOptions`.
pub(super) fn modify_maintenance(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?;
    let instance = find(call, world, id)?;
    if state_of(&instance.facts).is_ended() {
        let message = format!("The instance '{id}' is terminated.");
        return Err(Failure::new("IncorrectInstanceState", message));
    }
    let known = instance.facts.get("MaintenanceOptions").and_then(Value::as_object).cloned();
    let mut options = known.unwrap_or_else(|| object! { "AutoRecovery": "default" });
    options.extend(call.given_texts(["AutoRecovery", "RebootMigration"]));
    let kept = options.clone();
    world.set(&call.place(&INSTANCE), id, "MaintenanceOptions", kept);
    options.insert("InstanceId", id);
    Ok(options.into())
}

/// `ModifyInstanceEventStartTime`: a scheduled event may be brought forward, or moved up to its deadline.
pub(super) fn move_event(call: &Call, world: &mut World) -> Answer {
    let (id, event) = (call.required("InstanceId")?, call.required("InstanceEventId")?);
    let mut events = list(&find(call, world, id)?.inside, "Events").to_vec();
    let at = call.time("NotBefore").ok_or_else(|| call.invalid("Invalid value for NotBefore"))?;
    let meant = events.iter_mut().filter_map(Value::as_object_mut);
    let meant = meant.into_iter().find(|known| text(known, "InstanceEventId") == event);
    let meant = meant.ok_or_else(|| {
        let message = format!("The instance event ID '{event}' does not exist");
        Failure::new("InvalidInstanceEventIDNotFound", message)
    })?;
    if at <= call.now || meant.get("NotBeforeDeadline").and_then(Value::as_timestamp) < Some(at) {
        let message = "The new start time must be in the future and before the event's deadline.";
        return Err(Failure::new("InvalidInstanceEventStartTime", message));
    }
    meant.insert("NotBefore", at);
    let shown = meant.clone();
    let place = call.place(&INSTANCE);
    world.set_inside(&place, id, "Events", events);
    super::checks::retire_at(world, &place, id, at);
    Ok(value!({"Event": shown}))
}

/// `EnableVolumeIO`: a volume whose data may be damaged takes requests again.
pub(super) fn enable_io(call: &Call, world: &mut World) -> Answer {
    let id = call.required("VolumeId")?;
    volume::find(call, world, id)?;
    world.change_inside(&call.place(&VOLUME), id, |inside| {
        inside.remove("Impaired");
    });
    Ok(Value::object())
}
