//! What AWS Backup tells the world: events to EventBridge, and notifications of vaults to SNS topics.

use reeve_model::{Object, Value};

use super::{PRINCIPAL, vault::VAULT};
use crate::{
    event::Event,
    store::Place,
    value::value,
    world::{Origin, World},
};

/// Says that something of AWS Backup changed: `detail_type` without ` State Change`.
pub(super) fn say(world: &mut World, place: &Place, id: &str, detail_type: &str) {
    tell(world, place, id, detail_type, None);
}

/// Says that a vault or plan is now `CREATED`, `MODIFIED` or `DELETED`, which it does not know of itself.
pub(super) fn say_state(
    world: &mut World,
    place: &Place,
    id: &str,
    (detail_type, state): (&str, &str),
) {
    tell(world, place, id, detail_type, Some(state));
}

fn tell(world: &mut World, place: &Place, id: &str, detail_type: &str, state: Option<&str>) {
    let Some(resource) = world.get(place, id) else { return };
    let mut description = place.describe(place.kind, id, resource);
    if let Some(state) = state {
        description.insert("State", state);
    }
    let about =
        ["RecoveryPointArn", "DestinationRecoveryPointArn", "CreatedResourceArn", "BackupVaultArn"]
            .into_iter()
            .find_map(|member| description.get(member).and_then(Value::as_str).map(str::to_owned));
    let mut event = Event::new("aws.backup", &format!("{detail_type} State Change"), place)
        .with(lower(&description));
    if let Some(arn) = about {
        event = event.about(arn);
    }
    world.emit(event);
}

/// An object with its members' first letters in lower case, and times as texts.
fn lower(object: &Object) -> Object {
    let value_of = |value: &Value| match value {
        Value::Timestamp(time) => Value::from(time.to_string()),
        Value::Object(inner) => lower(inner).into(),
        other => other.clone(),
    };
    object.iter().map(|(name, value)| (first_lower(name.as_str()), value_of(value))).collect()
}

fn first_lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Tells a vault's topic, if it has one that wants to know of any of these events.
pub(super) fn notify(
    world: &mut World,
    place: &Place,
    vault: &str,
    events: &[&str],
    message: &Notice<'_>,
) {
    let vaults = place.beside(&VAULT);
    let Some(found) = world.get(&vaults, vault) else { return };
    let Some(kept) = found.inside.get("Notifications").cloned() else { return };
    let wanted = kept.list("BackupVaultEvents");
    let Some(event) =
        events.iter().find(|event| wanted.iter().any(|w| w.as_str() == Some(**event)))
    else {
        return;
    };
    let Some(topic) = kept.get("SNSTopicArn").and_then(Value::as_str) else { return };
    let text = |value: &str| value!({"DataType": "String", "StringValue": (value)});
    let input = value!({
        "TopicArn": (topic),
        "Subject": "Notification from AWS Backup",
        "Message": (message.text.as_str()),
        "MessageAttributes": {
            "EventType": (text(event.split("_JOB").next().map_or("BACKUP_JOB", |kind| match kind {
                "COPY" => "COPY_JOB",
                "RESTORE" => "RESTORE_JOB",
                _ => "BACKUP_JOB",
            }))),
            "State": (text(message.state)),
            "AccountId": (text(place.account.as_str())),
            "Id": (text(message.id)),
        },
    });
    // A topic that is gone or forbids it hears nothing; AWS Backup does not mind.
    let _ = world.call(&Origin::at(place, PRINCIPAL), "sns", "Publish", input);
}

/// What a notification says.
pub(super) struct Notice<'n> {
    /// The whole text.
    pub(super) text: String,
    /// The state that was reached.
    pub(super) state: &'n str,
    /// The id of the job.
    pub(super) id: &'n str,
}
