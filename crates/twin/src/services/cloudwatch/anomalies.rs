//! Anomaly detectors: which metrics have a band. The band itself is that of their hours of the day, learnt from a week.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing, hyphenate},
    metrics::{Metric, sheet::dimensions},
    page::Paging,
    store::{Resource, facts},
    world::World,
};

/// `AWS::CloudWatch::AnomalyDetector`.
pub(super) static DETECTOR: Definition = Definition {
    resource_type: "AWS::CloudWatch::AnomalyDetector",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:anomaly-detector:{id}",
    identity: &[("AnomalyDetectorId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Anomaly detector not found.")
        .with_status(404),
    ..Definition::OF
};

/// How long a detector learns before it has a band.
const LEARNING_SECONDS: i64 = 3 * 3600;

/// What identifies the detector of one metric: said at the top, or as a single metric.
fn single(call: &Call) -> Option<(Object, String)> {
    let given = call.object("SingleMetricAnomalyDetector");
    let member = |name: &str| match given {
        Some(given) => given.get(name),
        None => call.input.get(name),
    };
    let text = |name: &str| member(name).and_then(Value::as_str);
    let (namespace, name, statistic) = (text("Namespace")?, text("MetricName")?, text("Stat")?);
    let list = member("Dimensions").map_or(&[][..], Value::as_list);
    let metric = Metric::new(namespace, name, dimensions(list));
    let mut described = Object::new();
    described.insert("Namespace", namespace);
    described.insert("MetricName", name);
    described.insert("Dimensions", super::metrics::shown_dimensions(&metric));
    described.insert("Stat", statistic);
    let id = hyphenate(&hex_digest(&format!("{metric:?}/{statistic}"), 32));
    Some((described, id))
}

fn identified(call: &Call) -> Result<(Object, String), Failure> {
    if let Some(math) = call.object("MetricMathAnomalyDetector") {
        let id = hyphenate(&hex_digest(&format!("{math:?}"), 32));
        return Ok((
            Object::from_iter([("MetricMathAnomalyDetector", Value::from(math.clone()))]),
            id,
        ));
    }
    let message = "Namespace, MetricName and Stat are required.";
    let (single, id) =
        single(call).ok_or_else(|| Failure::new("InvalidParameterCombination", message))?;
    let mut described = single.clone();
    described.insert("SingleMetricAnomalyDetector", single);
    Ok((described, id))
}

/// `PutAnomalyDetector`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (mut described, id) = identified(call)?;
    described.extend(call.given(["Configuration", "MetricCharacteristics"]));
    let inside = Object::from_iter([("Created", Value::from(call.now))]);
    let resource = Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside);
    world.put(call.place(&DETECTOR), id.clone(), resource);
    Ok(call.fit(Value::from_iter([("AnomalyDetectorId", Value::from(id))])))
}

const PAGES: Paging = Paging::of("MaxResults", "NextToken", (50, 100), "InvalidNextToken");

/// `DescribeAnomalyDetectors`.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let types = call.texts("AnomalyDetectorTypes");
    let ids = call.texts("AnomalyDetectorIds");
    let wanted = Metric::new("", "", dimensions(call.list("Dimensions"))).dimensions;
    let keep = |id: &str, detector: &Resource| {
        let math = detector.facts.contains("MetricMathAnomalyDetector");
        let of_type = match types.as_slice() {
            [] => !math || !ids.is_empty(),
            types => types.contains(&if math { "METRIC_MATH" } else { "SINGLE_METRIC" }),
        };
        let list = detector.facts.list("Dimensions");
        let has = dimensions(list);
        (ids.is_empty() || ids.contains(&id))
            && of_type
            && ["Namespace", "MetricName"].into_iter().all(|member| {
                call.text(member).is_none_or(|text| detector.fact(member) == Some(text))
            })
            && wanted.iter().all(|dimension| has.contains(dimension))
    };
    let show = |_: &str, detector: &Resource, mut shown: Object| {
        let created = detector.inside.get("Created").and_then(Value::as_timestamp);
        let age = created.map_or(i64::MAX, |created| call.now.duration_since(created).as_secs());
        let state = if age < LEARNING_SECONDS { "PENDING_TRAINING" } else { "TRAINED" };
        shown.insert("StateValue", state);
        Value::from(shown)
    };
    let listed = PAGES.list((call, world), (&DETECTOR, "AnomalyDetectors"), keep, show)?;
    Ok(call.fit(listed))
}

/// `DeleteAnomalyDetector`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = match call.text("AnomalyDetectorId") {
        Some(id) => id.to_owned(),
        None => identified(call)?.1,
    };
    let place = call.place(&DETECTOR);
    world.remove(&place, &id).ok_or_else(|| DETECTOR.missing.failure(&id))?;
    Ok(Value::object())
}
