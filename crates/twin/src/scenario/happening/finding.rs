//! A threat, a weakness or something that should not lie where it lies is found.

use reeve_model::{Object, Value};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Happening, check, read};
use crate::{
    services::{guardduty, macie2, securityhub},
    store::Place,
    world::World,
};

pub(super) static FINDING: Happening =
    Happening { word: "finding", check: check::<Detail>, act: happen };

/// Who finds what; what belongs to a finding is each service's own.
#[derive(Deserialize)]
struct Detail {
    by: Finder,
    #[serde(flatten)]
    finding: serde_json::Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Finder {
    Guardduty,
    Macie,
    SecurityHub,
}

fn happen(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: Detail = read(detail)?;
    let members = detail.finding.iter();
    let finding: Object =
        members.map(|(name, value)| (name.as_str(), Value::from_json(value))).collect();
    let site = (&place.account, &place.region);
    let found = match detail.by {
        Finder::Guardduty => guardduty::inject(world, site, &finding.into()),
        Finder::Macie => macie2::inject(world, site, &finding.into()),
        Finder::SecurityHub => securityhub::inject(world, site, &finding.into()),
    };
    found.map(|_| ()).map_err(|failure| format!("{}: {}", failure.code, failure.message))
}
