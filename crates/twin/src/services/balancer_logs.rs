//! The access logs of load balancers: delivered to a bucket every five minutes or every hour, as the requests were that
//! their metrics count.
//!
//! ```text
//! turned on ─► the bucket is tried ─► turn: requests of the metric ─► a file ─► next turn …
//! ```
//!
//! AWS delivers what it can and calls it no complete account; so does the twin, which writes at most [`MOST`] lines a file.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::{AccountId, Region};

use super::logs::gzip;
use crate::{
    call::Call,
    digest::hex_digest,
    failure::Failure,
    metrics::{Metric, Site, series::floor, source, statistic::Statistic},
    store::Place,
    task::Task,
    value::object,
    world::{Origin, World},
};

const BY: &str = "elasticloadbalancing.amazonaws.com";
/// How many lines a file has at most.
const MOST: i64 = 50;
/// What `inside` of a load balancer says while its logs are delivered.
const RUNNING: &str = "LogRunning";

/// Where the logs of a load balancer go, and how often.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) minutes: i64,
}

/// How one of the two kinds of load balancer writes its logs.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) task: &'static str,
    /// The namespace and dimension of its metrics.
    pub(super) metric: (&'static str, &'static str),
    /// What its logs are turned on to be, if they are.
    pub(super) log: fn(&World, &Place, &str) -> Option<Log>,
    pub(super) line: fn(&Place, &str, &Request) -> String,
    pub(super) is_compressed: bool,
}

/// A request that a line is about.
pub(super) struct Request {
    pub(super) time: Timestamp,
    /// Hexadecimal digits that belong to it.
    pub(super) digest: String,
}

impl Request {
    /// The address that it came from.
    pub(super) fn client(&self) -> String {
        let part = |from: usize| {
            let digits = self.digest.get(from..from + 2).unwrap_or("00");
            u8::from_str_radix(digits, 16).unwrap_or(0)
        };
        format!("198.51.100.{}:{}", part(0), 32_768 + u32::from(part(2)) * 64)
    }
}

/// Refuses a bucket that logs cannot go to; where they can, the file is put there that AWS tries it with.
pub(super) fn try_out(call: &Call, world: &mut World, log: &Log) -> Result<(), Failure> {
    let refused = |message: String| Failure::new("InvalidConfigurationRequest", message);
    let bucket = &log.bucket;
    match world.store.bucket_owner(bucket) {
        None => {
            let message =
                format!("Access Denied for bucket: {bucket}. Please check S3bucket permission");
            return Err(refused(message));
        }
        Some((_, region)) if *region != call.region => {
            let message = format!(
                "S3Bucket: {bucket} is not located in the same region as the elastic load balancer"
            );
            return Err(refused(message));
        }
        Some(_) => {}
    }
    let key = format!("{}/ELBAccessLogTestFile", folder(call.account(), log));
    let text = format!("Enable AccessLog for ELB: {} at {}", call.operation, call.now);
    put(world, (call.account(), &call.region), (bucket, &key), text.into_bytes())
        .map_err(|failure| refused(failure.message))
}

fn folder(account: &AccountId, log: &Log) -> String {
    let prefix = log.prefix.trim_matches('/');
    let slash = if prefix.is_empty() { "" } else { "/" };
    format!("{prefix}{slash}AWSLogs/{account}")
}

fn put(
    world: &mut World,
    (account, region): (&AccountId, &Region),
    (bucket, key): (&str, &str),
    body: Vec<u8>,
) -> Result<(), Failure> {
    let input = object! {"Bucket": bucket, "Key": key, "Body": (body), "ContentType": "text/plain"};
    let origin = Origin { account, region, by: BY };
    world.call(&origin, "s3", "PutObject", input).map(|_| ())
}

impl Writer {
    /// Has the logs of a load balancer delivered from now on, if they are not already.
    pub(super) fn begin(&self, world: &mut World, place: &Place, id: &str) {
        let Some(log) = (self.log)(world, place, id) else { return };
        if world.get(place, id).is_some_and(|one| one.inside.contains(RUNNING)) {
            return;
        }
        world.change_inside(place, id, |inside| {
            inside.insert(RUNNING, true);
        });
        self.enter(world, (place, id), log.minutes);
    }

    fn enter(&self, world: &mut World, (place, id): (&Place, &str), minutes: i64) {
        let step = minutes * 60;
        let next = floor(world.now().as_second(), step).saturating_add(step);
        let due = Timestamp::from_second(next).unwrap_or(world.now());
        world.schedule(due, Task::new(self.task, place, id));
    }

    /// One turn of one load balancer.
    pub(super) fn turn(&self, world: &mut World, task: &Task) {
        let (place, id) = (&task.place, task.id.as_str());
        if world.get(place, id).is_none() {
            return;
        }
        let Some(log) = (self.log)(world, place, id) else {
            world.change_inside(place, id, |inside| {
                inside.remove(RUNNING);
            });
            return;
        };
        self.deliver(world, (place, id), &log);
        self.enter(world, (place, id), log.minutes);
    }

    fn deliver(&self, world: &mut World, (place, id): (&Place, &str), log: &Log) {
        let end = floor(world.now().as_second(), 60);
        let start = end - log.minutes * 60;
        let (namespace, dimension) = self.metric;
        let dimensions = vec![(dimension.to_owned(), id.to_owned())];
        let metric = Metric::new(namespace, "RequestCount", dimensions);
        let window = (start, end);
        let periods = source::periods(world, (&Site::of(place), &metric), window, end - start);
        let counted = periods.first().and_then(|(_, values)| Statistic::Sum.of(values));
        // A whole number that is small enough to be counted up to.
        let count =
            (1..=MOST).take_while(|at| source::float(*at) <= counted.unwrap_or(0.0)).count();
        if count == 0 {
            return;
        }
        let step = (end - start) / MOST;
        let mut text = String::new();
        for (at, _) in (0..count).zip(0..MOST) {
            let second = start + i64::try_from(at).unwrap_or(0) * step;
            let digest = hex_digest(&format!("{}/{id}/{second}", place.account), 40);
            let time = Timestamp::from_second(second).unwrap_or_default();
            text.push_str(&(self.line)(place, id, &Request { time, digest }));
            text.push('\n');
        }
        let key = self.key(world, (place, id), log);
        let body = if self.is_compressed { gzip(text.as_bytes()) } else { text.into_bytes() };
        let origin = (&place.account, &place.region);
        if let Err(failure) = put(world, origin, (&log.bucket, &key), body) {
            tracing::debug!(code = failure.code, "an access log could not be delivered");
        }
    }

    fn key(&self, world: &mut World, (place, id): (&Place, &str), log: &Log) -> String {
        let Place { account, region, .. } = place;
        let now = world.now();
        // What is delivered at midnight is of the day before.
        let day = now.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(now);
        let random = world.random_letters(8).to_lowercase();
        format!(
            "{}/elasticloadbalancing/{region}/{}/{account}_elasticloadbalancing_{region}_{}_{}_{}_{random}.log{}",
            folder(account, log),
            day.strftime("%Y/%m/%d"),
            id.replace('/', "."),
            now.strftime("%Y%m%dT%H%MZ"),
            "192.0.2.10",
            if self.is_compressed { ".gz" } else { "" },
        )
    }
}

/// A text among attributes.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}
