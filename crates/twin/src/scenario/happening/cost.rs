//! Something costs more than it used to.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Happening, check, duration, read};
use crate::{
    services::ce::{Surge, surge},
    store::Place,
    world::World,
};

pub(super) static COST: Happening = Happening { word: "cost", check: check::<Detail>, act: happen };

/// What costs how many times as much, and for how long.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Detail {
    /// As bills name it, such as `Amazon Elastic Compute Cloud - Compute`.
    service: String,
    times: f64,
    #[serde(rename = "for")]
    duration: String,
}

fn happen(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: Detail = read(detail)?;
    let start = world.now();
    let end = start.checked_add(duration(&detail.duration)?).map_err(|error| error.to_string())?;
    let more = Surge {
        account: place.account.clone(),
        region: place.region.to_string(),
        service: detail.service,
        start,
        end,
        factor: detail.times,
    };
    surge(world, &more);
    Ok(())
}
