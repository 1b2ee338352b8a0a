//! The queries of `GetMetricData` and of alarms: metrics and expressions that refer to each other by id.

use std::cell::{Cell, RefCell};

use reeve_model::Value;

use super::{
    Metric, Site,
    expression::{Expression, Line, Quantity, Search, Source},
    generate,
    memory::{Memory, Purpose, Timed},
    series::floor,
    source,
    statistic::{Statistic, Summary},
};
use crate::world::World;

/// How many metrics one search may find.
const MOST_FOUND: usize = 100;
/// How deep queries may refer to each other.
const DEEPEST: usize = 20;
/// From how many days the normal band of a metric is learnt.
const BAND_DAYS: i64 = 7;
const DAY: i64 = 86_400;
/// Where nothing else says how far points are apart.
const USUAL_PERIOD: i64 = 300;

/// One query.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) returns: bool,
    pub(crate) content: Content,
}

/// What a query is about.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Statistic(MetricStatistic),
    Expression(Expression, Option<i64>),
}

/// A statistic of one metric over periods.
#[derive(Debug, Clone)]
pub(crate) struct MetricStatistic {
    pub(crate) metric: Metric,
    pub(crate) period: i64,
    pub(crate) statistic: Statistic,
    pub(crate) text: String,
    /// Only points of this unit.
    pub(crate) unit: Option<String>,
}

/// Queries over a stretch of time.
pub(crate) struct Sheet<'w> {
    world: &'w World,
    site: &'w Site,
    queries: &'w [Query],
    window: (i64, i64),
    depth: Cell<usize>,
    memory: Option<RefCell<&'w mut Memory>>,
}

/// The dimensions in a list of `Name` and `Value`.
pub(crate) fn dimensions(list: &[Value]) -> Vec<(String, String)> {
    let text = |one: &Value, member: &str| one.text(member).to_owned();
    list.iter().map(|one| (text(one, "Name"), text(one, "Value"))).collect()
}

