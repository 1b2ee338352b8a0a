//! Metric filters and subscription filters.

use reeve_events::FilterPattern;
use reeve_model::{Object, Value};

use super::{LOG_GROUP, METRIC_FILTER, PAGES, SUBSCRIPTION_FILTER, empty, group};
use crate::{
    bus::{Ask, permits},
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    services::lambda,
    store::{Resource, facts},
    value::object,
    world::World,
};

/// How many of each a group may have.
const MOST_METRIC: usize = 100;
const MOST_SUBSCRIPTION: usize = 2;

fn check_pattern(call: &Call) -> Result<(), Failure> {
    let text = call.input.text("filterPattern");
    FilterPattern::parse(text).map(|_| ()).map_err(|error| call.invalid(error.to_string()))
}

/// Puts a filter into its group, in place of one of the same name.
fn put(call: &Call, world: &mut World, kind: Kind, most: usize) -> Answer {
    let name = group(call, world)?;
    check_pattern(call)?;
    for member in ["applyOnTransformedLogs", "fieldSelectionCriteria"] {
        if call.flag(member) || call.text(member).is_some() {
            let message = format!("the twin does not support {member}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    }
    let place = call.place(kind);
    let id = format!("{name}:{}", call.required("filterName")?);
    let prefix = format!("{name}:");
    let others = world.shelf(&place).keys().filter(|key| key.starts_with(&prefix) && **key != id);
    if others.count() >= most {
        return Err(Failure::new("LimitExceededException", "Resource limit exceeded."));
    }
    let mut said = call.input.as_object().cloned().unwrap_or_default();
    said.remove("logGroupIdentifier");
    said.insert("logGroupName", name);
    said.insert("creationTime", call.now.as_millisecond());
    world.put(place, id, Resource { facts: facts(said), ..Resource::default() });
    Ok(empty())
}

fn delete(call: &Call, world: &mut World, kind: Kind) -> Answer {
    let name = group(call, world)?;
    let id = format!("{name}:{}", call.required("filterName")?);
    call.find(world, kind, &id)?;
    world.remove(&call.place(kind), &id);
    Ok(empty())
}

fn describe(
    call: &Call,
    world: &mut World,
    (kind, member): (Kind, &str),
    keep: impl Fn(&Resource) -> bool,
) -> Answer {
    let of_group = match call.text("logGroupName") {
        Some(_) => Some(group(call, world)?),
        None => None,
    };
    let prefix = call.text("filterNamePrefix").unwrap_or_default();
    let output = PAGES.list(
        (call, world),
        (kind, member),
        |_, filter| {
            of_group.as_deref().is_none_or(|group| filter.fact("logGroupName") == Some(group))
                && filter.fact("filterName").is_some_and(|name| name.starts_with(prefix))
                && keep(filter)
        },
        |_, _, description| description.into(),
    )?;
    Ok(call.fit(output))
}

pub(super) fn put_metric(call: &Call, world: &mut World) -> Answer {
    for transformation in call.list("metricTransformations") {
        let value = transformation.text("metricValue");
        if !value.starts_with('$') && value.parse::<f64>().is_err() {
            return Err(call.invalid(format!("Invalid metric transformation: metricValue {value}")));
        }
        if transformation.text("metricNamespace").starts_with("AWS/") {
            let message = "Invalid metric transformation: metricNamespace must not start with AWS/";
            return Err(call.invalid(message));
        }
        let has_dimensions = transformation
            .get("dimensions")
            .and_then(Value::as_object)
            .is_some_and(|dimensions| !dimensions.is_empty());
        if has_dimensions && transformation.get("defaultValue").is_some() {
            let message = "Invalid metric transformation: dimensions and default value are mutually exclusive properties.";
            return Err(call.invalid(message));
        }
    }
    put(call, world, &METRIC_FILTER, MOST_METRIC)
}

pub(super) fn delete_metric(call: &Call, world: &mut World) -> Answer {
    delete(call, world, &METRIC_FILTER)
}

pub(super) fn describe_metric(call: &Call, world: &mut World) -> Answer {
    let wanted = [
        ("metricName", call.text("metricName")),
        ("metricNamespace", call.text("metricNamespace")),
    ];
    describe(call, world, (&METRIC_FILTER, "metricFilters"), |filter| {
        let transformations = filter.list("metricTransformations");
        wanted.iter().all(|(member, wanted)| {
            wanted.is_none_or(|wanted| {
                transformations
                    .iter()
                    .any(|one| one.get(member).and_then(Value::as_str) == Some(wanted))
            })
        })
    })
}

pub(super) fn test(call: &Call, _: &mut World) -> Answer {
    check_pattern(call)?;
    let text = call.input.text("filterPattern");
    let Ok(pattern) = FilterPattern::parse(text) else { return Ok(empty()) };
    let matches: Vec<Value> = (1_i64..)
        .zip(call.texts("logEventMessages"))
        .filter_map(|(number, message)| {
            let extracted: Object = pattern.extract(message)?.into_iter().collect();
            Some(
                object!(
                    "eventNumber": (number),
                    "eventMessage": (message),
                    "extractedValues": (extracted),
                )
                .into(),
            )
        })
        .collect();
    Ok(Value::from_iter([("matches", matches)]))
}

pub(super) fn put_subscription(call: &Call, world: &mut World) -> Answer {
    let destination = call.required("destinationArn")?;
    if destination.split(':').nth(2) != Some("lambda") {
        let message = format!("the twin does not deliver log events to {destination}");
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let name = group(call, world)?;
    let place = call.place(&LOG_GROUP);
    let source = format!("{}:*", place.arn_of(&LOG_GROUP, &name));
    let region_service = format!("logs.{}.amazonaws.com", place.region);
    let policy = lambda::policy_of(world, destination);
    let allowed = ["logs.amazonaws.com", &region_service].iter().any(|service| {
        permits(
            policy.as_deref(),
            &Ask {
                service,
                action: "lambda:InvokeFunction",
                resource: destination,
                source_arn: &source,
                source_account: place.account.as_str(),
            },
        )
    });
    if !allowed {
        let message = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.";
        return Err(call.invalid(message));
    }
    put(call, world, &SUBSCRIPTION_FILTER, MOST_SUBSCRIPTION)
}

pub(super) fn delete_subscription(call: &Call, world: &mut World) -> Answer {
    delete(call, world, &SUBSCRIPTION_FILTER)
}

pub(super) fn describe_subscription(call: &Call, world: &mut World) -> Answer {
    describe(call, world, (&SUBSCRIPTION_FILTER, "subscriptionFilters"), |_| true)
}
