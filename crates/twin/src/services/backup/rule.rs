//! What a rule of a backup plan means: its windows, its lifecycle, what may not be asked for.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;

/// When a job must have begun, unless the rule says so itself.
const START_WINDOW_MINUTES: i64 = 480;
/// When a job must be done, unless the rule says so itself.
const COMPLETION_WINDOW_MINUTES: i64 = 10_080;
/// How long a backup stays in cold storage at least.
const LEAST_COLD_DAYS: i64 = 90;

/// By when a job that is to begin at `from` must have begun, and by when it must be done.
pub(super) fn windows(rule: &Value, from: Timestamp) -> (Timestamp, Timestamp) {
    let minutes =
        |member: &str, usual: i64| rule.get(member).and_then(Value::as_i64).unwrap_or(usual);
    let after = |minutes: i64| from.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(from);
    (
        after(minutes("StartWindowMinutes", START_WINDOW_MINUTES)),
        after(minutes("CompletionWindowMinutes", COMPLETION_WINDOW_MINUTES)),
    )
}

/// When a recovery point made at `created` moves to cold storage, and when it is deleted.
pub(super) fn lifecycle_times(
    lifecycle: Option<&Value>,
    created: Timestamp,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let at = |member: &str| {
        let days = lifecycle?.get(member)?.as_i64().filter(|days| *days > 0)?;
        created.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok()
    };
    (at("MoveToColdStorageAfterDays"), at("DeleteAfterDays"))
}

/// What is wrong with a lifecycle, if anything.
pub(super) fn wrong_lifecycle(lifecycle: &Value) -> Option<String> {
    let days =
        |member: &str| lifecycle.get(member).and_then(Value::as_i64).filter(|days| *days != -1);
    let (cold, delete) = (days("MoveToColdStorageAfterDays"), days("DeleteAfterDays"));
    if cold.is_some_and(|days| days < 1) || delete.is_some_and(|days| days < 1) {
        return Some("Lifecycle days must be greater than 0".to_owned());
    }
    match (cold, delete) {
        (Some(cold), Some(delete)) if delete < cold + LEAST_COLD_DAYS => Some(format!(
            "Invalid lifecycle. DeleteAfterDays must be at least {LEAST_COLD_DAYS} days more than \
             MoveToColdStorageAfterDays"
        )),
        _ => None,
    }
}

/// What is wrong with a rule, if anything.
pub(super) fn wrong_rule(rule: &Value) -> Option<String> {
    let number = |member: &str| rule.get(member).and_then(Value::as_i64);
    let name = rule.text("RuleName");
    let named = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 50 || !name.chars().all(named) {
        return Some(format!("Invalid rule name: {name}"));
    }
    let start = number("StartWindowMinutes").unwrap_or(START_WINDOW_MINUTES);
    if start < 60 {
        return Some("StartWindowMinutes must be greater than or equal to 60".to_owned());
    }
    if let Some(completion) = number("CompletionWindowMinutes")
        && completion < start + 60
    {
        return Some(
            "CompletionWindowMinutes must be at least 60 minutes greater than StartWindowMinutes"
                .to_owned(),
        );
    }
    if rule.flag("EnableContinuousBackup") {
        return Some("EnableContinuousBackup is not supported here".to_owned());
    }
    let copies = rule.list("CopyActions");
    rule.get("Lifecycle")
        .into_iter()
        .chain(copies.iter().filter_map(|copy| copy.get("Lifecycle")))
        .find_map(wrong_lifecycle)
}

/// How long a rule keeps its backups, for telling which of two overlapping ones wins: for ever is longest.
pub(super) fn retention_days(rule: &Value) -> i64 {
    rule.path("Lifecycle.DeleteAfterDays")
        .and_then(Value::as_i64)
        .filter(|d| *d > 0)
        .unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(rule: &Json, refused: bool) {
        let value = Value::from_json(rule);
        assert_eq!(wrong_rule(&value).is_some(), refused, "{rule}: {:?}", wrong_rule(&value));
    }

    #[test]
    fn cold_storage_lasts_ninety_days() {
        let rule = |cold: i64, delete: i64| json!({"RuleName": "daily", "Lifecycle": {"MoveToColdStorageAfterDays": cold, "DeleteAfterDays": delete}});
        check(&rule(8, 98), false);
        check(&rule(8, 97), true);
    }

    #[test]
    fn windows_are_an_hour_at_least() {
        check(&json!({"RuleName": "daily", "StartWindowMinutes": 59}), true);
        let both = |completion: i64| json!({"RuleName": "d", "StartWindowMinutes": 60, "CompletionWindowMinutes": completion});
        check(&both(120), false);
        check(&both(100), true);
    }

    #[test]
    fn continuous_backups_are_refused() {
        let rule = |days: i64| json!({"RuleName": "d", "EnableContinuousBackup": true, "Lifecycle": {"DeleteAfterDays": days}});
        check(&rule(35), true);
        check(&rule(36), true);
        check(&json!({"RuleName": "d", "EnableContinuousBackup": true}), true);
    }

    #[test]
    fn retention_counts_from_the_beginning() {
        let created: Timestamp = "2026-03-01T05:00:00Z".parse().unwrap();
        let lifecycle = Value::from_json(&json!({"DeleteAfterDays": 7}));
        let (cold, delete) = lifecycle_times(Some(&lifecycle), created);
        assert_eq!(cold, None);
        assert_eq!(delete, Some("2026-03-08T05:00:00Z".parse().unwrap()));
    }
}
