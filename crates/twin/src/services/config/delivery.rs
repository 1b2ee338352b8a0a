//! What AWS Config delivers: snapshots and histories to a bucket, and word of both to a topic.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{
    items::{self, HISTORY},
    recorder::{CHANNEL, RETENTION, is_recording},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part, guardduty::lowered},
    store::Place,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[("DeliverConfigSnapshot", Action::Own(deliver))],
    tasks: &[("config:deliver", turn)],
};

const BY: &str = "config.amazonaws.com";
/// How often is looked whether something is to be delivered.
const TURN: SignedDuration = SignedDuration::from_hours(1);
/// After how many turns histories are delivered.
const HISTORIES: i64 = 6;

/// Begins to deliver by a channel, unless that goes on already.
pub(super) fn begin(world: &mut World, place: &Place, name: &str) {
    let Some(channel) = world.get(place, name) else { return };
    if channel.inside.contains("Turn") {
        return;
    }
    let now = world.now();
    world.change_inside(place, name, |inside| {
        inside.insert("Turn", 0);
        inside.insert("Since", now);
    });
    world.schedule(now + TURN, Task::new("config:deliver", place, name));
}

fn turn(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(channel) = world.get(place, name) else { return };
    let turn = channel.inside.get("Turn").and_then(Value::as_i64).unwrap_or(0) + 1;
    let frequency = channel.fact("configSnapshotDeliveryProperties.deliveryFrequency");
    let every = match frequency {
        Some("One_Hour") => Some(1),
        Some("Three_Hours") => Some(3),
        Some("Six_Hours") => Some(6),
        Some("Twelve_Hours") => Some(12),
        Some("TwentyFour_Hours") => Some(24),
        _ => None,
    };
    world.set_inside(place, name, "Turn", turn);
    forget(world, place);
    if is_recording(world, place) {
        if every.is_some_and(|every| turn % every == 0) {
            snapshot(world, place, name);
        }
        if turn % HISTORIES == 0 {
            histories(world, place, name);
        }
    }
    world.schedule(world.now() + TURN, Task::new("config:deliver", place, name));
}

/// Forgets items that are older than is wanted; the newest of each resource stays.
fn forget(world: &mut World, place: &Place) {
    let wanted = world.shelf(&place.beside(&RETENTION)).values().next();
    let days = wanted.and_then(|one| one.value("RetentionPeriodInDays")).and_then(Value::as_i64);
    let Some(days) = days else { return };
    let oldest = world.now() - SignedDuration::from_hours(days.saturating_mul(24));
    let place = place.beside(&HISTORY);
    let keys: Vec<String> = world.shelf(&place).keys().cloned().collect();
    for key in keys {
        let all = items_of(world, &place, &key);
        let kept: Vec<Value> = all
            .iter()
            .enumerate()
            .filter(|(at, item)| *at == 0 || captured(item).is_none_or(|time| time >= oldest))
            .map(|(_, item)| item.clone())
            .collect();
        if kept.len() < all.len() {
            world.set_inside(&place, &key, "Items", Value::List(kept));
        }
    }
}

fn items_of(world: &World, place: &Place, key: &str) -> Vec<Value> {
    let found = world.get(place, key).and_then(|found| found.inside.get("Items"));
    found.map_or_else(Vec::new, |items| items.as_list().to_vec())
}

fn captured(item: &Value) -> Option<Timestamp> {
    item.get("configurationItemCaptureTime").and_then(Value::as_timestamp)
}

fn deliver(call: &Call, world: &mut World) -> Answer {
    let name = call.required("deliveryChannelName")?;
    let place = call.place(&CHANNEL);
    call.find(world, &CHANNEL, name)?;
    super::recorder::required(call, world)?;
    if !is_recording(world, &place) {
        let message = "There is no configuration recorder running.";
        return Err(Failure::new("NoRunningConfigurationRecorderException", message));
    }
    let id = snapshot(world, &place, name);
    Ok(value!({ "configSnapshotId": (id) }))
}

fn snapshot(world: &mut World, place: &Place, name: &str) -> String {
    let id = world.uuid();
    let all: Value = items::newest(world, place, false)
        .into_iter()
        .map(|item| lowered(&Value::Object(item)))
        .collect();
    let stamp = world.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let file = ("ConfigSnapshot", format!("ConfigSnapshot_{stamp}_{id}"));
    let body = object! {
        "fileVersion": "1.0", "configSnapshotId": (id.as_str()), "configurationItems": (all)
    };
    let written = write(world, (place, name), file, body);
    if let Ok(key) = &written {
        let message = object! {
            "configSnapshotId": (id.as_str()),
            "s3ObjectKey": (key.as_str()),
            "messageType": "ConfigurationSnapshotDeliveryCompleted",
            "notificationCreationTime": (world.now().to_string()),
            "recordVersion": "1.1"
        };
        notify(world, place, &message);
    }
    note(world, (place, name), "configSnapshotDeliveryInfo", written.map(|_| ()));
    id
}

