//! What a caller looks for in findings: conditions on fields by their dotted names.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use crate::{filter::as_text, pattern::matches};

/// Whether a finding fulfils every condition. Names are compared without regard to case, since findings have other capitals
/// on the wire than here.
pub(crate) fn hold(finding: &Object, criterion: &Object) -> bool {
    criterion.iter().all(|(field, condition)| {
        let found = values(&Value::Object(finding.clone()), field);
        condition.as_object().is_none_or(|condition| {
            condition.iter().all(|(operator, wanted)| holds(operator, wanted, &found))
        })
    })
}

/// What a field has for values; lists on the way stand for each of their elements.
pub(crate) fn values(value: &Value, path: &str) -> Vec<Value> {
    match value {
        Value::List(elements) => elements.iter().flat_map(|one| values(one, path)).collect(),
        _ if path.is_empty() => vec![value.clone()],
        Value::Object(members) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            let inner = members.iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case(first));
            inner.map_or_else(Vec::new, |(_, inner)| values(inner, rest))
        }
        _ => Vec::new(),
    }
}

fn holds(operator: &str, wanted: &Value, found: &[Value]) -> bool {
    let any = |test: &dyn Fn(&str, &str) -> bool| {
        wanted.as_list().iter().any(|wanted| {
            let wanted = as_text(wanted);
            found.iter().any(|found| test(&wanted, &as_text(found)))
        })
    };
    let compare = |test: fn(f64, f64) -> bool| {
        let limit = number(wanted);
        found
            .iter()
            .any(|found| number(found).zip(limit).is_some_and(|(found, limit)| test(found, limit)))
    };
    let equal = |wanted: &str, found: &str| wanted == found;
    match operator.to_ascii_lowercase().as_str() {
        "eq" | "equals" | "eqexactmatch" => any(&equal),
        "neq" | "notequals" => !any(&equal),
        "matches" => any(&|wanted, found| matches(wanted, found)),
        "notmatches" => !any(&|wanted, found| matches(wanted, found)),
        "gt" | "greaterthan" => compare(|found, limit| found > limit),
        "gte" | "greaterthanorequal" => compare(|found, limit| found >= limit),
        "lt" | "lessthan" => compare(|found, limit| found < limit),
        "lte" | "lessthanorequal" => compare(|found, limit| found <= limit),
        _ => false,
    }
}

/// A number, or a point in time in milliseconds.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let millisecond = |time: Timestamp| Value::Integer(time.as_millisecond()).as_f64();
    match value {
        Value::Timestamp(time) => millisecond(*time),
        Value::String(text) => {
            text.parse::<f64>().ok().or_else(|| text.parse().ok().and_then(millisecond))
        }
        other => other.as_f64(),
    }
}

/// Sorts by a field; what lacks it comes first.
pub(crate) fn sort(findings: &mut [(String, Object)], field: &str, is_descending: bool) {
    let key = |finding: &Object| values(&Value::Object(finding.clone()), field).into_iter().next();
    findings.sort_by(|(_, one), (_, other)| {
        let (one, other) = (key(one), key(other));
        let order = match (one.as_ref().and_then(number), other.as_ref().and_then(number)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => one.as_ref().map(as_text).cmp(&other.as_ref().map(as_text)),
        };
        if is_descending { order.reverse() } else { order }
    });
}
