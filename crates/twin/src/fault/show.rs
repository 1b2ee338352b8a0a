//! Shows a rule as it is written.

use serde_json::{Map, Value, json};

use super::{Effect, FaultRule};

/// A rule as it is written; what was not given is null.
pub(crate) fn show(rule: &FaultRule) -> Map<String, Value> {
    let shown = json!({
        "account": rule.account.as_ref().map(ToString::to_string),
        "region": rule.region.as_ref().map(ToString::to_string),
        "service": rule.service,
        "operation": rule.operation,
        "resource": rule.resource,
        "from": rule.from.map(|time| time.to_string()),
        "until": rule.until.map(|time| time.to_string()),
        "skip": rule.skip,
        "count": rule.count,
        "probability": rule.probability,
        "effect": effect(&rule.effect),
    });
    match shown {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn effect(effect: &Effect) -> Value {
    match effect {
        Effect::Throttle => json!("throttle"),
        Effect::Deny => json!("deny"),
        Effect::Error { code, message, status } => {
            json!({"error": {"code": code, "message": message, "status": status}})
        }
        Effect::InternalError => json!("internal-error"),
        Effect::ExpiredCredentials => json!("expired-credentials"),
        Effect::Latency(latency) => json!({"latency-milliseconds": latency.as_millis()}),
        Effect::DropBefore => json!("drop-before"),
        Effect::DropAfter => json!("drop-after"),
        Effect::HangBefore => json!("hang-before"),
        Effect::HangAfter => json!("hang-after"),
        Effect::MalformedBody => json!("malformed-body"),
        Effect::StaleReads(lag) => json!({"stale-reads": format!("{lag}")}),
        Effect::PartialFailure(entries) => json!({"partial-failure": entries}),
        Effect::JobFails(reason) => json!({"job-fails": reason}),
        Effect::JobStuck => json!("job-stuck"),
    }
}
