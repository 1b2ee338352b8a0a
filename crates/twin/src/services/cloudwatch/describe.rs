//! Showing alarms.

use reeve_model::{Object, Value};

use super::{
    COMPOSITE_ALARM, METRIC_ALARM,
    alarms::{invalid, name_of, place},
    composite, metrics,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    metrics::{Metric, Site, rule::AlarmRule, sheet::dimensions},
    page::Paging,
    store::{Place, Resource},
    world::World,
};

const PAGES: Paging = Paging::of("MaxRecords", "NextToken", (50, 100), "InvalidNextToken");

/// `DescribeAlarms`. Without types, metric alarms alone are shown, as on AWS.
pub(super) fn alarms(call: &Call, world: &mut World) -> Answer {
    let site = metrics::site(call);
    let names = call.texts("AlarmNames");
    if !names.is_empty() && call.text("AlarmNamePrefix").is_some() {
        return Err(invalid("AlarmNames and AlarmNamePrefix cannot be specified together."));
    }
    let related = related(call, world, &site)?;
    let types = call.texts("AlarmTypes");
    let both =
        call.text("ChildrenOfAlarmName").is_some() || call.text("ParentsOfAlarmName").is_some();
    let mut found: Vec<(&String, Place)> = Vec::new();
    for (kind, name) in [(&METRIC_ALARM, "MetricAlarm"), (&COMPOSITE_ALARM, "CompositeAlarm")] {
        let default = types.is_empty() && (kind == &METRIC_ALARM || both);
        if !default && !types.contains(&name) {
            continue;
        }
        let place = place(&site, kind);
        let shelf = world.shelf(&place).iter().filter(|(name, alarm)| {
            wanted(call, (name, alarm), &names)
                && related.as_ref().is_none_or(|related| related.contains(name))
        });
        found.extend(shelf.map(|(name, _)| (name, place.clone())));
    }
    found.sort();
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = |name: &str| start.as_deref().is_none_or(|start| name > start);
    let rest: Vec<&(&String, Place)> = found.iter().filter(|(name, _)| after(name)).collect();
    let (mut metric, mut composite) = (Vec::new(), Vec::new());
    for (name, place) in rest.iter().take(size) {
        let Some(alarm) = world.get(place, name) else { continue };
        let shown = place.describe(place.kind, name, alarm);
        if place.kind == &METRIC_ALARM {
            metric.push(shown.into());
        } else {
            composite.push(shown.into());
        }
    }
    let last = rest.iter().take(size).next_back().map(|(name, _)| name.as_str());
    let last = last.filter(|_| rest.len() > size).map(str::to_owned);
    let output = Object::from_iter([
        ("MetricAlarms", Value::List(metric)),
        ("CompositeAlarms", Value::List(composite)),
    ]);
    Ok(call.fit(PAGES.finish(call, output, last.as_deref())))
}

fn wanted(call: &Call, (name, alarm): (&str, &Resource), names: &[&str]) -> bool {
    let acts = |prefix: &str| {
        let members = ["AlarmActions", "OKActions", "InsufficientDataActions"];
        let actions = members.iter().filter_map(|member| alarm.facts.get(member));
        actions
            .flat_map(Value::as_list)
            .filter_map(Value::as_str)
            .any(|action| action.starts_with(prefix))
    };
    (names.is_empty() || names.contains(&name))
        && call.text("AlarmNamePrefix").is_none_or(|prefix| name.starts_with(prefix))
        && call.text("StateValue").is_none_or(|state| alarm.fact("StateValue") == Some(state))
        && call.text("ActionPrefix").is_none_or(acts)
}

/// The names of the alarms that a composite alarm names, or of those that name an alarm.
fn related(call: &Call, world: &World, site: &Site) -> Result<Option<Vec<String>>, Failure> {
    if let Some(child) = call.text("ParentsOfAlarmName") {
        return Ok(Some(composite::parents(world, site, child)));
    }
    let Some(parent) = call.text("ChildrenOfAlarmName") else { return Ok(None) };
    let rule = world
        .get(&place(site, &COMPOSITE_ALARM), parent)
        .and_then(|alarm| alarm.fact("AlarmRule"))
        .and_then(|rule| AlarmRule::parse(rule).ok())
        .ok_or_else(|| invalid(format!("{parent} is not a composite alarm.")))?;
    Ok(Some(rule.names().into_iter().map(|named| name_of(named).to_owned()).collect()))
}

/// `DescribeAlarmsForMetric`.
pub(super) fn for_metric(call: &Call, world: &mut World) -> Answer {
    let site = metrics::site(call);
    let of = |list: &[Value]| Metric::new("", "", dimensions(list)).dimensions;
    let wanted = of(call.list("Dimensions"));
    let place = place(&site, &METRIC_ALARM);
    let is = |alarm: &Resource| {
        let same = |member: &str| {
            call.text(member).is_none_or(|wanted| alarm.fact(member) == Some(wanted))
        };
        let dimensions = alarm.facts.list("Dimensions");
        ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit"].into_iter().all(same)
            && call
                .integer("Period")
                .is_none_or(|period| alarm.value("Period").and_then(Value::as_i64) == Some(period))
            && of(dimensions) == wanted
    };
    let shelf = world.shelf(&place).iter().filter(|(_, alarm)| is(alarm));
    let shown: Value = shelf
        .map(|(name, alarm)| Value::from(place.describe(&METRIC_ALARM, name, alarm)))
        .collect();
    Ok(call.fit(Value::from_iter([("MetricAlarms", shown)])))
}
