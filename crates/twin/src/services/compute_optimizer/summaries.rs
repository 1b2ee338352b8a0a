//! How many of which finding there are.

use std::collections::BTreeMap;

use reeve_model::Value;

use super::{
    enrollment::accounts,
    instances::{self, Finding},
    volumes,
};
use crate::{
    call::{Answer, Call},
    metrics::source::float,
    value::value,
    world::World,
};

/// `GetRecommendationSummaries`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let accounts = accounts(call, world)?;
    let instances = instances::findings(call, world, &accounts);
    let volumes = volumes::findings(call, world, &accounts);
    let mut summaries = Vec::new();
    for account in &accounts {
        for (kind, findings) in [("Ec2Instance", &instances), ("EbsVolume", &volumes)] {
            let own: Vec<&Finding> =
                findings.iter().filter(|found| found.account == *account).collect();
            summaries.push(summary(account, kind, &own));
        }
    }
    Ok(call.fit(Value::from_iter([("recommendationSummaries", Value::List(summaries))])))
}

fn summary(account: &str, kind: &str, findings: &[&Finding]) -> Value {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for found in findings {
        *counts.entry(found.verdict).or_default() += 1;
    }
    let risk = |level: &str| {
        i64::try_from(findings.iter().filter(|found| found.risk == level).count())
            .unwrap_or(i64::MAX)
    };
    let savings: f64 = findings.iter().map(|found| found.savings).sum();
    let count = i64::try_from(findings.len().max(1)).map_or(1.0, float);
    let percentage = findings.iter().map(|found| found.percentage).sum::<f64>() / count;
    let counts: Value = counts
        .into_iter()
        .map(|(name, count)| value!({"name": (name), "value": (float(count)), "reasonCodeSummaries": []}))
        .collect();
    value!({
        "summaries": (counts), "recommendationResourceType": (kind), "accountId": (account),
        "savingsOpportunity": {
            "savingsOpportunityPercentage": (percentage),
            "estimatedMonthlySavings": {"currency": "USD", "value": (savings)},
        },
        "currentPerformanceRiskRatings": {
            "high": (risk("High")), "medium": (risk("Medium")), "low": (risk("Low")), "veryLow": (risk("VeryLow")),
        },
    })
}
