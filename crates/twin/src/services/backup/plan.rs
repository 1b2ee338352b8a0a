//! Backup plans and their versions.

use reeve_model::{Object, Value};
use serde_json::json;

use super::{PAGES, event, not_found, refused, rule, run, selections, vault::VAULT};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, List},
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PLAN, &VERSION],
    operations: &[
        ("CreateBackupPlan", Action::Own(create)),
        ("GetBackupPlan", Action::Own(get)),
        ("ListBackupPlans", Action::Own(list)),
        ("ListBackupPlanVersions", Action::Own(versions)),
        ("UpdateBackupPlan", Action::Own(update)),
        ("DeleteBackupPlan", Action::Own(delete)),
        ("GetBackupPlanFromJSON", Action::Own(from_json)),
        ("ExportBackupPlanTemplate", Action::Own(export)),
        ("ListBackupPlanTemplates", Action::Own(templates)),
        ("GetBackupPlanFromTemplate", Action::Own(from_template)),
    ],
    tasks: &[],
};

/// `AWS::Backup::BackupPlan`.
pub(super) static PLAN: Definition = Definition {
    resource_type: "AWS::Backup::BackupPlan",
    tagging_type: "backup:backup-plan",
    arn: "arn:{partition}:backup:{region}:{account}:backup-plan:{id}",
    identity: &[("BackupPlanId", Identity::Id), ("BackupPlanArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Cannot find Backup plan with ID {id}"),
    sample: Some(|sample| {
        json!({
            "BackupPlanName": sample.id,
            "CreationDate": sample.created(),
            "VersionId": sample.own("version", 48),
            "BackupPlan": {
                "BackupPlanName": sample.id,
                "Rules": [{
                    "RuleId": crate::kind::uuid_of(&sample.own("rule", 32)),
                    "RuleName": "daily",
                    "TargetBackupVaultName": "Default",
                    "ScheduleExpression": run::USUAL_SCHEDULE,
                    "ScheduleExpressionTimezone": "Etc/UTC",
                    "StartWindowMinutes": 480,
                    "CompletionWindowMinutes": 10_080,
                    "EnableContinuousBackup": false,
                    "Lifecycle": {"DeleteAfterDays": 35},
                }],
            },
        })
    }),
    ..Definition::OF
};

/// A version of a plan: its id is the plan's, a slash, and the version's.
static VERSION: Definition = Definition {
    resource_type: "AWS::Backup::BackupPlanVersion",
    arn: "arn:{partition}:backup:{region}:{account}:backup-plan-version:{id}",
    identity: &[("BackupPlanId", Identity::Segment(0)), ("VersionId", Identity::Segment(1))],
    ..Definition::OF
};

static LIST: List = List {
    kind: &PLAN,
    member: "BackupPlansList",
    paging: &PAGES,
    filters: Filters::None,
    show: Some(|_, _, _, description| summary(description).into()),
    ..List::OF
};

static VERSIONS: List = List {
    kind: &VERSION,
    member: "BackupPlanVersionsList",
    paging: &PAGES,
    filters: Filters::Members(&[("BackupPlanId", "PlanId")]),
    ..List::OF
};

fn summary(mut description: Object) -> Object {
    if let Some(settings) =
        description.get("BackupPlan").and_then(|plan| plan.get("AdvancedBackupSettings"))
    {
        let settings = settings.clone();
        description.insert("AdvancedBackupSettings", settings);
    }
    description
}

/// The plan in an input with ids of rules and what is usual, or why it cannot be one.
fn read(call: &Call, world: &mut World) -> Result<Object, Failure> {
    let mut plan = call.object("BackupPlan").cloned().unwrap_or_default();
    let name = plan.text("BackupPlanName");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=50).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(call.invalid(format!("Invalid backup plan name: {name}")));
    }
    let given = plan.list("Rules").to_vec();
    if given.is_empty() {
        return Err(call.invalid("Backup plan must have at least one rule"));
    }
    let mut rules = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for given in given {
        check_rule(call, world, &given)?;
        let name = given.text("RuleName").to_owned();
        if names.contains(&name) {
            return Err(call.invalid(format!("Duplicate rule name: {name}")));
        }
        names.push(name);
        let mut rule = object! {
            "RuleId": (world.uuid()),
            "ScheduleExpression": (run::USUAL_SCHEDULE),
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": 480_i64,
            "CompletionWindowMinutes": 10_080_i64,
            "EnableContinuousBackup": false,
        };
        rule.extend(given.as_object().cloned().unwrap_or_default());
        rules.push(Value::from(rule));
    }
    plan.insert("Rules", Value::List(rules));
    Ok(plan)
}

