//! A metric goes another way than it would.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Happening, check, duration, read};
use crate::{
    metrics::{self, Course, Forced, Site},
    store::Place,
    world::World,
};

pub(super) static METRIC: Happening =
    Happening { word: "metric", check: check::<Detail>, act: happen };

/// Which metric, and how it goes.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Detail {
    namespace: String,
    name: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    #[serde(rename = "for")]
    duration: String,
    course: Way,
}

/// How it goes.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    Constant(f64),
    Ramp(f64, f64),
    Spike(f64, f64),
    Absent,
}

fn happen(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: Detail = read(detail)?;
    let from = world.now();
    let to = from.checked_add(duration(&detail.duration)?).map_err(|error| error.to_string())?;
    let course = match detail.course {
        Way::Constant(value) => Course::Constant(value),
        Way::Ramp(start, end) => Course::Ramp(start, end),
        Way::Spike(base, peak) => Course::Spike(base, peak),
        Way::Absent => Course::Absent,
    };
    let forced = Forced {
        site: Site::of(place),
        namespace: detail.namespace,
        metric: detail.name,
        dimensions: detail.dimensions.into_iter().collect(),
        from,
        to,
        course,
    };
    metrics::force(world, forced);
    Ok(())
}
