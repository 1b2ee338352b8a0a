//! Report plans and jobs: every day, or when asked, a report of jobs goes to a bucket as CSV.

use reeve_model::Value;

use super::{PAGES, PRINCIPAL, copy, days_later, job, narrow, restore};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind, Missing},
    page::plain,
    recipe::{Action, Create, Delete, Describe, List, NewId, TagInput, Update},
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&PLAN, &JOB],
    operations: &[
        ("CreateReportPlan", Action::Create(&CREATE)),
        ("DescribeReportPlan", Action::Describe(&SHOW)),
        ("ListReportPlans", Action::List(&LIST)),
        ("UpdateReportPlan", Action::Update(&UPDATE)),
        ("DeleteReportPlan", Action::Delete(&DELETE)),
        ("StartReportJob", Action::Own(start)),
        ("DescribeReportJob", Action::Describe(&SHOW_JOB)),
        ("ListReportJobs", Action::Own(list_jobs)),
    ],
    tasks: &[("backup:report-due", due), ("backup:report-end", end)],
};

/// `AWS::Backup::ReportPlan`.
pub(super) static PLAN: Definition = Definition {
    resource_type: "AWS::Backup::ReportPlan",
    tagging_type: "backup:report-plan",
    arn: "arn:{partition}:backup:{region}:{account}:report-plan:{id}",
    identity: &[("ReportPlanName", Identity::Id), ("ReportPlanArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Report plan {id} does not exist"),
    ..Definition::OF
};

/// A report job.
static JOB: Definition = Definition {
    resource_type: "AWS::Backup::ReportJob",
    arn: "arn:{partition}:backup:{region}:{account}:report-job:{id}",
    identity: &[("ReportJobId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Report job {id} does not exist"),
    ..Definition::OF
};

const KEPT: &[(&str, &str)] = &[
    ("ReportPlanDescription", "ReportPlanDescription"),
    ("ReportDeliveryChannel", "ReportDeliveryChannel"),
    ("ReportSetting", "ReportSetting"),
];

static CREATE: Create = Create {
    kind: &PLAN,
    id: NewId::Member("ReportPlanName"),
    keep: KEPT,
    facts: |call, _| object! {"CreationTime": (call.now), "DeploymentStatus": "COMPLETED"},
    tags: TagInput::Map("ReportPlanTags"),
    exists: ("AlreadyExistsException", "Report plan {id} already exists"),
    check: |call, _, _| check_reach(call).and_then(|()| check(call)),
    then: first_turn,
    ..Create::OF
};

static SHOW: Describe = Describe { kind: &PLAN, id: "ReportPlanName", wrap: "ReportPlan" };
static LIST: List = List { kind: &PLAN, member: "ReportPlans", paging: &PAGES, ..List::OF };
static UPDATE: Update = Update {
    kind: &PLAN,
    id: "ReportPlanName",
    keep: KEPT,
    check: |call, _, _| {
        let sets = call.object("ReportSetting").is_some();
        check_reach(call).and_then(|()| if sets { check(call) } else { Ok(()) })
    },
    ..Update::OF
};
static DELETE: Delete = Delete { kind: &PLAN, id: "ReportPlanName", ..Delete::OF };
static SHOW_JOB: Describe = Describe { kind: &JOB, id: "ReportJobId", wrap: "ReportJob" };

fn check(call: &Call) -> Result<(), Failure> {
    let setting = call.input.get("ReportSetting").cloned().unwrap_or_default();
    let template = setting.text("ReportTemplate");
    match template {
        "BACKUP_JOB_REPORT" | "COPY_JOB_REPORT" | "RESTORE_JOB_REPORT" => Ok(()),
        "RESOURCE_COMPLIANCE_REPORT" | "CONTROL_COMPLIANCE_REPORT" => {
            Err(call.invalid(format!("{template} is not supported here")))
        }
        _ => Err(call.invalid(format!("Invalid report template: {template}"))),
    }
}

/// Refuses what reports do not do here: other formats, other accounts and Regions.
fn check_reach(call: &Call) -> Result<(), Failure> {
    let texts = |path: &str| call.input.path(path).map_or(&[][..], Value::as_list).iter();
    if let Some(format) =
        texts("ReportDeliveryChannel.Formats").find(|it| it.as_str() != Some("CSV"))
    {
        let format = format.as_str().unwrap_or_default();
        return Err(call.invalid(format!("The format {format} is not supported here")));
    }
    let own = [call.account().as_str(), call.region.as_str()];
    for member in ["Accounts", "OrganizationUnits", "Regions"] {
        let mut named = texts(&format!("ReportSetting.{member}")).filter_map(Value::as_str);
        if named.any(|named| !own.contains(&named)) {
            return Err(call.invalid(format!("{member} beyond one's own are not supported here")));
        }
    }
    Ok(())
}

/// The first report of a plan comes within a day.
fn first_turn(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    let place = call.place(&PLAN);
    let made = value!({"Made": (call.now)});
    let task = Task::new("backup:report-due", &place, id).with(made);
    world.schedule(days_later(call.now, 1), task);
    Ok(())
}

fn due(world: &mut World, task: &Task) {
    // A plan of the same name that was made later has turns of its own.
    let made = world.get(&task.place, &task.id).and_then(|plan| plan.facts.get("CreationTime"));
    if made.is_none() || made != task.detail.get("Made") {
        return;
    }
    begin(world, &task.place, &task.id);
    let tomorrow = days_later(task.due, 1);
    let again = Task::new("backup:report-due", &task.place, &task.id).with(task.detail.clone());
    world.schedule(tomorrow, again);
}

fn start(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&PLAN, call.required("ReportPlanName")?);
    call.find(world, &PLAN, &id)?;
    let job = begin(world, &call.place(&PLAN), &id);
    Ok(value!({"ReportJobId": (job)}))
}

fn begin(world: &mut World, place: &Place, plan: &str) -> String {
    let now = world.now();
    let template =
        world.get(place, plan).and_then(|plan| plan.fact("ReportSetting.ReportTemplate"));
    let described = object! {
        "ReportPlanArn": (place.arn_of(&PLAN, plan)),
        "ReportPlanName": (plan),
        "ReportTemplate": (template.unwrap_or_default()),
        "CreationTime": (now),
        "Status": "RUNNING",
    };
    let jobs = place.beside(&JOB);
    let id = world.uuid();
    world.put(jobs.clone(), id.clone(), Resource::new(facts(described), std::sync::Arc::default()));
    world.set(place, plan, "LastAttemptedExecutionTime", now);
    world.schedule(later(now, 45), Task::new("backup:report-end", &jobs, &id));
    id
}

fn end(world: &mut World, task: &Task) {
    let Some(job) = world.get(&task.place, &task.id).cloned() else { return };
    let plans = task.place.beside(&PLAN);
    let name = job.fact("ReportPlanName").unwrap_or_default();
    let Some(plan) = world.get(&plans, name).cloned() else { return };
    let result = deliver(world, &task.place, &plan, name);
    let now = world.now();
    let delivered = result.is_ok();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("CompletionTime", now);
        match result {
            Ok(destination) => {
                facts.insert("Status", "COMPLETED");
                facts.insert("ReportDestination", destination);
            }
            Err(failure) => {
                facts.insert("Status", "FAILED");
                facts.insert("StatusMessage", failure.message);
            }
        }
    });
    if delivered {
        world.set(&plans, name, "LastSuccessfulExecutionTime", now);
    }
}