fn check_rule(call: &Call, world: &World, given: &Value) -> Result<(), Failure> {
    if let Some(wrong) = rule::wrong_rule(given) {
        return Err(call.invalid(wrong));
    }
    for member in ["TargetLogicallyAirGappedBackupVaultArn", "IndexActions", "ScanActions"] {
        if given
            .get(member)
            .is_some_and(|value| !value.as_list().is_empty() || value.as_str().is_some())
        {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let vault = given.text("TargetBackupVaultName");
    if call.resource(world, &VAULT, vault).is_none() {
        return Err(call.invalid(format!(
            "Invalid Target Backup Vault Name. Backup vault {vault} does not exist."
        )));
    }
    if let Some(expression) = given.get("ScheduleExpression").and_then(Value::as_str) {
        run::read_schedule(expression).map_err(|wrong| call.invalid(wrong))?;
    }
    if let Some(zone) = given.get("ScheduleExpressionTimezone").and_then(Value::as_str) {
        run::zone(zone).ok_or_else(|| call.invalid(format!("Invalid timezone: {zone}")))?;
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let plan = read(call, world)?;
    let name = plan.get("BackupPlanName").cloned().unwrap_or_default();
    let place = call.place(&PLAN);
    let same = world.shelf(&place).values().any(|other| {
        other.facts.get("BackupPlanName") == Some(&name)
            && without_ids(other.value("BackupPlan.Rules")) == without_ids(plan.get("Rules"))
    });
    if same {
        let message = "Backup plan with the same plan document already exists";
        return Err(Failure::new("AlreadyExistsException", message));
    }
    let tags = tagging::checked(call, tagging::mapped(call, "BackupPlanTags"))?;
    let id = world.uuid();
    let mut described = object! { "CreationDate": (call.now), "BackupPlanName": (name) };
    described.extend(call.given_texts(["CreatorRequestId"]));
    world.put(place.clone(), id.clone(), Resource::new(facts(described), tags.into()));
    enter_version(call, world, &id, plan);
    event::say_state(world, &place, &id, ("Backup Plan", "CREATED"));
    Ok(made(call, world, &id))
}

/// Rules as their author wrote them: each gets an id of its own.
fn without_ids(rules: Option<&Value>) -> Vec<Object> {
    let rules = rules.map_or(&[][..], Value::as_list).iter().filter_map(Value::as_object);
    let mut rules: Vec<Object> = rules.cloned().collect();
    for rule in &mut rules {
        rule.remove("RuleId");
    }
    rules
}

/// Gives a plan a new document, keeps it as a version, and schedules its rules.
fn enter_version(call: &Call, world: &mut World, id: &str, plan: Object) {
    let version = world.random_hex(48);
    let place = call.place(&PLAN);
    let name = plan.get("BackupPlanName").cloned().unwrap_or_default();
    world.change(&place, id, |facts| {
        facts.insert("BackupPlanName", name.clone());
        facts.insert("VersionId", version.as_str());
        facts.insert("UpdateDate", call.now);
        facts.insert("BackupPlan", plan.clone());
    });
    let kept = object! {
        "PlanId": (id),
        "BackupPlanArn": (call.arn_of(&PLAN, id)),
        "BackupPlanName": (name),
        "CreationDate": (call.now),
        "BackupPlan": (plan),
    };
    let resource = Resource::new(facts(kept), std::sync::Arc::default());
    world.put(call.place(&VERSION), format!("{id}/{version}"), resource);
    run::schedule_plan(world, &place, id);
}

fn made(call: &Call, world: &World, id: &str) -> Value {
    let Some(plan) = call.resource(world, &PLAN, id) else { return Value::object() };
    let description = call.describe(&PLAN, id, plan);
    call.fit(summary(description).into())
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupPlanId")?;
    call.find(world, &PLAN, id)?;
    let plan = read(call, world)?;
    enter_version(call, world, id, plan);
    event::say_state(world, &call.place(&PLAN), id, ("Backup Plan", "MODIFIED"));
    Ok(made(call, world, id))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupPlanId")?;
    let plan = call.find(world, &PLAN, id)?;
    let mut description = call.describe(&PLAN, id, plan);
    let current = description.get("VersionId").and_then(Value::as_str);
    if let Some(version) = call.text("VersionId")
        && current != Some(version)
    {
        let old = call.resource(world, &VERSION, &format!("{id}/{version}"));
        let old = old.ok_or_else(|| {
            not_found(format!("Cannot find version {version} of Backup plan {id}"))
        })?;
        description.insert("BackupPlan", old.facts.get("BackupPlan").cloned().unwrap_or_default());
        description.insert("VersionId", version);
    }
    if let Some(most) = call.integer("MaxScheduledRunsPreview") {
        let most = usize::try_from(most.clamp(0, 10)).unwrap_or(0);
        description.insert("ScheduledRunsPreview", run::preview(plan, call.now, most));
    }
    Ok(call.fit(summary(description).into()))
}

fn list(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["IncludeDeleted"])?;
    // Plans that were deleted leave their versions; they are not listed again.
    Action::List(&LIST).perform(call, world)
}

fn versions(call: &Call, world: &mut World) -> Answer {
    call.find(world, &PLAN, call.required("BackupPlanId")?)?;
    Action::List(&VERSIONS).perform(call, world)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupPlanId")?;
    call.find(world, &PLAN, id)?;
    let place = call.place(&PLAN);
    if selections::of_plan(world, &place, id).next().is_some() {
        return Err(refused(
            "Related backup plan selections must be deleted prior to backup plan deletion",
        ));
    }
    let mut output = made(call, world, id);
    if let Some(output) = output.as_object_mut() {
        output.insert("DeletionDate", call.now);
        output.insert("BackupPlanArn", call.arn_of(&PLAN, id));
    }
    event::say_state(world, &place, id, ("Backup Plan", "DELETED"));
    world.remove(&place, id);
    Ok(call.fit(output))
}

fn from_json(call: &Call, _: &mut World) -> Answer {
    let text = call.required("BackupPlanTemplateJson")?;
    let plan = serde_json::from_str::<serde_json::Value>(text)
        .map_err(|_| call.invalid("Backup plan template is not valid JSON"))?;
    let plan = Value::from_json(&plan);
    if plan.get("BackupPlanName").is_none() || plan.get("Rules").is_none() {
        return Err(call.invalid("Backup plan template must have BackupPlanName and Rules"));
    }
    Ok(call.fit(Value::from_iter([("BackupPlan", plan)])))
}

fn export(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupPlanId")?;
    let plan = call.find(world, &PLAN, id)?;
    let text = plan.facts.get("BackupPlan").map(|plan| plan.to_json().to_string());
    Ok(value!({"BackupPlanTemplateJson": (text.unwrap_or_default())}))
}

/// The templates that the console offers: id, name, and rules as (name, cron, cold after days, delete after days).
type Template =
    (&'static str, &'static str, &'static [(&'static str, &'static str, Option<i64>, Option<i64>)]);

const TEMPLATES: [Template; 3] = [
    (
        "87c0c1ef-254d-4180-8fef-2e76a2c38aaa",
        "Daily-35day-Retention",
        &[("DailyBackups", "cron(0 5 ? * * *)", None, Some(35))],
    ),
    (
        "72b1f1b4-cb5b-4b4a-a0f7-6ba5e5b6b1d7",
        "Daily-Monthly-1yr-Retention",
        &[
            ("DailyBackups", "cron(0 5 ? * * *)", None, Some(35)),
            ("Monthly", "cron(0 5 1 * ? *)", Some(30), Some(365)),
        ],
    ),
    (
        "3a1d2f0e-7c35-4d5e-9d86-2d9d0d9c0d3b",
        "Daily-Weekly-Monthly-7yr-Retention",
        &[
            ("DailyBackups", "cron(0 5 ? * * *)", None, Some(35)),
            ("WeeklyBackups", "cron(0 5 ? * 7 *)", None, Some(90)),
            ("Monthly", "cron(0 5 1 * ? *)", Some(90), Some(2555)),
        ],
    ),
];

fn templates(call: &Call, _: &mut World) -> Answer {
    let shown = TEMPLATES.iter().map(
        |(id, name, _)| value!({"BackupPlanTemplateId": (*id), "BackupPlanTemplateName": (*name)}),
    );
    Ok(call.fit(Value::from_iter([("BackupPlanTemplatesList", shown.collect::<Value>())])))
}

fn from_template(call: &Call, _: &mut World) -> Answer {
    let wanted = call.required("BackupPlanTemplateId")?;
    let found = TEMPLATES.iter().find(|(id, _, _)| *id == wanted);
    let (_, name, rules) =
        found.ok_or_else(|| not_found(format!("Cannot find template {wanted}")))?;
    let rules = rules.iter().map(|(name, schedule, cold, delete)| {
        value!({
            "RuleName": (*name),
            "TargetBackupVaultName": "Default",
            "ScheduleExpression": (*schedule),
            "StartWindowMinutes": 480_i64,
            "CompletionWindowMinutes": 10_080_i64,
            "Lifecycle": {
                "MoveToColdStorageAfterDays": (cold.map_or(Value::Null, Value::from)),
                "DeleteAfterDays": (delete.map_or(Value::Null, Value::from)),
            },
        })
    });
    let document = value!({"BackupPlanName": (*name), "Rules": (rules.collect::<Value>())});
    Ok(call.fit(Value::from_iter([("BackupPlanDocument", document)])))
}

/// The rules of a plan.
pub(super) fn rules(plan: &Resource) -> Vec<Value> {
    plan.list("BackupPlan.Rules").to_vec()
}
