//! The resources that recommendations are about, and those that are left out.

use reeve_model::Value;

use super::recommendations::{arn, named, page};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    services::support::advice::{self, Check, Flag},
    store::Resource,
    value::value,
    world::World,
};

/// The id of a flagged resource.
fn resource_id(check: &Check, flag: &Flag) -> String {
    hex_digest(&format!("{}/{}/{}", check.id, flag.region, flag.resource), 40)
}

fn resource_arn(call: &Call, check: &Check, flag: &Flag) -> String {
    let recommendation = arn(call, check);
    let recommendation = recommendation.replace(":recommendation/", ":recommendation-resource/");
    format!("{recommendation}/{}", resource_id(check, flag))
}

/// `ListRecommendationResources`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let check = named(call)?;
    let outcome = check.run(world, call.account());
    let wanted = |flag: &&Flag| {
        call.text("status").is_none_or(|status| status == flag.status)
            && call.text("regionCode").is_none_or(|region| region == flag.region)
            && call
                .text("exclusionStatus")
                .is_none_or(|status| (status == "excluded") == flag.excluded)
    };
    let shown = outcome.flags.iter().filter(wanted).map(|flag| {
        let metadata: Value = flag
            .metadata
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), Value::from(value)))
            .collect();
        value!({
            "id": (resource_id(check, flag)), "arn": (resource_arn(call, check, flag)),
            "awsResourceId": (&flag.resource), "regionCode": (&flag.region), "status": (flag.status),
            "metadata": (metadata), "lastUpdatedAt": (call.now),
            "exclusionStatus": (if flag.excluded { "excluded" } else { "included" }),
            "recommendationArn": (arn(call, check)),
        })
    });
    page(call, "recommendationResourceSummaries", shown.collect())
}

/// `BatchUpdateRecommendationResourceExclusion`.
pub(super) fn exclude(call: &Call, world: &mut World) -> Answer {
    let mut errors = Vec::new();
    for exclusion in call.list("recommendationResourceExclusions").to_vec() {
        let wanted = exclusion.text("arn");
        let excluded = exclusion.flag("isExcluded");
        let found = advice::checks().find_map(|check| {
            let flags = check.run(world, call.account()).flags;
            let flag = flags.into_iter().find(|flag| resource_arn(call, check, flag) == wanted)?;
            Some(format!("{}/{}", check.id, flag.resource))
        });
        match (found, advice::excluded(call.account())) {
            (Some(id), Some(place)) if excluded => world.put(place, id, Resource::default()),
            (Some(id), Some(place)) => {
                world.remove(&place, &id);
            }
            _ => errors.push(value!({
                "arn": (wanted), "errorCode": "404", "errorMessage": "The recommendation resource was not found.",
            })),
        }
    }
    Ok(Value::from_iter([(
        "batchUpdateRecommendationResourceExclusionErrors",
        Value::List(errors),
    )]))
}