/// Delivers what was written down since last time, a file for each type of resource.
fn histories(world: &mut World, place: &Place, name: &str) {
    let now = world.now();
    let channel = world.get(place, name);
    let since = channel.and_then(|one| one.inside.get("Since")?.as_timestamp()).unwrap_or(now);
    let at = place.beside(&HISTORY);
    let mut by_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let keys: Vec<String> = world.shelf(&at).keys().cloned().collect();
    for key in keys {
        let kind = key.split(' ').next().unwrap_or_default().to_owned();
        let new = items_of(world, &at, &key).into_iter();
        let new = new.filter(|item| captured(item).is_some_and(|time| time > since));
        by_type.entry(kind).or_default().extend(new.map(|item| lowered(&item)));
    }
    let stamp = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut outcome = Ok(());
    for (kind, all) in by_type.into_iter().filter(|(_, all)| !all.is_empty()) {
        let file = format!("ConfigHistory_{kind}_{}_{}_1", stamp(since), stamp(now));
        let body = object! { "fileVersion": "1.0", "configurationItems": (Value::List(all)) };
        let written = write(world, (place, name), ("ConfigHistory", file), body);
        outcome = outcome.and(written.map(|_| ()));
    }
    if outcome.is_ok() {
        world.set_inside(place, name, "Since", now);
    }
    note(world, (place, name), "configHistoryDeliveryInfo", outcome);
}

/// Writes a file into the channel's bucket, and returns its key.
fn write(
    world: &mut World,
    (place, name): (&Place, &str),
    (folder, file): (&str, String),
    body: Object,
) -> Result<String, Failure> {
    let channel = world.get(place, name).cloned().unwrap_or_default();
    let bucket = channel.fact("s3BucketName").unwrap_or_default();
    let owner = world.store.bucket_owner(bucket).cloned();
    let (account, region) = owner.ok_or_else(|| {
        Failure::new("NoSuchBucket", "The specified bucket does not exist").with_status(404)
    })?;
    let prefix = channel.fact("s3KeyPrefix").map(|prefix| format!("{prefix}/")).unwrap_or_default();
    let (own, here) = (&place.account, &place.region);
    let date = world.now().strftime("%Y/%-m/%-d").to_string();
    let key = format!(
        "{prefix}AWSLogs/{own}/Config/{here}/{date}/{folder}/{own}_Config_{here}_{file}.json.gz"
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let failed = |error: std::io::Error| Failure::new("InternalFailure", error.to_string());
    let text = Value::Object(body).to_json().to_string();
    encoder.write_all(text.as_bytes()).map_err(failed)?;
    let bytes = encoder.finish().map_err(failed)?;
    let mut input = object! {
        "Bucket": (bucket), "Key": (key.as_str()), "Body": (Value::Blob(bytes)),
        "ContentType": "application/json", "ContentEncoding": "gzip"
    };
    if let Some(arn) = channel.fact("s3KmsKeyArn") {
        input.insert("ServerSideEncryption", "aws:kms");
        input.insert("SSEKMSKeyId", arn);
    }
    let origin = Origin { account: &account, region: &region, by: BY };
    world.call(&origin, "s3", "PutObject", input).map(|_| key)
}

/// Remembers how a delivery went.
fn note(
    world: &mut World,
    (place, name): (&Place, &str),
    member: &'static str,
    outcome: Result<(), Failure>,
) {
    let now = world.now();
    let mut info = object! { "lastAttemptTime": (now) };
    match outcome {
        Ok(()) => {
            info.insert("lastStatus", "SUCCESS");
            info.insert("lastSuccessfulTime", now);
        }
        Err(failure) => {
            info.insert("lastStatus", "FAILURE");
            info.insert("lastErrorCode", failure.code);
            info.insert("lastErrorMessage", failure.message);
        }
    }
    world.set_inside(place, name, member, info);
}

/// Tells the topic of the channel of an account and Region.
pub(super) fn notify(world: &mut World, place: &Place, message: &Object) {
    let channels = place.beside(&CHANNEL);
    let channel = world.shelf(&channels).iter().next();
    let found =
        channel.and_then(|(name, one)| Some((name.clone(), one.fact("snsTopicARN")?.to_owned())));
    let Some((name, topic)) = found else { return };
    let now = world.now();
    let mut info = object! { "lastStatus": "SUCCESS", "lastStatusChangeTime": (now) };
    let kind = message.text("messageType");
    let input = object! {
        "TopicArn": (topic.as_str()),
        "Subject": (format!("[AWS Config:{}] AWS Config {kind}", place.region)),
        "Message": (Value::Object(message.clone()).to_json().to_string())
    };
    let at = world.store.locate(&topic).map_or_else(|| channels.clone(), |(at, _)| at);
    if let Err(failure) = world.call(&Origin::at(&at, BY), "sns", "Publish", input) {
        info.insert("lastStatus", "FAILURE");
        info.insert("lastErrorCode", failure.code);
        info.insert("lastErrorMessage", failure.message);
    }
    world.set_inside(&channels, &name, "configStreamDeliveryInfo", info);
}
