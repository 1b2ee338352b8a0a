//! Instances: how loaded they are, and what would fit better.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::enrollment::accounts;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet, kind,
    page::Paging,
    services::{ce::machine_price, ec2::compute::instance_types},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

const MONTH_HOURS: f64 = 730.0;
const LOOKED_BACK_DAYS: f64 = 14.0;
/// Instances are advised on once they ran for so long.
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(30);
const SAMPLES: i64 = 28;
/// The most that an instance that fits is loaded, and the least.
const HIGH: f64 = 90.0;
const LOW: f64 = 40.0;

/// What was found out about an instance.
pub(super) struct Finding {
    pub(super) account: String,
    pub(super) verdict: &'static str,
    pub(super) savings: f64,
    pub(super) percentage: f64,
    pub(super) risk: &'static str,
    pub(super) shown: Object,
}

const PAGES: Paging =
    Paging::of("maxResults", "nextToken", (100, 1000), "InvalidParameterValueException");

/// One page of recommendations, of those that filters let through.
pub(super) fn page(call: &Call, (arns, member): (&str, &str), all: Vec<Object>) -> Answer {
    let wanted = call.texts(arns);
    let arn = |shown: &Object| {
        let arn = shown.get("instanceArn").or_else(|| shown.get("volumeArn"));
        arn.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut kept = Vec::new();
    for shown in all {
        let named = wanted.is_empty() || wanted.contains(&arn(&shown).as_str());
        if named && fits(call, &shown)? {
            kept.push(Value::from(shown));
        }
    }
    PAGES.slice(call, member, kept)
}

fn fits(call: &Call, shown: &Object) -> Result<bool, Failure> {
    for filter in call.list("filters") {
        let name = filter.text("name");
        let values = filter.list("values");
        let found: Vec<&str> = match name {
            "Finding" => shown.get("finding").and_then(Value::as_str).into_iter().collect(),
            "FindingReasonCodes" => {
                let codes = shown.list("findingReasonCodes");
                codes.iter().filter_map(Value::as_str).collect()
            }
            other => return Err(call.invalid(format!("The filter {other} is not simulated."))),
        };
        if !values.iter().filter_map(Value::as_str).any(|value| found.contains(&value)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `GetEC2InstanceRecommendations`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let accounts = accounts(call, world)?;
    let found = findings(call, world, &accounts);
    let shown = found.into_iter().map(|found| found.shown).collect();
    page(call, ("instanceArns", "instanceRecommendations"), shown)
}

/// What was found out about the instances of some accounts in the Region called.
pub(super) fn findings(call: &Call, world: &World, accounts: &[String]) -> Vec<Finding> {
    let Some(kind) = kind::named("AWS::EC2::Instance") else { return Vec::new() };
    let here = |place: &Place| {
        place.region == call.region
            && accounts.iter().any(|account| account == place.account.as_str())
    };
    let instances = world.every(kind).filter(|(place, ..)| here(place));
    instances.filter_map(|(place, id, instance)| finding(world, place, id, instance)).collect()
}

fn finding(world: &World, place: &Place, id: &str, instance: &Resource) -> Option<Finding> {
    let now = world.now();
    let launched = instance.value("LaunchTime").and_then(Value::as_timestamp)?;
    if instance.fact("State.Name") != Some("running") || now.duration_since(launched) < LEAST_AGE {
        return None;
    }
    let current = instance.fact("InstanceType")?;
    let (processor, memory) =
        peaks(world, place, id, launched.max(now - SignedDuration::from_hours(14 * 24)));
    let (finding, codes, target): (_, Vec<&str>, _) = if processor > HIGH || memory > HIGH {
        let code = if processor > HIGH { "CPUUnderprovisioned" } else { "MemoryUnderprovisioned" };
        ("Underprovisioned", vec![code], resized(current, 2.0))
    } else if processor < LOW && memory < LOW + 10.0 {
        match resized(current, 0.5) {
            Some(smaller) => (
                "Overprovisioned",
                vec!["CPUOverprovisioned", "MemoryOverprovisioned"],
                Some(smaller),
            ),
            None => ("Optimized", Vec::new(), None),
        }
    } else {
        ("Optimized", Vec::new(), None)
    };
    let region = place.region.as_str();
    let present = machine_price(current, region) * MONTH_HOURS;
    let option = target.as_deref().unwrap_or(current);
    let proposed = machine_price(option, region) * MONTH_HOURS;
    let savings = (present - proposed).max(0.0);
    let percentage = if present > 0.0 { 100.0 * savings / present } else { 0.0 };
    let factor = present / proposed.max(0.01);
    let metric =
        |name: &str, value: f64| value!({"name": (name), "statistic": "Maximum", "value": (value)});
    let risk = if finding == "Underprovisioned" { "High" } else { "VeryLow" };
    let codes: Value = codes.into_iter().map(Value::from).collect();
    let arn = place.arn_of(place.kind, id);
    let name = instance.tags.get("Name").map_or("", String::as_str);
    let shown = object! {
        "instanceArn": (arn.as_str()), "accountId": (place.account.as_str()), "instanceName": (name),
        "currentInstanceType": (current), "finding": (finding), "findingReasonCodes": (codes),
        "utilizationMetrics": [(metric("Cpu", processor)), (metric("Memory", memory))],
        "lookBackPeriodInDays": (LOOKED_BACK_DAYS),
        "recommendationOptions": [{
            "instanceType": (option),
            "projectedUtilizationMetrics": [
                (metric("Cpu", (processor * factor).min(100.0))), (metric("Memory", (memory * factor).min(100.0))),
            ],
            "platformDifferences": [], "performanceRisk": 1.0, "rank": 1, "migrationEffort": "VeryLow",
            "savingsOpportunity": {
                "savingsOpportunityPercentage": (percentage),
                "estimatedMonthlySavings": {"currency": "USD", "value": (savings)},
            },
        }],
        "recommendationSources": [{"recommendationSourceArn": (arn), "recommendationSourceType": "Ec2Instance"}],
        "lastRefreshTimestamp": (now), "currentPerformanceRisk": (risk), "instanceState": "running",
        "tags": [], "idle": (if processor < 5.0 { "True" } else { "False" }),
    };
    Some(Finding {
        account: place.account.to_string(),
        verdict: finding,
        savings,
        percentage,
        risk,
        shown,
    })
}

/// The most that processor and memory were loaded.
fn peaks(world: &World, place: &Place, id: &str, since: Timestamp) -> (f64, f64) {
    let span = world.now().duration_since(since).as_secs();
    let mut peaks: (f64, f64) = (0.0, 0.0);
    let Some(machine) = fleet::known(world, place, id) else { return peaks };
    for turn in 0..SAMPLES {
        let at = since + SignedDuration::from_secs(span * turn / SAMPLES);
        let Some(load) = machine.load(at) else { continue };
        peaks = (peaks.0.max(load.cpu_percent), peaks.1.max(load.memory_percent));
    }
    peaks
}

/// A type of the same family that is larger or smaller by a factor.
fn resized(current: &str, factor: f64) -> Option<String> {
    let (family, _) = current.split_once('.')?;
    let known = instance_types::named(current)?;
    let wanted = crate::metrics::source::float(known.memory_mib) * factor;
    let is = |other: &&instance_types::InstanceType| {
        let memory = crate::metrics::source::float(other.memory_mib);
        other.family() == family && (memory - wanted).abs() < 1.0
    };
    instance_types::all().find(is).map(|found| found.name.to_owned())
}
