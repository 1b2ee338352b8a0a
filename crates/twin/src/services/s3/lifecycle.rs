//! What a bucket's lifecycle rules do, once a day at midnight of the world's clock.
//!
//! Rules expire current versions, take old versions and lonely delete markers away, move objects to colder storage
//! classes, and abort uploads that nobody completes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::Tags;

use super::{
    bucket,
    configuration::malformed,
    notification,
    object::{self, Target},
};
use crate::{
    call::Call,
    failure::Failure,
    objects::{Content, Version, Versioning},
    store::Place,
    task::Task,
    world::World,
};

pub(super) const DAILY: &str = "s3:lifecycle";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MOST_RULES: usize = 1000;
/// What `inside` of a bucket says while its rules run daily.
const RUNNING: &str = "LifecycleRunning";

/// Refuses rules that do nothing or cannot be meant.
pub(super) fn check(_: &Call, _: &World, value: &Value) -> Result<(), Failure> {
    let rules = value.list("Rules");
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(malformed());
    }
    let actions = [
        "Expiration",
        "Transitions",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionTransitions",
        "AbortIncompleteMultipartUpload",
    ];
    for rule in rules {
        if !actions.iter().any(|action| rule.get(action).is_some()) {
            let message = "At least one action needs to be specified in a rule";
            return Err(Failure::new("InvalidRequest", message));
        }
        if !matches!(rule.get("Status").and_then(Value::as_str), Some("Enabled" | "Disabled")) {
            return Err(malformed());
        }
        if rule.get("Filter").is_none() && rule.get("Prefix").is_none() {
            return Err(malformed());
        }
        let days = rule.path("Expiration.Days").and_then(Value::as_i64);
        if days.is_some_and(|days| days < 1) {
            let message = "'Days' for Expiration action must be a positive integer";
            return Err(Failure::new("InvalidArgument", message));
        }
    }
    Ok(())
}

/// Has a bucket's rules run every midnight, if they do not already.
pub(super) fn begin(world: &mut World, place: &Place, name: &str) {
    let running = world.get(place, name).is_some_and(|bucket| bucket.inside.contains(RUNNING));
    if running {
        return;
    }
    world.set_inside(place, name, RUNNING, true);
    world.schedule(next_midnight(world.now()), Task::new(DAILY, place, name));
}

/// The next midnight of the world's clock.
pub(super) fn next_midnight(now: Timestamp) -> Timestamp {
    let day = 24 * 60 * 60;
    let next = now.as_second().div_euclid(day).saturating_add(1).saturating_mul(day);
    Timestamp::from_second(next).unwrap_or(now)
}

/// One midnight of one bucket.
pub(super) fn run(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(configuration) = bucket::fact(world, place, name, "LifecycleConfiguration") else {
        world.change_inside(place, name, |inside| {
            inside.remove(RUNNING);
        });
        return;
    };
    for rule in configuration.list("Rules") {
        if rule.text("Status") == "Enabled" {
            apply(world, (place, name), &Rule::of(rule));
        }
    }
    world.schedule(task.due.saturating_add(DAY).unwrap_or(task.due), task.clone());
}

/// One rule, as far as it acts.
struct Rule<'r> {
    written: &'r Value,
    prefix: &'r str,
    tags: Vec<(&'r str, &'r str)>,
    larger: Option<i64>,
    smaller: Option<i64>,
}

impl<'r> Rule<'r> {
    fn of(rule: &'r Value) -> Self {
        let filter = rule.get("Filter");
        let both = filter.and_then(|filter| filter.get("And"));
        let any = |member: &str| {
            filter
                .and_then(|filter| filter.get(member))
                .or_else(|| both.and_then(|both| both.get(member)))
        };
        let prefix = rule
            .get("Prefix")
            .or_else(|| any("Prefix"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let single = filter.and_then(|filter| filter.get("Tag")).into_iter();
        let several = both.and_then(|both| both.get("Tags")).map_or(&[][..], Value::as_list);
        let tags = single
            .chain(several)
            .filter_map(|tag| Some((tag.get("Key")?.as_str()?, tag.get("Value")?.as_str()?)));
        Self {
            written: rule,
            prefix,
            tags: tags.collect(),
            larger: any("ObjectSizeGreaterThan").and_then(Value::as_i64),
            smaller: any("ObjectSizeLessThan").and_then(Value::as_i64),
        }
    }

    fn concerns(&self, content: &Content) -> bool {
        let size = i64::try_from(content.body.len()).unwrap_or(i64::MAX);
        let tagged = |tags: &Tags| {
            self.tags.iter().all(|(key, value)| tags.get(*key).is_some_and(|own| own == value))
        };
        tagged(&content.tags)
            && self.larger.is_none_or(|bound| size > bound)
            && self.smaller.is_none_or(|bound| size < bound)
    }

    fn number(&self, path: &str) -> Option<i64> {
        self.written.path(path).and_then(Value::as_i64)
    }
}

/// Whether something of this time is `days` old: ages count from the midnight after.
fn is_older(now: Timestamp, since: Timestamp, days: i64) -> bool {
    let due = next_midnight(since)
        .saturating_add(SignedDuration::from_hours(days.saturating_mul(24).min(1_000_000)));
    due.is_ok_and(|due| due <= now)
}

fn apply(world: &mut World, (place, name): (&Place, &str), rule: &Rule<'_>) {
    let now = world.now();
    let versioning = bucket::versioning(world, place, name);
    let keys: Vec<String> = world
        .objects
        .of(name)
        .into_iter()
        .flat_map(|contents| {
            contents.keys.range::<str, _>((
                std::ops::Bound::Included(rule.prefix),
                std::ops::Bound::Unbounded,
            ))
        })
        .map(|(key, _)| key.clone())
        .take_while(|key| key.starts_with(rule.prefix))
        .collect();
    for key in keys {
        let target = Target { place: place.clone(), bucket: name.to_owned(), key };
        expire_current(world, &target, rule, versioning);
        expire_old(world, &target, rule);
        transition(world, &target, rule);
    }
    if let Some(days) = rule.number("AbortIncompleteMultipartUpload.DaysAfterInitiation") {
        let contents = world.objects.of_mut(name);
        contents.uploads.retain(|_, upload| {
            !(upload.key.starts_with(rule.prefix) && is_older(now, upload.initiated, days))
        });
    }
}

fn current<'w>(world: &'w World, target: &Target) -> Option<&'w Version> {
    world.objects.of(&target.bucket)?.current(&target.key)
}

