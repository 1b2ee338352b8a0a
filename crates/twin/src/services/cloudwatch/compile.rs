//! What an alarm's description means: queries, rule and threshold. Also what cannot be an alarm.

use reeve_model::{Object, Value};

use crate::metrics::{
    Metric,
    alarm::{Comparison, MissingData, Rule},
    sheet::{Content, MetricStatistic, Query, check_period, dimensions},
    statistic::Statistic,
    watch::Compiled,
};

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
const HOUR: i64 = 3600;
const MOST_METRICS: usize = 10;

/// Reads an alarm. The error is in the words of the service.
pub(super) fn compile(alarm: &Object) -> Result<Compiled, String> {
    let text = |member: &str| alarm.get(member).and_then(Value::as_str);
    let number = |member: &str| alarm.get(member).and_then(Value::as_i64);
    let comparison = text("ComparisonOperator")
        .ok_or("The parameter ComparisonOperator is required.")
        .and_then(|text| Comparison::parse(text).ok_or("The ComparisonOperator is not valid."))?;
    let queries = queries(alarm)?;
    let (subject, band) = subject(alarm, &queries, comparison)?;
    let period = queries.iter().filter_map(Query::period).max().unwrap_or(300);
    let evaluation_periods = number("EvaluationPeriods")
        .filter(|periods| *periods >= 1)
        .ok_or("The parameter EvaluationPeriods must be at least 1.")?;
    let datapoints = number("DatapointsToAlarm").unwrap_or(evaluation_periods);
    if !(1..=evaluation_periods).contains(&datapoints) {
        return Err("DatapointsToAlarm must be less than or equal to EvaluationPeriods.".to_owned());
    }
    let longest = if period >= HOUR { WEEK } else { DAY };
    if period.saturating_mul(evaluation_periods) > longest {
        return Err(format!(
            "Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period must be <= {longest})."
        ));
    }
    let of_dynamo = queries.iter().any(|query| match &query.content {
        Content::Statistic(statistic) => statistic.metric.namespace == "AWS/DynamoDB",
        Content::Expression(..) => false,
    });
    let missing = MissingData::parse(text("TreatMissingData").unwrap_or("missing"))
        .ok_or("TreatMissingData must be breaching, notBreaching, ignore or missing.")?;
    let low = text("EvaluateLowSampleCountPercentile");
    if low.is_some_and(|low| low != "evaluate" && low != "ignore") {
        return Err("EvaluateLowSampleCountPercentile must be evaluate or ignore.".to_owned());
    }
    let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Compiled {
        queries,
        subject,
        band,
        threshold: alarm.get("Threshold").and_then(Value::as_f64).unwrap_or(0.0),
        comparison,
        rule: Rule {
            evaluation_periods: size(evaluation_periods),
            datapoints_to_alarm: size(datapoints),
            // Alarms on DynamoDB always ignore what is missing, whatever they say.
            missing: if of_dynamo { MissingData::Ignore } else { missing },
        },
        period,
        ignores_few_samples: low == Some("ignore"),
    })
}

fn queries(alarm: &Object) -> Result<Vec<Query>, String> {
    let text = |member: &str| alarm.get(member).and_then(Value::as_str);
    let given = alarm.list("Metrics");
    if given.is_empty() {
        return single(alarm).map(|query| vec![query]);
    }
    if text("MetricName").is_some() || text("Namespace").is_some() || text("Statistic").is_some() {
        return Err("Metrics cannot be specified if MetricName, Dimensions, Period, Namespace, Statistic, ExtendedStatistic or Unit is specified.".to_owned());
    }
    let queries: Vec<Query> = given.iter().map(Query::read).collect::<Result<_, _>>()?;
    let metrics = queries.iter().filter(|query| matches!(query.content, Content::Statistic(_)));
    if metrics.count() > MOST_METRICS {
        return Err(format!("An alarm can be of at most {MOST_METRICS} metrics."));
    }
    for query in &queries {
        let Content::Expression(expression, _) = &query.content else { continue };
        if expression.calls("SEARCH") {
            return Err("SEARCH is not supported on Metric Alarms.".to_owned());
        }
        let unknown = |id: &&str| {
            !["REPEAT", "LINEAR", "ASC", "DESC"].contains(id)
                && !queries.iter().any(|query| query.id == **id)
        };
        if let Some(id) = expression.references().into_iter().find(|id| unknown(id)) {
            return Err(format!("Invalid metrics list: '{id}' is not defined."));
        }
    }
    Ok(queries)
}

fn single(alarm: &Object) -> Result<Query, String> {
    let text =
        |member: &str| alarm.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("MetricName").ok_or("The parameter MetricName is required.")?;
    let namespace = text("Namespace").ok_or("The parameter Namespace is required.")?;
    let (statistic, extended) = (text("Statistic"), text("ExtendedStatistic"));
    let ((Some(written), None) | (None, Some(written))) = (statistic, extended) else {
        return Err("Exactly one of Statistic and ExtendedStatistic must be specified.".to_owned());
    };
    let statistic = Statistic::parse(written)
        .filter(|found| found.needs_values() == extended.is_some())
        .ok_or_else(|| format!("The value {written} is not a statistic."))?;
    let period =
        alarm.get("Period").and_then(Value::as_i64).ok_or("The parameter Period is required.")?;
    check_period(period)?;
    if period == 1 || period == 5 {
        return Err("Period must not be less than 10.".to_owned());
    }
    let given = alarm.list("Dimensions");
    Ok(Query {
        id: "m1".to_owned(),
        label: None,
        returns: true,
        content: Content::Statistic(MetricStatistic {
            metric: Metric::new(namespace, name, dimensions(given)),
            period,
            statistic,
            text: written.to_owned(),
            unit: text("Unit").map(str::to_owned),
        }),
    })
}

fn subject(
    alarm: &Object,
    queries: &[Query],
    comparison: Comparison,
) -> Result<(usize, Option<usize>), String> {
    let threshold_id = alarm.get("ThresholdMetricId").and_then(Value::as_str);
    let band = match threshold_id {
        None if comparison.is_of_band() => {
            return Err("ThresholdMetricId is required for this ComparisonOperator.".to_owned());
        }
        None => None,
        Some(_) if !comparison.is_of_band() || alarm.contains("Threshold") => {
            return Err(
                "ThresholdMetricId can only be specified for anomaly detection, without Threshold."
                    .to_owned(),
            );
        }
        Some(id) => {
            let found = queries.iter().position(|query| query.id == id);
            Some(found.ok_or_else(|| format!("ThresholdMetricId '{id}' is not defined."))?)
        }
    };
    if threshold_id.is_none() && !alarm.contains("Threshold") {
        return Err("The parameter Threshold is required.".to_owned());
    }
    let mut returned =
        queries.iter().enumerate().filter(|(at, query)| query.returns && Some(*at) != band);
    match (returned.next(), returned.next()) {
        (Some((at, _)), None) => Ok((at, band)),
        _ => Err("Exactly one query must have ReturnData set to true.".to_owned()),
    }
}
