//! Savings plans and reservations: nobody has bought any, so that nothing is covered and there is nothing to use.

use reeve_model::Value;

use super::{
    cost::{money, wanted},
    period::{Period, on_day},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::value,
    world::World,
};

/// What savings plans and reservations can cover.
const COVERABLE: &str = "Amazon Elastic Compute Cloud - Compute";

fn check_plain(call: &Call) -> Result<(), Failure> {
    if call.list("GroupBy").is_empty() {
        return Ok(());
    }
    Err(call.invalid("Groups of commitments are not simulated."))
}

fn unavailable() -> Failure {
    Failure::new("DataUnavailableException", "The requested data is unavailable.")
}

/// Cost and hours of what could be covered, in a part of the period.
fn coverable(call: &Call, world: &World, part: Period) -> Result<(f64, f64), Failure> {
    let (mut cost, mut hours) = (0.0, 0.0);
    for item in wanted(call, world)?.iter().filter(|item| item.service == COVERABLE) {
        for day in part.days() {
            let (of_day, used) = on_day(world, item, day, call.now);
            cost += of_day;
            hours += used;
        }
    }
    Ok((cost, hours))
}

/// `GetSavingsPlansCoverage`.
pub(super) fn savings_plans_coverage(call: &Call, world: &mut World) -> Answer {
    check_plain(call)?;
    let period = Period::read(call)?;
    let mut coverages = Vec::new();
    for part in period.parts(call.text("Granularity").unwrap_or("MONTHLY")) {
        let (cost, _) = coverable(call, world, part)?;
        coverages.push(value!({
            "Coverage": {
                "SpendCoveredBySavingsPlans": "0", "OnDemandCost": (money(cost)), "TotalCost": (money(cost)),
                "CoveragePercentage": "0",
            },
            "TimePeriod": (part.shown()),
        }));
    }
    Ok(call.fit(Value::from_iter([("SavingsPlansCoverages", Value::List(coverages))])))
}

/// `GetSavingsPlansUtilization`: there are no plans to be used.
pub(super) fn savings_plans_utilization(call: &Call, _: &mut World) -> Answer {
    Period::read(call)?;
    Err(unavailable())
}

/// `GetReservationCoverage`.
pub(super) fn reservation_coverage(call: &Call, world: &mut World) -> Answer {
    check_plain(call)?;
    let period = Period::read(call)?;
    let covered = |hours: f64| {
        value!({"CoverageHours": {
            "OnDemandHours": (money(hours)), "ReservedHours": "0", "TotalRunningHours": (money(hours)),
            "CoverageHoursPercentage": "0",
        }})
    };
    let mut total = 0.0;
    let mut coverages = Vec::new();
    for part in period.parts(call.text("Granularity").unwrap_or("MONTHLY")) {
        let (_, hours) = coverable(call, world, part)?;
        total += hours;
        coverages.push(value!({
            "TimePeriod": (part.shown()), "Groups": [], "Total": (covered(hours)),
        }));
    }
    let output = value!({"CoveragesByTime": (Value::List(coverages)), "Total": (covered(total))});
    Ok(call.fit(output))
}

/// `GetReservationUtilization`: nothing was reserved.
pub(super) fn reservation_utilization(call: &Call, _: &mut World) -> Answer {
    check_plain(call)?;
    let period = Period::read(call)?;
    let none = || {
        value!({
            "UtilizationPercentage": "0", "PurchasedHours": "0", "TotalActualHours": "0", "UnusedHours": "0",
            "OnDemandCostOfRIHoursUsed": "0", "NetRISavings": "0", "TotalPotentialRISavings": "0",
            "AmortizedUpfrontFee": "0", "AmortizedRecurringFee": "0", "TotalAmortizedFee": "0",
        })
    };
    let parts = period.parts(call.text("Granularity").unwrap_or("MONTHLY")).into_iter();
    let utilizations: Value = parts
        .map(|part| value!({"TimePeriod": (part.shown()), "Groups": [], "Total": (none())}))
        .collect();
    Ok(call.fit(value!({"UtilizationsByTime": (utilizations), "Total": (none())})))
}
