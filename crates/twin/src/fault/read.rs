//! Reads a rule as people write it, in a scenario or to the twin's own API.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use reeve_document::{Cursor, Fields, NodeValue};

use super::{
    Effect, FaultRule,
    batch::{batch_of, batches},
};
use crate::services::SERVED;

const FIELDS: [&str; 11] = [
    "account",
    "region",
    "service",
    "operation",
    "resource",
    "from",
    "until",
    "skip",
    "count",
    "probability",
    "effect",
];

const WORDS: [(&str, Effect); 11] = [
    ("throttle", Effect::Throttle),
    ("deny", Effect::Deny),
    ("internal-error", Effect::InternalError),
    ("expired-credentials", Effect::ExpiredCredentials),
    ("drop-before", Effect::DropBefore),
    ("drop-after", Effect::DropAfter),
    ("hang-before", Effect::HangBefore),
    ("hang-after", Effect::HangAfter),
    ("malformed-body", Effect::MalformedBody),
    ("job-stuck", Effect::JobStuck),
    ("partial-failure", Effect::PartialFailure(1)),
];

const DETAILED: [&str; 5] =
    ["error", "latency-milliseconds", "stale-reads", "partial-failure", "job-fails"];

/// Reads a rule; what is wrong with it is noted.
pub(crate) fn read(cursor: &Cursor<'_>) -> Option<FaultRule> {
    let fields = cursor.fields(&FIELDS)?;
    let text = |key: &str| fields.optional(key).and_then(Cursor::string).map(str::to_owned);
    let number = |key: &str| fields.optional(key).and_then(natural);
    let effect = effect(fields.required("effect")?)?;
    let rule = FaultRule {
        account: fields.optional("account").and_then(account),
        region: fields.optional("region").and_then(Cursor::parsed),
        service: text("service"),
        operation: text("operation"),
        resource: text("resource"),
        from: fields.optional("from").and_then(time),
        until: fields.optional("until").and_then(time),
        skip: number("skip").unwrap_or(0),
        count: number("count"),
        probability: fields.optional("probability").and_then(probability),
        effect,
    };
    check_names(&fields, &rule);
    Some(rule)
}

/// A service or operation that does not exist would match nothing, silently.
fn check_names(fields: &Fields<'_>, rule: &FaultRule) {
    let catalog = reeve_model::catalog();
    if let (Some(service), Some(cursor)) = (&rule.service, fields.optional("service")) {
        match catalog.service(service) {
            Err(error) => cursor.error(error.to_string()),
            Ok(model) => {
                if let (Some(operation), Some(cursor)) =
                    (&rule.operation, fields.optional("operation"))
                    && !rule.effect.is_of_jobs()
                    && let Err(error) = model.operation(operation)
                {
                    cursor.error(error.to_string());
                }
            }
        }
    }
    if let (None, Some(operation), Some(cursor)) =
        (&rule.service, &rule.operation, fields.optional("operation"))
        && !rule.effect.is_of_jobs()
        && !operations().any(|known| known == operation)
    {
        let message = format!("no service of the twin has an operation `{operation}`");
        cursor.error_near(message, operation, operations());
    }
    let batched = || batch_of(rule.service.as_deref()?, rule.operation.as_deref()?);
    if matches!(rule.effect, Effect::PartialFailure(_)) && batched().is_none() {
        let known: Vec<String> = batches().collect();
        let message = "a partial failure needs the `service` and `operation` of a batch whose entries can fail";
        fields.map().error_with_hint(message, format!("these are: {}", known.join(", ")));
    }
}

/// The operations of every service.
fn operations() -> impl Iterator<Item = &'static str> {
    let parts = SERVED.iter().flat_map(|service| service.parts);
    parts.flat_map(|part| part.operations).map(|(operation, _)| *operation)
}

fn effect(cursor: &Cursor<'_>) -> Option<Effect> {
    if matches!(cursor.node().value, NodeValue::Map(_)) {
        return detailed(cursor);
    }
    let words: Vec<(&str, usize)> =
        WORDS.iter().enumerate().map(|(place, (word, _))| (*word, place)).collect();
    let place = cursor.one_of(&words)?;
    WORDS.get(place).map(|(_, effect)| effect.clone())
}

fn detailed(cursor: &Cursor<'_>) -> Option<Effect> {
    let fields = cursor.fields(&DETAILED)?;
    if let Some(error) = fields.optional("error") {
        let fields = error.fields(&["code", "message", "status"])?;
        let status = fields.optional("status").and_then(natural).unwrap_or(400);
        return Some(Effect::Error {
            code: fields.required("code")?.string()?.to_owned(),
            message: fields.optional("message").and_then(Cursor::string).unwrap_or("").to_owned(),
            status: u16::try_from(status).unwrap_or(400),
        });
    }
    if let Some(latency) = fields.optional("latency-milliseconds") {
        return natural(latency).map(Duration::from_millis).map(Effect::Latency);
    }
    if let Some(lag) = fields.optional("stale-reads") {
        return duration(lag).map(Effect::StaleReads);
    }
    if let Some(entries) = fields.optional("partial-failure") {
        return natural(entries)
            .map(|entries| Effect::PartialFailure(usize::try_from(entries).unwrap_or(usize::MAX)));
    }
    if let Some(reason) = fields.optional("job-fails") {
        return reason.string().map(|reason| Effect::JobFails(reason.to_owned()));
    }
    cursor.expected(&format!("one of `{}`", DETAILED.join("`, `")))
}

fn account(cursor: &Cursor<'_>) -> Option<reeve_types::AccountId> {
    match cursor.string_or_number()?.parse() {
        Ok(account) => Some(account),
        Err(error) => {
            cursor.error(error.to_string());
            None
        }
    }
}

fn natural(cursor: &Cursor<'_>) -> Option<u64> {
    match u64::try_from(cursor.integer()?) {
        Ok(number) => Some(number),
        Err(_) => cursor.expected("a number from zero"),
    }
}

fn probability(cursor: &Cursor<'_>) -> Option<f64> {
    let number = cursor.string_or_number()?.parse::<f64>().ok();
    match number.filter(|number| (0.0..=1.0).contains(number)) {
        Some(number) => Some(number),
        None => cursor.expected("a probability from 0 to 1"),
    }
}

/// A time such as `2026-03-01T09:00:00Z`.
pub(crate) fn time(cursor: &Cursor<'_>) -> Option<Timestamp> {
    match cursor.string()?.parse() {
        Ok(time) => Some(time),
        Err(_) => cursor.expected("a time such as `2026-03-01T09:00:00Z`"),
    }
}

/// A duration such as `PT5M` or `P7D`, negative with a `-` before it; a day is 24 hours.
pub(crate) fn duration(cursor: &Cursor<'_>) -> Option<SignedDuration> {
    let text = cursor.string()?;
    let parsed = text.parse::<Span>().ok();
    let duration =
        parsed.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    match duration {
        Some(duration) => Some(duration),
        None => cursor.expected("a duration such as `PT5M` or `P7D`"),
    }
}
