//! AWS Cost Explorer: what the resources of the world cost, by a table of prices and their lifetimes.
//!
//! ```text
//! resources ─► items (what costs how much a day, since when) ─► days of a period ─► filtered, grouped, summed
//! ```
//!
//! The same question has the same answer: noise is a function of the seed, the item and the day. What a resource that is gone
//! has cost is not known.

mod anomalies;
mod commitments;
mod cost;
mod forecast;
mod items;
mod period;
mod prices;
mod values;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(crate) use anomalies::{Surge, surge};
pub(super) use items::{Item, items};
pub(super) use period::{Day, on_day};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ce",
    signing_name: "ce",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "ce",
    invalid: "ValidationException",
    throttled: ("LimitExceededException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&anomalies::ANOMALY, &anomalies::MONITOR, &anomalies::SUBSCRIPTION],
    operations: &[
        ("GetCostAndUsage", Action::Own(cost::get)),
        ("GetCostForecast", Action::Own(forecast::get)),
        ("GetDimensionValues", Action::Own(values::dimensions)),
        ("GetTags", Action::Own(values::tags)),
        ("GetAnomalies", Action::Own(anomalies::list)),
        ("ProvideAnomalyFeedback", Action::Own(anomalies::feedback)),
        ("CreateAnomalyMonitor", Action::Own(anomalies::create_monitor)),
        ("GetAnomalyMonitors", Action::Own(anomalies::list_monitors)),
        ("UpdateAnomalyMonitor", Action::Own(anomalies::update_monitor)),
        ("DeleteAnomalyMonitor", Action::Own(anomalies::delete_monitor)),
        ("CreateAnomalySubscription", Action::Own(anomalies::create_subscription)),
        ("GetAnomalySubscriptions", Action::Own(anomalies::list_subscriptions)),
        ("UpdateAnomalySubscription", Action::Own(anomalies::update_subscription)),
        ("DeleteAnomalySubscription", Action::Own(anomalies::delete_subscription)),
        ("GetSavingsPlansCoverage", Action::Own(commitments::savings_plans_coverage)),
        ("GetSavingsPlansUtilization", Action::Own(commitments::savings_plans_utilization)),
        ("GetReservationCoverage", Action::Own(commitments::reservation_coverage)),
        ("GetReservationUtilization", Action::Own(commitments::reservation_utilization)),
    ],
    tasks: &[],
};

/// What a machine of a type costs an hour in a Region.
pub(super) fn machine_price(kind: &str, region: &str) -> f64 {
    prices::machine(kind) * prices::region_factor(region)
}
