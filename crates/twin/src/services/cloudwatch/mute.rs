//! Mute rules: times in which alarms change their state and take no actions.

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;

use super::alarms::{invalid, place};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Identity, Missing},
    metrics::Site,
    page::Paging,
    recipe::TagInput,
    store::{Resource, facts},
    tagging,
    world::World,
};

/// `AWS::CloudWatch::AlarmMuteRule`.
pub(super) static MUTE_RULE: Definition = Definition {
    resource_type: "AWS::CloudWatch::AlarmMuteRule",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm-mute-rule:{id}",
    identity: &[("Name", Identity::Id), ("AlarmMuteRuleArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Alarm mute rule {id} does not exist")
        .with_status(404),
    ..Definition::OF
};

const LONGEST: SignedDuration = SignedDuration::from_hours(15 * 24);
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// `PutAlarmMuteRule`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?.to_owned();
    let mut described = Object::new();
    described.extend(call.given(["Description", "Rule", "MuteTargets", "StartDate", "ExpireDate"]));
    described.insert("MuteType", "USER_DEFINED");
    described.insert("LastUpdatedTimestamp", call.now);
    Schedule::read(&described).map_err(invalid)?;
    let given = TagInput::List("Tags").read(call);
    tagging::check(call, &given)?;
    let place = call.place(&MUTE_RULE);
    let mut resource =
        Resource::new(facts(described), std::sync::Arc::new(given.into_iter().collect()));
    if let Some(present) = world.get(&place, &name) {
        resource.tags = std::sync::Arc::clone(&present.tags);
    }
    world.put(place, name, resource);
    Ok(Value::object())
}

/// `GetAlarmMuteRule`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let name = call.id_of(&MUTE_RULE, call.required("AlarmMuteRuleName")?);
    let rule = call.find(world, &MUTE_RULE, &name)?;
    Ok(call.fit(shown(call, &name, rule).into()))
}

fn shown(call: &Call, name: &str, rule: &Resource) -> Object {
    let place = call.place(&MUTE_RULE);
    let mut shown = place.describe(&MUTE_RULE, name, rule);
    shown.insert("Status", status(rule, call.now));
    shown
}

fn status(rule: &Resource, now: Timestamp) -> &'static str {
    match Schedule::read(&rule.facts) {
        Ok(schedule) if schedule.is_active(now) => "ACTIVE",
        Ok(schedule) if schedule.will_be(now) => "SCHEDULED",
        _ => "EXPIRED",
    }
}

const PAGES: Paging = Paging::of("MaxRecords", "NextToken", (50, 100), "InvalidNextToken");

/// `ListAlarmMuteRules`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("Statuses");
    let keep = |_: &str, rule: &Resource| {
        (wanted.is_empty() || wanted.contains(&status(rule, call.now)))
            && call.text("AlarmName").is_none_or(|alarm| targets(rule, alarm))
    };
    let show = |name: &str, rule: &Resource, _: Object| shown(call, name, rule).into();
    let listed = PAGES.list((call, world), (&MUTE_RULE, "AlarmMuteRuleSummaries"), keep, show)?;
    Ok(call.fit(listed))
}

/// `DeleteAlarmMuteRule`. Deleting what is not there goes well.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.id_of(&MUTE_RULE, call.required("AlarmMuteRuleName")?);
    world.remove(&call.place(&MUTE_RULE), &name);
    Ok(Value::object())
}

/// Whether an alarm's actions are muted now.
pub(super) fn is_muted(world: &World, site: &Site, alarm: &str) -> bool {
    let now = world.now();
    world.shelf(&place(site, &MUTE_RULE)).values().any(|rule| {
        targets(rule, alarm)
            && Schedule::read(&rule.facts).is_ok_and(|schedule| schedule.is_active(now))
    })
}

fn targets(rule: &Resource, alarm: &str) -> bool {
    let names = rule.list("MuteTargets.AlarmNames");
    names.iter().any(|name| name.as_str() == Some(alarm))
}

/// When a rule mutes.
struct Schedule {
    expression: ScheduleExpression,
    duration: SignedDuration,
    zone: TimeZone,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Schedule {
    fn read(rule: &Object) -> Result<Self, String> {
        let schedule = rule.get("Rule").and_then(|rule| rule.get("Schedule"));
        let text = |member: &str| {
            schedule.and_then(|schedule| schedule.get(member)).and_then(Value::as_str)
        };
        let expression = text("Expression").ok_or("The parameter Expression is required.")?;
        let expression = ScheduleExpression::parse_for_systems_manager(&quartz(expression))
            .ok()
            .filter(|expression| expression.interval().is_none())
            .ok_or_else(|| format!("The schedule expression {expression} is not valid."))?;
        let duration = text("Duration").unwrap_or_default();
        let duration = duration
            .parse::<Span>()
            .ok()
            .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
            .filter(|duration| (SHORTEST..=LONGEST).contains(duration))
            .ok_or_else(|| format!("The duration {duration} is not valid."))?;
        let zone = text("Timezone").unwrap_or("UTC");
        let zone =
            TimeZone::get(zone).map_err(|_| format!("The time zone {zone} is not valid."))?;
        let time = |member: &str| rule.get(member).and_then(Value::as_timestamp);
        Ok(Self { expression, duration, zone, start: time("StartDate"), end: time("ExpireDate") })
    }

    fn is_active(&self, now: Timestamp) -> bool {
        if self.end.is_some_and(|end| now >= end) {
            return false;
        }
        // The first occurrence that could still last.
        let mut after = now - self.duration;
        while let Some(begun) = self.expression.next_after(after, &self.zone, after) {
            if begun > now {
                return false;
            }
            if self.start.is_none_or(|start| begun >= start) {
                return true;
            }
            after = begun;
        }
        false
    }

    fn will_be(&self, now: Timestamp) -> bool {
        let after = self.start.map_or(now, |start| start.max(now));
        let next = self.expression.next_after(after, &self.zone, after);
        next.is_some_and(|next| self.end.is_none_or(|end| next < end))
    }
}

/// Mute rules are written as on Unix, with five fields and `*` for both kinds of day, and times without seconds.
fn quartz(expression: &str) -> String {
    if let Some(time) = expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')')) {
        return if time.len() == 16 { format!("at({time}:00)") } else { expression.to_owned() };
    }
    let Some(inside) = expression.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')'))
    else {
        return expression.to_owned();
    };
    let fields: Vec<&str> = inside.split_whitespace().collect();
    match fields.as_slice() {
        [minute, hour, day, month, "*"] if *day != "?" => {
            format!("cron({minute} {hour} {day} {month} ?)")
        }
        [minute, hour, "*", month, weekday] if *weekday != "?" => {
            format!("cron({minute} {hour} ? {month} {weekday})")
        }
        _ => expression.to_owned(),
    }
}