fn expire_current(world: &mut World, target: &Target, rule: &Rule<'_>, versioning: Versioning) {
    let now = world.now();
    let Some(version) = current(world, target) else { return };
    let Some(content) = &version.content else {
        let alone = world
            .objects
            .of(&target.bucket)
            .and_then(|contents| contents.keys.get(&target.key))
            .is_some_and(|versions| versions.len() == 1);
        if alone
            && rule.written.path("Expiration.ExpiredObjectDeleteMarker").and_then(Value::as_bool)
                == Some(true)
        {
            world.objects.of_mut(&target.bucket).keys.remove(&target.key);
        }
        return;
    };
    let by_age =
        rule.number("Expiration.Days").is_some_and(|days| is_older(now, version.modified, days));
    let date = rule.written.path("Expiration.Date").and_then(Value::as_timestamp);
    if !rule.concerns(content) || !(by_age || date.is_some_and(|date| date <= now)) {
        return;
    }
    let (cause, id) = if versioning == Versioning::Off {
        world.objects.of_mut(&target.bucket).keys.remove(&target.key);
        ("LifecycleExpiration:Delete", None)
    } else {
        let id = object::mark_deleted(world, target, versioning);
        ("LifecycleExpiration:DeleteMarkerCreated", Some(id))
    };
    notification::tell(
        world,
        target,
        &notification::Change { cause, size: None, etag: None, version: id },
    );
}

/// Takes versions away that have not been current for long enough, but for the newest of them if the rule says so.
fn expire_old(world: &mut World, target: &Target, rule: &Rule<'_>) {
    let now = world.now();
    let Some(days) = rule.number("NoncurrentVersionExpiration.NoncurrentDays") else { return };
    let keep = rule.number("NoncurrentVersionExpiration.NewerNoncurrentVersions").unwrap_or(0);
    let keep = usize::try_from(keep).unwrap_or(0);
    let Some(versions) =
        world.objects.of(&target.bucket).and_then(|contents| contents.keys.get(&target.key))
    else {
        return;
    };
    // A version is old from the time when the next one came.
    let since =
        versions.iter().zip(versions.iter().skip(1)).map(|(old, next)| (old, next.modified));
    let old: Vec<String> = since
        .rev()
        .skip(keep)
        .filter(|(version, since)| {
            let content = version.content.as_ref();
            let locked = content.is_some_and(|content| {
                content.legal_hold
                    || content.retention.as_ref().is_some_and(|kept| kept.until > now)
            });
            is_older(now, *since, days)
                && !locked
                && content.is_none_or(|content| rule.concerns(content))
        })
        .map(|(version, _)| version.id.clone())
        .collect();
    for id in old {
        world.objects.of_mut(&target.bucket).remove(&target.key, &id);
    }
}

/// Moves the current version to the coldest storage class whose time has come.
fn transition(world: &mut World, target: &Target, rule: &Rule<'_>) {
    let now = world.now();
    let Some(version) = current(world, target) else { return };
    let Some(content) = version.content.as_ref().filter(|content| rule.concerns(content)) else {
        return;
    };
    let due = rule.written.list("Transitions").iter().filter_map(|step| {
        let days = step.get("Days").and_then(Value::as_i64);
        let date = step.get("Date").and_then(Value::as_timestamp);
        let come = days.is_some_and(|days| is_older(now, version.modified, days))
            || date.is_some_and(|date| date <= now);
        come.then(|| (days.unwrap_or(0), step.get("StorageClass").and_then(Value::as_str)))
    });
    let Some((_, Some(class))) = due.max_by_key(|(days, _)| *days) else { return };
    if super::content::storage_class(content) == class {
        return;
    }
    let class = class.to_owned();
    let contents = world.objects.of_mut(&target.bucket);
    if let Some(content) =
        contents.version_mut(&target.key, None).and_then(|version| version.content.as_mut())
    {
        Arc::make_mut(content).headers.insert("StorageClass".to_owned(), class);
    }
}
