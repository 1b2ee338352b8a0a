//! Volumes: older types would cost less as newer ones.

use reeve_model::Value;

use super::{
    enrollment::accounts,
    instances::{Finding, page},
};
use crate::{
    call::{Answer, Call},
    kind,
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

/// `GetEBSVolumeRecommendations`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let accounts = accounts(call, world)?;
    let shown = findings(call, world, &accounts).into_iter().map(|found| found.shown).collect();
    page(call, ("volumeArns", "volumeRecommendations"), shown)
}

/// What was found out about the attached volumes of some accounts in the Region called.
pub(super) fn findings(call: &Call, world: &World, accounts: &[String]) -> Vec<Finding> {
    let Some(kind) = kind::named("AWS::EC2::Volume") else { return Vec::new() };
    let here = |place: &Place| {
        place.region == call.region
            && accounts.iter().any(|account| account == place.account.as_str())
    };
    let volumes = world.every(kind).filter(|(place, ..)| here(place));
    volumes.filter_map(|(place, id, volume)| finding(world, place, id, volume)).collect()
}

fn finding(world: &World, place: &Place, id: &str, volume: &Resource) -> Option<Finding> {
    if volume.fact("State") != Some("in-use") {
        return None;
    }
    let kind = volume.fact("VolumeType")?;
    let size = volume.value("Size").and_then(Value::as_i64).unwrap_or(0);
    let gigabytes = crate::metrics::source::float(size);
    let older = kind == "gp2" || kind == "io1";
    let (finding, target) = if older { ("NotOptimized", "gp3") } else { ("Optimized", kind) };
    let monthly = |kind: &str| {
        gigabytes
            * if kind == "io1" {
                0.125
            } else if kind == "gp2" {
                0.1
            } else {
                0.08
            }
    };
    let (present, proposed) = (monthly(kind), monthly(target));
    let savings = if older { present - proposed } else { 0.0 };
    let percentage = if present > 0.0 { 100.0 * savings / present } else { 0.0 };
    let configuration = |kind: &str| value!({"volumeType": (kind), "volumeSize": (size), "volumeBaselineIOPS": 3000, "volumeBaselineThroughput": 125});
    let shown = object! {
        "volumeArn": (place.arn_of(place.kind, id)),
        "accountId": (place.account.as_str()), "currentConfiguration": (configuration(kind)),
        "finding": (finding), "utilizationMetrics": [], "lookBackPeriodInDays": 14.0,
        "volumeRecommendationOptions": [{
            "configuration": (configuration(target)), "performanceRisk": 1.0, "rank": 1,
            "savingsOpportunity": {
                "savingsOpportunityPercentage": (percentage),
                "estimatedMonthlySavings": {"currency": "USD", "value": (savings)},
            },
        }],
        "lastRefreshTimestamp": (world.now()), "currentPerformanceRisk": "VeryLow",
    };
    let account = place.account.to_string();
    Some(Finding { account, verdict: finding, savings, percentage, risk: "VeryLow", shown })
}
