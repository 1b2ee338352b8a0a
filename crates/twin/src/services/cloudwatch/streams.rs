//! Metric streams: configured, started and stopped. Nothing flows, because there is no Firehose here to flow to.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::TagInput,
    store::{Resource, facts},
    tagging,
    world::World,
};

/// `AWS::CloudWatch::MetricStream`.
pub(super) static STREAM: Definition = Definition {
    resource_type: "AWS::CloudWatch::MetricStream",
    tagging_type: "cloudwatch:metric-stream",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:metric-stream/{id}",
    identity: &[("Name", Identity::Id), ("Arn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Metric stream {id} does not exist")
        .with_status(404),
    ..Definition::OF
};

/// `PutMetricStream`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?.to_owned();
    if !call.list("IncludeFilters").is_empty() && !call.list("ExcludeFilters").is_empty() {
        let message = "IncludeFilters and ExcludeFilters cannot be specified together.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let given = TagInput::List("Tags").read(call);
    tagging::check(call, &given)?;
    let mut described = Object::new();
    let kept = [
        "IncludeFilters",
        "ExcludeFilters",
        "FirehoseArn",
        "RoleArn",
        "OutputFormat",
        "StatisticsConfigurations",
        "IncludeLinkedAccountsMetrics",
    ];
    for member in kept {
        if let Some(value) = call.input.get(member) {
            described.insert(member, value.clone());
        }
    }
    let place = call.place(&STREAM);
    let present = world.get(&place, &name);
    let state = present.and_then(|present| present.fact("State")).unwrap_or("running");
    described.insert("State", state);
    let created =
        present.and_then(|present| present.value("CreationDate")).and_then(Value::as_timestamp);
    described.insert("CreationDate", created.unwrap_or(call.now));
    described.insert("LastUpdateDate", call.now);
    let tags = match present {
        Some(present) => std::sync::Arc::clone(&present.tags),
        None => std::sync::Arc::new(given.into_iter().collect()),
    };
    let arn = place.arn_of(&STREAM, &name);
    world.put(place, name, Resource::new(facts(described), tags));
    Ok(Value::from_iter([("Arn", Value::from(arn))]))
}

/// `GetMetricStream`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let stream = call.find(world, &STREAM, name)?;
    let place = call.place(&STREAM);
    Ok(call.fit(place.describe(&STREAM, name, stream).into()))
}

const PAGES: Paging = Paging::of("MaxResults", "NextToken", (500, 500), "InvalidNextToken");

/// `ListMetricStreams`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let show = |_: &str, _: &Resource, shown: Object| Value::from(shown);
    let listed = PAGES.list((call, world), (&STREAM, "Entries"), crate::page::all, show)?;
    Ok(call.fit(listed))
}

/// `DeleteMetricStream`. Deleting what is not there goes well.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    world.remove(&call.place(&STREAM), name);
    Ok(Value::object())
}

/// `StartMetricStreams`.
pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    set_state(call, world, "running")
}

/// `StopMetricStreams`.
pub(super) fn stop(call: &Call, world: &mut World) -> Answer {
    set_state(call, world, "stopped")
}

fn set_state(call: &Call, world: &mut World, state: &str) -> Answer {
    let now = call.now;
    for name in call.texts("Names") {
        world.change(&call.place(&STREAM), name, |facts| {
            facts.insert("State", state);
            facts.insert("LastUpdateDate", now);
        });
    }
    Ok(Value::object())
}
