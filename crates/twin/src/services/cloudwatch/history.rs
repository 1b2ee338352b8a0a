//! What became of alarms: configured, changed state, acted.

use reeve_model::{Object, Value};
use serde_json::Value as Json;

use super::metrics;
use crate::{
    call::{Answer, Call},
    metrics::{Site, watch::HistoryItem},
    page::Paging,
    world::World,
};

const PAGES: Paging = Paging::of("MaxRecords", "NextToken", (100, 100), "InvalidNextToken");

/// Enters something that became of an alarm.
pub(super) fn record(
    world: &mut World,
    site: &Site,
    (alarm, alarm_type): (&str, &str),
    kind: &str,
    (summary, data): (String, &Json),
) {
    let item = HistoryItem {
        time: world.now(),
        alarm: alarm.to_owned(),
        alarm_type: alarm_type.to_owned(),
        kind: kind.to_owned(),
        summary,
        data: data.to_string(),
    };
    world.metrics.watch.record(site, item);
}

/// `DescribeAlarmHistory`.
pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let types = call.texts("AlarmTypes");
    let (start, end) = (call.time("StartDate"), call.time("EndDate"));
    let wanted = |item: &&HistoryItem| {
        call.text("AlarmName").is_none_or(|name| name == item.alarm)
            && call.text("HistoryItemType").is_none_or(|kind| kind == item.kind)
            // Without types, history is of metric alarms alone, as on AWS.
            && (types.contains(&item.alarm_type.as_str())
                || (types.is_empty() && item.alarm_type == "MetricAlarm")
                || (types.is_empty() && call.text("AlarmName").is_some()))
            && start.is_none_or(|start| item.time >= start)
            && end.is_none_or(|end| item.time <= end)
    };
    let site = metrics::site(call);
    let items = world.metrics.watch.history(&site).filter(wanted);
    let items: Vec<&HistoryItem> = if call.text("ScanBy") == Some("TimestampAscending") {
        items.collect()
    } else {
        items.rev().collect()
    };
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let start = start.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let page: Value = items.iter().skip(start).take(size).map(|item| shown(item)).collect();
    let next = start + size;
    let more = (next < items.len()).then(|| next.to_string());
    Ok(PAGES.finish(call, Object::from_iter([("AlarmHistoryItems", page)]), more.as_deref()))
}

fn shown(item: &HistoryItem) -> Value {
    Value::from_iter([
        ("AlarmName", Value::from(&item.alarm)),
        ("AlarmType", Value::from(&item.alarm_type)),
        ("Timestamp", Value::from(item.time)),
        ("HistoryItemType", Value::from(&item.kind)),
        ("HistorySummary", Value::from(&item.summary)),
        ("HistoryData", Value::from(&item.data)),
    ])
}
