//! Recommendations: what a check says about the account, and how far somebody is with it.

use std::sync::Arc;

use reeve_model::Value;

use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Scope, hyphenate},
    metrics::source::float,
    page::Paging,
    services::support::advice::{self, Check, Outcome},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

/// How far somebody is with a recommendation.
pub(super) static LIFECYCLE: Definition = Definition {
    resource_type: "AWS::TrustedAdvisor::RecommendationLifecycle",
    arn: "arn:{partition}:trustedadvisor::{account}:lifecycle/{id}",
    scope: Scope::Global,
    ..Definition::OF
};

const PAGES: Paging = Paging::of("maxResults", "nextToken", (100, 200), "ValidationException");

/// One page of a list.
pub(super) fn page(call: &Call, member: &str, all: Vec<Value>) -> Answer {
    PAGES.slice(call, member, all)
}

fn check_arn(check: &Check) -> String {
    format!("arn:aws:trustedadvisor:::check/{}", check.id)
}

/// The id of an account's recommendation by a check.
fn id(call: &Call, check: &Check) -> String {
    hyphenate(&hex_digest(&format!("{}/{}", call.account(), check.id), 32))
}

/// The ARN of an account's recommendation by a check.
pub(super) fn arn(call: &Call, check: &Check) -> String {
    format!("arn:aws:trustedadvisor::{}:recommendation/{}", call.account(), id(call, check))
}

/// The check behind a recommendation, given by id or ARN.
pub(super) fn named(call: &Call) -> Result<&'static Check, Failure> {
    let wanted = call.required("recommendationIdentifier")?;
    advice::checks()
        .find(|check| id(call, check) == wanted || arn(call, check) == wanted)
        .ok_or_else(|| {
            let message = format!("Recommendation {wanted} was not found.");
            Failure::new("ResourceNotFoundException", message).with_status(404)
        })
}

/// `ListChecks`.
pub(super) fn checks(call: &Call, _: &mut World) -> Answer {
    let wanted = |check: &&Check| {
        call.text("pillar").is_none_or(|pillar| pillar == check.category)
            && call.text("awsService").is_none_or(|service| service == check.service)
            && call.text("source").is_none_or(|source| source == "ta_check")
    };
    let shown = advice::checks().filter(wanted).map(|check| {
        let metadata: Value = check
            .metadata
            .iter()
            .enumerate()
            .map(|(at, name)| (at.to_string(), Value::from(*name)))
            .collect();
        value!({
            "id": (check.id), "arn": (check_arn(check)), "name": (check.name), "description": (check.description),
            "pillars": [(check.category)], "awsServices": [(check.service)], "source": "ta_check",
            "metadata": (metadata),
        })
    });
    page(call, "checkSummaries", shown.collect())
}

/// `ListRecommendations`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    if call.text("type") == Some("priority") {
        // Recommendations with priority are for those who pay for them.
        return page(call, "recommendationSummaries", Vec::new());
    }
    let wanted = |check: &&Check| {
        call.text("pillar").is_none_or(|pillar| pillar == check.category)
            && call.text("awsService").is_none_or(|service| service == check.service)
            && call.text("source").is_none_or(|source| source == "ta_check")
            && call
                .text("checkIdentifier")
                .is_none_or(|wanted| wanted == check.id || wanted == check_arn(check))
    };
    let shown: Vec<Value> = advice::checks()
        .filter(wanted)
        .map(|check| shown(call, world, check))
        .filter(|shown| {
            let status = shown.get("status").and_then(Value::as_str);
            call.text("status").is_none_or(|wanted| status == Some(wanted))
        })
        .collect();
    page(call, "recommendationSummaries", shown)
}

fn shown(call: &Call, world: &World, check: &Check) -> Value {
    let outcome = check.run(world, call.account());
    let mut shown = object! {
        "id": (id(call, check)), "arn": (arn(call, check)), "type": "standard", "checkArn": (check_arn(check)),
        "status": (outcome.status()), "pillars": [(check.category)], "source": "ta_check",
        "awsServices": [(check.service)], "name": (check.name), "resourcesAggregates": (aggregates(&outcome)),
        "lastUpdatedAt": (call.now),
    };
    if check.category == "cost_optimizing" {
        let savings = outcome.savings();
        let all = i64::try_from(outcome.processed.max(1)).map_or(1.0, float);
        let flagged = i64::try_from(outcome.included().count()).map_or(0.0, float);
        shown.insert(
            "pillarSpecificAggregates",
            value!({"costOptimizing": {
                "estimatedMonthlySavings": (savings), "estimatedPercentMonthlySavings": (100.0 * flagged / all),
            }}),
        );
    }
    let further = world.get(&call.place(&LIFECYCLE), check.id);
    for (member, value) in further.into_iter().flat_map(|further| further.facts.iter()) {
        shown.insert(member, value.clone());
    }
    shown.into()
}

fn aggregates(outcome: &Outcome) -> Value {
    let count = |status: &str| {
        let number = outcome.included().filter(|flag| flag.status == status).count();
        i64::try_from(number).unwrap_or(i64::MAX)
    };
    let flagged = outcome.flags.len();
    let ok = i64::try_from(outcome.processed.saturating_sub(flagged)).unwrap_or(i64::MAX);
    let excluded = flagged - outcome.included().count();
    value!({
        "okCount": (ok), "warningCount": (count("warning")), "errorCount": (count("error")),
        "excludedCount": (i64::try_from(excluded).unwrap_or(i64::MAX)),
    })
}

/// `GetRecommendation`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let check = named(call)?;
    let mut shown = shown(call, world, check);
    if let Some(members) = shown.as_object_mut() {
        members.insert("description", check.description);
    }
    Ok(call.fit(Value::from_iter([("recommendation", shown)])))
}

/// `UpdateRecommendationLifecycle`.
pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let check = named(call)?;
    let stage = call.required("lifecycleStage")?;
    if stage == "dismissed" && call.text("updateReasonCode").is_none() {
        return Err(call.invalid("An update reason code is required to dismiss a recommendation."));
    }
    let mut described =
        object! {"lifecycleStage": (stage), "updatedOnBehalfOf": (call.caller.arn.as_str())};
    described.extend(call.given(["updateReason", "updateReasonCode"]));
    if stage == "resolved" {
        described.insert("resolvedAt", call.now);
    }
    let resource = Resource::new(facts(described), Arc::default());
    world.put(call.place(&LIFECYCLE), check.id, resource);
    Ok(Value::object())
}