impl Query {
    /// Reads one query as the API writes it.
    pub(crate) fn read(query: &Value) -> Result<Self, String> {
        let text = |member: &str| query.get(member).and_then(Value::as_str);
        let id = text("Id").unwrap_or_default();
        let well = id.starts_with(|first: char| first.is_ascii_lowercase())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !well {
            return Err(format!(
                "The value '{id}' for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            ));
        }
        let period = query.get("Period").and_then(Value::as_i64);
        let content = match (query.get("MetricStat"), text("Expression")) {
            (Some(statistic), None) => Content::Statistic(MetricStatistic::read(statistic)?),
            (None, Some(text)) => {
                let expression = Expression::parse(text)
                    .map_err(|error| format!("Error in expression '{id}': {error}"))?;
                Content::Expression(expression, period)
            }
            _ => {
                return Err(format!(
                    "Exactly one of MetricStat and Expression must be set in query '{id}'."
                ));
            }
        };
        Ok(Self {
            id: id.to_owned(),
            label: text("Label").map(str::to_owned),
            returns: query.get("ReturnData").and_then(Value::as_bool).unwrap_or(true),
            content,
        })
    }

    /// The seconds between its points, as far as it says so itself.
    pub(crate) fn period(&self) -> Option<i64> {
        match &self.content {
            Content::Statistic(statistic) => Some(statistic.period),
            Content::Expression(_, period) => *period,
        }
    }
}

impl MetricStatistic {
    fn read(value: &Value) -> Result<Self, String> {
        let text = |path: &str| value.path(path).and_then(Value::as_str).unwrap_or_default();
        let name = text("Stat");
        let statistic = Statistic::parse(name)
            .ok_or_else(|| format!("The value {name} for parameter Stat is not supported."))?;
        let period = value.get("Period").and_then(Value::as_i64).unwrap_or(USUAL_PERIOD);
        check_period(period)?;
        let dimensions = value.path("Metric.Dimensions").map_or(&[][..], Value::as_list);
        Ok(Self {
            metric: Metric::new(
                text("Metric.Namespace"),
                text("Metric.MetricName"),
                self::dimensions(dimensions),
            ),
            period,
            statistic,
            text: name.to_owned(),
            unit: Some(text("Unit").to_owned()).filter(|unit| !unit.is_empty()),
        })
    }

    /// The values of every period that has any, with how many there were.
    pub(crate) fn values(
        &self,
        world: &World,
        site: &Site,
        window: (i64, i64),
    ) -> Vec<(i64, f64, f64)> {
        let other_unit = |unit: &String| source::unit(world, site, &self.metric) != *unit;
        if self.unit.as_ref().is_some_and(other_unit) {
            return Vec::new();
        }
        self.of(source::periods(world, (site, &self.metric), window, self.period)).collect()
    }

    /// The values of some periods, as far as they have any.
    pub(super) fn of(&self, periods: Vec<(i64, Summary)>) -> impl Iterator<Item = Timed> {
        let value = |(time, summary): (i64, Summary)| {
            Some((time, self.statistic.of(&summary)?, summary.count))
        };
        periods.into_iter().filter_map(value)
    }

    /// The stretch of time that its line is over: it begins with a period.
    fn aligned(&self, window: (i64, i64)) -> (i64, i64) {
        (floor(window.0, self.period.min(3600)), window.1)
    }

    fn line(&self, values: &[Timed]) -> Line {
        Line {
            label: label_of(&self.metric),
            period: self.period,
            points: values.iter().map(|(time, value, _)| (*time, *value)).collect(),
        }
    }
}

/// What a metric is called in a graph: its name.
fn label_of(metric: &Metric) -> String {
    metric.name.clone()
}

/// Refuses what cannot be a period.
pub(crate) fn check_period(period: i64) -> Result<(), String> {
    let short = [1, 5, 10, 20, 30].contains(&period);
    if short || (period > 0 && period % 60 == 0) {
        return Ok(());
    }
    Err(format!(
        "The value {period} for parameter Period is not valid. It must be 1, 5, 10, 20, 30, or a multiple of 60."
    ))
}

impl<'w> Sheet<'w> {
    /// Queries from a time to before another.
    pub(crate) fn new(
        world: &'w World,
        site: &'w Site,
        queries: &'w [Query],
        window: (i64, i64),
    ) -> Self {
        Self { world, site, queries, window, depth: Cell::new(0), memory: None }
    }

    /// The same for somebody who asks again and again.
    pub(crate) fn remembering(self, memory: &'w mut Memory) -> Self {
        Self { memory: Some(RefCell::new(memory)), ..self }
    }

    /// The values of a query that is of one metric.
    pub(crate) fn values(
        &self,
        purpose: &Purpose,
        statistic: &MetricStatistic,
        window: (i64, i64),
    ) -> Vec<Timed> {
        match &self.memory {
            Some(memory) => {
                let mut memory = memory.borrow_mut();
                memory.values(purpose, statistic, (self.world, self.site), window).into_owned()
            }
            None => statistic.values(self.world, self.site, window),
        }
    }

    fn line_of(&self, query: &Query, statistic: &MetricStatistic) -> Line {
        let purpose = Purpose::Values(query.id.clone());
        statistic.line(&self.values(&purpose, statistic, statistic.aligned(self.window)))
    }

    /// What a query comes to: lines, in order.
    pub(crate) fn lines(&self, query: &Query) -> Result<Vec<Line>, String> {
        let found = self.evaluate(query)?;
        match found {
            Quantity::Number(_) => {
                Err(format!("Error in expression '{}': The result must be a time series", query.id))
            }
            Quantity::Line(line) => Ok(vec![line]),
            Quantity::Lines(lines) => Ok(lines),
        }
    }

    fn evaluate(&self, query: &Query) -> Result<Quantity, String> {
        match &query.content {
            Content::Statistic(statistic) => Ok(Quantity::Line(self.line_of(query, statistic))),
            Content::Expression(expression, _) => {
                if self.depth.get() >= DEEPEST {
                    return Err(format!("Error in expression '{}': it refers to itself", query.id));
                }
                self.depth.set(self.depth.get() + 1);
                let found = expression.evaluate(self);
                self.depth.set(self.depth.get() - 1);
                let found = found.map_err(|error| {
                    if error.starts_with("Error in expression") {
                        error
                    } else {
                        format!("Error in expression '{}': {error}", query.id)
                    }
                })?;
                Ok(match found {
                    Quantity::Line(line) => {
                        Quantity::Line(Line { label: query.id.clone(), ..line })
                    }
                    other => other,
                })
            }
        }
    }

    fn band_of(&self, id: &str, statistic: &MetricStatistic, deviations: f64) -> [Line; 2] {
        let (start, end) = (floor(self.window.0, statistic.period), self.window.1);
        let history = (start - BAND_DAYS * DAY, start.max(end - DAY));
        let values = self.values(&Purpose::Usual(id.to_owned()), statistic, history);
        let mut by_hour: Vec<Vec<f64>> = vec![Vec::new(); 24];
        for (time, value, _) in values {
            if let Some(hour) = by_hour.get_mut(hour_of(time)) {
                hour.push(value);
            }
        }
        let normal: Vec<Option<(f64, f64)>> = by_hour.iter().map(|values| spread(values)).collect();
        let mut band = [Vec::new(), Vec::new()];
        let mut time = start;
        while time < end {
            if let Some(Some((mean, deviation))) = normal.get(hour_of(time)) {
                // Even a metric that never moves has some room.
                let room = deviations * deviation.max(mean.abs() * 0.02).max(1e-6);
                let [upper, lower] = &mut band;
                upper.push((time, mean + room));
                lower.push((time, mean - room));
            }
            time += statistic.period;
        }
        let [upper, lower] = band;
        let line = |end: &str, points| Line {
            label: format!("{} {end}", label_of(&statistic.metric)),
            period: statistic.period,
            points,
        };
        [line("(upper)", upper), line("(lower)", lower)]
    }
}

fn hour_of(time: i64) -> usize {
    usize::try_from(time.rem_euclid(DAY) / 3600).unwrap_or(0)
}

/// The mean and the standard deviation.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let count = u32::try_from(values.len()).ok().filter(|count| *count > 1).map(f64::from)?;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / count).sqrt()))
}

impl Source for Sheet<'_> {
    fn window(&self) -> (i64, i64) {
        (floor(self.window.0, self.period().min(3600)), self.window.1)
    }