/// Writes the report into its bucket.
fn deliver(world: &mut World, place: &Place, plan: &Resource, name: &str) -> Answer {
    let template = plan.fact("ReportSetting.ReportTemplate").unwrap_or_default();
    let (kind, columns): (Kind, &[(&str, &str)]) = match template {
        "COPY_JOB_REPORT" => (&copy::JOB, &COPY_COLUMNS),
        "RESTORE_JOB_REPORT" => (&restore::JOB, &RESTORE_COLUMNS),
        _ => (&job::JOB, &BACKUP_COLUMNS),
    };
    let now = world.now();
    let text = csv(world, &Place { kind, ..place.clone() }, columns, days_later(now, -1));
    let bucket = plan.fact("ReportDeliveryChannel.S3BucketName").unwrap_or_default();
    let prefix =
        plan.fact("ReportDeliveryChannel.S3KeyPrefix").map(|p| format!("{p}/")).unwrap_or_default();
    let date = now.strftime("%Y/%m/%d").to_string();
    let stamp = now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
    let (account, region) = (&place.account, &place.region);
    let key = format!("{prefix}Backup/{account}/{region}/{date}/{template}_{name}_{stamp}.csv");
    let input = value!({
        "Bucket": (bucket),
        "Key": (key.as_str()),
        "Body": (text.into_bytes()),
        "ContentType": "text/csv",
    });
    world.call(&Origin::at(place, PRINCIPAL), "s3", "PutObject", input)?;
    Ok(value!({"S3BucketName": (bucket), "S3Keys": [(key)]}))
}

