//! What it will cost: the days to come go on as the last weeks went.

use jiff::ToSpan;
use reeve_model::Value;

use super::{
    cost::{money, wanted},
    period::{Day, Period, on_day},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    metrics::source::float,
    value::value,
    world::World,
};

/// From how many days the future is told.
const LEARNT_DAYS: i32 = 30;

/// `GetCostForecast`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let period = Period::read(call)?;
    let today = Day::of(call.now).0;
    if period.start < today {
        return Err(call.invalid("Start time for forecast must not be in the past"));
    }
    let granularity = call.required("Granularity")?;
    if granularity == "HOURLY" {
        return Err(call.invalid("Hourly granularity is not enabled for this account."));
    }
    if ["USAGE_QUANTITY", "NORMALIZED_USAGE_AMOUNT"].contains(&call.required("Metric")?) {
        return Err(call.invalid("Forecasts of usage are not simulated."));
    }
    let items = wanted(call, world)?;
    let learnt =
        Period { start: today.checked_sub(LEARNT_DAYS.days()).unwrap_or(today), end: today };
    let of_day =
        |day: Day| -> f64 { items.iter().map(|item| on_day(world, item, day, call.now).0).sum() };
    let days: Vec<f64> = learnt.days().map(of_day).filter(|cost| *cost > 0.0).collect();
    if days.is_empty() {
        let message = "Insufficient amount of historical data to generate forecast.";
        return Err(Failure::new("DataUnavailableException", message));
    }
    let count = u32::try_from(days.len()).map_or(1.0, f64::from);
    let mean = days.iter().sum::<f64>() / count;
    let squares: f64 = days.iter().map(|cost| (cost - mean).powi(2)).sum();
    let deviation = (squares / count).sqrt().max(mean * 0.01);
    let level = call.integer("PredictionIntervalLevel");
    let width = level.map(|level| 1.3 + (float(level) - 80.0) / 30.0);
    let mut total = 0.0;
    let mut results = Vec::new();
    for part in period.parts(granularity) {
        let length = u32::try_from(part.days().count()).map_or(1.0, f64::from);
        let expected = mean * length;
        total += expected;
        let mut shown = value!({"TimePeriod": (part.shown()), "MeanValue": (money(expected))});
        if let (Some(width), Some(shown)) = (width, shown.as_object_mut()) {
            let room = deviation * width * length.sqrt();
            shown.insert("PredictionIntervalLowerBound", money((expected - room).max(0.0)));
            shown.insert("PredictionIntervalUpperBound", money(expected + room));
        }
        results.push(shown);
    }
    let output = value!({
        "Total": {"Amount": (money(total)), "Unit": "USD"},
        "ForecastResultsByTime": (Value::List(results)),
    });
    Ok(call.fit(output))
}
