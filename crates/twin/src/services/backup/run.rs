//! Plans on the clock: when each rule is due, and the jobs that it then begins.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::Value;
use reeve_time::ScheduleExpression;

use super::{
    job,
    plan::{self, PLAN},
    rule, selection, selections, settings, source,
};
use crate::{
    services::Part,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[], tasks: &[("backup:rule-due", rule_due)] };

/// When a rule without a schedule runs: at five in the morning.
pub(super) const USUAL_SCHEDULE: &str = "cron(0 5 ? * * *)";

/// Reads a rule's schedule.
pub(super) fn read_schedule(expression: &str) -> Result<ScheduleExpression, String> {
    ScheduleExpression::parse(expression)
        .map_err(|_| format!("Invalid schedule expression. {expression}"))
        .and_then(|schedule| {
            if schedule.is_cron() {
                Ok(schedule)
            } else {
                Err(format!("Schedule expression must be a cron expression: {expression}"))
            }
        })
}

/// A time zone by name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "" | "UTC" | "Etc/UTC" => Some(TimeZone::UTC),
        other => TimeZone::get(other).ok(),
    }
}

/// When a rule is next due after a time.
fn next(rule: &Value, after: Timestamp) -> Option<Timestamp> {
    let text = |member: &str| rule.get(member).and_then(Value::as_str);
    let schedule = read_schedule(text("ScheduleExpression").unwrap_or(USUAL_SCHEDULE)).ok()?;
    let zone = zone(text("ScheduleExpressionTimezone").unwrap_or_default())?;
    schedule.next_after(after, &zone, after)
}

/// Enters the next turn of every rule of a plan.
pub(crate) fn schedule_plan(world: &mut World, place: &Place, id: &str) {
    let Some(plan) = world.get(place, id) else { return };
    let version = plan.fact("VersionId").unwrap_or_default().to_owned();
    for rule in plan::rules(plan) {
        schedule_rule(world, place, id, (&version, &rule));
    }
}

fn schedule_rule(world: &mut World, place: &Place, id: &str, (version, rule): (&str, &Value)) {
    let Some(due) = next(rule, world.now()) else { return };
    let name = rule.get("RuleId").cloned().unwrap_or_default();
    let detail = value!({"VersionId": (version), "RuleId": (name)});
    world.schedule(due, Task::new("backup:rule-due", place, id).with(detail));
}

/// The next runs of a plan, soonest first.
pub(super) fn preview(plan: &Resource, now: Timestamp, most: usize) -> Value {
    let mut runs: Vec<(Timestamp, Value)> = Vec::new();
    for rule in plan::rules(plan) {
        let mut after = now;
        for _ in 0..most {
            let Some(due) = next(&rule, after) else { break };
            let id = rule.get("RuleId").cloned().unwrap_or_default();
            runs.push((
                due,
                value!({"ExecutionTime": (due), "RuleId": (id), "RuleExecutionType": "SNAPSHOTS"}),
            ));
            after = due;
        }
    }
    runs.sort_by_key(|(due, _)| *due);
    runs.into_iter().take(most).map(|(_, run)| run).collect()
}

fn rule_due(world: &mut World, task: &Task) {
    let Some(plan) = world.get(&task.place, &task.id) else { return };
    let version = plan.fact("VersionId").unwrap_or_default().to_owned();
    if task.detail.get("VersionId").and_then(Value::as_str) != Some(&version) {
        return;
    }
    let rules = plan::rules(plan);
    let wanted = task.detail.get("RuleId");
    let Some(rule) = rules.iter().find(|rule| rule.get("RuleId") == wanted).cloned() else {
        return;
    };
    let created_by = created_by(&task.place, &task.id, plan, &rule);
    for (arn, role) in selected(world, &task.place, &task.id) {
        if !overlapped(world, &task.place, &rules, &rule, &arn) {
            let order = job::Order {
                vault: rule.text("TargetBackupVaultName"),
                arn: &arn,
                role: &role,
                rule: &rule,
                created_by: Some(created_by.clone()),
            };
            job::begin(world, &task.place, &order);
        }
    }
    let now = world.now();
    world.set(&task.place, &task.id, "LastExecutionDate", now);
    schedule_rule(world, &task.place, &task.id, (&version, &rule));
}

fn created_by(place: &Place, id: &str, plan: &Resource, rule: &Value) -> Value {
    let of_rule = |member: &str| rule.get(member).cloned().unwrap_or_default();
    object! {
        "BackupPlanId": (id),
        "BackupPlanArn": (place.arn_of(&PLAN, id)),
        "BackupPlanName": (plan.fact("BackupPlanName").unwrap_or_default()),
        "BackupPlanVersion": (plan.fact("VersionId").unwrap_or_default()),
        "BackupRuleId": (of_rule("RuleId")),
        "BackupRuleName": (of_rule("RuleName")),
        "BackupRuleCron": (of_rule("ScheduleExpression")),
        "BackupRuleTimezone": (of_rule("ScheduleExpressionTimezone")),
    }
    .into()
}

/// The resources that a plan's selections take, each with the role of the first selection that takes it.
fn selected(world: &World, place: &Place, plan: &str) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    let candidates = source::candidates(world, place);
    for (_, found) in selections::of_plan(world, place, plan) {
        let role = found.fact("IamRoleArn").unwrap_or_default();
        let Some(wanted) = found.inside.get("Selection") else { continue };
        let named = wanted.list("Resources");
        for (arn, kind, tags) in &candidates {
            // Resource types that are not opted in are only taken by name.
            let by_name = named.iter().any(|name| name.as_str() == Some(arn));
            if (by_name || settings::opted_in(world, place, kind))
                && selection::selects(wanted, arn, tags)
            {
                taken.entry(arn.clone()).or_insert_with(|| role.to_owned());
            }
        }
    }
    taken
}

/// Whether another rule of the plan with a longer retention takes this resource within the same start window: the
/// backup is then kept by that rule alone.
fn overlapped(world: &World, place: &Place, rules: &[Value], own: &Value, arn: &str) -> bool {
    let now = world.now();
    let (window_end, _) = rule::windows(own, now);
    rules.iter().filter(|other| rule::retention_days(other) > rule::retention_days(own)).any(
        |other| {
            let just_before = now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(now);
            let comes = next(other, just_before).is_some_and(|due| due < window_end);
            comes || job::waiting_for_rule(world, place, arn, other)
        },
    )
}