const BACKUP_COLUMNS: [(&str, &str); 14] = [
    ("Account ID", "AccountId"),
    ("Job Status", "State"),
    ("Status Message", "StatusMessage"),
    ("Resource Type", "ResourceType"),
    ("Resource ARN", "ResourceArn"),
    ("Backup Plan ARN", "CreatedBy.BackupPlanArn"),
    ("Backup Rule ID", "CreatedBy.BackupRuleId"),
    ("Creation Date", "CreationDate"),
    ("Completion Date", "CompletionDate"),
    ("Recovery Point ARN", "RecoveryPointArn"),
    ("Job ID", "BackupJobId"),
    ("Expected Completion Date", "ExpectedCompletionDate"),
    ("Backup Size in Bytes", "BackupSizeInBytes"),
    ("Backup Vault Name", "BackupVaultName"),
];

const COPY_COLUMNS: [(&str, &str); 9] = [
    ("Account ID", "AccountId"),
    ("Job Status", "State"),
    ("Status Message", "StatusMessage"),
    ("Resource Type", "ResourceType"),
    ("Resource ARN", "ResourceArn"),
    ("Source Recovery Point ARN", "SourceRecoveryPointArn"),
    ("Destination Backup Vault ARN", "DestinationBackupVaultArn"),
    ("Creation Date", "CreationDate"),
    ("Completion Date", "CompletionDate"),
];

const RESTORE_COLUMNS: [(&str, &str); 8] = [
    ("Account ID", "AccountId"),
    ("Job Status", "Status"),
    ("Status Message", "StatusMessage"),
    ("Resource Type", "ResourceType"),
    ("Recovery Point ARN", "RecoveryPointArn"),
    ("Created Resource ARN", "CreatedResourceArn"),
    ("Creation Date", "CreationDate"),
    ("Completion Date", "CompletionDate"),
];

fn csv(world: &World, place: &Place, columns: &[(&str, &str)], since: jiff::Timestamp) -> String {
    let title: Vec<String> = columns.iter().map(|(title, _)| quoted(title)).collect();
    let mut text = format!("{}\n", title.join(","));
    for (id, job) in world.shelf(place) {
        let recent =
            job.value("CreationDate").and_then(Value::as_timestamp).is_some_and(|at| at >= since);
        if !recent {
            continue;
        }
        let description = Value::from(place.describe(place.kind, id, job));
        let cells: Vec<String> =
            columns.iter().map(|(_, path)| quoted(&cell(description.path(path)))).collect();
        text.push_str(&format!("{}\n", cells.join(",")));
    }
    text
}

fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Timestamp(time)) => time.to_string(),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn list_jobs(call: &Call, world: &mut World) -> Answer {
    let keep = |_: &str, job: &Resource| narrow::fits(call, job);
    let listed = PAGES.list((call, world), (&JOB, "ReportJobs"), keep, plain);
    listed.map(|output| call.fit(output))
}
