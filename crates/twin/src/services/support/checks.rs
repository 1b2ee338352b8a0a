//! The checks of Trusted Advisor as AWS Support shows them.

use jiff::Timestamp;
use reeve_model::Value;

use super::advice::{self, Check, Flag, Outcome};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    metrics::source::float,
    value::value,
    world::World,
};

/// How long a check cannot be refreshed again, in milliseconds.
const REFRESH_EVERY: i64 = 300_000;

fn named(id: &str) -> Result<&'static Check, Failure> {
    let message = format!("The check {id} does not exist.");
    advice::check(id).ok_or_else(|| Failure::new("InvalidParameterValueException", message))
}

/// `DescribeTrustedAdvisorChecks`.
pub(super) fn list(call: &Call, _: &mut World) -> Answer {
    call.required("language")?;
    let shown = |check: &Check| {
        let metadata: Value = check.metadata.iter().map(|name| Value::from(*name)).collect();
        value!({
            "id": (check.id), "name": (check.name), "description": (check.description),
            "category": (check.category), "metadata": (metadata),
        })
    };
    Ok(Value::from_iter([("checks", advice::checks().map(shown).collect::<Value>())]))
}

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn summary(outcome: &Outcome) -> Value {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let flagged = outcome.included().count();
    let excluded = outcome.flags.len() - flagged;
    value!({
        "resourcesProcessed": (count(outcome.processed.max(outcome.flags.len()))), "resourcesFlagged": (count(flagged)),
        "resourcesIgnored": 0, "resourcesSuppressed": (count(excluded)),
    })
}

fn specific(check: &Check, outcome: &Outcome) -> Value {
    if check.category != "cost_optimizing" {
        return Value::object();
    }
    let savings = outcome.savings();
    let all = i64::try_from(outcome.processed.max(1)).map_or(1.0, float);
    let flagged = i64::try_from(outcome.included().count()).map_or(0.0, float);
    value!({"costOptimizing": {
        "estimatedMonthlySavings": (savings), "estimatedPercentMonthlySavings": (100.0 * flagged / all),
    }})
}

fn flagged(flag: &Flag) -> Value {
    let metadata: Value = flag.metadata.iter().map(Value::from).collect();
    value!({
        "status": (flag.status), "region": (&flag.region), "resourceId": (crate::digest::hex_digest(&flag.resource, 43)),
        "isSuppressed": (flag.excluded), "metadata": (metadata),
    })
}

/// `DescribeTrustedAdvisorCheckResult`.
pub(super) fn result(call: &Call, world: &mut World) -> Answer {
    let check = named(call.required("checkId")?)?;
    let outcome = check.run(world, call.account());
    let flags: Value = outcome.flags.iter().map(flagged).collect();
    Ok(value!({"result": {
        "checkId": (check.id), "timestamp": (stamp(call.now)), "status": (outcome.status()),
        "resourcesSummary": (summary(&outcome)), "categorySpecificSummary": (specific(check, &outcome)),
        "flaggedResources": (flags),
    }}))
}

/// `DescribeTrustedAdvisorCheckSummaries`.
pub(super) fn summaries(call: &Call, world: &mut World) -> Answer {
    let mut summaries = Vec::new();
    for id in call.texts("checkIds") {
        let check = named(id)?;
        let outcome = check.run(world, call.account());
        summaries.push(value!({
            "checkId": (check.id), "timestamp": (stamp(call.now)), "status": (outcome.status()),
            "hasFlaggedResources": (outcome.included().next().is_some()),
            "resourcesSummary": (summary(&outcome)), "categorySpecificSummary": (specific(check, &outcome)),
        }));
    }
    Ok(Value::from_iter([("summaries", Value::List(summaries))]))
}

/// `RefreshTrustedAdvisorCheck`: results are always those of now.
pub(super) fn refresh(call: &Call, _: &mut World) -> Answer {
    let check = named(call.required("checkId")?)?;
    Ok(value!({"status": {
        "checkId": (check.id), "status": "success", "millisUntilNextRefreshable": (REFRESH_EVERY),
    }}))
}

/// `DescribeTrustedAdvisorCheckRefreshStatuses`.
pub(super) fn refresh_statuses(call: &Call, _: &mut World) -> Answer {
    let mut statuses = Vec::new();
    for id in call.texts("checkIds") {
        let check = named(id)?;
        statuses.push(value!({
            "checkId": (check.id), "status": "success", "millisUntilNextRefreshable": 0,
        }));
    }
    Ok(Value::from_iter([("statuses", Value::List(statuses))]))
}