    fn period(&self) -> i64 {
        self.queries.iter().filter_map(Query::period).max().unwrap_or(USUAL_PERIOD)
    }

    fn query(&self, id: &str) -> Result<Quantity, String> {
        let query = self.queries.iter().find(|query| query.id == id);
        self.evaluate(query.ok_or_else(|| format!("Unknown id '{id}'"))?)
    }

    fn metrics(&self, holding: &str) -> Result<Vec<Line>, String> {
        let lines = self.queries.iter().filter(|query| query.id.contains(holding));
        let line = |query: &Query| match &query.content {
            Content::Statistic(statistic) => Some(self.line_of(query, statistic)),
            Content::Expression(..) => None,
        };
        Ok(lines.filter_map(line).collect())
    }

    fn search(&self, search: &Search, statistic: &str, period: i64) -> Result<Vec<Line>, String> {
        let parsed = Statistic::parse(statistic)
            .ok_or_else(|| format!("The statistic '{statistic}' is not supported in SEARCH"))?;
        check_period(period)?;
        let fits =
            |metric: &Metric| search.finds(&metric.namespace, &metric.name, &metric.dimensions);
        let stored = self.world.metrics.stored.list(self.site, self.window.0 - DAY);
        let mut metrics: Vec<Metric> = stored.filter(|metric| fits(metric)).cloned().collect();
        metrics.extend(generate::list(self.world, self.site).into_iter().filter(fits));
        metrics.sort();
        metrics.dedup();
        metrics.truncate(MOST_FOUND);
        let line = |metric: Metric| {
            let values: Vec<&str> = metric.dimensions.iter().map(|(_, value)| &**value).collect();
            let label = format!("{} {}", values.join(" "), metric.name);
            let text = statistic.to_owned();
            let found = MetricStatistic { metric, period, statistic: parsed, text, unit: None };
            let values = found.values(self.world, self.site, found.aligned(self.window));
            Line { label: label.trim().to_owned(), ..found.line(&values) }
        };
        Ok(metrics.into_iter().map(line).collect())
    }

    fn band(&self, expression: &Expression, deviations: f64) -> Result<[Line; 2], String> {
        let Expression::Reference(id) = expression else {
            return Err("ANOMALY_DETECTION_BAND takes the id of a metric".to_owned());
        };
        let query = self.queries.iter().find(|query| query.id == *id);
        match query.map(|query| &query.content) {
            Some(Content::Statistic(statistic)) => Ok(self.band_of(id, statistic, deviations)),
            Some(Content::Expression(..)) => {
                Err("The band of an expression is not simulated".to_owned())
            }
            None => Err(format!("Unknown id '{id}'")),
        }
    }
}
